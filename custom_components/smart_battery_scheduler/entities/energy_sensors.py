"""Energy counters for the Energy dashboard, and what the plan has saved in money."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfEnergy
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..const import MARKET_TIME_ZONE
from ..history.accuracy import day_start
from ..history.backtest.week import WeekAccount
from ..history.measurements import Energies
from ..history.savings import DaySaving
from ..site.site import Site
from .base import SmartBatteryEntity


@dataclass(frozen=True, kw_only=True)
class EnergySensorDescription(SensorEntityDescription):
    """A counter that never goes down; it outlives restarts."""

    value_fn: Callable[[Energies], float]


@dataclass(frozen=True, kw_only=True)
class SavingSensorDescription(SensorEntityDescription):
    """Money since some moment; ``since_fn`` None is since the beginning."""

    value_fn: Callable[[Site, date], float]
    since_fn: Callable[[date], datetime] | None = None
    attributes_fn: Callable[[DaySaving], Mapping[str, Any]] | None = None


ENERGIES: dict[str, Callable[[Energies], float]] = {
    "grid_import_energy": lambda totals: totals.import_kwh,
    "grid_export_energy": lambda totals: totals.export_kwh,
    "solar_energy": lambda totals: totals.pv_kwh,
    "house_energy": lambda totals: totals.load_kwh,
    "battery_charge_energy": lambda totals: totals.battery_in_kwh,
    "battery_discharge_energy": lambda totals: totals.battery_out_kwh,
}

ENERGY_SENSORS = tuple(
    EnergySensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=2,
        value_fn=value_fn,
    )
    for key, value_fn in ENERGIES.items()
)


def _day_attributes(day: DaySaving) -> Mapping[str, Any]:
    return {
        "cost_gbp": round(day.cost_p / 100, 2),
        "self_powered_cost_gbp": round(day.self_powered_p / 100, 2),
        "half_hours": day.half_hours,
        "half_hours_bridged": day.bridged,
        "half_hours_left_out": day.left_out,
    }


def _saving(
    key: str,
    value_fn: Callable[[Site, date], float],
    since_fn: Callable[[date], datetime] | None = None,
    attributes_fn: Callable[[DaySaving], Mapping[str, Any]] | None = None,
) -> SavingSensorDescription:
    return SavingSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.MONETARY,
        native_unit_of_measurement="GBP",
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=value_fn,
        since_fn=since_fn,
        attributes_fn=attributes_fn,
    )


SAVING_SENSORS = (
    _saving(
        "saving_today",
        lambda site, today: site.savings.day(today).saved_p,
        day_start,
        _day_attributes,
    ),
    _saving(
        "saving_this_month",
        lambda site, today: site.savings.month_p(today),
        lambda today: day_start(today.replace(day=1)),
    ),
    _saving("saving_total", lambda site, today: site.savings.memory.saved_p),
)


DRY_RUN_SAVING = SensorEntityDescription(
    key="dry_run_saving",
    translation_key="dry_run_saving",
    device_class=SensorDeviceClass.MONETARY,
    native_unit_of_measurement="GBP",
    suggested_display_precision=2,
)


# No money class: Home Assistant sums those up, and this is one figure a day.
PLAN_OUTCOME = SensorEntityDescription(
    key="plan_outcome",
    translation_key="plan_outcome",
    native_unit_of_measurement="p",
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=0,
)


def energy_sensors(site: Site) -> list[SensorEntity]:
    """A home's counters."""
    return [
        *(EnergySensor(site, description) for description in ENERGY_SENSORS),
        *(SavingSensor(site, description) for description in SAVING_SENSORS),
        DryRunSensor(site, DRY_RUN_SAVING),
        PlanOutcomeSensor(site, PLAN_OUTCOME),
    ]


class EnergySensor(SmartBatteryEntity, SensorEntity):
    """Energy integrated from the battery's own powers."""

    entity_description: EnergySensorDescription

    @property
    @override
    def native_value(self) -> float:
        """Since the home was set up."""
        return round(self.entity_description.value_fn(self.site.measurements.totals), 4)


class SavingSensor(SmartBatteryEntity, SensorEntity):
    """Against a battery that only stores solar energy.

    A day ends for it when the day's last half-hour is accounted for, and its whole sum is shown
    once before the next day begins: long-term statistics keep what was shown last before
    ``last_reset`` moves, and whole days add up to the total.
    """

    entity_description: SavingSensorDescription

    def __init__(self, site: Site, description: SavingSensorDescription) -> None:
        """Begin with the day that the account has reached."""
        super().__init__(site, description)
        self._day = site.savings.shown_day or _today()

    @callback
    @override
    def _follow(self) -> None:
        reached = self.site.savings.shown_day
        for over in self.site.savings.days_between(self._day, reached):
            self._day = over
            self.async_write_ha_state()
        self._day = reached or self._day
        self.async_write_ha_state()

    @property
    @override
    def native_value(self) -> float:
        """In pounds."""
        return round(self.entity_description.value_fn(self.site, self._day) / 100, 4)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """When the count began at nothing."""
        since = self.entity_description.since_fn
        return since(self._day) if since is not None else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What it is the difference of."""
        attributes = self.entity_description.attributes_fn
        return attributes(self.site.savings.day(self._day)) if attributes is not None else None


class DryRunSensor(SmartBatteryEntity, SensorEntity):
    """What the plan would have saved in the last days of a dry run; unknown in control."""

    @property
    @override
    def native_value(self) -> float | None:
        """In pounds; made anew each night."""
        week = self._week
        return None if week is None else round(week.saving_gbp, 2)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Both bills, and which days they are of."""
        week = self._week
        if week is None:
            return None
        return {
            "paid_gbp": round(week.paid_gbp, 2),
            "planned_gbp": round(week.planned_gbp, 2),
            "first_day": week.first_day,
            "last_day": week.last_day,
            "days": week.days,
        }

    @property
    def _week(self) -> WeekAccount | None:
        return self.site.backtest.week if self.site.preferences.dry_run else None


class PlanOutcomeSensor(SmartBatteryEntity, SensorEntity):
    """What yesterday cost more than its half-hours were planned to, and why."""

    @property
    @override
    def native_value(self) -> float | None:
        """In pence; unknown if nothing of yesterday could be judged."""
        outcome = self.site.plan_outcomes.day(self._yesterday)
        return None if outcome is None else round(outcome.more_p, 1)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """The parts in pence, the last seven days together, and each charge in kWh."""
        outcomes, yesterday = self.site.plan_outcomes, self._yesterday
        outcome, week = outcomes.day(yesterday), outcomes.week(yesterday)
        if outcome is None:
            return None
        return {
            "day": yesterday.isoformat(),
            "half_hours": outcome.half_hours,
            "planned_p": round(outcome.planned_p, 1),
            "load_p": round(outcome.load_p, 1),
            "solar_p": round(outcome.solar_p, 1),
            "price_p": round(outcome.price_p, 1),
            "obedience_p": round(outcome.obedience_p, 1),
            "week_p": None if week is None else round(week.more_p, 1),
            "charges": [
                {
                    "start": charge.start.isoformat(),
                    "end": charge.end.isoformat(),
                    "planned_kwh": round(charge.planned_kwh, 2),
                    "delivered_kwh": round(charge.delivered_kwh, 2),
                }
                for charge in outcomes.charges(yesterday)
            ],
        }

    @property
    def _yesterday(self) -> date:
        return _today() - timedelta(days=1)


def _today() -> date:
    return dt_util.utcnow().astimezone(MARKET_TIME_ZONE).date()
