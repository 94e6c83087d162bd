"""The decision log, what is stored, and that neither grows nor leaks."""

from datetime import timedelta
import json
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.common.retention import NOTED_BY_A_WRONG_CLOCK
from custom_components.smart_battery_scheduler.control.model import (
    Decision,
    DecisionKind,
    DecisionReason,
)
from custom_components.smart_battery_scheduler.history.decision_log import (
    KEPT,
    MOST_KEPT,
    DecisionLog,
)
from homeassistant.util import dt as dt_util

from ..cloud.faults import Fault
from ..days.stage import Day
from .conftest import Script

HOUR = timedelta(hours=1)


async def test_the_decision_log_of_a_night(day: Day, script: Script) -> None:
    """Started, seen, completed, restored: each with slot, rate, level and evidence."""
    begin = dt_util.utcnow() + HOUR / 2
    script.charge(begin, begin + HOUR)
    await day.start()
    await day.run(2)
    of_charge = [line for line in day.decisions if line.slot_start == begin]
    assert [line.kind for line in of_charge] == [
        DecisionKind.STARTED,
        DecisionKind.CONFIRMED,
        DecisionKind.COMPLETED,
    ]
    for line in of_charge:
        assert line.slot_end == begin + HOUR
        assert line.rate_p_per_kwh is not None
        assert line.soc_percent is not None
        assert line.command_status is not None
    assert day.decisions[-1].kind is DecisionKind.RESTORED


@pytest.mark.parametrize(
    ("options", "hour", "reason"),
    [
        ({"price_ceiling_p_per_kwh": 5.0}, 1.0, DecisionReason.PRICE),
        ({"peak_start": "01:00:00", "peak_end": "02:00:00"}, 1.0, DecisionReason.PEAK),
        ({"scheduler_enabled": False}, 1.0, DecisionReason.SWITCHED_OFF),
        ({"dry_run": True}, 1.0, DecisionReason.DRY_RUN),
    ],
)
async def test_a_refused_charge_is_logged_with_its_reason(
    day: Day, script: Script, options: dict[str, object], hour: float, reason: DecisionReason
) -> None:
    """Nothing is written, and the decision log says why."""
    begin = dt_util.utcnow() + hour * HOUR
    script.charge(begin, begin + HOUR / 2)
    await day.start(**options)
    await day.run(2)
    assert not day.cloud.requests.writes
    skipped = [line for line in day.decisions if line.kind is DecisionKind.SKIPPED]
    assert [(line.reason, line.slot_start) for line in skipped] == [(reason, begin)]


async def test_decisions_survive_a_restart(day: Day, script: Script) -> None:
    """Reloaded, the decision log goes on where it was."""
    begin = dt_util.utcnow()
    script.charge(begin, begin + HOUR / 2)
    await day.start()
    await day.run(0.7)
    before = day.decisions
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    day.adopt()
    assert day.decisions[: len(before)] == before


def test_the_decision_log_is_limited_in_time_and_number() -> None:
    """Thirty days, and no more than some thousand lines whatever happens."""
    now = dt_util.utcnow()
    decision_log = DecisionLog()
    for ago in range(45 * 24, 0, -1):
        at = now - ago * HOUR
        decision_log.add(Decision(at=at, kind=DecisionKind.SKIPPED, reason=DecisionReason.PRICE))
    assert now - decision_log.decisions[0].at <= KEPT + (NOTED_BY_A_WRONG_CLOCK + 1) * HOUR
    for _ in range(MOST_KEPT + 10):
        decision_log.add(Decision(at=now, kind=DecisionKind.SKIPPED, reason=DecisionReason.PRICE))
    assert len(decision_log.decisions) == MOST_KEPT


async def test_stored_data_is_small_and_holds_no_secret(
    day: Day, script: Script, hass_storage: dict[str, Any]
) -> None:
    """The state of control is a few kilobytes, the records well below a megabyte."""
    day.cloud.faults.add(Fault.LOST, times=5)
    script.charge(dt_util.utcnow(), dt_util.utcnow() + 2 * HOUR)
    await day.start()
    await day.run(2.2)
    await day.hass.config_entries.async_unload(day.entry.entry_id)
    stored = {
        key.rsplit(".", 1)[1]: json.dumps(value)
        for key, value in hass_storage.items()
        if day.entry.entry_id in key
    }
    assert len(stored["control"]) < 4_000
    assert len(stored["records"]) < 1_000_000
    assert day.cloud.world.token not in stored["control"] + stored["records"]
