"""Serves the half-hours of a site's last replay as a file."""

from datetime import timedelta
from http import HTTPStatus

from aiohttp import web

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ..actions.permissions import may
from ..actions.targets import loaded_sites
from ..const import DOMAIN
from ..history.backtest.csv_export import half_hours_csv

URL = f"/api/{DOMAIN}/backtest/{{entry_id}}"
LINK_HOLDS = timedelta(hours=1)


class BacktestCsv(HomeAssistantView):
    """The file, for whoever may see the site."""

    url = URL
    name = f"api:{DOMAIN}:backtest"

    async def get(self, request: web.Request, entry_id: str) -> web.Response:
        """The file; 404 without the site or a replay, and for a user who may not see the site."""
        hass = request.app[KEY_HASS]
        site = next((each for each in loaded_sites(hass) if each.entry.entry_id == entry_id), None)
        result = site.backtest.result if site is not None else None
        if result is None or not may(hass, request[KEY_HASS_USER], entry_id, POLICY_READ):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        text = await hass.async_add_executor_job(half_hours_csv, result)
        name = f"half-hours-{result.first_day}-{result.last_day}.csv"
        return web.Response(
            text=text,
            content_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


@callback
def async_setup_backtest_csv(hass: HomeAssistant) -> None:
    """Serve it."""
    hass.http.register_view(BacktestCsv())


@callback
def csv_link(hass: HomeAssistant, entry_id: str) -> str:
    """An address that opens the file for an hour without signing in again."""
    return async_sign_path(hass, URL.format(entry_id=entry_id), LINK_HOLDS)
