"""Constants shared by the whole integration."""

from zoneinfo import ZoneInfo

DOMAIN = "smart_battery_scheduler"

# The market's clock: peak windows, publication and "today" are UK local times wherever the
# Home Assistant happens to stand.
MARKET_TIME_ZONE = ZoneInfo("Europe/London")

CONF_KIND = "kind"
KIND_NETZERO = "netzero"
KIND_HOME_ASSISTANT = "home_assistant"
KIND_DEMO = "demo"
# How the demo home's battery is reached, as if it were real; without it, as by NetZero.
CONF_DEMO_ROAD = "demo_road"
DEMO_ROAD_SETPOINTS = "power_setpoints"
DEMO_ROADS = (KIND_NETZERO, KIND_HOME_ASSISTANT, DEMO_ROAD_SETPOINTS)

CONF_TOKEN = "token"
CONF_SITE_ID = "site_id"
CONF_UNITS = "units"
# The domain of the integration whose entities stand for the Powerwall.
CONF_INTEGRATION = "integration"
# The preference of the same name, asked where the Powerwall is commanded.
CONF_POWER_SETPOINTS = "power_setpoints"

CONF_TARIFF = "tariff"
CONF_API_KEY = "api_key"
CONF_ACCOUNT_NUMBER = "account_number"
CONF_PROPERTY = "property"
CONF_IMPORT_MPAN = "import_mpan"
CONF_EXPORT_ACCOUNT = "export_account"
CONF_EXPORT_PROPERTY = "export_property"
CONF_POSTCODE = "postcode"
CONF_REGION = "region"
CONF_IMPORT_TARIFF = "import_tariff"
CONF_EXPORT_TARIFF = "export_tariff"
CONF_RATE_ENTITIES = "rate_entities"
CONF_EXPORT_ENTITIES = "export_entities"
CONF_DISPATCH_ENTITY = "dispatch_entity"
# When the night rate of a two-rate tariff holds: it depends on the meter.
CONF_NIGHT = "night"
NIGHT_SMART_METER = "smart_meter"
NIGHT_OLD_METER = "old_meter"

# Which key a request to authenticate again is about; without it, the Powerwall's.
CONF_REAUTH = "reauth"
REAUTH_OCTOPUS = "octopus"

# Who is notified of failures and, if wanted, gets the evening's three lines.
CONF_NOTIFY_ENTITIES = "notify_entities"
CONF_DAILY_DIGEST = "daily_digest"
CONF_DIGEST_TIME = "digest_time"
DIGEST_TIME = "20:00:00"

CONF_SOLAR = "solar"
CONF_SOURCE = "source"
CONF_RESOURCE_IDS = "resource_ids"
CONF_ENTRIES = "entries"
SOLAR_OPEN_METEO = "open_meteo"
SOLAR_FORECAST_SOLAR = "forecast_solar"
SOLAR_SOLCAST = "solcast"
SOLAR_KNOWN = "known"
SOLAR_NONE = "none"

SUBENTRY_ROOF_PLANE = "roof_plane"
CONF_DECLINATION = "declination"
CONF_AZIMUTH = "azimuth"
CONF_PEAK_KW = "peak_kw"
CONF_INVERTER_KW = "inverter_kw"
CONF_INVERTER = "inverter"
CONF_LOSSES_PERCENT = "losses_percent"

# One Powerwall 2 or 3: usable energy, charging from any source, discharging (site_info of a real
# site shows 13.5 kWh and 5 kW per unit).
UNIT_CAPACITY_KWH = 13.5
UNIT_MAX_CHARGE_W = 5000.0
UNIT_MAX_DISCHARGE_W = 5000.0
# NetZero documentation, "Backup Mode": usual grid charging per unit.
UNIT_RESERVE_CHARGE_W = 1800.0
UNIT_BACKUP_CHARGE_W = 3300.0

# Home Assistant multiplies a price by energy as it stands: a price for it must be in pounds.
GBP_PER_KWH = "GBP/kWh"
PENCE_PER_KWH = "p/kWh"
GBP_PER_TONNE = "£/t"
