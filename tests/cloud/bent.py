"""Readings bent by the quirks of a home's clouds: what is shown is not what is."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.demo.chance import fixed

from .quirks import Quirks, Refusal

KEPT = timedelta(hours=2)


class Replicas:
    """Copies of the state behind one address; some answers come from one that lags behind."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._past: deque[tuple[datetime, dict[str, Json]]] = deque()
        self._answers = 0

    def answer(self, body: dict[str, Json], now: datetime, quirks: Quirks) -> dict[str, Json]:
        """The body, or the newest of those that are as old as the lag."""
        self._answers += 1
        self._past.append((now, body))
        while now - self._past[0][0] > KEPT:
            self._past.popleft()
        if fixed(0.0, 1.0, "replica", self._answers, now) >= quirks.replica_share:
            return body
        lag = timedelta(seconds=quirks.replica_lag_s)
        old = [each for at, each in self._past if now - at >= lag]
        return old[-1] if old else body


def bent(body: dict[str, Json], quirks: Quirks, readings: int) -> dict[str, Json]:
    """A reading, the so many-th, as this home's clouds show it."""
    shown = {**body, "backup_reserve_percent": _reserve(body["backup_reserve_percent"], quirks)}
    live = shown.get("live_status")
    if not isinstance(live, dict):
        return shown
    level = _level(live.get("percentage_charged"), quirks, readings)
    nulls: dict[str, Json] = dict.fromkeys(quirks.null_values)
    shown["live_status"] = {**live, "percentage_charged": level, **nulls}
    shown["percentage_charged"] = level if level is None else round(level, 1)
    return shown


def _reserve(value: Json, quirks: Quirks) -> Json:
    if not isinstance(value, int) or not (
        quirks.reserve_in_raw_scale or quirks.reserve_offset_percent
    ):
        return value
    bent_value = 0.95 * value + 5.0 if quirks.reserve_in_raw_scale else float(value)
    bent_value += quirks.reserve_offset_percent
    return round(bent_value) if quirks.reserve_offset_percent == 0.0 else bent_value


def _level(value: Json, quirks: Quirks, readings: int) -> float | None:
    if not isinstance(value, int | float):
        return None
    if quirks.level_zero_every and readings % quirks.level_zero_every == 0:
        return 0.0
    return float(value) + quirks.level_offset_percent


def refusal_of(body: object, quirks: Quirks) -> Refusal | None:
    """The refusal that a write with this body meets, if any."""
    if not isinstance(body, Mapping):
        return None
    for refusal in quirks.refusals:
        value = body.get(refusal.field)
        if value is not None and refusal.value in (None, str(value).lower()):
            return refusal
    return None
