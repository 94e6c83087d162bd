"""The demo home as a whole."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json
from statistics import mean
from time import perf_counter

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.demo import (
    HARDWARE,
    DemoSolar,
    demo_history,
    demo_powerwall,
)
from custom_components.smart_battery_scheduler.demo.home import available_solar_w
from custom_components.smart_battery_scheduler.demo.house import house_w
from custom_components.smart_battery_scheduler.demo.past import planned_from
from custom_components.smart_battery_scheduler.demo.rates import export_p_per_kwh, import_p_per_kwh
from custom_components.smart_battery_scheduler.history.measurements import MeasuredSlot
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import (
    Circumstances,
    Meters,
    advance,
)
from custom_components.smart_battery_scheduler.powerwall.simulated import (
    SELF_POWERED_AT_20,
    SimulatedState,
)
from custom_components.smart_battery_scheduler.solar.model import SolarForecast, SolarSource
from custom_components.smart_battery_scheduler.tariff.model import SLOT

NOW = datetime(2026, 11, 21, 9, 17, tzinfo=UTC)
# More than a kettle may draw within a half-hour beside what is measured.
NOTICEABLE_KWH = 0.1


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
    powerwall = demo_powerwall(lambda: now[0], first_percent=40.0)
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
    """Four weeks of half-hours, by itself and then by the planner."""
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


@pytest.mark.parametrize("month", [1, 4, 7, 11])
def test_the_last_two_days_are_the_planners(month: int) -> None:
    """It buys where that is cheap for the day, never in the peak, and the dearest hours run from the battery."""
    now = datetime(2026, month, 21, 12, tzinfo=UTC)
    past = [slot for slot in demo_history(now, 28) if slot.start >= planned_from(now)]
    assert timedelta(days=2) <= now - past[0].start <= timedelta(days=3)
    bought = [
        slot for slot in past if slot.energies.import_kwh - slot.energies.load_kwh > NOTICEABLE_KWH
    ]
    for slot in bought:
        assert not 16 <= slot.start.astimezone(MARKET_TIME_ZONE).hour < 19
    paid = sum(slot.energies.import_kwh * import_p_per_kwh(slot.start) for slot in past)
    paid -= sum(slot.energies.export_kwh * export_p_per_kwh(slot.start) for slot in past)
    by_itself, left_kwh = _by_itself(past)
    # What it has bought and not yet used is worth what it would save at an average rate.
    usual = sum(import_p_per_kwh(slot.start) for slot in past) / len(past)
    assert past[-1].soc_percent is not None
    more_kwh = past[-1].soc_percent / 100.0 * HARDWARE.capacity_kwh - left_kwh
    assert paid - usual * more_kwh * HARDWARE.one_way_efficiency < by_itself
    peak = [slot for slot in past if slot.start.astimezone(MARKET_TIME_ZONE).hour in (17, 18)]
    assert sum(slot.energies.import_kwh for slot in peak) < 0.2 * sum(
        slot.energies.load_kwh for slot in peak
    )


def _by_itself(past: Sequence[MeasuredSlot]) -> tuple[float, float]:
    """The bill in pence with a battery that never buys, empty at first, and what it holds at the end in kWh."""
    stored_kwh, paid_p = HARDWARE.capacity_kwh * 0.2, 0.0
    for slot in past:
        stored_kwh, meters = advance(
            HARDWARE,
            SELF_POWERED_AT_20,
            Circumstances(),
            stored_kwh,
            Meters(),
            slot.energies.load_kwh * 2000.0,
            slot.energies.pv_kwh * 2000.0,
            SLOT.total_seconds(),
        )
        paid_p += meters.imported_kwh * import_p_per_kwh(slot.start)
        paid_p -= meters.exported_kwh * export_p_per_kwh(slot.start)
    return paid_p, stored_kwh


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
