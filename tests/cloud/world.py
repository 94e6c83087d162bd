"""The world behind the clouds: a home under a sky, a tariff, and a clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from math import cos, pi

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.demo.chance import fixed, smooth
from custom_components.smart_battery_scheduler.demo.roof import plane_irradiance, plane_power_w
from custom_components.smart_battery_scheduler.powerwall.base import Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware
from custom_components.smart_battery_scheduler.powerwall.simulated import (
    SELF_POWERED_AT_20,
    Courier,
    SimulatedPowerwall,
    SimulatedState,
    at_once,
)
from custom_components.smart_battery_scheduler.solar.model import RoofPlane

from .faults import Faults
from .gateway import Gateway
from .log import RequestLog
from .octoplus import Octoplus
from .quirks import Quirks
from .rates import PUBLICATION, SPIKE_DAY, SUNNY_DAY, WINDY_DAY, WINTER_DAY, DayShape

TOKEN = "FakeTokenFakeTokenFakeTokenFakeToken0001"
SITE_ID = "1234567890123456"
API_KEY = "sk_live_fake_fake_fake_fake"
ACCOUNT_NUMBER = "A-FAKE0001"
IMPORT_MPAN = "1200000000001"
EXPORT_MPAN = "1200000000002"
METER_SERIAL = "00A0000002"
POSTCODE = "SW1A 1AA"
REGION = "C"
# Two days of minutes.
MOST_KEPT = 6000
LATITUDE, LONGITUDE = 51.5, -0.12
SOUTH_ROOF = RoofPlane(declination_degrees=35.0, azimuth_degrees=180.0, peak_kw=4.0)

# What a house wants through a local day, in W at full hours.
HOUSE_W = (
    280, 250, 240, 235, 235, 250, 380, 720, 640, 430, 390, 410,
    520, 450, 400, 450, 680, 980, 1150, 940, 780, 690, 560, 380,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A season and a state to begin with.

    ``start`` is when it is at home: tests freeze the clock there. ``clearness`` is the share of a
    clear day's sun, ``forecast_factor`` what the forecast makes of it.
    """

    start: datetime
    day: DayShape
    clearness: float
    air_celsius: float
    forecast_factor: float = 1.0
    house_factor: float = 1.0
    soc_percent: float = 40.0
    hardware: Hardware = field(default_factory=Hardware)
    settings: Settings = SELF_POWERED_AT_20
    roof: tuple[RoofPlane, ...] = (SOUTH_ROOF,)


SCENARIOS: dict[str, Scenario] = {
    "winter": Scenario(
        start=datetime(2026, 1, 14, tzinfo=UTC),
        day=WINTER_DAY,
        clearness=0.35,
        air_celsius=4.0,
        house_factor=1.15,
    ),
    "sunny": Scenario(
        start=datetime(2026, 6, 17, tzinfo=UTC), day=SUNNY_DAY, clearness=0.95, air_celsius=19.0
    ),
    "negative": Scenario(
        start=datetime(2026, 5, 23, tzinfo=UTC), day=WINDY_DAY, clearness=0.6, air_celsius=12.0
    ),
    "spike": Scenario(
        start=datetime(2026, 2, 3, tzinfo=UTC),
        day=SPIKE_DAY,
        clearness=0.15,
        air_celsius=-2.0,
        house_factor=1.4,
    ),
    "clock_forward": Scenario(
        start=datetime(2026, 3, 28, 12, tzinfo=UTC),
        day=WINTER_DAY,
        clearness=0.5,
        air_celsius=8.0,
    ),
    "clock_back": Scenario(
        start=datetime(2026, 10, 24, 12, tzinfo=UTC),
        day=WINTER_DAY,
        clearness=0.4,
        air_celsius=10.0,
    ),
    "vat_change": Scenario(
        start=datetime(2026, 9, 30, 12, tzinfo=UTC),
        day=SUNNY_DAY,
        clearness=0.6,
        air_celsius=14.0,
    ),
}


@dataclass(slots=True)
class Publication:
    """When tomorrow's prices come out, local time; import and export need not come together."""

    imports_at: time = PUBLICATION
    exports_at: time = PUBLICATION


