"""What to write instead of a write that was refused.

Owners report ``backup`` refused with 400 or 500 (netzero#322), and the owner's own mode refused on the
way back because no rate plan is stored (netzero#255): the same body again gets the same answer.
"""

from dataclasses import fields, replace

from ..powerwall.base import OperatingMode, Settings
from .detours import in_parts
from .model import Command, CommandStatus, ControlState, Phase, Restore
from .situation import Situation

REFUSALS_PER_METHOD = 3
# So often the owner's settings are sent whole before their parts are sent alone.
REFUSALS_OF_THE_WHOLE = 2


def differently(state: ControlState, at: Situation) -> ControlState:
    """The state after one more refusal, when it is time to write something else."""
    if state.phase is Phase.RESTORING and state.restore is not None and state.owner is not None:
        owner = state.owner.settings
        return replace(state, restore=_in_parts(state.restore, owner, state.failures, at))
    if state.phase is Phase.COMMANDING and state.command is not None:
        if state.command.variation:
            # The reserve may be what is refused, and it is not needed.
            plain = replace(state.command, variation=False, detour=True)
            return replace(state, command=plain)
        if state.failures % REFUSALS_PER_METHOD == 0:
            return replace(state, command=by_next_method(state.command))
    return state


def by_next_method(command: Command) -> Command:
    """The same command by its next setpoint, after the last one by the first."""
    setpoint = (command.setpoint + 1) % len(command.setpoints)
    if setpoint == command.setpoint:
        return command
    return replace(
        command,
        setpoint=setpoint,
        tries=0,
        command_status=CommandStatus(),
        detour=False,
        variation=False,
    )


def _in_parts(restore: Restore, owner: Settings, failures: int, at: Situation) -> Restore:
    if restore.parts:
        part, *others = restore.parts
        stand_in = Settings(operating_mode=OperatingMode.SELF_POWERED)
        mode = part.operating_mode
        refused_mode = mode is not None and mode is not OperatingMode.SELF_POWERED
        if refused_mode and not restore.stood_in:
            # Self-powered ends a charge as well, and every site takes it.
            return replace(restore, parts=(stand_in, *others, part), stood_in=True)
        return replace(restore, parts=(*others, part))
    if failures < REFUSALS_OF_THE_WHOLE:
        return restore
    shown = None if at.reading is None else at.reading.settings
    parts = parts_of(owner, shown)
    if not parts and restore.doubts:
        parts = in_parts(owner)
    return replace(restore, parts=parts, detours=(), whole_refused=True)


def parts_of(owner: Settings, shown: Settings | None) -> tuple[Settings, ...]:
    """The owner's settings one by one, those first that end a charge.

    Only what does not stand already, if that is known.
    """
    parts = tuple(
        Settings(**{item.name: value})
        for item in fields(Settings)
        if (value := getattr(owner, item.name)) is not None
        and (shown is None or getattr(shown, item.name) != value)
    )
    # Switching grid charging off ends a charge in any mode; switching it on ends none.
    return tuple(sorted(parts, key=lambda part: part.grid_charging is not False))
