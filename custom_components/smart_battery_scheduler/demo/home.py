"""The demo home put together: its roof, its battery, its forecast and its past."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from math import exp
from random import Random

from ..common.poll_interval import PollInterval
from ..history.backtest.known import HORIZON
from ..history.backtest.model import LivedSlot
from ..history.measurements import Energies, MeasuredSlot
from ..planner.model import Spread
from ..powerwall.physics import Circumstances, Hardware, Meters, advance
from ..powerwall.simulated import (
    SELF_POWERED_AT_20,
    SimulatedPowerwall,
    SimulatedState,
    after_a_while,
)
from ..solar.model import RoofPlane, SolarForecast, SolarSlot
from ..tariff.model import SLOT, floor_slot
from .chance import chance
from .house import house_w
from .past import SAMPLE, half_hour_kwh, planned_from, played
from .roof import plane_irradiance, plane_power_w
from .weather import air_celsius, clearness, day_clearness

LATITUDE, LONGITUDE = 51.5, -0.12
ROOF = RoofPlane(declination_degrees=35.0, azimuth_degrees=195.0, peak_kw=4.2, inverter_kw=3.68)
HARDWARE = Hardware(export_limit_w=3680.0)
# How full the battery was when the past begins.
FIRST_PERCENT = 45
# Days of the past after which the charge level does not depend on how full the battery was before them: one
# in which the home ran by itself, and those of the planner.
MEMORY_DAYS = 4
# New settings reach the gateway within a minute.
SHORTEST_DELAY, LONGEST_DELAY = timedelta(seconds=4), timedelta(seconds=45)

FORECAST_DAYS = 4
# How far a day's forecast misses, as a share: today's and later ones.
TODAY_SIGMA, LATER_SIGMA = 0.12, 0.22


def available_solar_w(when: datetime) -> float:
    """What the roof makes at an instant, in W."""
    return _roof_w(when, clearness(when))


def demo_powerwall(
    clock: Callable[[], datetime],
    state: SimulatedState | None = None,
    first_percent: float | None = None,
    *,
    free_reading_every: timedelta | None = None,
) -> SimulatedPowerwall:
    """The demo home's battery, going on from a stored state or new.

    A new one has ``first_percent``, or, where that is None, the level at which its past ends.
    """
    if state is None:
        soc_percent = _first_soc_percent(clock()) if first_percent is None else first_percent
        state = SimulatedState.new(clock(), hardware=HARDWARE, soc_percent=soc_percent)
    return SimulatedPowerwall(
        state,
        clock=clock,
        house_w=house_w,
        available_solar_w=available_solar_w,
        hardware=HARDWARE,
        deliver=after_a_while(1, SHORTEST_DELAY, LONGEST_DELAY),
        free_reading_every=free_reading_every,
    )


class DemoSolar:
    """The demo home's solar forecast: it knows the kind of day, not the clouds, and errs."""

    poll_interval = PollInterval(every=timedelta(minutes=90), jitter=timedelta(minutes=10))

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Forecast from the clock's present."""
        self._clock = clock

    async def fetch(self) -> SolarForecast:
        """Today from midnight UTC, and three days more."""
        now = self._clock().astimezone(UTC)
        begin = datetime.combine(now.date(), time(), UTC)
        starts = (begin + SLOT * index for index in range(48 * FORECAST_DAYS))
        return SolarForecast(
            made_at=now, slots={start: _predicted(start, now.date()) for start in starts}
        )


def _first_soc_percent(now: datetime) -> float:
    """Where the past ends, so that the first reading goes on from it."""
    level = demo_history(now, MEMORY_DAYS)[-1].soc_percent
    return FIRST_PERCENT if level is None else level


def demo_history(now: datetime, days: int) -> tuple[MeasuredSlot, ...]:
    """The last days as half-hours: self-powered with a reserve of 20 %, and for the last two days as planned.

    Arithmetic of some hundredths of a second per week, and some six plans: not for the event loop.
    """
    return _history(floor_slot(now.astimezone(UTC)), days)


