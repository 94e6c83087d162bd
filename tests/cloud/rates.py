"""Agile-like prices: three hand-made days, varied from date to date, on the local clock.

Values are p/kWh without VAT at the 48 half-hours of a local day. On the days of a clock change
the local hour that is missing or doubled is so in the prices as well.
"""

from datetime import UTC, date, datetime, time, timedelta

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.demo.chance import fixed

SLOT = timedelta(minutes=30)
PRICE_CAP_P = 95.23
PUBLICATION = time(16, 0)
PUBLISHED_TO = time(23, 0)

type DayShape = tuple[float, ...]

# fmt: off
WINTER_DAY: DayShape = (
    18.1, 17.6, 16.9, 16.2, 15.1, 14.3, 13.6, 12.9,  # 00:00
    12.6, 13.1, 14.4, 16.0, 18.2, 20.6, 23.8, 25.9,  # 04:00
    26.4, 25.1, 23.7, 22.9, 22.1, 21.6, 21.0, 20.7,  # 08:00
    20.5, 20.3, 20.8, 21.4, 22.6, 24.2, 25.7, 27.3,  # 12:00
    38.9, 41.6, 43.8, 42.7, 39.4, 36.2, 26.9, 25.4,  # 16:00
    24.1, 22.8, 22.0, 21.2, 19.9, 19.0, 18.6, 17.9,  # 20:00
)
SUNNY_DAY: DayShape = (
    17.2, 16.8, 16.3, 15.9, 15.4, 15.2, 15.0, 15.1,
    15.3, 15.8, 16.6, 17.9, 18.8, 18.1, 16.2, 13.9,
    11.4, 8.8, 6.3, 4.1, 2.0, 0.4, -1.2, -2.6,
    -3.4, -3.1, -2.2, -0.5, 1.7, 4.2, 7.0, 9.8,
    21.3, 23.9, 26.2, 28.4, 30.1, 31.0, 20.6, 21.2,
    21.8, 21.1, 20.3, 19.6, 18.9, 18.3, 17.9, 17.5,
)
WINDY_DAY: DayShape = (
    -2.1, -3.0, -3.8, -4.4, -5.1, -5.9, -6.2, -6.0,
    -5.4, -4.6, -3.2, -1.7, -0.4, 0.8, 1.9, 2.2,
    0.6, -1.4, -3.6, -5.8, -7.7, -8.9, -9.6, -10.1,
    -10.3, -9.8, -8.4, -6.6, -4.5, -2.2, -0.3, 1.6,
    9.2, 10.8, 12.1, 12.6, 11.7, 10.4, 2.1, 1.2,
    0.4, -0.3, -0.9, -1.4, -1.8, -2.0, -2.2, -2.4,
)
# fmt: on
# A still and cold winter day: the cap binds in the evening.
SPIKE_DAY: DayShape = tuple(round(price * 2.6, 1) for price in WINTER_DAY)

REGIONS = "ABCDEFGHJKLMNP"


def agile_p(when: datetime, shape: DayShape, region: str) -> float:
    """The Agile import price without VAT of the half-hour that begins at ``when``."""
    local = when.astimezone(MARKET_TIME_ZONE)
    base = shape[local.hour * 2 + local.minute // 30]
    level, noise = _variation(local.date(), local.hour * 2 + local.minute // 30)
    # Regions differ by a few percent, as the real ones do.
    factor = 1.0 + 0.01 * (REGIONS.index(region) - REGIONS.index("C"))
    return round(min((base + level + noise) * factor, PRICE_CAP_P), 2)


def outgoing_p(when: datetime, shape: DayShape, region: str) -> float:
    """The Agile Outgoing price: a share of the import price, never negative."""
    return round(max(0.0, 1.3 + 0.42 * agile_p(when, shape, region)), 2)


def published_until(now: datetime, published_at: time = PUBLICATION) -> datetime:
    """The end of the published prices: 23:00 local of today, or of tomorrow once that is out."""
    local = now.astimezone(MARKET_TIME_ZONE)
    day = local.date() + timedelta(days=local.time() >= published_at)
    return at_local(day, PUBLISHED_TO)


def at_local(day: date, clock: time) -> datetime:
    """A local clock time as UTC."""
    return datetime.combine(day, clock, MARKET_TIME_ZONE).astimezone(UTC)


def _variation(day: date, slot: int) -> tuple[float, float]:
    """How a date's level and a half-hour's price differ from the hand-made day, in p/kWh."""
    return (
        round(fixed(-1.0, 1.0, "level", day), 2),
        round(fixed(-0.4, 0.4, "slot", day, slot), 2),
    )
