"""The demo home put together: its roof, its battery, its forecast and its past."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random

from ..common.poll_interval import PollInterval
from ..history.measurements import Energies, MeasuredSlot
from ..powerwall.base import Settings
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
from .roof import plane_irradiance, plane_power_w
from .weather import air_celsius, clearness, day_clearness

LATITUDE, LONGITUDE = 51.5, -0.12
ROOF = RoofPlane(declination_degrees=35.0, azimuth_degrees=195.0, peak_kw=4.2, inverter_kw=3.68)
HARDWARE = Hardware(export_limit_w=3680.0)
# The family that lived here before the scheduler kept this much for the evening, set by hand
# some hours before each time anybody looks.
KEPT_BY_HAND_PERCENT = 45
BY_HAND_FOR = timedelta(hours=4)
# Days simulated before the past that is shown: after them the starting charge level no longer matters.
MEMORY_DAYS = 2
# New settings reach the gateway within a minute.
SHORTEST_DELAY, LONGEST_DELAY = timedelta(seconds=4), timedelta(seconds=45)

RAISED_BY_HAND = replace(SELF_POWERED_AT_20, backup_reserve_percent=KEPT_BY_HAND_PERCENT)

FORECAST_DAYS = 4
# How far a day's forecast misses, as a share: today's and later ones.
TODAY_SIGMA, LATER_SIGMA = 0.12, 0.22
SAMPLE = timedelta(minutes=10)


def available_solar_w(when: datetime) -> float:
    """What the roof makes at an instant, in W."""
    return _roof_w(when, clearness(when))


def demo_powerwall(
    clock: Callable[[], datetime],
    state: SimulatedState | None = None,
    *,
    free_reading_every: timedelta | None = None,
) -> SimulatedPowerwall:
    """The demo home's battery, new or going on from a stored state."""
    if state is None:
        state = SimulatedState.new(
            clock(), hardware=HARDWARE, soc_percent=_first_soc_percent(clock())
        )
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
    return KEPT_BY_HAND_PERCENT if level is None else level


def demo_history(now: datetime, days: int) -> tuple[MeasuredSlot, ...]:
    """The last days as half-hours: the home ran by itself, self-powered with a reserve of 20 %.

    In the last hours the reserve was raised by hand, so that the evening finds something.

    Pure arithmetic of some hundredths of a second per week: not for the event loop.
    """
    end = floor_slot(now.astimezone(UTC))
    start = end - timedelta(days=days)
    stored_kwh = HARDWARE.capacity_kwh * KEPT_BY_HAND_PERCENT / 100.0
    past, meters = list[MeasuredSlot](), Meters()
    while start < end:
        before = meters
        settings = RAISED_BY_HAND if start >= end - BY_HAND_FOR else SELF_POWERED_AT_20
        stored_kwh, meters = _lived(start, stored_kwh, meters, settings)
        level = stored_kwh / HARDWARE.capacity_kwh * 100.0
        past.append(
            MeasuredSlot(
                start=start,
                energies=_between(before, meters),
                observed_s=SLOT.total_seconds(),
                soc_percent=level,
            )
        )
        start += SLOT
    return tuple(past)


def _lived(
    start: datetime, stored_kwh: float, meters: Meters, settings: Settings
) -> tuple[float, Meters]:
    """A half-hour in a few steps."""
    for index in range(SLOT // SAMPLE):
        middle = start + SAMPLE * (index + 0.5)
        stored_kwh, meters = advance(
            HARDWARE,
            settings,
            Circumstances(),
            stored_kwh,
            meters,
            house_w(middle),
            available_solar_w(middle),
            SAMPLE.total_seconds(),
        )
    return stored_kwh, meters


def _between(before: Meters, after: Meters) -> Energies:
    return Energies(
        load_kwh=after.house_kwh - before.house_kwh,
        pv_kwh=after.solar_kwh - before.solar_kwh,
        import_kwh=after.imported_kwh - before.imported_kwh,
        export_kwh=after.exported_kwh - before.exported_kwh,
        battery_in_kwh=after.charged_kwh - before.charged_kwh,
        battery_out_kwh=after.discharged_kwh - before.discharged_kwh,
    )


def _roof_w(when: datetime, clear: float) -> float:
    w_per_m2 = plane_irradiance(when, LATITUDE, LONGITUDE, ROOF, clear)
    return plane_power_w(ROOF, w_per_m2, air_celsius(when)) if w_per_m2 > 0.0 else 0.0


def _predicted(start: datetime, today: date) -> SolarSlot:
    day = start.date()
    samples = [start + SAMPLE * (index + 0.5) for index in range(SLOT // SAMPLE)]
    expected = day_clearness(day) * _day_factor(day, today)
    kwh_per_w = SLOT.total_seconds() / 3600.0 / 1000.0 / len(samples)
    mean, bright = (
        sum(_roof_w(at, min(clear, 1.0)) for at in samples) * kwh_per_w for clear in (expected, 1.0)
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
