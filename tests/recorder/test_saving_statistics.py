"""What long-term statistics make of the savings."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.recorder import get_instance

EVENING = datetime(2026, 1, 31, 22, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 2, 1, tzinfo=UTC)
HALF_HOUR, FIVE_MINUTES = timedelta(minutes=30), timedelta(minutes=5)
SAVED = ("saving_today", "saving_this_month", "saving_in_all")


def half_hour(start: datetime, level: float) -> MeasuredSlot:
    """A half-hour in which the battery fed the house what a charge had brought."""
    energies = Energies(load_kwh=1.0, battery_out_kwh=1.0)
    return MeasuredSlot(start=start, energies=energies, observed_s=1800, soc_percent=level)


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """The demo home on the last evening of a month; it has saved nothing yet."""
    freezer.move_to(EVENING)

    # Two writes of one state never have the same stamp; a clock that stands still gives them one.
    @callback
    def tick(_: Event[EventStateChangedData]) -> None:
        freezer.tick(timedelta(microseconds=1))

    hass.bus.async_listen(EVENT_STATE_CHANGED, tick)
    entry = MockConfigEntry(domain=DOMAIN, title="Home", data={"kind": "demo", "units": 1})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def sums(hass: HomeAssistant, until: datetime) -> dict[str, float]:
    """What each saving has come to in the statistics of the evening and the night."""
    await async_wait_recording_done(hass)
    when = EVENING
    while when < until:
        do_adhoc_statistics(hass, start=when)
        when += FIVE_MINUTES
    await async_wait_recording_done(hass)
    ids = {f"sensor.home_{key}" for key in SAVED}
    rows = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, EVENING, None, ids, "5minute", None, {"sum"}
    )
    assert set(rows) == ids
    return {key: rows[f"sensor.home_{key}"][-1]["sum"] or 0.0 for key in SAVED}


async def pass_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: datetime, step: timedelta
) -> None:
    """Go through a time in steps."""
    when = datetime.fromisoformat(freezer().isoformat()).replace(tzinfo=UTC)
    while when < until:
        when += step
        freezer.move_to(when)
        async_fire_time_changed(hass, when)
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("step", [HALF_HOUR, 4 * HALF_HOUR], ids=["watched", "asleep at midnight"])
async def test_whole_days_add_up_to_the_total_in_long_term_statistics(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, step: timedelta
) -> None:
    """Whole days and months add up to the total in long-term statistics, to the penny."""
    site = entry.runtime_data
    starts = [EVENING + index * HALF_HOUR for index in range(8)]
    site.measurements.adopt(half_hour(start, 90 - 4 * index) for index, start in enumerate(starts))
    site.savings.memory = type(site.savings.memory)(through=EVENING, baseline_kwh=0.0)
    end = MIDNIGHT + 4 * HALF_HOUR
    await pass_time(hass, freezer, end, step)
    before = site.savings.day(EVENING.date())
    assert before.half_hours == 4
    assert before.saved_p > 10
    assert site.savings.day(MIDNIGHT.date()).saved_p > 10
    total = site.savings.memory.saved_p / 100
    come_to = await sums(hass, end + FIVE_MINUTES)
    assert come_to == {key: pytest.approx(total, abs=0.005) for key in SAVED}
    today = hass.states.get("sensor.home_saving_today")
    assert today is not None
    assert today.attributes["last_reset"] == MIDNIGHT.isoformat()
