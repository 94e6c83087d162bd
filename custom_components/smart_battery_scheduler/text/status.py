"""What a home does at this moment, for conditions and voices: read off, never decided."""

from __future__ import annotations

from datetime import datetime, timedelta

from homeassistant.util import dt as dt_util

from ..const import MARKET_TIME_ZONE
from ..control.model import Command, DecisionReason, Phase
from ..control.rules import Override
from ..planner.model import Action, ReadyBy
from ..site.site import Home
from .speech import HELD_BACK, Picture

# Once may be a hiccup of the network.
REFUSED_OFTEN = 3


def override_now(home: Home, now: datetime) -> Override | None:
    """The override, unless its end has come."""
    return home.override if home.override is not None and now < home.override.until else None


def ready_once(home: Home, now: datetime) -> ReadyBy | None:
    """The wish to be ready at one time, unless that time has come."""
    return home.ready_once if home.ready_once is not None and now < home.ready_once.at else None


def action_now(home: Home, now: datetime) -> Action | None:
    """What the override or else the plan has for this moment."""
    return picture_of(home, now).action


def has_reached(home: Home, command: Command) -> bool:
    """Whether a charge is at its target and only keeps it for the rest of its time."""
    return command.wanted.same_deed(home.controller.state.completed)


def is_charging(home: Home) -> bool:
    """Whether a charge of ours is seen in the battery's own power, and not only was."""
    command = home.controller.state.command
    return (
        home.battery.last_update_success
        and command is not None
        and command.wanted.action is Action.CHARGE
        and command.evidence.seen_at is not None
        and command.evidence.doubted_at is None
        and not has_reached(home, command)
    )


def held_back(home: Home, now: datetime) -> DecisionReason | None:
    """The rule that keeps the planned charge, or the one somebody asked for, from being done now."""
    wanted, reason = home.judged(now)
    return reason if wanted is None and reason in HELD_BACK else None


def is_in_control(home: Home) -> bool:
    """Whether the scheduler may act: switched on, not a dry run, not stepped back."""
    preferences = home.preferences
    free = home.controller.state.phase not in (Phase.YIELDING, Phase.FAULT)
    return preferences.scheduler_enabled and not preferences.dry_run and free


def tomorrows_rates_known(home: Home, now: datetime) -> bool:
    """Whether the rates of the next market day, which ends at 23:00 local, are published."""
    local = now.astimezone(MARKET_TIME_ZONE) + timedelta(days=1)
    return home.rates.data.imports.at(local.replace(hour=22, minute=30)) is not None


def picture_of(home: Home, now: datetime) -> Picture:
    """The home as far as a sentence can tell of it, in Home Assistant's time zone."""
    state = home.controller.state
    return Picture(
        now=now,
        zone=dt_util.get_default_time_zone(),
        reading=home.battery.data,
        plan=home.planner.data,
        override=override_now(home, now),
        scheduler_enabled=home.preferences.scheduler_enabled,
        dry_run=home.preferences.dry_run,
        yielded=state.yielded.cause if state.yielded is not None else None,
        faulty=state.phase is Phase.FAULT,
        held_back=held_back(home, now),
        in_contact=home.battery.last_update_success,
        refused=state.failures >= REFUSED_OFTEN,
        broken=next(
            (DecisionReason(breach.value) for breach in sorted(home.controller.watch.lasting())),
            None,
        ),
    )
