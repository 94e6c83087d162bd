"""NetZero on the wire, in front of the simulated Powerwall."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
import json

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.demo.chance import fixed
from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    Islanding,
    OperatingMode,
    PowerwallReplyError,
    PowerwallState,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.simulated import Courier, Delivery

from .bent import Replicas, bent, refusal_of
from .faults import Endpoint, Fault, FaultRule
from .quirks import Refusal
from .replies import ERROR_PAGE, answer, page, refuse
from .world import World

LIMIT = 5
WINDOW = timedelta(seconds=60)

# The fields on the wire and what we call them.
_FIELDS = {
    "backup_reserve_percent": "backup_reserve_percent",
    "operational_mode": "operating_mode",
    "energy_exports": "export_rule",
    "grid_charging": "grid_charging",
}
# Understood and ignored here, as NetZero takes fields that nobody of ours sends.
_OTHER_FIELDS = ("storm_watch", "off_grid_status")


class NetZero:
    """One resource: a site's configuration."""

    def __init__(self, world: World) -> None:
        """Stand in front of a world."""
        self._world = world
        self._asked: deque[datetime] = deque()
        self._last_body: Json = None
        self._live: Json = None
        self._live_since: datetime | None = None
        self._replicas = Replicas()
        self._readings = 0
        self._others_until: datetime | None = None

    @staticmethod
    def endpoint(request: web.Request) -> Endpoint:
        """A GET reads, a POST writes."""
        return Endpoint.NETZERO_WRITE if request.method == "POST" else Endpoint.NETZERO_READ

    async def answer(self, request: web.Request, faults: Sequence[FaultRule]) -> web.StreamResponse:
        """The reply to a request, after limits and faults."""
        response = await self._answer(request, faults)
        response.headers["Date"] = format_datetime(self._world.cloud_now(), usegmt=True)
        return response

    async def _answer(
        self, request: web.Request, faults: Sequence[FaultRule]
    ) -> web.StreamResponse:
        limits = self._limits()
        if limits["X-RateLimit-Remaining"] == "-1":
            return self.limited()
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if request.method == "POST":
            response = await self._write(request, faults)
        else:
            response = answer(self._read(faults))
        response.headers.update(limits)
        return response

    def limited(self, wait_s: float | None = None) -> web.Response:
        """A 429 with the headers that NetZero sends, until the limit allows or as long as said."""
        now = self._world.clock()
        oldest = self._asked[0] if self._asked else now
        reset = max(oldest + WINDOW, now + timedelta(seconds=1))
        if wait_s is not None:
            reset = now + timedelta(seconds=wait_s)
        wait_s = round((reset - now).total_seconds())
        headers = {
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": self._reset(reset),
        }
        detail = f"Request was throttled. Expected available in {wait_s} seconds."
        return refuse(429, detail, headers)

    def _limits(self) -> dict[str, str]:
        """Count this request; the limit's headers. Remaining is -1 for one too many."""
        now = self._world.clock()
        self._let_others_ask(now)
        remaining = LIMIT - self._within(now) - 1
        if remaining >= 0:
            self._asked.append(now)
        return {
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": self._reset(self._asked[0] + WINDOW),
        }

    def _reset(self, moment: datetime) -> str:
        """A moment as the header has it, by the cloud's clock."""
        ahead_s = self._world.quirks.clock_ahead_s
        return str(round(moment.timestamp() + ahead_s))

    def _within(self, now: datetime) -> int:
        """How many requests count against the limit now."""
        while self._asked and not timedelta() <= now - self._asked[0] < WINDOW:
            self._asked.popleft()
        return len(self._asked)

    def _let_others_ask(self, now: datetime) -> None:
        """Another client's requests since the last of ours, evenly spread; refused ones do not count."""
        often, since = self._world.quirks.others_per_minute, self._others_until
        self._others_until = now
        if often == 0 or since is None or now < since:
            return
        every = WINDOW / often
        begun = max(since, now - 2 * WINDOW).timestamp() // every.total_seconds() + 1
        moment = datetime.fromtimestamp(begun * every.total_seconds(), now.tzinfo)
        while moment <= now:
            if self._within(moment) < LIMIT:
                self._asked.append(moment)
            moment += every

    def _refusal(self, request: web.Request) -> web.Response | None:
        authorization = request.headers.get("Authorization")
        if authorization is None:
            return refuse(401, "Authentication credentials were not provided.")
        known = authorization == f"Bearer {self._world.token}"
        if not known or request.match_info["site_id"] != self._world.site_id:
            return refuse(403, "You do not have permission to perform this action.")
        return None

    def _read(self, faults: Sequence[FaultRule]) -> Json:
        kinds = {rule.fault for rule in faults}
        if Fault.STALE in kinds and self._last_body is not None:
            return self._last_body
        self._readings += 1
        body = self._replicas.answer(
            self._body(self._world.powerwall.reading()), self._world.clock(), self._world.quirks
        )
        self._last_body = body
        if Fault.NO_LIVE_STATUS in kinds:
            body = {**body, "live_status": None}
        if Fault.EMPTY_LIVE_STATUS in kinds:
            body = {**body, "live_status": {}}
        if Fault.UNKNOWN_WORDS in kinds:
            body = _with_unknown_words(body)
        if Fault.UNROUNDED in kinds:
            body = _unrounded(body)
        return body

    def _body(self, state: PowerwallState) -> dict[str, Json]:
        """A reading on the wire, with powers as old and as rough as the world's meters."""
        world, now = self._world, self._world.clock()
        ahead = timedelta(seconds=world.quirks.clock_ahead_s)
        body = config_body(state, (state.measured_at or state.read_at) + ahead)
        since = self._live_since
        if since is None or not timedelta() <= now - since < self._world.live_every:
            self._live_since = now
            self._live = _noisy(body["live_status"], self._world.meter_noise_w, now)
        return bent({**body, "live_status": self._live}, world.quirks, self._readings)

    async def _write(self, request: web.Request, faults: Sequence[FaultRule]) -> web.Response:
        try:
            asked = json.loads(await request.read())
            change = parse_change(asked)
        except (ValueError, TypeError) as error:
            return answer({"non_field_errors": [str(error)]}, 400)
        if (refusal := refusal_of(asked, self._world.quirks)) is not None:
            return _refused(refusal)
        powerwall, usual = self._world.powerwall, self._world.powerwall.deliver
        for rule in faults:
            powerwall.deliver = _spoilt(powerwall.deliver, rule)
        try:
            state = await powerwall.write(change)
        except PowerwallReplyError as error:
            return answer({"backup_reserve_percent": [str(error)]}, 400)
        finally:
            powerwall.deliver = usual
        if any(rule.fault is Fault.DONE_THEN_ERROR for rule in faults):
            return page(ERROR_PAGE, 500)
        return answer(self._body(state))