class World:
    """One home and everything around it. What is public may be changed at any time."""

    def __init__(self, scenario: Scenario, clock: Callable[[], datetime]) -> None:
        """Begin the scenario at the clock's present."""
        self.scenario = scenario
        self.clock = clock
        self.faults = Faults()
        self.requests = RequestLog()
        self.publication = Publication()
        self.deliver: Courier = at_once
        self.quirks = Quirks()
        self._gateway = Gateway(lambda: self.quirks, self._copy, clock)
        # Tesla's powers and their stamp are renewed only so often, and meters are not exact.
        self.live_every = timedelta()
        self.meter_noise_w = 0.0
        self.token, self.site_id = TOKEN, SITE_ID
        self.api_key = API_KEY
        self.account_numbers = [ACCOUNT_NUMBER]
        self.octoplus = Octoplus()
        self._kept_of = scenario
        self._kept_w: dict[tuple[str, datetime], float] = {}
        self.powerwall = self._powerwall()

    def begin(self) -> None:
        """Put the battery back to the scenario's beginning, at the clock's present."""
        self.powerwall = self._powerwall()

    def _powerwall(self, settings: Settings | None = None) -> SimulatedPowerwall:
        scenario = self.scenario
        state = SimulatedState.new(
            self.clock(),
            hardware=scenario.hardware,
            soc_percent=scenario.soc_percent,
            settings=settings or scenario.settings,
        )
        return SimulatedPowerwall(
            state,
            clock=self.clock,
            house_w=self.house_w,
            available_solar_w=self.available_solar_w,
            hardware=scenario.hardware,
            deliver=lambda change: self._gateway.pass_on(change, self.deliver(change)),
        )

    def _copy(self) -> Settings:
        """The cloud's copy of the settings, once all that is on its way to it has come."""
        state = self.powerwall.state
        copy = state.shown
        for pending in state.pending:
            copy = pending.shown.over(copy)
        return copy

    def cloud_now(self) -> datetime:
        """What time the clouds think it is."""
        return self.clock() + timedelta(seconds=self.quirks.clock_ahead_s)

    def baseline(self, settings: Settings | None = None) -> SimulatedPowerwall:
        """The same home with a battery of its own that nobody commands, as from now."""
        return self._powerwall(settings)

    def house_w(self, when: datetime) -> float:
        """What the house wants. The same minutes are asked for again and again: kept."""
        return self._kept("house", when, self._house_w)

    def available_solar_w(self, when: datetime) -> float:
        """What the roof makes."""
        return self._kept("sun", when, self._available_solar_w)

    def _kept(self, what: str, when: datetime, reckon: Callable[[datetime], float]) -> float:
        if self._kept_of is not self.scenario or len(self._kept_w) > MOST_KEPT:
            self._kept_of, self._kept_w = self.scenario, {}
        key = (what, when)
        if key not in self._kept_w:
            self._kept_w[key] = reckon(when)
        return self._kept_w[key]

    def _house_w(self, when: datetime) -> float:
        local = when.astimezone(MARKET_TIME_ZONE)
        here, there = HOUSE_W[local.hour], HOUSE_W[(local.hour + 1) % 24]
        base = here + (there - here) * local.minute / 60.0
        day = fixed(0.85, 1.15, "house", local.date())
        return max(
            base * day * self.scenario.house_factor * (1.0 + 0.25 * smooth("house", when)), 0
        )

    def _available_solar_w(self, when: datetime) -> float:
        return sum(
            plane_power_w(plane, self.irradiance(when, plane), self.air_celsius(when))
            for plane in self.scenario.roof
        )

    def irradiance(self, when: datetime, plane: RoofPlane) -> float:
        """W/m² on a plane."""
        return plane_irradiance(when, LATITUDE, LONGITUDE, plane, self.clearness(when))

    def clearness(self, when: datetime) -> float:
        """The share of a clear day's sun that comes through."""
        day = fixed(0.9, 1.1, "sky", when.astimezone(UTC).date())
        return min(self.scenario.clearness * day * (1.0 + 0.1 * smooth("sky", when)), 1.0)

    def air_celsius(self, when: datetime) -> float:
        """Warmest at 15:00."""
        hour = when.astimezone(UTC).hour
        return self.scenario.air_celsius + 3.0 * cos(2.0 * pi * (hour - 15) / 24.0)
