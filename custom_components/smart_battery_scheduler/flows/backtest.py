"""The options page "Try it on past days": asks for the days, shows the progress and the result."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ..frontend.backtest_csv import csv_link
from ..history.backtest.compare import BacktestResult, TariffResult
from ..site.backtest import MOST_DAYS, USUAL_DAYS, Backtest, BacktestStoppedError
from ..text.sentences import Sentences, sentences_of

DAYS = "days"


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
        words = sentences_of(self.hass)
        left_out = {"left_out": left_out_text(result, words)}
        if not result.tariffs:
            return self.async_show_form(
                step_id="backtest_nothing", description_placeholders=left_out
            )
        link = csv_link(self.hass, self.config_entry.entry_id)
        return self.async_show_form(
            step_id="backtest_result",
            description_placeholders={**result_texts(result, words), **left_out, "csv": link},
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


def result_texts(result: BacktestResult, words: Sentences) -> dict[str, str]:
    """The figures of the page."""
    best, present = result.tariffs[0], result.of(result.present)
    return {
        "days": str(result.days),
        "first": _day(result.first_day, words),
        "last": _day(result.last_day, words),
        "paid": _sum(result.paid_gbp, words),
        "planned": _sum(present.gbp if present else None, words),
        "optimum": _sum(present.optimum_gbp if present else None, words),
        "best": words.say_or(f"backtest.{best.name}", best.name),
        "best_gbp": _sum(best.gbp, words),
        "tariffs": "\n".join(_line(tariff, words) for tariff in result.tariffs),
    }


def _line(result: TariffResult, words: Sentences) -> str:
    low, high = result.best_week_gbp_per_year, result.worst_week_gbp_per_year
    spread = ""
    if low and high:
        low_text, high_text = words.pounds(low, 0), words.pounds(high, 0)
        spread = words.say("backtest.spread", low=low_text, high=high_text)
    return words.say(
        "backtest.line",
        name=words.say_or(f"backtest.{result.name}", result.name),
        sum=_sum(result.gbp, words),
        year=_sum(result.gbp_per_year, words, decimals=0),
        spread=spread,
        alone=_sum(result.self_powered_gbp, words),
    )


def left_out_text(result: BacktestResult, words: Sentences) -> str:
    """Why days were left out, each reason with its number of days."""
    if not result.left_out and not result.days:
        return words.say("backtest.nothing_known")
    counts = (
        words.say(
            "backtest.left_out",
            days=str(count),
            why=words.say_or(f"backtest.{reason}", reason),
        )
        for reason, count in result.left_out.items()
    )
    return ", ".join(counts) or words.say("backtest.none")


def _day(day: str | None, words: Sentences) -> str:
    return words.day(date.fromisoformat(day)) if day else ""


def _sum(gbp: float | None, words: Sentences, *, decimals: int = 2) -> str:
    return words.say("backtest.unknown_sum") if gbp is None else words.pounds(gbp, decimals)
