"""Repair notices of one home: there while their trouble lasts, gone by themselves when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..control.model import DecisionReason
from ..powerwall.base import OperatingMode, Settings
from ..site.site import Home
from ..text.messages import REASONS
from .site_problems import Facts, Trouble, troubles

LOOK_EVERY = timedelta(minutes=5)
# A button in a dialogue can do nothing about these.
NOT_FIXABLE = frozenset(
    {
        Trouble.RESTORE_IGNORED,
        Trouble.PROMISE_BROKEN,
        Trouble.OUT_OF_CONTACT,
        Trouble.COMMANDS_REFUSED,
    }
)
SEVERE = NOT_FIXABLE | {Trouble.COMMANDS_IGNORED}
# As the Tesla app calls them, before and since 2026.
MODES = {
    OperatingMode.SELF_POWERED: "Self-Powered",
    OperatingMode.TIME_BASED: "Time-Based Control (Savings)",
    OperatingMode.BACKUP: "Backup",
}
# What is not known was not changed either.
AS_IT_IS = "as it is"


class Issues:
    """Keeps a home's repair notices in step with its troubles."""

    def __init__(self, home: Home) -> None:
        """Nothing is told yet."""
        self._home = home
        self._told: Mapping[Trouble, Mapping[str, str]] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Look now and from now on; the returned call ends that and takes all notices away."""
        stop_listening = self._home.async_add_listener(self._look)
        stop_clock = async_track_time_interval(self._home.hass, self._look, LOOK_EVERY)
        self._look()

        @callback
        def stop() -> None:
            stop_listening()
            stop_clock()
            self._tell({})

        return stop

    @callback
    def _look(self, _: object = None) -> None:
        home = self._home
        facts = Facts(
            now=dt_util.utcnow(),
            control=home.controller.state,
            decisions=home.ledger.decisions,
            shown=home.battery.data.settings,
            imports=home.rates.data.imports,
            rates_answered=home.rates.last_update_success,
            read_at=home.battery.data.read_at,
            watch=home.controller.watch,
        )
        self._tell(dict.fromkeys(troubles(facts), self._placeholders()))

    def _placeholders(self) -> Mapping[str, str]:
        """What is in force, what should be, and what is not as it should be."""
        home = self._home
        broken = sorted(home.controller.watch.lasting())
        return {
            "home": home.entry.title,
            "broken": "; ".join(REASONS[DecisionReason(breach.value)] for breach in broken),
            "in_force": in_force(home.battery.data.settings),
            **by_hand(home.controller.home_settings or Settings()),
        }

    def _tell(self, now: Mapping[Trouble, Mapping[str, str]]) -> None:
        for trouble, placeholders in now.items():
            if self._told.get(trouble) != placeholders:
                self._create(trouble, placeholders)
        for trouble in self._told.keys() - now.keys():
            ir.async_delete_issue(self._home.hass, DOMAIN, issue_id(self._home, trouble))
        self._told = now

    def _create(self, trouble: Trouble, placeholders: Mapping[str, str]) -> None:
        home = self._home
        ir.async_create_issue(
            home.hass,
            DOMAIN,
            issue_id(home, trouble),
            is_fixable=trouble not in NOT_FIXABLE,
            severity=ir.IssueSeverity.ERROR if trouble in SEVERE else ir.IssueSeverity.WARNING,
            translation_key=trouble.value,
            translation_placeholders=dict(placeholders),
            data={"entry_id": home.entry.entry_id, "trouble": trouble.value},
        )


def issue_id(home: Home, trouble: Trouble) -> str:
    """One notice for each home and trouble."""
    return f"{home.entry.entry_id}_{trouble.value}"


def by_hand(settings: Settings) -> dict[str, str]:
    """Settings as a person sets them in the Tesla app: the placeholders of a notice."""
    mode, reserve = settings.operating_mode, settings.backup_reserve_percent
    charging = settings.grid_charging
    return {
        "mode": AS_IT_IS if mode is None else MODES[mode],
        "reserve": AS_IT_IS if reserve is None else f"{reserve} %",
        "grid_charging": AS_IT_IS if charging is None else "on" if charging else "off",
    }


def in_force(shown: Settings) -> str:
    """The settings that stand by the last reading, in a person's words."""
    names = {
        "mode": "operating mode",
        "reserve": "backup reserve",
        "grid_charging": "grid charging",
    }
    known = {name: value for name, value in by_hand(shown).items() if value != AS_IT_IS}
    return ", ".join(f"{names[name]} {value}" for name, value in known.items()) or "not known"
