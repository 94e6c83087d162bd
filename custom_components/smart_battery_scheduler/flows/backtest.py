"""The options page "Try it on past days": asks for the days, shows the progress and the result."""

import asyncio
from collections.abc import Callable
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ..frontend.backtest_csv import csv_link
from ..history.backtest.compare import BacktestResult
from ..site.backtest import (
    MOST_DAYS,
    USUAL_DAYS,
    Backtest,
    BacktestFailedError,
    BacktestStoppedError,
)
from ..text.sentences import sentences_of
from .backtest_texts import missing_texts, result_texts

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
        try:
            result = await (self._waiting or self._replay.async_result())
        except BacktestStoppedError:
            return self.async_abort(reason="backtest_stopped")
        except BacktestFailedError:
            return self.async_abort(reason="backtest_failed")
        words = sentences_of(self.hass)
        missing = missing_texts(result, words)
        if not result.tariffs:
            return self.async_show_form(
                step_id="backtest_nothing", description_placeholders=missing
            )
        link = csv_link(self.hass, self.config_entry.entry_id)
        return self.async_show_form(
            step_id="backtest_result",
            description_placeholders={**result_texts(result, words), **missing, "csv": link},
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
