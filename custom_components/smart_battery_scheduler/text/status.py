"""What a home does at this moment, for conditions and voice; nothing is decided here."""

from datetime import datetime, timedelta

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..const import MARKET_TIME_ZONE
from ..control.model import Command, DecisionReason, Phase
from ..control.rules import Override
from ..planner.model import Action, ReadyBy
from ..site.site import Site
from .sentences import Sentences, sentences_of
from .speech import HELD_BACK, Picture

# A single refusal may be a fault of the network.
REFUSED_OFTEN = 3


def override_now(site: Site, now: datetime) -> Override | None:
    """The override, unless its end has come."""
    return site.override if site.override is not None and now < site.override.until else None


def ready_once(site: Site, now: datetime) -> ReadyBy | None:
    """The request to be ready at one time, unless that time has come."""
    return site.ready_once if site.ready_once is not None and now < site.ready_once.at else None


def action_now(site: Site, now: datetime) -> Action | None:
    """What the override or else the plan has for this moment."""
    return picture_of(site, now).action


def has_reached(site: Site, command: Command) -> bool:
    """Whether a charge is at its target and only keeps it for the rest of its time."""
    return command.wanted.same_deed(site.controller.state.completed)


def is_charging(site: Site) -> bool:
    """Whether a charge of ours is confirmed by the battery's own power at present."""
    command = site.controller.state.command
    return (
        site.battery.last_update_success
        and command is not None
        and command.wanted.action is Action.CHARGE
        and command.command_status.confirmed_at is not None
        and command.command_status.doubted_at is None
        and not has_reached(site, command)
    )


def token_refused(site: Site) -> bool:
    """Whether contact is lost because the token is refused: a person must give a new one."""
    error = site.battery.last_exception
    return (
        not site.battery.last_update_success
        and isinstance(error, HomeAssistantError)
        and error.translation_key == "powerwall_auth"
    )


def held_back(site: Site, now: datetime) -> DecisionReason | None:
    """The rule that keeps the planned charge, or the one somebody asked for, from being done now."""
    wanted, reason = site.wanted_at(now)
    return reason if wanted is None and reason in HELD_BACK else None


def is_in_control(site: Site) -> bool:
    """Whether the scheduler may act: switched on, not a dry run, not suspended."""
    preferences = site.preferences
    free = site.controller.state.phase not in (Phase.SUSPENDED, Phase.FAULT)
    return preferences.scheduler_enabled and not preferences.dry_run and free


def tomorrows_rates_known(site: Site, now: datetime) -> bool:
    """Whether the rates of the next market day, which ends at 23:00 local, are published."""
    local = now.astimezone(MARKET_TIME_ZONE) + timedelta(days=1)
    return site.rates.data.imports.at(local.replace(hour=22, minute=30)) is not None


def picture_of(site: Site, now: datetime, words: Sentences | None = None) -> Picture:
    """The home as far as a sentence needs it, in Home Assistant's time zone, and its language if no other."""
    state = site.controller.state
    return Picture(
        now=now,
        zone=dt_util.get_default_time_zone(),
        words=words or sentences_of(site.hass),
        reading=site.battery.data,
        plan=site.planner.data,
        override=override_now(site, now),
        scheduler_enabled=site.preferences.scheduler_enabled,
        dry_run=site.preferences.dry_run,
        suspension=state.suspension.cause if state.suspension is not None else None,
        faulty=state.phase is Phase.FAULT,
        held_back=held_back(site, now),
        in_contact=site.battery.last_update_success,
        token_refused=token_refused(site),
        refused=state.failures >= REFUSED_OFTEN,
        broken=next(
            (DecisionReason(breach.value) for breach in sorted(site.controller.watch.lasting())),
            None,
        ),
        name=site.battery.back_end_name,
    )
