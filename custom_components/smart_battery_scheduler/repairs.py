"""Fix flows: a person has looked into it, and control or the rates are tried again."""

from typing import override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .problems.site_problems import SiteProblem
from .site.site import Site


class TryAgainFlow(ConfirmRepairFlow):
    """Says what to check; once confirmed, tries again at once."""

    def __init__(self, entry_id: str, problem: SiteProblem) -> None:
        """Belong to one problem of one home."""
        super().__init__()
        self._entry_id = entry_id
        self._problem = problem

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, then act."""
        if user_input is not None:
            entry = self.hass.config_entries.async_get_entry(self._entry_id)
            if entry is None or entry.state is not ConfigEntryState.LOADED:
                return self.async_abort(reason="not_loaded")
            await _async_try_again(entry.runtime_data, self._problem)
        return await super().async_step_confirm(user_input)


async def _async_try_again(site: Site, problem: SiteProblem) -> None:
    if problem in (SiteProblem.RATES_LATE, SiteProblem.TARIFF_ENDED):
        await site.rates.async_refresh()
    else:
        await site.controller.async_resume()


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """The flow of a notice. Raises ValueError for one that is not ours."""
    if data is None:
        raise ValueError(f"{DOMAIN} has no fix for {issue_id}")
    return TryAgainFlow(str(data["entry_id"]), SiteProblem(str(data["trouble"])))
