"""Two homes minute by minute: one that charges at night, and the same one that never does.

Written apart from everything in the integration, so that its figures can be held against it: own
arithmetic, own step, own battery.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import pi, sin

from custom_components.smart_battery_scheduler.planner.model import Battery
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallState, Settings
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable

BEGIN = datetime(2026, 1, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CAPACITY_KWH, MOST_KW, CHARGE_KW, LOSS_EACH_WAY, FLOOR = 13.5, 5.0, 3.3, 0.051316702, 0.2
BATTERY = Battery(capacity_kwh=13.5, max_charge_w=5000, max_discharge_w=5000, methods=())
FLOOR_PERCENT = 20.0
EXPORT_P = 12.0


@dataclass
class Cell:
    """A battery's contents, and what its home has paid so far."""

    kwh: float = 4.0
    pence: float = 0.0


def price_p(minute: int) -> float:
    """Three rates a day."""
    hour = minute // 60 % 24
    return 8.0 if hour < 5 else 38.0 if 16 <= hour < 19 else 25.0


def house_kw(minute: int) -> float:
    """A base, an evening, and a kettle that keeps no time."""
    hour = minute / 60 % 24
    kettle = 2.2 if minute * 7919 % 97 < 3 else 0.0
    return 0.3 + 0.25 * (7 <= hour < 9) + 1.1 * (16 <= hour < 22) + kettle


def sun_kw(minute: int) -> float:
    """A winter roof, every other day a better one."""
    hour, day = minute / 60 % 24, minute // 1440
    return max(0.0, sin((hour - 8) / 8 * pi)) * (2.4 if day % 2 else 0.7) * (8 <= hour <= 16)


def _lived(cell: Cell, minute: int, *, charges: bool) -> tuple[float, float]:
    """One minute: (battery kW, positive while giving; grid kW)."""
    need_kw, hours = house_kw(minute) - sun_kw(minute), 1 / 60
    if charges and minute // 60 % 24 < 5:
        give_kw = -min(CHARGE_KW + max(0.0, -need_kw), MOST_KW)
    else:
        give_kw = max(-MOST_KW, min(MOST_KW, need_kw))
    if give_kw < 0:
        room_kwh = CAPACITY_KWH - cell.kwh
        give_kw = -min(-give_kw, room_kwh / (1 - LOSS_EACH_WAY) / hours)
        cell.kwh += -give_kw * hours * (1 - LOSS_EACH_WAY)
    else:
        spare_kwh = max(0.0, cell.kwh - FLOOR * CAPACITY_KWH)
        give_kw = min(give_kw, spare_kwh * (1 - LOSS_EACH_WAY) / hours)
        cell.kwh -= give_kw * hours / (1 - LOSS_EACH_WAY)
    grid_kw = need_kw - give_kw
    price = price_p(minute) if grid_kw > 0 else EXPORT_P
    cell.pence += grid_kw * hours * price
    return give_kw, grid_kw


@dataclass(frozen=True)
class Minute:
    """What a reading shows at the minute's end, and what both homes have paid by then."""

    reading: PowerwallState
    paid_p: float
    self_powered_p: float

    @property
    def saved_p(self) -> float:
        """The truth about the saving so far."""
        return self.self_powered_p - self.paid_p


def minutes(days: int, *, charges: bool = True) -> Iterator[Minute]:
    """The minutes of so many days."""
    real, other = Cell(), Cell()
    for minute in range(days * 1440):
        give_kw, grid_kw = _lived(real, minute, charges=charges)
        _lived(other, minute, charges=False)
        at = BEGIN + (minute + 1) * MINUTE
        yield Minute(
            PowerwallState(
                read_at=at,
                settings=Settings(),
                soc_percent=round(real.kwh / CAPACITY_KWH * 100, 1),
                battery_power_w=give_kw * 1000,
                solar_power_w=sun_kw(minute) * 1000,
                house_power_w=house_kw(minute) * 1000,
                grid_power_w=grid_kw * 1000,
            ),
            real.pence,
            other.pence,
        )


def rate_tables(days: int) -> tuple[RateTable, RateTable]:
    """What is published of both rates."""
    half_hour = timedelta(minutes=30)
    starts = [BEGIN + index * half_hour for index in range(days * 48)]
    bought = [
        Rate(start, start + half_hour, price_p(index * 30)) for index, start in enumerate(starts)
    ]
    return (
        RateTable.of(bought),
        RateTable.of(Rate(start, start + half_hour, EXPORT_P) for start in starts),
    )
