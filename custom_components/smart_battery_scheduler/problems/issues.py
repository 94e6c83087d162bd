"""Repair notices of one home: there while their trouble lasts, gone by themselves when it is over."""

from __future__ import annotations

from datetime import timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..powerwall.base import OperatingMode, Settings
from ..site.site import Home
from .site_problems import Facts, Trouble, troubles

LOOK_EVERY = timedelta(minutes=5)
# A button in a dialogue can do nothing about these.
NOT_FIXABLE = frozenset({Trouble.RESTORE_IGNORED})
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
        self._told: frozenset[Trouble] = frozenset()

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
            self._tell(frozenset())

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
        )
        self._tell(troubles(facts))

    def _tell(self, now: frozenset[Trouble]) -> None:
        for trouble in now:
            # Looked for, not remembered: a fix flow deletes its notice, and the cause may last.
            if not is_told(self._home.hass, issue_id(self._home, trouble)):
                self._create(trouble)
        for trouble in self._told - now:
            ir.async_delete_issue(self._home.hass, DOMAIN, issue_id(self._home, trouble))
        self._told = now

    def _create(self, trouble: Trouble) -> None:
        home = self._home
        ir.async_create_issue(
            home.hass,
            DOMAIN,
            issue_id(home, trouble),
            is_fixable=trouble not in NOT_FIXABLE,
            severity=ir.IssueSeverity.ERROR
            if trouble in (Trouble.COMMANDS_IGNORED, Trouble.RESTORE_IGNORED)
            else ir.IssueSeverity.WARNING,
            translation_key=trouble.value,
            translation_placeholders={
                "home": home.entry.title,
                **by_hand(home.controller.home_settings or Settings()),
            },
            data={"entry_id": home.entry.entry_id, "trouble": trouble.value},
        )


def is_told(hass: HomeAssistant, notice: str) -> bool:
    """Whether a notice is there; one that a person chose to ignore is."""
    found = ir.async_get(hass).async_get_issue(DOMAIN, notice)
    return found is not None and found.active


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
