"""Binary sensors: what is so or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .entities.base import SmartBatteryEntity
from .powerwall.base import Islanding
from .problems.site_problems import SiteProblem, of_control
from .site.site import Site, SmartBatteryConfigEntry
from .sources.grid_sessions import SessionWindow
from .text.status import is_charging, tomorrows_rates_known

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SiteBinarySensorDescription(BinarySensorEntityDescription):
    """A binary sensor by what it shows of a home; ``None`` is unknown."""

    is_on_fn: Callable[[Site, datetime], bool | None]
    attributes_fn: Callable[[Site, datetime], Mapping[str, Any]] | None = None
    from_battery: bool = False


def _session_now(site: Site, now: datetime) -> SessionWindow | None:
    return next((each for each in site.sessions.ahead(now) if each.start <= now), None)


def _session_attributes(site: Site, now: datetime) -> Mapping[str, Any]:
    """The session that runs, else the next one."""
    session = next(iter(site.sessions.ahead(now)), None)
    if session is None:
        return {}
    return {
        "kind": session.kind.value,
        "start": session.start.isoformat(),
        "end": session.end.isoformat(),
        "reward_p_per_kwh": session.reward_p_per_kwh,
    }


def _off_grid(site: Site, now: datetime) -> bool | None:
    islanding = site.battery.data.islanding
    return None if islanding is None else islanding is Islanding.OFF_GRID


def _problems(site: Site) -> Mapping[str, bool]:
    return {
        "battery_unreachable": not site.battery.last_update_success,
        "rates_unreachable": not site.rates.last_update_success,
        "solar_unreachable": site.solar is not None and not site.solar.last_update_success,
        **{problem.value: is_so for problem, is_so in _of_control(site).items()},
        "no_plan": site.planner.data is None,
    }


def _of_control(site: Site) -> Mapping[SiteProblem, bool]:
    read_at = site.battery.data.read_at if site.battery.data else None
    return of_control(site.controller.state, site.controller.watch, read_at, dt_util.utcnow())


BINARY_SENSORS = (
    SiteBinarySensorDescription(
        key="charging",
        translation_key="charging",
        device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        is_on_fn=lambda site, now: is_charging(site),
        from_battery=True,
    ),
    SiteBinarySensorDescription(
        key="tomorrows_rates",
        translation_key="tomorrows_rates",
        is_on_fn=tomorrows_rates_known,
    ),
    SiteBinarySensorDescription(
        key="session",
        translation_key="session",
        is_on_fn=lambda site, now: _session_now(site, now) is not None,
        attributes_fn=_session_attributes,
    ),
    SiteBinarySensorDescription(
        key="off_grid",
        translation_key="off_grid",
        is_on_fn=_off_grid,
        from_battery=True,
    ),
    SiteBinarySensorDescription(
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda site, now: any(_problems(site).values()),
        attributes_fn=lambda site, now: _problems(site),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartBatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a home's binary sensors."""
    async_add_entities(
        SiteBinarySensor(entry.runtime_data, description) for description in BINARY_SENSORS
    )


class SiteBinarySensor(SmartBatteryEntity, BinarySensorEntity):
    """A binary sensor of the table above."""

    entity_description: SiteBinarySensorDescription

    @property
    @override
    def available(self) -> bool:
        """Battery values are gone when the battery cannot be read."""
        return not self.entity_description.from_battery or self.site.battery.last_update_success

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is so now."""
        return self.entity_description.is_on_fn(self.site, dt_util.utcnow())

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What goes with it."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.site, dt_util.utcnow())
