"""The options page "Try it on past days": asks for the days, shows the progress and the result."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ..frontend.backtest_csv import csv_link
from ..history.backtest.compare import BacktestResult, TariffResult
from ..site.backtest import MOST_DAYS, USUAL_DAYS, Backtest, BacktestStoppedError
from ..site.backtest_inputs import PRESENT

DAYS = "days"
# As Octopus calls them; the tariff that the home has is called what it is.
NAMES: Mapping[str, str] = {
    PRESENT: "Your tariff",
    "agile": "Agile, with Agile Outgoing",
    "agile_fixed_export": "Agile, with Outgoing",
    "go": "Go",
    "intelligent_go": "Intelligent Go",
    "cosy": "Cosy",
    "flux": "Flux",
    "tracker": "Tracker",
    "flexible": "Flexible",
    "economy_7": "Economy 7",
}
REASONS: Mapping[str, str] = {
    "holes": "half-hours are missing",
    "no_export_meter": "nobody counts what is fed in",
    "does_not_add_up": "meter, sun and battery contradict each other",
    "implausible": "a meter shows more than can be",
    "estimated": "estimated readings",
}


class BacktestSteps(OptionsFlow):
    """Changes no option."""

    _waiting: asyncio.Task[BacktestResult] | None = None
    _unlisten: Callable[[], None] | None = None
    # Home Assistant hands the number of days on to the result when a run ends within one call.
    _is_result_shown = False

    async def async_step_backtest(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """How many days."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_running")
        if user_input is not None:
            self._replay.start(round(user_input[DAYS]))
            return await self.async_step_backtest_running()
        config = NumberSelectorConfig(min=1, max=MOST_DAYS, step=1, mode=NumberSelectorMode.BOX)
        field = vol.Required(DAYS, default=USUAL_DAYS)
        schema = vol.Schema({field: NumberSelector(config)})
        return self.async_show_form(step_id="backtest", data_schema=schema)

    async def async_step_backtest_running(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """How far it is."""
        if self._waiting is None:
            self._waiting = self.hass.async_create_task(self._replay.async_result())
            self._unlisten = self._replay.async_add_listener(self.async_update_progress)
        if not self._waiting.done():
            return self.async_show_progress(
                step_id="backtest_running",
                progress_action="backtest",
                progress_task=self._waiting,
            )
        return self.async_show_progress_done(next_step_id="backtest_result")

    async def async_step_backtest_result(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """What it found, or what is missing."""
        if user_input is not None and self._is_result_shown:
            return self._unchanged()
        self._is_result_shown = True
        if self._waiting is None:
            return self.async_abort(reason="backtest_stopped")
        try:
            result = await self._waiting
        except BacktestStoppedError:
            return self.async_abort(reason="backtest_stopped")
        left_out = {"left_out": left_out_text(result)}
        if not result.tariffs:
            return self.async_show_form(
                step_id="backtest_nothing", description_placeholders=left_out
            )
        link = csv_link(self.hass, self.config_entry.entry_id)
        return self.async_show_form(
            step_id="backtest_result",
            description_placeholders={**result_texts(result), **left_out, "csv": link},
        )

    async def async_step_backtest_nothing(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Nothing to show: a click closes the page, opening it again shows it again."""
        return await self.async_step_backtest_result(user_input)

    @callback
    @override
    def async_remove(self) -> None:
        """The run goes on without anybody looking."""
        if self._unlisten is not None:
            self._unlisten()
        if self._waiting is not None:
            self._waiting.cancel()

    @property
    def _replay(self) -> Backtest:
        replay: Backtest = self.config_entry.runtime_data.backtest
        return replay

    def _unchanged(self) -> ConfigFlowResult:
        return self.async_create_entry(data=dict(self.config_entry.options))


def result_texts(result: BacktestResult) -> dict[str, str]:
    """The figures of the page."""
    best, present = result.tariffs[0], result.of(result.present)
    return {
        "days": str(result.days),
        "first": result.first_day or "",
        "last": result.last_day or "",
        "paid": pounds(result.paid_gbp),
        "planned": pounds(present.gbp if present else None),
        "optimum": pounds(present.optimum_gbp if present else None),
        "best": NAMES.get(best.name, best.name),
        "best_gbp": pounds(best.gbp),
        "tariffs": "\n".join(map(_line, result.tariffs)),
    }


def _line(result: TariffResult) -> str:
    name = NAMES.get(result.name, result.name)
    year = pounds(result.gbp_per_year, pence=False)
    low, high = result.best_week_gbp_per_year, result.worst_week_gbp_per_year
    spread = f" ({pounds(low, pence=False)} to {pounds(high, pence=False)})" if low and high else ""
    alone = pounds(result.self_powered_gbp)
    return f"- {name}: {pounds(result.gbp)}, {year} a year{spread}; self-powered {alone}"


def left_out_text(result: BacktestResult) -> str:
    """Why days were left out, each reason with its number of days."""
    if not result.left_out and not result.days:
        return "no half-hours are known"
    counts = (
        f"{count} ({REASONS.get(reason, reason)})" for reason, count in result.left_out.items()
    )
    return ", ".join(counts) or "none"


def pounds(gbp: float | None, *, pence: bool = True) -> str:
    """A sum as people write it."""
    if gbp is None:
        return "an unknown sum"
    text = f"{abs(gbp):,.2f}" if pence else f"{abs(gbp):,.0f}"
    return f"-£{text}" if gbp < 0 else f"£{text}"
