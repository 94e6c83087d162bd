"""Readings that cannot be, that lag, lack something or come by another clock: seen through, or told."""

from datetime import timedelta

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import DecisionKind, Phase
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..cloud.quirks import Quirks
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)
# A start and a stop, and each once more.
MOST_WRITES = 4


def notices(day: Day) -> set[str | None]:
    """The keys of the notices that are up."""
    issues = ir.async_get(day.hass).issues.items()
    return {issue.translation_key for (domain, _), issue in issues if domain == DOMAIN}


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(level_zero_every=7),
        Quirks(replica_share=0.3, replica_lag_s=240.0),
        Quirks(reserve_offset_percent=-0.21),
        Quirks(level_offset_percent=-0.4),
        Quirks(null_values=("solar_power",)),
        Quirks(clock_ahead_s=-720.0),
        Quirks(clock_ahead_s=3600.0),
    ],
    ids=["noughts", "replicas", "fraction", "below nought", "null", "clock behind", "clock ahead"],
)
async def test_an_hour_is_charged_whatever_the_readings_look_like(
    day: Day, script: Script, quirks: Quirks
) -> None:
    """With as many writes as on any other day, and the owner's settings after it."""
    before, begin = day.shown, dt_util.utcnow() + HOUR / 2
    day.cloud.world.quirks = quirks
    script.charge(begin, begin + HOUR)
    level = day.cloud.world.powerwall.soc_percent
    await day.start()
    await day.run(2)
    assert day.cloud.world.powerwall.soc_percent > level + 15
    assert day.shown == before
    assert len(day.cloud.requests.writes) <= MOST_WRITES
    assert DecisionKind.SUSPENDED not in {line.kind for line in day.decisions}


async def test_a_wrong_clock_is_reported_until_it_is_right(day: Day) -> None:
    """The home runs all the same."""
    day.cloud.world.quirks = Quirks(clock_ahead_s=-720.0)
    await day.start()
    assert day.is_loaded()
    assert "clock_wrong" in notices(day)
    day.cloud.world.quirks = Quirks()
    await day.run(0.2)
    assert "clock_wrong" not in notices(day)


async def test_what_cannot_be_read_for_an_hour_is_reported_until_it_can(day: Day) -> None:
    """Powers that never come: nothing could be proven."""
    await day.start()
    day.cloud.faults.add(Fault.EMPTY_LIVE_STATUS, Endpoint.NETZERO_READ)
    await day.run(0.8)
    assert "reading_incomplete" not in notices(day)
    await day.run(0.5)
    assert "reading_incomplete" in notices(day)
    day.cloud.faults.clear()
    await day.run(0.2)
    assert "reading_incomplete" not in notices(day)


async def test_set_up_asks_whose_settings_stand_if_every_file_about_it_is_lost(
    day: Day, script: Script
) -> None:
    """Nothing is written until a person has said so."""
    now = dt_util.utcnow()
    script.charge(now, now + 3 * HOUR)
    await day.start()
    await day.run(0.2)
    assert day.phase is Phase.RUNNING
    await day.site.async_remember()
    await day.power_cut()
    for name in ("control", "owner", "owner_copy"):
        del day.storage[f"{DOMAIN}.{day.entry.entry_id}.{name}"]
    writes = len(day.cloud.requests.writes)
    await day.start()
    await day.run(1)
    assert "owner_unknown" in notices(day)
    assert len(day.cloud.requests.writes) == writes
    await day.site.controller.async_resume()
    await day.run(0.1)
    assert "owner_unknown" not in notices(day)


@pytest.mark.parametrize("lost", [("control",), ("control", "owner"), ("control", "owner_copy")])
async def test_a_lost_file_in_mid_charge_strands_nothing(
    day: Day, script: Script, lost: tuple[str, ...]
) -> None:
    """The owner's settings come back by any file that is left."""
    before, now = day.shown, dt_util.utcnow()
    script.charge(now, now + HOUR)
    await day.start()
    await day.run(0.2)
    await day.power_cut()
    assert day.shown != before
    for name in lost:
        del day.storage[f"{DOMAIN}.{day.entry.entry_id}.{name}"]
    day.freezer.tick(timedelta(hours=3))
    await day.start()
    await day.run(0.3)
    assert day.shown == before


@pytest.mark.parametrize("others", [2, 4])
async def test_another_client_on_the_same_limit_keeps_no_write_waiting_for_long(
    day: Day, script: Script, others: int
) -> None:
    """netzero#340: the charge begins and the stop leaves, each within minutes; readings wait."""
    before, begin = day.shown, dt_util.utcnow() + HOUR / 2
    day.cloud.world.quirks = Quirks(others_per_minute=others)
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(2)
    taken = [request.at for request in day.cloud.requests.writes if request.status == 200]
    assert any(begin <= at <= begin + HOUR / 10 for at in taken)
    assert any(begin + HOUR <= at <= begin + 1.1 * HOUR for at in taken)
    assert day.shown == before
