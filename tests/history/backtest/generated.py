"""A generated home whose truth is known, minute by minute, and nine tariffs for it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import pi, sin

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.demo.house import house_w
from custom_components.smart_battery_scheduler.demo.rates import export_p_per_kwh, import_p_per_kwh
from custom_components.smart_battery_scheduler.history.backtest.model import (
    MeterSlot,
    ReplaySite,
    Tariff,
)
from custom_components.smart_battery_scheduler.planner.model import (
    Battery,
    ChargeMethod,
    ChargeMethodModel,
    HouseholdRules,
)
from custom_components.smart_battery_scheduler.powerwall.base import Settings
from custom_components.smart_battery_scheduler.powerwall.physics import (
    Circumstances,
    Hardware,
    Meters,
    advance,
)
from custom_components.smart_battery_scheduler.tariff.model import SLOT, Rate, RateTable

FIRST = date(2026, 1, 12)
HARDWARE = Hardware()
BATTERY = Battery(
    capacity_kwh=HARDWARE.capacity_kwh,
    max_charge_w=HARDWARE.unit_max_charge_w,
    max_discharge_w=HARDWARE.unit_max_discharge_w,
    methods=(
        ChargeMethodModel(
            method=ChargeMethod.RESERVE,
            power_w=HARDWARE.unit_reserve_charge_w,
            stops_at_target=True,
        ),
        ChargeMethodModel(
            method=ChargeMethod.BACKUP, power_w=HARDWARE.unit_backup_charge_w, stops_at_target=True
        ),
    ),
)
SITE = ReplaySite(
    hardware=HARDWARE,
    battery=BATTERY,
    rules=HouseholdRules(),
    annual_load_kwh=3500.0,
    start_percent=30.0,
)
NIGHT = Settings(backup_reserve_percent=20)
STANDING_P = 50.0


def starts(first: date, days: int) -> list[datetime]:
    """The half-hours of so many local days."""
    begin, end = (
        datetime.combine(day, time(), MARKET_TIME_ZONE).astimezone(UTC)
        for day in (first, first + timedelta(days=days))
    )
    return [begin + index * SLOT for index in range((end - begin) // SLOT)]


def available_solar_w(when: datetime) -> float:
    """A roof of 4 kWp in winter, with clouds that keep no time."""
    hour = when.hour + when.minute / 60
    cloud = 0.4 + 0.6 * ((when.timetuple().tm_yday * 7919 + when.hour * 104729) % 97) / 97
    return max(0.0, sin((hour - 8) / 8 * pi)) * 2600.0 * cloud if 8 <= hour <= 16 else 0.0


def minutes(start: datetime) -> Iterator[tuple[float, float]]:
    """House and sun in W in each minute of a half-hour."""
    for minute in range(30):
        when = start + timedelta(minutes=minute)
        yield house_w(when), available_solar_w(when)


def metered(first: date, days: int) -> Iterator[MeterSlot]:
    """What the meters show of the home, whose battery keeps the sun for the evening."""
    stored_kwh = SITE.start_percent / 100 * HARDWARE.capacity_kwh
    for start in starts(first, days):
        meters = Meters()
        for house, sun in minutes(start):
            stored_kwh, meters = advance(
                HARDWARE, NIGHT, Circumstances(), stored_kwh, meters, house, sun, 60.0
            )
        yield MeterSlot(
            start=start,
            import_kwh=meters.imported_kwh,
            export_kwh=meters.exported_kwh,
            pv_kwh=meters.solar_kwh,
            battery_in_kwh=meters.charged_kwh,
            battery_out_kwh=meters.discharged_kwh,
        )


def table(when: Iterable[datetime], rate: Callable[[datetime], float]) -> RateTable:
    """Half-hourly rates."""
    return RateTable.of(Rate(start, start + SLOT, rate(start)) for start in when)


@dataclass(frozen=True)
class Bands:
    """Rates by the local clock: p/kWh from an hour on."""

    bands: tuple[tuple[float, float], ...]

    def __call__(self, when: datetime) -> float:
        """The rate at an instant."""
        local = when.astimezone(MARKET_TIME_ZONE)
        hour = local.hour + local.minute / 60
        return [p for begins, p in self.bands if begins <= hour][-1]


def tariffs(first: date, days: int) -> tuple[Tariff, ...]:
    """Nine of them, each with one way to be paid for export."""
    when = starts(first - timedelta(days=8), days + 11)
    standing = table(when, lambda _: STANDING_P)

    def of(
        name: str,
        bought: Callable[[datetime], float],
        sold: Callable[[datetime], float] | None = None,
        *,
        is_day_ahead: bool = False,
    ) -> Tariff:
        return Tariff(
            name=name,
            imports=table(when, bought),
            exports=None if sold is None else table(when, sold),
            standing=standing,
            is_day_ahead=is_day_ahead,
        )

    def fixed_export(_: datetime) -> float:
        return 12.0

    return (
        of("agile", import_p_per_kwh, export_p_per_kwh, is_day_ahead=True),
        of("go", Bands(((0, 25.0), (0.5, 8.5), (5.5, 25.0))), fixed_export),
        of("intelligent_go", Bands(((0, 7.0), (5.5, 25.0), (23.5, 7.0))), fixed_export),
        of("cosy", Bands(((0, 24.0), (4, 12.0), (7, 24.0), (13, 12.0), (16, 36.0), (19, 24.0)))),
        of(
            "flux",
            Bands(((0, 24.0), (2, 14.5), (5, 24.0), (16, 34.0), (19, 24.0))),
            Bands(((0, 10.0), (2, 5.0), (5, 10.0), (16, 25.0), (19, 10.0))),
        ),
        of("tracker", lambda at: 18.0 + at.toordinal() % 9, fixed_export, is_day_ahead=True),
        of("flexible", lambda _: 25.0, fixed_export),
        of("economy_7", Bands(((0, 28.0), (0.5, 14.0), (7.5, 28.0)))),
        of("agile_unpaid", import_p_per_kwh, is_day_ahead=True),
    )


def lived_truth(first: date, days: int) -> list[tuple[float, float]]:
    """House and sun of each half-hour in kWh."""
    return [
        (sum(house for house, _ in each) / 60e3, sum(sun for _, sun in each) / 60e3)
        for each in (list(minutes(start)) for start in starts(first, days))
    ]
