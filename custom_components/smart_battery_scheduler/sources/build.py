"""Builds a home's sources from its config entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..carbon.client import CarbonIntensity
from ..common.service_urls import NETZERO, endpoint
from ..const import (
    CONF_DEMO_ROAD,
    CONF_INTEGRATION,
    CONF_KIND,
    CONF_POWER_SETPOINTS,
    CONF_SITE_ID,
    CONF_TOKEN,
    CONF_UNITS,
    DEMO_ROAD_SETPOINTS,
    DOMAIN,
    KIND_DEMO,
    KIND_HOME_ASSISTANT,
    KIND_NETZERO,
    UNIT_MAX_CHARGE_W,
)
from ..demo.home import DemoSolar, demo_history, demo_powerwall
from ..demo.rates import DemoTariff, next_publication
from ..history.measurements import MeasuredSlot
from ..powerwall.base import Powerwall, PowerwallState, Purpose
from ..powerwall.budget import RequestBudget
from ..powerwall.home_assistant import READ_EVERY, HomeAssistantPowerwall
from ..powerwall.leased import LeasedPowerwall
from ..powerwall.netzero import BASE_URL, NetZeroPowerwall
from ..powerwall.simulated import SimulatedPowerwall, SimulatedSetpoint, SimulatedState
from ..powerwall.teslemetry_lan import TeslemetryLan
from ..solar.model import SolarSource
from ..solar.solcast import DailyCalls
from ..tariff.account import Property
from ..tariff.problems import SupplyProblem
from .octopus_account import OctoplusAccount
from .rates_coordinator import Rates, RateSource
from .solar_sources import made_for, most_kwh_of, solar_source
from .supplier import carbon_source, octoplus_account, rate_source, tariff_mark

DEMO_PAST_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class GridEventSources:
    """Where sessions, dispatches and carbon come from; None where a site has no such source.

    ``tariff_mark`` says whose rates are kept.
    """

    carbon: CarbonIntensity | None = None
    octoplus: OctoplusAccount | None = None
    tariff_mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """What is known of the roof: a name for its make, and what its inverters let through.

    ``most_kwh`` is per half-hour; None is unknown.
    """

    made_for: str = ""
    most_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a site's data come from, and the back end of its battery.

    ``units`` is the number of Powerwalls. ``past`` are half-hours known from elsewhere.
    ``just_read`` is what setting the site up has read of the Powerwall; ``simulated`` is the demo
    site's battery, which has to be stored.
    """

    powerwall: Powerwall
    rates: RateSource
    solar: SolarSource | None
    units: int
    past: Sequence[MeasuredSlot] = ()
    roof: Roof = field(default_factory=Roof)
    grid_events: GridEventSources = field(default_factory=GridEventSources)
    just_read: PowerwallState | None = None
    simulated: SimulatedPowerwall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What clients go on from after a restart.

    ``address`` is the property as it was last found on the account; ``solar_calls`` are those of a
    solar source that allows few; ``simulated`` is the demo site's battery.
    """

    address: Property | None = None
    solar_calls: DailyCalls | None = None
    simulated: SimulatedState | None = None


# One budget per site and process: a reload or a config flow must not get a fresh one.
BUDGETS: HassKey[dict[str, RequestBudget]] = HassKey(f"{DOMAIN}_budgets")


# What a config flow read last of a site, for the home that it may set up.
JUST_READ: HassKey[dict[str, PowerwallState]] = HassKey(f"{DOMAIN}_just_read")


def netzero(hass: HomeAssistant, token: str, site_id: str) -> NetZeroPowerwall:
    """The client for one site, within the site's request budget."""
    budget = hass.data.setdefault(BUDGETS, {}).setdefault(site_id, RequestBudget())
    return NetZeroPowerwall(
        async_get_clientsession(hass),
        token,
        site_id,
        base_url=endpoint(NETZERO, BASE_URL),
        clock=dt_util.utcnow,
        budget=budget,
    )


def powerwall_of(hass: HomeAssistant, data: Mapping[str, Any]) -> Powerwall:
    """The way to the Powerwall that an entry's data names; not for the demo home."""
    site_id: str = data[CONF_SITE_ID]
    if data[CONF_KIND] == KIND_HOME_ASSISTANT:
        integration: str = data[CONF_INTEGRATION]
        return HomeAssistantPowerwall(hass, integration, site_id, clock=dt_util.utcnow)
    return netzero(hass, data[CONF_TOKEN], site_id)