# Set up again within the half-hour, the home has the same past.
@lru_cache(maxsize=4)
def _history(end: datetime, days: int) -> tuple[MeasuredSlot, ...]:
    start, by_plan = end - timedelta(days=days), planned_from(end)
    stored_kwh = HARDWARE.capacity_kwh * FIRST_PERCENT / 100.0
    past = list[MeasuredSlot]()
    while start < min(by_plan, end):
        stored_kwh, meters = _lived(start, stored_kwh)
        past.append(_measured(start, stored_kwh, meters))
        start += SLOT
    slots = [_wanted(start + index * SLOT) for index in range((end - start) // SLOT)]
    ahead = (start + index * SLOT for index in range(len(slots) + HORIZON // SLOT))
    solar = [_spread(_predicted(at, at.date())) for at in ahead]
    done = played(HARDWARE, stored_kwh, slots, solar)
    past += [
        _measured(slot.start, stored, meters)
        for slot, (stored, meters) in zip(slots, done, strict=True)
    ]
    return tuple(past)


def _measured(start: datetime, stored_kwh: float, meters: Meters) -> MeasuredSlot:
    return MeasuredSlot(
        start=start,
        energies=_energies(meters),
        observed_s=SLOT.total_seconds(),
        soc_percent=stored_kwh / HARDWARE.capacity_kwh * 100.0,
    )


def _wanted(start: datetime) -> LivedSlot:
    """What house and roof do in a half-hour; what the grid does follows from the battery."""
    return LivedSlot(
        start=start,
        load_kwh=half_hour_kwh(house_w, start),
        pv_kwh=half_hour_kwh(available_solar_w, start),
        import_kwh=0.0,
        export_kwh=0.0,
    )


def _spread(slot: SolarSlot) -> Spread:
    return Spread(mean=slot.mean_kwh, p10=slot.p10_kwh, p50=slot.p50_kwh, p90=slot.p90_kwh)


def _lived(start: datetime, stored_kwh: float) -> tuple[float, Meters]:
    """A half-hour of a home that runs by itself, in a few steps."""
    meters = Meters()
    for index in range(SLOT // SAMPLE):
        middle = start + SAMPLE * (index + 0.5)
        stored_kwh, meters = advance(
            HARDWARE,
            SELF_POWERED_AT_20,
            Circumstances(),
            stored_kwh,
            meters,
            house_w(middle),
            available_solar_w(middle),
            SAMPLE.total_seconds(),
        )
    return stored_kwh, meters


def _energies(meters: Meters) -> Energies:
    return Energies(
        load_kwh=meters.house_kwh,
        pv_kwh=meters.solar_kwh,
        import_kwh=meters.imported_kwh,
        export_kwh=meters.exported_kwh,
        battery_in_kwh=meters.charged_kwh,
        battery_out_kwh=meters.discharged_kwh,
    )


def _roof_w(when: datetime, clear: float) -> float:
    w_per_m2 = plane_irradiance(when, LATITUDE, LONGITUDE, ROOF, clear)
    return plane_power_w(ROOF, w_per_m2, air_celsius(when)) if w_per_m2 > 0.0 else 0.0


def _predicted(start: datetime, today: date) -> SolarSlot:
    day = start.date()
    expected = day_clearness(day) * _day_factor(day, today)
    mean, bright = (
        half_hour_kwh(partial(_roof_w, clear=min(clear, 1.0)), start) for clear in (expected, 1.0)
    )
    return SolarSlot(
        mean_kwh=mean,
        p10_kwh=mean * 0.55,
        p50_kwh=mean,
        p90_kwh=min(mean * 1.6, max(bright, mean)),
    )


def _day_factor(day: date, today: date) -> float:
    """How the forecast made today misses a day; it is made anew every day."""
    sigma = TODAY_SIGMA if day <= today else LATER_SIGMA
    luck: Random = chance("forecast", day, (day - today).days)
    return exp(luck.gauss(-sigma * sigma / 2.0, sigma))
