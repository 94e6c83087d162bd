"""Conditions made for this purpose: questions an automation can ask of a home.

With several homes meant, one that answers yes is enough; a home that is not running answers no,
and so does anything that is not known.
"""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any, Unpack, cast, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import Condition, ConditionCheckParams, ConditionConfig
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .actions.targets import targeted_sites
from .planner.model import Action
from .site.site import Site
from .text.status import action_now, is_charging, is_in_control, override_now, tomorrows_rates_known

CONF_ACTION = "action"
CONF_P_PER_KWH = "p_per_kwh"
CONF_HOURS = "hours"

# No published half-hourly rate lies outside: Agile's cap is 100 p, its floor was -20 p.
RATE = vol.All(vol.Coerce(float), vol.Range(min=-100, max=200))
HOURS = vol.All(vol.Coerce(float), vol.Range(min=0, max=48))


class SiteCondition(Condition):
    """A question to the homes that are meant."""

    options_schema: dict[vol.Marker, Any] = {}

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Allow a target, and the options of the question."""
        schema = vol.Schema(
            {
                vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
                vol.Required(CONF_OPTIONS, default=dict): cls.options_schema,
            }
        )
        return cast(ConfigType, schema(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep what is asked."""
        super().__init__(hass, config)
        self._target = config.target
        self._options: dict[str, Any] = config.options or {}

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Ask every home that is meant."""
        now = dt_util.utcnow()
        return any(self.holds(site, now) for site in targeted_sites(self._hass, self._target))

    @abstractmethod
    def holds(self, site: Site, now: datetime) -> bool:
        """What this home answers."""


class IsChargingCondition(SiteCondition):
    """The battery is charging from the grid on our command, confirmed by its own power."""

    @override
    def holds(self, site: Site, now: datetime) -> bool:
        return is_charging(site)


class ActionIsCondition(SiteCondition):
    """The plan or an override has this action now."""

    options_schema = {vol.Required(CONF_ACTION): vol.All(vol.In(list(Action)), vol.Coerce(Action))}

    @override
    def holds(self, site: Site, now: datetime) -> bool:
        return action_now(site, now) is self._options[CONF_ACTION]


class RateIsBelowCondition(SiteCondition):
    """The import rate of this half-hour is published and below a bound."""

    options_schema = {vol.Required(CONF_P_PER_KWH): RATE}

    @override
    def holds(self, site: Site, now: datetime) -> bool:
        rate = site.rates.data.imports.at(now)
        below: float = self._options[CONF_P_PER_KWH]
        return rate is not None and rate.p_per_kwh < below


class ChargeIsPlannedCondition(SiteCondition):
    """A charge runs or begins within some hours."""

    options_schema = {vol.Required(CONF_HOURS, default=12): HOURS}

    @override
    def holds(self, site: Site, now: datetime) -> bool:
        charge = site.planner.data.next_charge(now) if site.planner.data else None
        return charge is not None and charge.start <= now + timedelta(
            hours=self._options[CONF_HOURS]
        )


class OverrideIsActiveCondition(SiteCondition):
    """Somebody has set an action that stands in the plan's place."""

    @override
    def holds(self, site: Site, now: datetime) -> bool:
        return override_now(site, now) is not None


class TomorrowsRatesKnownCondition(SiteCondition):
    """The rates of the next market day are in."""

    @override
    def holds(self, site: Site, now: datetime) -> bool:
        return tomorrows_rates_known(site, now)


class InControlCondition(SiteCondition):
    """The scheduler is on and is not suspended."""

    @override
    def holds(self, site: Site, now: datetime) -> bool:
        return is_in_control(site)


CONDITIONS: dict[str, type[Condition]] = {
    "is_charging": IsChargingCondition,
    "action_is": ActionIsCondition,
    "rate_is_below": RateIsBelowCondition,
    "charge_is_planned": ChargeIsPlannedCondition,
    "override_is_active": OverrideIsActiveCondition,
    "tomorrows_rates_known": TomorrowsRatesKnownCondition,
    "in_control": InControlCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """All of them, by name."""
    return CONDITIONS
