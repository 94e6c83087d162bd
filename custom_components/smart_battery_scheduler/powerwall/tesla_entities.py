"""What Home Assistant's Tesla integrations show of an energy site, as one reading. Pure.

Facts from the sources of Home Assistant 2026.10.4 and 2026.11.0 (``tesla_fleet``, ``teslemetry``,
``tessie``): an entity is known by its platform and the unique id ``{site_id}-{key}``; powers are W
natively and shown in kW unless the person chose another unit; the grid-charging switch is on when
grid charging is allowed; switch and export rule exist only on sites with battery *and* solar; a
charge level that is missing is shown as 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite

from .base import ExportRule, Islanding, OperatingMode, PowerwallState, Settings


class Fact(StrEnum):
    """What a reading is made of, and what can be set."""

    OPERATING_MODE = "operating_mode"
    BACKUP_RESERVE = "backup_reserve_percent"
    GRID_CHARGING = "grid_charging"
    EXPORT_RULE = "export_rule"
    CHARGE_LEVEL = "percentage_charged"
    BATTERY_POWER = "battery_power"
    SOLAR_POWER = "solar_power"
    HOUSE_POWER = "load_power"
    GRID_POWER = "grid_power"
    ISLANDING = "island_status"
    STORM_WATCH = "storm_mode_active"
    GRID_SERVICES = "grid_services_active"
    STORED_ENERGY = "energy_left"
    CAPACITY = "total_pack_energy"


SETTINGS = (Fact.OPERATING_MODE, Fact.BACKUP_RESERVE, Fact.GRID_CHARGING, Fact.EXPORT_RULE)
# Values that change all the time in a lived-in house: a change shows that the reading is new.
LIVE = (
    Fact.BATTERY_POWER,
    Fact.SOLAR_POWER,
    Fact.HOUSE_POWER,
    Fact.GRID_POWER,
    Fact.CHARGE_LEVEL,
)


@dataclass(frozen=True, slots=True)
class EntityKey:
    """One entity of a site: its domain and its part of the unique id."""

    domain: str
    key: str


_ENTITIES: Mapping[Fact, EntityKey] = {
    Fact.OPERATING_MODE: EntityKey("select", "default_real_mode"),
    Fact.BACKUP_RESERVE: EntityKey("number", "backup_reserve_percent"),
    Fact.GRID_CHARGING: EntityKey(
        "switch", "components_disallow_charge_from_grid_with_solar_installed"
    ),
    Fact.EXPORT_RULE: EntityKey("select", "components_customer_preferred_export_rule"),
    Fact.CHARGE_LEVEL: EntityKey("sensor", "percentage_charged"),
    Fact.BATTERY_POWER: EntityKey("sensor", "battery_power"),
    Fact.SOLAR_POWER: EntityKey("sensor", "solar_power"),
    Fact.HOUSE_POWER: EntityKey("sensor", "load_power"),
    Fact.GRID_POWER: EntityKey("sensor", "grid_power"),
    Fact.ISLANDING: EntityKey("sensor", "island_status"),
    Fact.STORM_WATCH: EntityKey("binary_sensor", "storm_mode_active"),
    Fact.GRID_SERVICES: EntityKey("binary_sensor", "grid_services_active"),
    Fact.STORED_ENERGY: EntityKey("sensor", "energy_left"),
    Fact.CAPACITY: EntityKey("sensor", "total_pack_energy"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TeslaIntegration:
    """An integration of Home Assistant that knows Powerwalls, as a row of a table.

    ``modes`` and ``export_rules`` are its options in our words, ``unique_id`` the pattern of its
    entities' ids.
    """

    name: str
    unique_id: str = "{site_id}-{key}"
    entities: Mapping[Fact, EntityKey] = field(default_factory=lambda: _ENTITIES)
    modes: Mapping[str, OperatingMode] = field(
        default_factory=lambda: {mode.value: mode for mode in OperatingMode}
    )
    export_rules: Mapping[str, ExportRule] = field(
        default_factory=lambda: {rule.value: rule for rule in ExportRule}
    )

    def unique_id_of(self, fact: Fact, site_id: str) -> str:
        """The unique id of one of a site's entities."""
        return self.unique_id.format(site_id=site_id, key=self.entities[fact].key)

    def option(self, wanted: OperatingMode | ExportRule) -> str:
        """What this integration calls a mode or rule. Raises KeyError if it has no such option."""
        options: Mapping[str, OperatingMode | ExportRule] = (
            self.modes if isinstance(wanted, OperatingMode) else self.export_rules
        )
        return {ours: theirs for theirs, ours in options.items()}[wanted]


# By the integration's domain.
INTEGRATIONS: Mapping[str, TeslaIntegration] = {
    "tesla_fleet": TeslaIntegration(name="Tesla Fleet"),
    "teslemetry": TeslaIntegration(name="Teslemetry"),
    "tessie": TeslaIntegration(name="Tessie"),
}

W_PER_UNIT: Mapping[str | None, float] = {"mW": 0.001, "W": 1.0, "kW": 1e3, "MW": 1e6}
WH_PER_UNIT: Mapping[str | None, float] = {"Wh": 1.0, "kWh": 1e3, "MWh": 1e6}
# More than any home's supply and battery can carry.
HIGHEST_POWER_W = 100_000.0
LEAST_CAPACITY_KWH, MOST_CAPACITY_KWH = 1.0, 1000.0
# Meters of solar and house show small negative values at rest.
METER_NOISE_W = 500.0
# Below this level the capacity that follows from level and stored energy is mostly rounding.
CAPACITY_FROM_PERCENT = 20.0
# A charge level of exactly 0 is believed if the last believed level was this low, at most half an hour ago.
NEARLY_EMPTY_PERCENT = 2.0
EMPTY_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An entity's state: its text and unit, when it was last written and when it last changed."""

    value: str
    unit: str | None
    reported_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLevel:
    """A charge level that was believed, and when."""

    percent: float
    at: datetime


