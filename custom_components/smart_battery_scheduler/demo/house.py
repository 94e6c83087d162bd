"""The demo home's house: a family's rhythm, kettles and ovens."""

from datetime import date, datetime
from functools import lru_cache
from math import cos, pi

from ..const import MARKET_TIME_ZONE
from .chance import chance, fixed, smooth

# W at full hours of a local day, without the large appliances.
WEEKDAY_W = (
    210, 195, 185, 180, 180, 190, 290, 430, 400, 280, 250, 250,
    270, 260, 250, 290, 420, 560, 620, 600, 560, 500, 390, 270,
)  # fmt: skip
WEEKEND_W = (
    230, 205, 190, 185, 180, 185, 210, 290, 400, 430, 410, 400,
    430, 400, 370, 370, 440, 540, 590, 580, 550, 510, 420, 300,
)  # fmt: skip

type _Use = tuple[int, int, float]


def house_w(when: datetime) -> float:
    """What the house wants at an instant, in W."""
    local = when.astimezone(MARKET_TIME_ZONE)
    day, minute = local.date(), local.hour * 60 + local.minute
    hours = WEEKEND_W if local.weekday() >= 5 else WEEKDAY_W
    here, there = hours[local.hour], hours[(local.hour + 1) % 24]
    base = here + (there - here) * local.minute / 60.0
    # Longer evenings and circulation pumps: a third more in January than in July.
    season = 1.0 + 0.15 * cos(2.0 * pi * (day.timetuple().tm_yday - 20) / 365.0)
    own = fixed(0.85, 1.15, "household", day)
    used = sum(watts for begin, end, watts in _appliances(day) if begin <= minute < end)
    return base * season * own * (1.0 + 0.2 * smooth("household", when)) + used


@lru_cache(maxsize=64)
def _appliances(day: date) -> tuple[_Use, ...]:
    """The large appliances of a day: from and to which minute, and how many W."""
    luck = chance("appliances", day)

    def use(hour: float, jitter_min: int, minutes: int, watts: float) -> _Use:
        begin = round(hour * 60) + luck.randint(-jitter_min, jitter_min)
        return begin, begin + minutes, watts

    kettles = [use(hour, 25, 3, 2800.0) for hour in (7.2, 8.6, 13.0, 16.5, 20.4)]
    oven = [use(17.8, 30, 40, 1500.0), use(18.0, 30, 20, 1200.0)]
    dishes = [use(20.5, 40, 18, 1900.0), use(21.3, 20, 12, 1900.0)]
    washing = [use(10.5, 90, 22, 2000.0)] if luck.random() < 0.5 else []
    return (*kettles, *oven, *dishes, *washing)