def _with_setpoints(hass: HomeAssistant, entry: ConfigEntry, powerwall: Powerwall) -> Powerwall:
    """Power setpoints on a lease, where readings cost nothing: each reading has to renew the lease.

    They are used as long as the household wants them and the gateway is paired.
    """
    if powerwall.capabilities.free_reading_every is None:
        return powerwall
    return LeasedPowerwall(
        powerwall,
        TeslemetryLan(hass, entry.data[CONF_SITE_ID]),
        clock=dt_util.utcnow,
        enabled=lambda: entry.options.get(CONF_POWER_SETPOINTS) is True,
        most_charge_w=UNIT_MAX_CHARGE_W * entry.data[CONF_UNITS],
    )


async def async_try_powerwall(hass: HomeAssistant, data: Mapping[str, Any]) -> PowerwallState:
    """Read once with the data that a flow has gathered. Raises a PowerwallError."""
    reading = await powerwall_of(hass, data).read(Purpose.COMMAND)
    hass.data.setdefault(JUST_READ, {})[data[CONF_SITE_ID]] = reading
    return reading


async def build_sources(hass: HomeAssistant, entry: ConfigEntry, remembered: Remembered) -> Sources:
    """The sources of the home that an entry describes."""
    if entry.data[CONF_KIND] == KIND_DEMO:
        return await _demo(hass, entry.data.get(CONF_DEMO_ROAD, KIND_NETZERO), remembered)
    site_id = entry.data[CONF_SITE_ID]
    rates = rate_source(hass, entry, remembered.address)
    return Sources(
        powerwall=_with_setpoints(hass, entry, powerwall_of(hass, entry.data)),
        just_read=hass.data.get(JUST_READ, {}).pop(site_id, None),
        rates=rates,
        grid_events=GridEventSources(
            carbon=carbon_source(hass, entry),
            octoplus=octoplus_account(hass, entry, rates),
            tariff_mark=tariff_mark(entry),
        ),
        solar=solar_source(hass, entry, remembered.solar_calls),
        roof=Roof(made_for=made_for(hass, entry), most_kwh=most_kwh_of(entry)),
        units=entry.data[CONF_UNITS],
    )


async def _demo(hass: HomeAssistant, road: str, remembered: Remembered) -> Sources:
    """Everything simulated; ``road`` is one of DEMO_ROADS, and the battery can do what that one can."""
    past = await hass.async_add_executor_job(demo_history, dt_util.utcnow(), DEMO_PAST_DAYS)
    battery = demo_powerwall(
        dt_util.utcnow,
        remembered.simulated,
        past[-1].soc_percent,
        free_reading_every=None if road == KIND_NETZERO else READ_EVERY,
    )
    leased = LeasedPowerwall(
        battery,
        SimulatedSetpoint(battery),
        clock=dt_util.utcnow,
        enabled=lambda: True,
        most_charge_w=UNIT_MAX_CHARGE_W,
    )
    return Sources(
        powerwall=leased if road == DEMO_ROAD_SETPOINTS else battery,
        simulated=battery,
        rates=DemoRates(),
        solar=DemoSolar(dt_util.utcnow),
        units=1,
        past=past,
    )


class DemoRates:
    """The demo home's tariff as a source of rates."""

    def __init__(self) -> None:
        """Publish by Home Assistant's clock."""
        self._tariff = DemoTariff(dt_util.utcnow)

    @property
    def problems(self) -> frozenset[SupplyProblem]:
        """The demo home has no problems."""
        return frozenset()

    @property
    def placeholders(self) -> Mapping[str, str]:
        """The demo home has none."""
        return {}

    async def fetch(self, start: datetime, end: datetime) -> Rates:
        """Generated, so it cannot fail."""
        return Rates(
            imports=self._tariff.imports(start, end), exports=self._tariff.exports(start, end)
        )

    def next_poll(self, now: datetime, known_until: datetime) -> datetime:
        """Just after the next publication."""
        return next_publication(now) + timedelta(seconds=5)
