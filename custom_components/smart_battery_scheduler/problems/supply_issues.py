"""Repair notices about a home's supply: there while their problem lasts."""

from collections.abc import Mapping

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..site.site import Site
from ..tariff.problems import SupplyProblem
from ..text.sentences import sentences_of
from .issues import is_published

# Home Assistant asks for a new key by itself, and shows that it does.
ASKED_ELSEWHERE = frozenset({SupplyProblem.OCTOPUS_KEY})


class SupplyIssues:
    """Keeps the notices in step with the problems."""

    def __init__(self, site: Site) -> None:
        """No notice yet."""
        self._site = site
        self._published: frozenset[SupplyProblem] = frozenset()
        self._placeholders: Mapping[str, str] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Check now and at every update; the returned call ends that and deletes all notices."""
        stop_listening = self._site.async_add_listener(self._look)
        self._look()

        @callback
        def stop() -> None:
            stop_listening()
            self._publish(frozenset())

        return stop

    @callback
    def _look(self) -> None:
        placeholders = self._site.grid_events.problem_placeholders
        if placeholders != self._placeholders:
            # Another tariff or another day: the notice shown names the wrong one.
            self._publish(frozenset())
        self._placeholders = placeholders
        self._publish(self._site.grid_events.problems - ASKED_ELSEWHERE)

    def _publish(self, now: frozenset[SupplyProblem]) -> None:
        site = self._site
        for problem in now:
            if is_published(site.hass, issue_id(site, problem)):
                continue
            ir.async_create_issue(
                site.hass,
                DOMAIN,
                issue_id(site, problem),
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=problem.value,
                translation_placeholders={
                    "home": site.entry.title,
                    **sentences_of(site.hass).placeholders(self._placeholders),
                },
            )
        for problem in self._published - now:
            ir.async_delete_issue(site.hass, DOMAIN, issue_id(site, problem))
        self._published = now


def issue_id(site: Site, problem: SupplyProblem) -> str:
    """The notice's id, one for each home and problem."""
    return f"{site.entry.entry_id}_supply_{problem.value}"
