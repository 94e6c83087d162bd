"""The demo home's prices: Agile-like, on the local clock, published at 16:00 for the next day.

Import follows the rule of the real tariff: a multiple of the wholesale price, a surcharge from
16:00 to 19:00, a cap. The wholesale price follows the wind of the day, the season, the sun and
the hour.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from math import cos, exp, pi

from ..const import MARKET_TIME_ZONE
from ..tariff.model import SLOT, Rate, RateTable, floor_slot
from .chance import fixed
from .weather import day_clearness

IMPORT_FACTOR = 2.2
EXPORT_FACTOR = 0.95
PEAK_BEGINS, PEAK_ENDS = 16, 19
PEAK_IMPORT_P, PEAK_EXPORT_P = 12.0, 6.0
PRICE_CAP_P = 100.0

PUBLICATION = time(16, 0)
PUBLISHED_TO = time(23, 0)


class DemoTariff:
    """Import and export rates as they are known at the clock's present."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Rates appear as the clock passes the hour of publication."""
        self._clock = clock

    def imports(self, start: datetime, end: datetime) -> RateTable:
        """The known import rates that touch [start, end)."""
        return self._known(start, end, import_p_per_kwh)

    def exports(self, start: datetime, end: datetime) -> RateTable:
        """The known export rates that touch [start, end)."""
        return self._known(start, end, export_p_per_kwh)

    def _known(
        self, start: datetime, end: datetime, price: Callable[[datetime], float]
    ) -> RateTable:
        end = min(end, published_until(self._clock()))
        at, rates = floor_slot(start.astimezone(UTC)), list[Rate]()
        while at < end:
            rates.append(Rate(at, at + SLOT, price(at)))
            at += SLOT
        return RateTable(tuple(rates))


def published_until(now: datetime) -> datetime:
    """Up to when rates are known: 23:00 local of today, or of tomorrow from 16:00 on."""
    local = now.astimezone(MARKET_TIME_ZONE)
    day = local.date() + timedelta(days=local.time() >= PUBLICATION)
    return _at_local(day, PUBLISHED_TO)


def next_publication(now: datetime) -> datetime:
    """When further rates will be known."""
    local = now.astimezone(MARKET_TIME_ZONE)
    day = local.date() + timedelta(days=local.time() >= PUBLICATION)
    return _at_local(day, PUBLICATION)


@lru_cache(maxsize=8192)
def import_p_per_kwh(start: datetime) -> float:
    """The import rate of the half-hour that begins at ``start``."""
    price = IMPORT_FACTOR * _wholesale_p_per_kwh(start) + PEAK_IMPORT_P * _is_peak(start)
    return round(min(price, PRICE_CAP_P), 2)


@lru_cache(maxsize=8192)
def export_p_per_kwh(start: datetime) -> float:
    """The export rate of the half-hour that begins at ``start``: never negative."""
    price = EXPORT_FACTOR * _wholesale_p_per_kwh(start) + PEAK_EXPORT_P * _is_peak(start)
    return round(max(price, 0.0), 2)


def _is_peak(start: datetime) -> bool:
    return PEAK_BEGINS <= start.astimezone(MARKET_TIME_ZONE).hour < PEAK_ENDS


def _wholesale_p_per_kwh(start: datetime) -> float:
    local = start.astimezone(MARKET_TIME_ZONE)
    day, hour = local.date(), local.hour + local.minute / 60.0
    summer = (1.0 - cos(2.0 * pi * (day.timetuple().tm_yday - 20) / 365.0)) / 2.0
    # Wind pushes the whole day down; on the stormiest days below nothing at night.
    level = 12.5 - 1.5 * summer - 11.0 * fixed(0.0, 1.0, "wind", day) ** 2
    night = -2.6 * _bump(hour, 3.5, 2.6)
    morning = 1.6 * _bump(hour, 7.7, 1.3)
    noon = -(1.0 + 9.0 * summer * day_clearness(day)) * _bump(hour, 13.2, 2.6)
    evening = 4.2 * _bump(hour, 18.2, 1.6)
    noise = fixed(-0.5, 0.5, "price", day, local.hour, local.minute)
    return level + night + morning + noon + evening + noise


def _bump(hour: float, centre: float, width: float) -> float:
    return exp(-(((hour - centre) / width) ** 2))


def _at_local(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, MARKET_TIME_ZONE).astimezone(UTC)
