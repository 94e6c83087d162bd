"""Tesla's Fleet API (and Tessie in front of it) on loopback, before a simulated Powerwall.

Shapes and meanings as `tesla-fleet-api` 1.17.3 asks for them and Home Assistant 2026.10.4 reads
them; every value is the simulated home's own. Battery power is positive while discharging.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
from typing import cast

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    Islanding,
    OperatingMode,
    Settings,
)

from ..cloud.world import World

SITE_NAME = "Long Barn"
SCOPES = ["openid", "offline_access", "energy_device_data", "energy_cmds"]

type Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class FakeTesla:
    """One account with one energy site.

    ``written`` are the commands that came, ``refuse`` a status for each path's last part that is
    answered instead. ``with_solar`` False is a battery without panels.
    """

    world: World
    with_solar: bool = True
    url: str = ""
    written: list[tuple[str, Json]] = field(default_factory=list)
    refuse: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        """Every path that the three libraries ask for."""
        app = web.Application()
        site = f"/api/1/energy_sites/{self.world.site_id}"
        for path, reply in self._replies().items():
            app.router.add_get(path.format(site=site), self._get(reply))
        for command in ("backup", "operation", "grid_import_export", "storm_mode"):
            app.router.add_post(f"{site}/{command}", self._post)
        return app

    def _replies(self) -> Mapping[str, Callable[[], Json]]:
        return {
            "/api/1/products": lambda: {"response": [self._product()], "count": 1},
            "{site}/live_status": lambda: {"response": self.live_status()},
            "{site}/site_info": lambda: {"response": self.site_info()},
            "{site}/calendar_history": lambda: {"response": self._history()},
            "/auth/tesla_scopes": lambda: {"scopes": list[Json](SCOPES)},
            "/vehicles": lambda: {"results": []},
        }

    def _get(self, reply: Callable[[], Json]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            name = request.path.rsplit("/", 1)[-1]
            self.asked.append(name)
            return self._refusal(name) or _closing(web.json_response(reply()))

        return answer

    async def _post(self, request: web.Request) -> web.Response:
        name = request.path.rsplit("/", 1)[-1]
        body: Json = json.loads(await request.read())
        self.written.append((name, body))
        if (refusal := self._refusal(name)) is not None:
            return refusal
        assert isinstance(body, dict)
        await self.world.powerwall.write(_change(body))
        done: Json = {"response": {"code": 201, "message": "Updated"}}
        return _closing(web.json_response(done))

    def _refusal(self, name: str) -> web.Response | None:
        status = self.refuse.get(name)
        if status is None:
            return None
        headers = {"Retry-After": "120"} if status == 429 else {}
        reply: Json = {"error": "refused", "error_description": ""}
        return _closing(web.json_response(reply, status=status, headers=headers))

    def _product(self) -> Json:
        return {
            "energy_site_id": int(self.world.site_id),
            "resource_type": "battery",
            "site_name": SITE_NAME,
            "components": {"battery": True, "solar": self.with_solar, "grid": True},
        }

    def live_status(self) -> Json:
        """The powers now."""
        now = self.world.powerwall.reading()
        assert now.soc_percent is not None and now.capacity_kwh is not None
        capacity_wh = now.capacity_kwh * 1000.0
        off_grid = now.islanding is Islanding.OFF_GRID
        return {
            "solar_power": _whole(now.solar_power_w),
            "energy_left": capacity_wh * now.soc_percent / 100.0,
            "total_pack_energy": capacity_wh,
            "percentage_charged": now.soc_percent,
            "backup_capable": True,
            "battery_power": _whole(now.battery_power_w),
            "load_power": _whole(now.house_power_w),
            "grid_status": "Inactive" if off_grid else "Active",
            "grid_services_active": now.grid_services_active,
            "grid_power": _whole(now.grid_power_w),
            "grid_services_power": 0,
            "generator_power": 0,
            "island_status": "off_grid_unintentional" if off_grid else "on_grid",
            "storm_mode_active": now.storm_watch_active,
            "timestamp": now.read_at.isoformat(),
            "wall_connectors": [],
        }

    def site_info(self) -> Json:
        """The settings as the cloud shows them; what is allowed is left out, as Tesla does."""
        shown = self.world.powerwall.reading().settings
        components: dict[str, Json] = {
            "battery": True,
            "solar": self.with_solar,
            "grid": True,
            "storm_mode_capable": True,
            "gateways": [],
            "batteries": [],
        }
        if self.with_solar:
            components["customer_preferred_export_rule"] = shown.export_rule
            if not shown.grid_charging:
                components["disallow_charge_from_grid_with_solar_installed"] = True
        return {
            "id": "STE-fake",
            "site_name": SITE_NAME,
            "backup_reserve_percent": shown.backup_reserve_percent,
            "default_real_mode": shown.operating_mode,
            "user_settings": {"storm_mode_enabled": True},
            "components": components,
            "version": "26.26.4",
            "battery_count": self.world.scenario.hardware.units,
        }

    def _history(self) -> Json:
        stamp = self.world.clock().replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
        return {"period": "day", "time_series": [{"timestamp": stamp, "total_home_usage": 1}]}


def _change(body: Mapping[str, Json]) -> Settings:
    """What a command asks for; absent fields stay as they are."""
    mode, rule = body.get("default_real_mode"), body.get("customer_preferred_export_rule")
    reserve = body.get("backup_reserve_percent")
    forbidden = body.get("disallow_charge_from_grid_with_solar_installed")
    return Settings(
        operating_mode=None if mode is None else OperatingMode(str(mode)),
        backup_reserve_percent=reserve if isinstance(reserve, int) else None,
        grid_charging=None if forbidden is None else not forbidden,
        export_rule=None if rule is None else ExportRule(str(rule)),
    )


def _whole(power_w: float | None) -> int:
    return round(power_w or 0.0)


def _closing(response: web.Response) -> web.Response:
    """A kept connection would look broken to a client whose frozen clock jumps ahead."""
    response.force_close()
    return response


@asynccontextmanager
async def serving(tesla: FakeTesla) -> AsyncIterator[FakeTesla]:
    """Listen on a free port of loopback."""
    runner = web.AppRunner(tesla.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = cast(tuple[str, int], runner.addresses[0])
        tesla.url = f"http://{host}:{port}"
        yield tesla
    finally:
        await runner.cleanup()
