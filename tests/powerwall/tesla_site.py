"""Entities of a Tesla integration as Home Assistant has them, without the integration.

Facts from the sources of Home Assistant 2026.10.4 and 2026.11.0: unique ids, units, the optimistic
state after a call, the inverted switch, the 0 % of a missing level.
"""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er

SITE_ID = "2252000000001"
RESERVE = ("number", "backup_reserve_percent")
MODE = ("select", "default_real_mode")
EXPORT_RULE = ("select", "components_customer_preferred_export_rule")
GRID_CHARGING = ("switch", "components_disallow_charge_from_grid_with_solar_installed")
LEVEL = ("sensor", "percentage_charged")
BATTERY = ("sensor", "battery_power")
SOLAR = ("sensor", "solar_power")
LOAD = ("sensor", "load_power")
GRID = ("sensor", "grid_power")
ISLAND = ("sensor", "island_status")
STORM = ("binary_sensor", "storm_mode_active")
VPP = ("binary_sensor", "grid_services_active")
STORED = ("sensor", "energy_left")

# core's fixture live_status.json of `teslemetry`: 1185 W sun + 5060 W battery = 6245 W house.
LIVE = {
    LEVEL: ("95.50", "%"),
    BATTERY: ("5.06", "kW"),
    SOLAR: ("1.185", "kW"),
    LOAD: ("6.245", "kW"),
    GRID: ("0.0", "kW"),
    ISLAND: ("on_grid", None),
    STORM: ("off", None),
    VPP: ("off", None),
    STORED: ("38.89", "kWh"),
}
INFO = {
    RESERVE: ("20", "%"),
    MODE: ("self_consumption", None),
    EXPORT_RULE: ("pv_only", None),
    GRID_CHARGING: ("off", None),
}


class TeslaSite:
    """One site of one integration: its entities and the calls that reach it.

    ``fails`` holds the keys whose calls are refused; ``optimistic`` False is an integration whose
    state does not move with a call.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        *,
        platform: str = "tesla_fleet",
        site_id: str = SITE_ID,
        with_solar: bool = True,
        name: str = "Long Barn",
    ) -> None:
        """Register the entities and show the figures of core's own fixture."""
        self.hass, self.freezer = hass, freezer
        self.platform, self.site_id = platform, site_id
        self.calls: list[tuple[str, object]] = []
        self.fails: dict[str, Exception] = {}
        self._entry = MockConfigEntry(domain=platform)
        self._entry.add_to_hass(hass)
        self._device = dr.async_get(hass).async_get_or_create(
            config_entry_id=self._entry.entry_id, identifiers={(platform, site_id)}, name=name
        )
        kinds = {**LIVE, **INFO}
        if not with_solar:
            del kinds[EXPORT_RULE], kinds[GRID_CHARGING]
        for domain, key in kinds:
            er.async_get(hass).async_get_or_create(
                domain,
                platform,
                f"{site_id}-{key}",
                config_entry=self._entry,
                device_id=self._device.id,
            )
        self._kinds = kinds
        self.fetch()
        for domain, service in (
            ("number", "set_value"),
            ("select", "select_option"),
            ("switch", "turn_on"),
            ("switch", "turn_off"),
        ):
            hass.services.async_register(domain, service, self._called)

    def entity_id(self, kind: tuple[str, str]) -> str:
        """Under which name an entity goes at present."""
        found = er.async_get(self.hass).async_get_entity_id(
            kind[0], self.platform, f"{self.site_id}-{kind[1]}"
        )
        assert found is not None
        return found

    def show(self, kind: tuple[str, str], value: str, unit: str | None = None) -> None:
        """Let one entity show a value, in its usual unit if no other is given."""
        unit = unit or self._kinds[kind][1]
        attributes = {} if unit is None else {"unit_of_measurement": unit}
        self.hass.states.async_set(self.entity_id(kind), value, attributes)

    def fetch(self, **changed: str) -> None:
        """The integration's next poll: every entity is written anew, by key where changed."""
        for kind, (value, _) in self._kinds.items():
            self.show(kind, changed.get(kind[1], value))

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.freezer.tick(timedelta(**span))

    async def _called(self, call: ServiceCall) -> None:
        entity = er.async_get(self.hass).async_get(call.data["entity_id"])
        assert entity is not None
        key = entity.unique_id.removeprefix(f"{self.site_id}-")
        if key in self.fails:
            raise self.fails[key]
        value = {"turn_on": "on", "turn_off": "off"}.get(
            call.service, call.data.get("option", call.data.get("value"))
        )
        self.calls.append((key, value))
        self.show((entity.domain, key), str(value))


def refusal(key: str) -> HomeAssistantError:
    """What core raises, with a text that names what must not be passed on."""
    return HomeAssistantError(
        f"secret of site {SITE_ID}",
        translation_domain="tesla_fleet",
        translation_key=key,
        translation_placeholders={"message": "secret"},
    )
