"""Whose settings stand, when what was stored cannot be read whole."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.model import (
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    OwnerSettings,
    Phase,
    Restore,
)
from custom_components.smart_battery_scheduler.planner.model import ChargeMethod
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.site.recovery import (
    OwnerRecord,
    StoredControl,
    recovered,
)

NOW = datetime(2026, 1, 14, 2, tzinfo=UTC)
OWN = Settings(
    operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=20, grid_charging=False
)
OURS = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
OWNER = OwnerSettings(settings=OWN, origin="read", saved_at=NOW - timedelta(hours=1))
RECORD = OwnerRecord(settings=OWN, origin="read", saved_at=OWNER.saved_at, sent=(OURS,))
AT_REST = OwnerRecord()
RESTS = ((ChargeMethod.BACKUP, NOW + timedelta(hours=3)),)
CHARGING = ControlState(
    phase=Phase.RESTORING,
    owner=OWNER,
    sent=(OURS,),
    restore=Restore(begun_at=NOW - timedelta(minutes=1), tries=2),
    out_of_service=RESTS,
)
ALL = tuple(name for name in ControlState.__dataclass_fields__)
STARTED = Decision(at=NOW, kind=DecisionKind.STARTED, reason=DecisionReason.PLAN)
SKIPPED = Decision(at=NOW, kind=DecisionKind.SKIPPED, reason=DecisionReason.PRICE)
BACK = ControlState(phase=Phase.RESTORING, owner=OWNER, sent=(OURS,), restore=Restore(begun_at=NOW))


def stored(state: ControlState, *unreadable: str, known: tuple[str, ...] = ALL) -> StoredControl:
    """A file of the state of control."""
    return StoredControl(state=state, known=known, unreadable=unreadable)


def test_what_is_whole_is_gone_on_with() -> None:
    """Whatever the record apart says."""
    for owner in (RECORD, AT_REST, None):
        assert recovered(stored(CHARGING), owner, (), NOW) is CHARGING


@pytest.mark.parametrize("field", ["completed", "recent", "failures", "retry_at"])
def test_a_part_that_decides_nothing_may_be_missing(field: str) -> None:
    """Control goes on as it was."""
    assert recovered(stored(CHARGING, field), RECORD, (), NOW) is CHARGING


@pytest.mark.parametrize("field", ["phase", "sent", "command", "restore", "suspension"])
def test_with_any_vital_part_unreadable_the_owners_settings_come_back(field: str) -> None:
    """By their own part of the file; no record apart is needed."""
    result = recovered(stored(CHARGING, field), None, (), NOW)
    assert not result.owner_is_unknown
    assert result.phase is Phase.RESTORING
    assert result.owner == OWNER
    assert result.restore == Restore(begun_at=NOW)
    assert result.out_of_service == RESTS


@pytest.mark.parametrize(
    "file",
    [
        StoredControl(),
        stored(ControlState(), "", known=()),
        stored(ControlState(phase=Phase.RUNNING), "owner"),
        stored(ControlState(phase=Phase.RUNNING), known=("phase",)),
    ],
    ids=["lost", "no mapping", "owner unreadable", "of another version"],
)
def test_the_record_apart_brings_the_owners_settings_back(file: StoredControl) -> None:
    """Known by it alone."""
    assert recovered(file, RECORD, (STARTED,), NOW) == BACK


def test_with_nothing_of_ours_in_force_there_is_nothing_to_bring_back() -> None:
    """The record apart says so, file or no file."""
    for file in (StoredControl(), stored(ControlState(), "", known=())):
        assert recovered(file, AT_REST, (STARTED,), NOW) == ControlState()


@pytest.mark.parametrize(
    ("file", "decisions"),
    [
        (StoredControl(), (STARTED,)),
        (stored(ControlState(), "", known=()), ()),
        (stored(ControlState(phase=Phase.RUNNING), "owner"), ()),
        (stored(ControlState(), "owner", "phase"), ()),
    ],
    ids=["lost", "no mapping", "owner unreadable", "neither owner nor phase"],
)
def test_a_person_is_asked_if_nobody_knows(
    file: StoredControl, decisions: tuple[Decision, ...]
) -> None:
    """And the state holds nothing that would be acted on."""
    result = recovered(file, None, decisions, NOW)
    assert result.owner_is_unknown
    assert result.owner is None
    assert result.phase is Phase.IDLE


@pytest.mark.parametrize(
    ("file", "decisions"),
    [
        (StoredControl(), ()),
        (StoredControl(), (SKIPPED,)),
        (stored(ControlState(), "command"), ()),
        (stored(ControlState(), "owner"), ()),
        (stored(ControlState(), known=()), ()),
    ],
    ids=["new", "only watched", "at rest", "at rest, owner unreadable", "of an older version"],
)
def test_nobody_is_asked_where_nothing_of_ours_can_stand(
    file: StoredControl, decisions: tuple[Decision, ...]
) -> None:
    """A new home, one that only watched, and one that was at rest."""
    assert recovered(file, None, decisions, NOW) == ControlState()


def test_the_record_is_of_what_may_be_in_force() -> None:
    """Settings and writes while there are any, else nothing."""
    assert OwnerRecord.of(CHARGING) == RECORD
    assert OwnerRecord.of(ControlState()) == AT_REST
