"""Repair notices of one home: created while their problem lasts, deleted when it is over."""

from collections.abc import Mapping
from datetime import timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..control.model import DecisionReason
from ..powerwall.base import OperatingMode, Settings
from ..site.site import Site
from ..text.messages import reason_of_decision
from ..text.sentences import Sentences, sentences_of
from .site_problems import ProblemSnapshot, SiteProblem, problems

LOOK_EVERY = timedelta(minutes=5)
# Problems without a fix flow: a button could do nothing about them.
NOT_FIXABLE = frozenset(
    {
        SiteProblem.RESTORE_IGNORED,
        SiteProblem.PROMISE_BROKEN,
        SiteProblem.OUT_OF_CONTACT,
        SiteProblem.COMMANDS_REFUSED,
        SiteProblem.READING_INCOMPLETE,
        SiteProblem.CLOCK_WRONG,
    }
)
SEVERE = NOT_FIXABLE | {SiteProblem.COMMANDS_IGNORED, SiteProblem.OWNER_UNKNOWN}
# As the Tesla app calls them, before and since 2026.
MODES = {
    OperatingMode.SELF_POWERED: "notice.self_powered",
    OperatingMode.TIME_BASED: "notice.time_based",
    OperatingMode.BACKUP: "notice.backup",
}


class Issues:
    """Keeps a home's repair notices in step with its problems."""

    def __init__(self, site: Site) -> None:
        """No notice yet."""
        self._site = site
        self._published: Mapping[SiteProblem, Mapping[str, str]] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Check now and at every update; the returned call ends that and deletes all notices."""
        stop_listening = self._site.async_add_listener(self._look)
        stop_clock = async_track_time_interval(self._site.hass, self._look, LOOK_EVERY)
        self._look()

        @callback
        def stop() -> None:
            stop_listening()
            stop_clock()
            self._publish({})

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
            read_at=site.battery.data.read_at,
            watch=site.controller.watch,
            missing=site.battery.missing,
            clock_ahead=site.battery.data.clock_ahead,
        )
        self._publish(dict.fromkeys(problems(snapshot), self._placeholders()))

    def _placeholders(self) -> Mapping[str, str]:
        """The placeholders of a notice: what is in force, what should be, and the broken promise."""
        site = self._site
        broken, words = sorted(site.controller.watch.lasting()), sentences_of(site.hass)
        return {
            "home": site.entry.title,
            "name": site.battery.back_end_name,
            "broken": "; ".join(
                reason_of_decision(DecisionReason(breach.value), words) for breach in broken
            ),
            "in_force": in_force(site.battery.data.settings, words),
            "missing": ", ".join(words.say(f"notice.{name}") for name in site.battery.missing),
            "clock": clock_error(site.battery.data.clock_ahead, words),
            **by_hand(site.controller.owner_settings or Settings(), words),
        }

    def _publish(self, now: Mapping[SiteProblem, Mapping[str, str]]) -> None:
        for problem, placeholders in now.items():
            # Checked in the registry: a fix flow deletes its notice, and the cause may last.
            there = is_published(self._site.hass, issue_id(self._site, problem))
            if not there or self._published.get(problem) != placeholders:
                self._create(problem, placeholders)
        for problem in self._published.keys() - now.keys():
            ir.async_delete_issue(self._site.hass, DOMAIN, issue_id(self._site, problem))
        self._published = now

    def _create(self, problem: SiteProblem, placeholders: Mapping[str, str]) -> None:
        site = self._site
        ir.async_create_issue(
            site.hass,
            DOMAIN,
            issue_id(site, problem),
            is_fixable=problem not in NOT_FIXABLE,
            severity=ir.IssueSeverity.ERROR if problem in SEVERE else ir.IssueSeverity.WARNING,
            translation_key=problem.value,
            translation_placeholders=dict(placeholders),
            data={"entry_id": site.entry.entry_id, "trouble": problem.value},
        )


def is_published(hass: HomeAssistant, notice: str) -> bool:
    """Whether a notice is there; one that a person chose to ignore is."""
    found = ir.async_get(hass).async_get_issue(DOMAIN, notice)
    return found is not None and found.active


def issue_id(site: Site, problem: SiteProblem) -> str:
    """The notice's id, one for each home and problem."""
    return f"{site.entry.entry_id}_{problem.value}"


def by_hand(settings: Settings, words: Sentences) -> dict[str, str]:
    """Settings as a person sets them in the Tesla app: the placeholders of a notice.

    One that is not known stays: a command does not write one it could not restore.
    """
    as_it_is = words.say("notice.as_it_is")
    known = _settings(settings, words)
    return {name: known.get(name, as_it_is) for name in ("mode", "reserve", "grid_charging")}


def clock_error(ahead: timedelta | None, words: Sentences) -> str:
    """By how much this machine's clock is wrong, the cloud's being right."""
    minutes = round((ahead or timedelta()) / timedelta(minutes=1))
    return words.count("notice.behind" if minutes > 0 else "notice.ahead", abs(minutes))


def in_force(shown: Settings, words: Sentences) -> str:
    """The settings that stand by the last reading, in a person's words."""
    names = {"mode": "operating_mode", "reserve": "backup_reserve"}
    known = (
        words.say("notice.setting", name=words.say(f"notice.{names.get(name, name)}"), value=value)
        for name, value in _settings(shown, words).items()
    )
    return ", ".join(known) or words.say("notice.not_known")


def _settings(settings: Settings, words: Sentences) -> dict[str, str]:
    """Those that are known, by the placeholder's name."""
    mode, reserve = settings.operating_mode, settings.backup_reserve_percent
    charging = settings.grid_charging
    known: dict[str, str] = {}
    if mode is not None:
        known["mode"] = words.say(MODES[mode])
    if reserve is not None:
        known["reserve"] = words.say("notice.percent", percent=words.number(reserve))
    if charging is not None:
        known["grid_charging"] = words.say("notice.on" if charging else "notice.off")
    return known
