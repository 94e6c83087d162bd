"""What the household can set later: a menu of pages, each of a module of its own."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult

from ..frontend.dashboard_panel import DashboardStep
from .backtest import BacktestSteps
from .load import LoadSteps
from .notices import NoticesStep
from .preferences import PreferenceSteps

PAGES = ["planning", "control", "house_load", "fine_tuning", "notices", "dashboard", "backtest"]


class SmartBatteryOptionsFlow(
    LoadSteps, PreferenceSteps, NoticesStep, DashboardStep, BacktestSteps
):
    """The options of a home."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose a page."""
        return self.async_show_menu(step_id="init", menu_options=PAGES)