type Written = Mapping[Fact, datetime]


def reading_of(
    integration: TeslaIntegration,
    shown: Mapping[Fact, Shown],
    now: datetime,
    *,
    written: Written,
    last_level: KnownLevel | None = None,
) -> PowerwallState:
    """One reading from what the entities show; what they do not show is None.

    ``written`` says when each setting was last written by us: these integrations show a written
    value at once, whatever becomes of it, so a setting counts as reported only when its entity was
    written to after that.
    """
    reported = {
        fact: item
        for fact, item in shown.items()
        if fact not in written or item.reported_at > written[fact]
    }
    level = _level(shown, now, last_level)
    return PowerwallState(
        read_at=now,
        measured_at=measured_at(shown),
        settings=_settings(integration, reported),
        soc_percent=level,
        battery_power_w=_power_w(shown.get(Fact.BATTERY_POWER)),
        solar_power_w=_consumed_w(shown.get(Fact.SOLAR_POWER)),
        house_power_w=_consumed_w(shown.get(Fact.HOUSE_POWER)),
        grid_power_w=_power_w(shown.get(Fact.GRID_POWER)),
        islanding=_islanding(shown.get(Fact.ISLANDING)),
        storm_watch_active=_flag(shown.get(Fact.STORM_WATCH)),
        grid_services_active=_flag(shown.get(Fact.GRID_SERVICES)),
        capacity_kwh=_capacity_kwh(shown, level),
    )


def measured_at(shown: Mapping[Fact, Shown]) -> datetime | None:
    """When the newest of the live figures changed.

    Not when they were last written: ``tesla_fleet`` writes its old figures again when it is asked
    to wait, and Tesla's cloud repeats the last values of a gateway that it cannot reach.
    """
    moments = [shown[fact].changed_at for fact in LIVE if fact in shown]
    return max(moments, default=None)


def _settings(integration: TeslaIntegration, reported: Mapping[Fact, Shown]) -> Settings:
    mode, rule = reported.get(Fact.OPERATING_MODE), reported.get(Fact.EXPORT_RULE)
    reserve = _number(reported.get(Fact.BACKUP_RESERVE), 0.0, 100.0)
    return Settings(
        operating_mode=None if mode is None else integration.modes.get(mode.value),
        backup_reserve_percent=int(reserve) if reserve is not None and reserve % 1 == 0 else None,
        grid_charging=_flag(reported.get(Fact.GRID_CHARGING)),
        export_rule=None if rule is None else integration.export_rules.get(rule.value),
    )


def _number(item: Shown | None, lowest: float, highest: float, factor: float = 1.0) -> float | None:
    if item is None:
        return None
    try:
        value = float(item.value) * factor
    except ValueError:
        return None
    return value if isfinite(value) and lowest <= value <= highest else None


def _power_w(item: Shown | None, lowest_w: float = -HIGHEST_POWER_W) -> float | None:
    if item is None or (factor := W_PER_UNIT.get(item.unit)) is None:
        return None
    return _number(item, lowest_w, HIGHEST_POWER_W, factor)


def _consumed_w(item: Shown | None) -> float | None:
    value_w = _power_w(item, -METER_NOISE_W)
    return None if value_w is None else max(value_w, 0.0)


def _energy_kwh(item: Shown | None) -> float | None:
    if item is None or (factor := WH_PER_UNIT.get(item.unit)) is None:
        return None
    return _number(item, 0.0, MOST_CAPACITY_KWH, factor / 1e3)


def _flag(item: Shown | None) -> bool | None:
    return None if item is None else {"on": True, "off": False}.get(item.value)


def _islanding(item: Shown | None) -> Islanding | None:
    """``off_grid`` has variants, intentional or not."""
    if item is None:
        return None
    if item.value.startswith(Islanding.OFF_GRID):
        return Islanding.OFF_GRID
    return Islanding.ON_GRID if item.value == Islanding.ON_GRID else None


def _level(
    shown: Mapping[Fact, Shown], now: datetime, last_level: KnownLevel | None
) -> float | None:
    """The charge level. A missing one is shown as exactly 0, which needs the last level to confirm it."""
    level = _number(shown.get(Fact.CHARGE_LEVEL), 0.0, 100.0)
    if level != 0.0:
        return level
    emptied = (
        last_level is not None
        and last_level.percent <= NEARLY_EMPTY_PERCENT
        and now - last_level.at <= EMPTY_FOR
    )
    return level if emptied else None


def _capacity_kwh(shown: Mapping[Fact, Shown], level: float | None) -> float | None:
    """The whole battery's energy: as shown, else from what is stored in it at this level."""
    capacity = _energy_kwh(shown.get(Fact.CAPACITY))
    stored = _energy_kwh(shown.get(Fact.STORED_ENERGY))
    if not capacity and stored is not None and level is not None and level >= CAPACITY_FROM_PERCENT:
        capacity = round(stored / level * 100.0, 1)
    return capacity if capacity and capacity >= LEAST_CAPACITY_KWH else None
