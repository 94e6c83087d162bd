"""NetZero's wire form: replies to our data model, with every value checked, and changes to request bodies.

One resource holds everything: settings at the top, powers under ``live_status``, which may be
missing, null or empty. A value of the wrong type or out of all proportion counts as not reported:
it must never reach a battery as a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from math import isfinite
import re

from .base import (
    ExportRule,
    Islanding,
    OperatingMode,
    PowerwallReplyError,
    PowerwallState,
    Settings,
)

# More than any home's supply and battery can carry.
HIGHEST_POWER_W = 100_000.0
# Meters of solar and house show small negative values at rest.
METER_NOISE_W = 500.0
LEAST_CAPACITY_WH = 1_000.0
MOST_CAPACITY_WH = 1_000_000.0
# The gateway's scale and the app's differ by some percent, and so a value may leave its bounds a little.
OVERSHOOT_PERCENT = 0.9
# A smaller difference is explained by the request's duration and a clock's usual error.
CLOCKS_AGREE = timedelta(seconds=60)
# A reading stamped further in the future than a clock's usual error has no usable time.
CLOCK_TOLERANCE = timedelta(minutes=5)

_SETTINGS_KEYS = (
    "backup_reserve_percent",
    "operational_mode",
    "energy_exports",
    "grid_charging",
)
_ISLANDING_IN_TEXT = re.compile(r"\((on_grid|off_grid)\w*\)")


def parse_state(
    body: object, read_at: datetime, clock_ahead: timedelta | None = None
) -> PowerwallState:
    """A reply to GET or POST as a reading; ``clock_ahead`` is how far its stamps are ahead of us.

    Raises PowerwallReplyError if it is no such reply at all.
    """
    if not isinstance(body, Mapping) or not any(key in body for key in _SETTINGS_KEYS):
        raise PowerwallReplyError("the reply holds no Powerwall settings")
    live = body.get("live_status")
    if not isinstance(live, Mapping):
        live = {}
    capacity_wh = _number(live, "total_pack_energy", LEAST_CAPACITY_WH, MOST_CAPACITY_WH)
    powers = _powers(live)
    return PowerwallState(
        read_at=read_at,
        measured_at=_measured_at(live, read_at, clock_ahead or timedelta()),
        clock_ahead=clock_ahead,
        settings=Settings(
            operating_mode=_one_of(OperatingMode, body, "operational_mode"),
            backup_reserve_percent=_reserve(body),
            grid_charging=_flag(body, "grid_charging"),
            export_rule=_one_of(ExportRule, body, "energy_exports"),
        ),
        soc_percent=_soc(live, body),
        battery_power_w=powers.battery_w,
        solar_power_w=powers.solar_w,
        house_power_w=powers.house_w,
        grid_power_w=powers.grid_w,
        islanding=_islanding(live, body),
        storm_watch_active=_flag(live, "storm_mode_active"),
        capacity_kwh=None if capacity_wh is None else capacity_wh / 1000.0,
    )


def clock_ahead(date: str | None, now: datetime) -> timedelta | None:
    """How far the clock behind a reply's ``Date`` is ahead of ours; None if they agree."""
    moment = None if date is None else _http_date(date)
    if moment is None or abs(moment - now) <= CLOCKS_AGREE:
        return None
    return moment - now


def request_body(change: Settings) -> dict[str, str | int | bool]:
    """The body of a POST: the fields that are given, and no others.

    Raises ValueError for a change of nothing or a reserve that cannot be.
    """
    if change.is_empty:
        raise ValueError("nothing to change")
    reserve = change.backup_reserve_percent
    if reserve is not None and not 0 <= reserve <= 100:
        raise ValueError(f"a reserve of {reserve} % cannot be")
    fields: dict[str, str | int | bool | None] = {
        "backup_reserve_percent": reserve,
        "operational_mode": change.operating_mode,
        "energy_exports": change.export_rule,
        "grid_charging": change.grid_charging,
    }
    return {key: value for key, value in fields.items() if value is not None}


def parse_moment(text: str, now: datetime) -> datetime | None:
    """A moment from a header: seconds since 1970, seconds from now, ISO 8601 or an HTTP date."""
    try:
        number = float(text)
    except ValueError:
        return _aware(text) or _http_date(text)
    if not isfinite(number) or number < 0:
        return None
    # A number below thirty years in seconds is a span, a larger one a moment.
    if number < 1e9:
        return now + timedelta(seconds=number)
    return datetime.fromtimestamp(number, UTC) if number < 1e11 else None


def _number(
    source: Mapping[object, object], key: str, lowest: float, highest: float
) -> float | None:
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Compared before conversion: an integer can be too large for a float.
    return float(value) if lowest <= value <= highest else None


