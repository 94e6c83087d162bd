"""Whose settings are in force, judged when the stored state cannot be read completely. Pure.

The owner's own settings are stored apart from everything else, small and twice, so that neither a
damaged file nor one of another version strands a Powerwall in ours.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..control.model import ControlState, Decision, DecisionKind, OwnerSettings, Phase, Restore
from ..powerwall.base import Settings

# Fields of the state of control without which the rest of it must not be gone on with.
_VITAL = frozenset({"", "phase", "owner", "sent", "command", "restore", "suspension"})
_IN_FORCE = frozenset({Phase.COMMANDING, Phase.VERIFYING, Phase.RUNNING, Phase.RESTORING})


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRecord:
    """The owner's settings from before our first write, and every write of ours since.

    ``settings`` is None while nothing of ours can be in force.
    """

    settings: Settings | None = None
    origin: str = ""
    saved_at: datetime | None = None
    sent: tuple[Settings, ...] = ()

    @classmethod
    def of(cls, state: ControlState) -> OwnerRecord:
        """The part of a state of control that is stored twice, in files of its own."""
        if state.owner is None:
            return cls()
        owner = state.owner
        return cls(
            settings=owner.settings, origin=owner.origin, saved_at=owner.saved_at, sent=state.sent
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredControl:
    """What the file of the state of control gave.

    ``state`` is None without a file; ``unreadable`` names the fields that could not be read,
    ``known`` those that were there.
    """

    state: ControlState | None = None
    known: Collection[str] = ()
    unreadable: Collection[str] = ()


def recovered(
    stored: StoredControl,
    record: OwnerRecord | None,
    decisions: Sequence[Decision],
    now: datetime,
) -> ControlState:
    """The state to go on from: as stored if that is complete, else one that restores the owner settings.

    ``record`` is None if neither of its files is there and readable. Where nobody knows the owner's
    settings any more, a person has to say whose those in force are.
    """
    state = stored.state
    if state is None:
        return _without_state(record, decisions, now)
    if _VITAL.isdisjoint(stored.unreadable) and _fits_together(state):
        return state
    owner = state.owner or (None if record is None else _owner_of(record, now))
    if owner is not None:
        sent = state.sent or (() if record is None else record.sent)
        return _restoring(owner, sent, now, state)
    is_stated = "owner" in stored.known and not {"", "owner"} & set(stored.unreadable)
    is_at_rest = not {"", "phase"} & set(stored.unreadable) and state.phase not in _IN_FORCE
    return ControlState(
        out_of_service=state.out_of_service,
        recent=state.recent,
        owner_is_unknown=record is None and not (is_stated or is_at_rest),
    )


def _without_state(
    record: OwnerRecord | None, decisions: Sequence[Decision], now: datetime
) -> ControlState:
    """No file of the state of control: a new site, or one that has lost it."""
    if record is None:
        commanded = any(line.kind is DecisionKind.STARTED for line in decisions)
        return ControlState(owner_is_unknown=commanded)
    owner = _owner_of(record, now)
    if owner is None:
        return ControlState()
    return _restoring(owner, record.sent, now, ControlState())


def _owner_of(record: OwnerRecord, now: datetime) -> OwnerSettings | None:
    if record.settings is None:
        return None
    return OwnerSettings(
        settings=record.settings, origin=record.origin, saved_at=record.saved_at or now
    )


def _restoring(
    owner: OwnerSettings, sent: tuple[Settings, ...], now: datetime, state: ControlState
) -> ControlState:
    """A state that restores the owner settings first; control goes on from there."""
    return ControlState(
        phase=Phase.RESTORING,
        owner=owner,
        sent=sent or (owner.settings,),
        restore=Restore(begun_at=now),
        out_of_service=state.out_of_service,
    )


def _fits_together(state: ControlState) -> bool:
    """Whether the fields that a phase needs are there: a file of another version may lack some."""
    match state.phase:
        case Phase.IDLE:
            return state.owner is None
        case Phase.SUSPENDED:
            return state.suspension is not None
        case Phase.FAULT:
            return True
        case Phase.RESTORING:
            return state.owner is not None and state.restore is not None
        case _:
            return state.owner is not None and state.command is not None
