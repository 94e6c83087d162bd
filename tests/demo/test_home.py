"""The demo home as a whole."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json
from statistics import mean
from time import perf_counter

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.demo import (
    HARDWARE,
    DemoSolar,
    demo_history,
    demo_powerwall,
)
from custom_components.smart_battery_scheduler.demo.home import available_solar_w
from custom_components.smart_battery_scheduler.demo.house import house_w
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.simulated import SimulatedState
from custom_components.smart_battery_scheduler.solar.model import SolarForecast, SolarSource
from custom_components.smart_battery_scheduler.tariff.model import SLOT

NOW = datetime(2026, 11, 21, 9, 17, tzinfo=UTC)


def true_kwh(start: datetime) -> float:
    """What the roof really makes in a half-hour."""
    return (
        sum(available_solar_w(start + timedelta(minutes=5 + 10 * part)) for part in range(3)) / 6000
    )


async def forecast_at(now: datetime) -> SolarForecast:
    """The forecast made at a time."""
    source: SolarSource = DemoSolar(lambda: now)
    return await source.fetch()


async def test_the_battery_lives_through_real_time() -> None:
    """An order is obeyed within a minute, an hour later the battery is fuller."""
    now = [NOW]
    powerwall = demo_powerwall(lambda: now[0])
    before = await powerwall.read()
    await powerwall.write(Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True))
    now[0] += timedelta(minutes=1)
    assert (await powerwall.read()).settings.operating_mode is OperatingMode.BACKUP
    now[0] += timedelta(hours=1)
    after = await powerwall.read()
    assert before.soc_percent is not None
    assert after.soc_percent is not None
    assert after.soc_percent > before.soc_percent + 20


async def test_it_goes_on_after_a_restart() -> None:
    """Stored, away for a night, and where it would have been."""
    now = [NOW]
    powerwall = demo_powerwall(lambda: now[0])
    await powerwall.write(Settings(backup_reserve_percent=60))
    now[0] += timedelta(minutes=10)
    stored = json.loads(json.dumps(encode(powerwall.state)))
    now[0] += timedelta(hours=10)
    revived = demo_powerwall(lambda: now[0], decode(SimulatedState, stored))
    assert revived.state == powerwall.state
    assert revived.soc_percent == pytest.approx(60, abs=25)


def test_a_month_of_absence_costs_little() -> None:
    """Well under a second, on the event loop."""
    now = [NOW]
    powerwall = demo_powerwall(lambda: now[0])
    now[0] += timedelta(days=30)
    begun = perf_counter()
    powerwall.reading()
    assert perf_counter() - begun < 1.0


async def test_the_forecast_covers_what_is_asked_of_a_source() -> None:
    """From today's midnight UTC to at least 48 hours ahead; ordered quantiles, dark nights."""
    forecast = await forecast_at(NOW)
    assert forecast.made_at == NOW
    starts = sorted(forecast.slots)
    assert starts[0] == datetime(2026, 11, 21, tzinfo=UTC)
    assert starts[-1] >= NOW + timedelta(hours=48)
    assert all(later - earlier == SLOT for earlier, later in pairwise(starts))
    for slot in forecast.slots.values():
        assert 0 <= slot.p10_kwh <= slot.p50_kwh <= slot.p90_kwh
    assert forecast.slots[datetime(2026, 11, 22, 1, tzinfo=UTC)].mean_kwh == 0


async def test_the_forecast_errs_but_not_wildly() -> None:
    """Day by day off by some 5-60 %, on the whole right; four times of five within its range."""
    errors, ratios, inside = list[float](), list[float](), list[bool]()
    for week in range(26):
        now = datetime(2026, 1, 3, 6, tzinfo=UTC) + timedelta(weeks=2 * week)
        forecast = await forecast_at(now)
        tomorrow = [start for start in forecast.slots if start.date() > now.date()][:48]
        predicted = sum(forecast.slots[start].mean_kwh for start in tomorrow)
        made = sum(map(true_kwh, tomorrow))
        errors.append(abs(predicted - made) / made)
        ratios.append(predicted / made)
        for start in tomorrow:
            slot = forecast.slots[start]
            if slot.mean_kwh > 0.05:
                inside.append(slot.p10_kwh <= true_kwh(start) <= slot.p90_kwh)
    assert 0.05 < mean(errors) < 0.6
    assert 0.8 < mean(ratios) < 1.2
    assert 0.65 < mean(inside) < 0.95


async def test_a_day_is_forecast_anew_when_it_comes() -> None:
    """The same within a day, another the day before."""
    morning, evening = await forecast_at(NOW), await forecast_at(NOW + timedelta(hours=9))
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert morning.slots[noon] == evening.slots[noon]
    assert (await forecast_at(NOW + timedelta(days=1))).slots[noon] != morning.slots[noon]


def test_the_past_is_whole_and_balances() -> None:
    """Four weeks of half-hours of a home that ran by itself."""
    past = demo_history(NOW, 28)
    assert len(past) == 28 * 48
    assert past[-1].start + SLOT == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert all(later.start - earlier.start == SLOT for earlier, later in pairwise(past))
    for slot in past:
        flows = slot.energies
        supplied = flows.pv_kwh + flows.import_kwh + flows.battery_out_kwh
        used = flows.load_kwh + flows.export_kwh + flows.battery_in_kwh
        assert supplied == pytest.approx(used, abs=1e-9)
        assert slot.is_whole
        assert slot.soc_percent is not None
        assert 19.9 <= slot.soc_percent <= 100
    daily_kwh = sum(slot.energies.load_kwh for slot in past) / 28
    assert 9 < daily_kwh < 15
    assert HARDWARE.capacity_kwh == 13.5


@pytest.mark.parametrize("month", [1, 3, 6, 9, 11])
async def test_the_first_reading_goes_on_from_the_past(month: int) -> None:
    """No leap of the charge level where the past ends and the present begins."""
    now = datetime(2026, month, 21, 12, tzinfo=UTC)
    reached = demo_history(now, 28)[-1].soc_percent
    reading = await demo_powerwall(lambda: now).read()
    assert reading.soc_percent == pytest.approx(reached, abs=1)


def test_the_past_is_the_same_whenever_it_is_asked_for() -> None:
    """Load and sun are facts of the date; only the charge level remembers where it began."""
    one, other = demo_history(NOW, 2), demo_history(NOW + timedelta(days=1), 3)
    snapshot = {slot.start: (slot.energies.load_kwh, slot.energies.pv_kwh) for slot in other}
    for slot in one:
        assert snapshot[slot.start] == pytest.approx((slot.energies.load_kwh, slot.energies.pv_kwh))


def test_the_house_has_a_familys_rhythm() -> None:
    """Quiet nights, busy evenings, kettles, four megawatt-hours a year or so."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(minutes=10 * step) for step in range(365 * 144)]
    powers = [house_w(at) for at in moments]
    assert 3500 < sum(powers) / 6000 < 5000
    nights = mean(watts for at, watts in zip(moments, powers, strict=True) if at.hour == 3)
    evenings = mean(watts for at, watts in zip(moments, powers, strict=True) if at.hour == 18)
    assert evenings > 2.5 * nights
    assert max(powers) > 3000
    assert min(powers) > 80
