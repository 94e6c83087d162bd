"""Repair notices of one home: there while their trouble lasts, gone by themselves when it is over."""

from __future__ import annotations

from datetime import timedelta

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..powerwall.base import OperatingMode, Settings
from ..site.site import Site
from .site_problems import ProblemSnapshot, SiteProblem, problems

LOOK_EVERY = timedelta(minutes=5)
# A button in a dialogue can do nothing about these.
NOT_FIXABLE = frozenset({SiteProblem.RESTORE_IGNORED})
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

    def __init__(self, site: Site) -> None:
        """Nothing is told yet."""
        self._site = site
        self._published: frozenset[SiteProblem] = frozenset()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Look now and from now on; the returned call ends that and takes all notices away."""
        stop_listening = self._site.async_add_listener(self._look)
        stop_clock = async_track_time_interval(self._site.hass, self._look, LOOK_EVERY)
        self._look()

        @callback
        def stop() -> None:
            stop_listening()
            stop_clock()
            self._publish(frozenset())

        return stop

    @callback
    def _look(self, _: object = None) -> None:
        site = self._site
        snapshot = ProblemSnapshot(
            now=dt_util.utcnow(),
            control=site.controller.state,
            decisions=site.decision_log.decisions,
            shown=site.battery.data.settings,
            imports=site.rates.data.imports,
            rates_answered=site.rates.last_update_success,
        )
        self._publish(problems(snapshot))

    def _publish(self, now: frozenset[SiteProblem]) -> None:
        if now == self._published:
            return
        for problem in now - self._published:
            self._create(problem)
        for problem in self._published - now:
            ir.async_delete_issue(self._site.hass, DOMAIN, issue_id(self._site, problem))
        self._published = now

    def _create(self, problem: SiteProblem) -> None:
        site = self._site
        ir.async_create_issue(
            site.hass,
            DOMAIN,
            issue_id(site, problem),
            is_fixable=problem not in NOT_FIXABLE,
            severity=ir.IssueSeverity.ERROR
            if problem in (SiteProblem.COMMANDS_IGNORED, SiteProblem.RESTORE_IGNORED)
            else ir.IssueSeverity.WARNING,
            translation_key=problem.value,
            translation_placeholders={
                "home": site.entry.title,
                **by_hand(site.controller.owner_settings or Settings()),
            },
            data={"entry_id": site.entry.entry_id, "trouble": problem.value},
        )


def issue_id(site: Site, problem: SiteProblem) -> str:
    """One notice for each home and trouble."""
    return f"{site.entry.entry_id}_{problem.value}"


def by_hand(settings: Settings) -> dict[str, str]:
    """Settings as a person sets them in the Tesla app: the placeholders of a notice."""
    mode, reserve = settings.operating_mode, settings.backup_reserve_percent
    charging = settings.grid_charging
    return {
        "mode": AS_IT_IS if mode is None else MODES[mode],
        "reserve": AS_IT_IS if reserve is None else f"{reserve} %",
        "grid_charging": AS_IT_IS if charging is None else "on" if charging else "off",
    }