def _refused(refusal: Refusal) -> web.Response:
    if refusal.status >= 500:
        return page(ERROR_PAGE, refusal.status)
    return answer({refusal.field: ["This value is not allowed."]}, refusal.status)


def config_body(state: PowerwallState, measured_at: datetime) -> dict[str, Json]:
    """A reading on the wire."""
    settings = state.settings
    island = state.islanding or Islanding.ON_GRID
    grid = "Inactive" if island is Islanding.OFF_GRID else "Active"
    level = state.soc_percent
    return {
        "backup_reserve_percent": settings.backup_reserve_percent,
        "operational_mode": settings.operating_mode,
        "energy_exports": settings.export_rule,
        "grid_charging": settings.grid_charging,
        "percentage_charged": None if level is None else round(level, 1),
        "grid_status": f"{grid} ({island})",
        "live_status": {
            "solar_power": _whole(state.solar_power_w),
            "percentage_charged": level,
            "battery_power": _whole(state.battery_power_w),
            "load_power": _whole(state.house_power_w),
            "grid_status": grid,
            "grid_power": _whole(state.grid_power_w),
            "generator_power": 0,
            "island_status": island,
            "storm_mode_active": state.storm_watch_active,
            "timestamp": measured_at.astimezone(MARKET_TIME_ZONE).isoformat(timespec="seconds"),
            "wall_connectors": [],
        },
    }


def _whole(power_w: float | None) -> int | None:
    return None if power_w is None else round(power_w)


def _noisy(live: Json, noise_w: float, now: datetime) -> Json:
    """Live values whose powers are each off by up to so much."""
    assert isinstance(live, dict)
    if noise_w == 0.0:
        return live
    rough = {
        name: round(float(power) + fixed(-noise_w, noise_w, "meter", name, now))
        for name, power in live.items()
        if name in {"solar_power", "battery_power", "load_power", "grid_power"}
        and isinstance(power, int | float)
    }
    return {**live, **rough}


def _unrounded(body: dict[str, Json]) -> dict[str, Json]:
    live = body.get("live_status")
    if not isinstance(live, dict):
        return {**body, "energy_exports": None}
    fractions: dict[str, Json] = {
        name: power + 0.25
        for name, power in live.items()
        if name.endswith("_power") and isinstance(power, int | float)
    }
    live = {**live, **fractions, "wall_connectors": None}
    return {**body, "energy_exports": None, "live_status": live}


def _with_unknown_words(body: dict[str, Json]) -> dict[str, Json]:
    live = body.get("live_status")
    words: dict[str, Json] = {
        "operational_mode": "savings",
        "energy_exports": "everything",
        "grid_status": "Unknown",
    }
    # Another fault may have taken it away.
    if isinstance(live, dict):
        unknown = {"grid_status": "Unknown", "island_status": "island_status_unknown"}
        words["live_status"] = {**live, **unknown}
    return {**body, **words}


def parse_change(body: object) -> Settings:
    """A request's body as settings. Raises ValueError or TypeError for nonsense."""
    if not isinstance(body, dict):
        raise TypeError("Invalid data. Expected a dictionary.")
    unknown = set(body) - set(_FIELDS) - set(_OTHER_FIELDS)
    if unknown:
        raise ValueError(f"Unknown fields: {sorted(unknown)}")
    reserve, charging = body.get("backup_reserve_percent"), body.get("grid_charging")
    if not isinstance(reserve, int | None) or isinstance(reserve, bool):
        raise TypeError("backup_reserve_percent: a valid integer is required.")
    if not isinstance(charging, bool | None):
        raise TypeError("grid_charging: must be a valid boolean.")
    mode, rule = body.get("operational_mode"), body.get("energy_exports")
    return Settings(
        operating_mode=None if mode is None else OperatingMode(mode),
        backup_reserve_percent=reserve,
        grid_charging=charging,
        export_rule=None if rule is None else ExportRule(rule),
    )


def _spoilt(deliver: Courier, rule: FaultRule) -> Courier:
    """A courier that does to a write what the rule says."""

    def deliver_spoilt(change: Settings) -> Delivery:
        delivery = deliver(change)
        match rule.fault:
            case Fault.LOST:
                return Delivery(shown=Settings(), obeyed=Settings())
            case Fault.NOT_OBEYED:
                return replace(delivery, obeyed=Settings())
            case Fault.LATE:
                late = timedelta(seconds=float(rule.detail or 180))
                return replace(delivery, delay=late)
            case Fault.FIELD_LOST:
                rest = replace(change, **{_FIELDS[rule.detail or "grid_charging"]: None})
                return replace(delivery, shown=rest, obeyed=rest)
            case _:
                return delivery

    return deliver_spoilt