def _power(live: Mapping[object, object], key: str) -> float | None:
    return _number(live, key, -HIGHEST_POWER_W, HIGHEST_POWER_W)


@dataclass(frozen=True, slots=True)
class _Powers:
    """In W; house = solar + battery + grid + generator."""

    battery_w: float | None
    grid_w: float | None
    solar_w: float | None
    house_w: float | None


def _powers(live: Mapping[object, object]) -> _Powers:
    """The four powers. Solar, house or grid that is left out follows from the other three.

    A value that is there but cannot be is no reason to trust the others, and the battery's own power
    is evidence: neither is made up.
    """
    battery_w, grid_w = _power(live, "battery_power"), _power(live, "grid_power")
    solar_w, house_w = (_noisy_power(live, name) for name in ("solar_power", "load_power"))
    generator_w = _power(live, "generator_power") or 0.0
    match battery_w, grid_w, solar_w, house_w:
        case float(), None, float(), float() if live.get("grid_power") is None:
            grid_w = _believable(house_w - solar_w - battery_w - generator_w)
        case float(), float(), None, float() if live.get("solar_power") is None:
            solar_w = _within_noise(house_w - battery_w - grid_w - generator_w)
        case float(), float(), float(), None if live.get("load_power") is None:
            house_w = _within_noise(solar_w + battery_w + grid_w + generator_w)
    return _Powers(
        battery_w=battery_w,
        grid_w=grid_w,
        solar_w=_at_least_nought(solar_w),
        house_w=_at_least_nought(house_w),
    )


def _noisy_power(live: Mapping[object, object], key: str) -> float | None:
    return _number(live, key, -METER_NOISE_W, HIGHEST_POWER_W)


def _within_noise(power_w: float) -> float | None:
    """A derived power of solar or house, if it is plausible."""
    return power_w if -METER_NOISE_W <= power_w <= HIGHEST_POWER_W else None


def _believable(power_w: float) -> float | None:
    return None if abs(power_w) > HIGHEST_POWER_W else power_w


def _at_least_nought(power_w: float | None) -> float | None:
    return None if power_w is None else max(power_w, 0.0)


def _soc(live: Mapping[object, object], body: Mapping[object, object]) -> float | None:
    """The full-precision value, else the rounded one at the top."""
    precise = _percent(live, "percentage_charged")
    return _percent(body, "percentage_charged") if precise is None else precise


def _reserve(body: Mapping[object, object]) -> int | None:
    """Whole, as reserves are written: some sites show 15.79 for a written 16."""
    value = _percent(body, "backup_reserve_percent")
    return None if value is None else round(value)


def _percent(source: Mapping[object, object], key: str) -> float | None:
    """A percentage, restored within its bounds if it is out of them by a little."""
    value = _number(source, key, -OVERSHOOT_PERCENT, 100.0 + OVERSHOOT_PERCENT)
    return None if value is None else min(max(value, 0.0), 100.0)


def _flag(source: Mapping[object, object], key: str) -> bool | None:
    value = source.get(key)
    return value if isinstance(value, bool) else None


def _one_of[E: StrEnum](kind: type[E], body: Mapping[object, object], key: str) -> E | None:
    value = body.get(key)
    return next((member for member in kind if member == value), None)


def _islanding(live: Mapping[object, object], body: Mapping[object, object]) -> Islanding | None:
    """``off_grid`` has variants (intentional or not), and Tesla knows further texts: unknown."""
    island = live.get("island_status")
    if isinstance(island, str):
        if island.startswith(Islanding.OFF_GRID):
            return Islanding.OFF_GRID
        if island == Islanding.ON_GRID:
            return Islanding.ON_GRID
    summary = body.get("grid_status")
    found = _ISLANDING_IN_TEXT.search(summary) if isinstance(summary, str) else None
    if found is not None:
        return Islanding(found[1])
    # Without a grid the home is islanded; a grid that is there does not prove the home is connected to it.
    return Islanding.OFF_GRID if live.get("grid_status") == "Inactive" else None


def _measured_at(
    live: Mapping[object, object], read_at: datetime, ahead: timedelta
) -> datetime | None:
    stamp = live.get("timestamp")
    measured_at = _aware(stamp) if isinstance(stamp, str) else None
    try:
        measured_at = None if measured_at is None else measured_at - ahead
    except OverflowError:
        return None
    if measured_at is None or measured_at > read_at + CLOCK_TOLERANCE:
        return None
    return measured_at


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError, OverflowError:
        return None


def _aware(text: str) -> datetime | None:
    """ISO 8601 with an offset, as UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError, OverflowError:
        return None
