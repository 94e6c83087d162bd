"""Repair notices about a home's supply: there while their trouble lasts, told once."""

from __future__ import annotations

from collections.abc import Mapping

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..site.site import Home
from ..tariff.problems import SupplyTrouble

# Home Assistant asks for a new key by itself, and shows that it does.
ASKED_ELSEWHERE = frozenset({SupplyTrouble.OCTOPUS_KEY})


class SupplyIssues:
    """Keeps the notices in step with the troubles."""

    def __init__(self, home: Home) -> None:
        """Nothing is told yet."""
        self._home = home
        self._told: frozenset[SupplyTrouble] = frozenset()
        self._facts: Mapping[str, str] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Look now and from now on; the returned call ends that and takes all notices away."""
        stop_listening = self._home.async_add_listener(self._look)
        self._look()

        @callback
        def stop() -> None:
            stop_listening()
            self._tell(frozenset())

        return stop

    @callback
    def _look(self) -> None:
        facts = self._home.supply.trouble_facts
        if facts != self._facts:
            # Another tariff or another day: what was told names the wrong one.
            self._tell(frozenset())
        self._facts = facts
        self._tell(self._home.supply.troubles - ASKED_ELSEWHERE)

    def _tell(self, now: frozenset[SupplyTrouble]) -> None:
        home = self._home
        for trouble in now - self._told:
            ir.async_create_issue(
                home.hass,
                DOMAIN,
                issue_id(home, trouble),
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=trouble.value,
                translation_placeholders={"home": home.entry.title, **self._facts},
            )
        for trouble in self._told - now:
            ir.async_delete_issue(home.hass, DOMAIN, issue_id(home, trouble))
        self._told = now


def issue_id(home: Home, trouble: SupplyTrouble) -> str:
    """One notice for each home and trouble."""
    return f"{home.entry.entry_id}_supply_{trouble.value}"
