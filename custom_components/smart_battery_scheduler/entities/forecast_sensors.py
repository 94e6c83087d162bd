"""What is expected of sun and house, and how right that was, as sensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfEnergy
from homeassistant.util import dt as dt_util

from ..const import MARKET_TIME_ZONE
from ..history.accuracy import Score
from ..history.load_quality import LoadQuality
from ..site.site import Home
from .base import SmartBatteryEntity


@dataclass(frozen=True, kw_only=True)
class ForecastSensorDescription(SensorEntityDescription):
    """A figure of a home's forecasts; ``None`` is unknown."""

    value_fn: Callable[[Home], float | None]
    attributes_fn: Callable[[Home], Mapping[str, Any]] | None = None


def _today() -> date:
    return dt_util.utcnow().astimezone(MARKET_TIME_ZONE).date()


def _sun_of(home: Home, days_ahead: int) -> float | None:
    day = _today() + timedelta(days=days_ahead)
    return home.accuracy.pv_of(day, dt_util.utcnow(), home.sun.forecast)


def _load_of(home: Home, days_ahead: int) -> float | None:
    day = _today() + timedelta(days=days_ahead)
    return home.accuracy.load_of(day, dt_util.utcnow(), home.planner.data)


def _error(score: Score | None) -> float | None:
    return None if score is None else score.error_percent


def _sun_attributes(home: Home) -> Mapping[str, Any]:
    day = home.accuracy.result(_today() - timedelta(days=1))
    return _attributes(home.accuracy.pv_score(), day.pv_expected_kwh, day.pv_measured_kwh)


def _load_attributes(home: Home) -> Mapping[str, Any]:
    day = home.accuracy.result(_today() - timedelta(days=1))
    return {
        **_attributes(home.accuracy.load_score(), day.load_expected_kwh, day.load_measured_kwh),
        **_quality(home.load_history.record.quality),
    }


def _quality(quality: LoadQuality | None) -> Mapping[str, float | None]:
    """A day ahead, over two weeks."""
    return {
        "day_ahead_error_percent": None if quality is None else round(quality.error_percent, 1),
        "of_last_week_percent": None if quality is None else round(quality.of_last_week_percent, 1),
        "of_mean_percent": None if quality is None else round(quality.of_mean_percent, 1),
        "coverage_percent": None if quality is None else round(quality.coverage_percent, 1),
    }


def _attributes(
    score: Score | None, expected_kwh: float | None, measured_kwh: float | None
) -> Mapping[str, Any]:
    return {
        "bias_percent": None if score is None else round(score.bias_percent, 1),
        "half_hours": 0 if score is None else score.half_hours,
        "yesterday_expected_kwh": None if expected_kwh is None else round(expected_kwh, 2),
        "yesterday_measured_kwh": None if measured_kwh is None else round(measured_kwh, 2),
    }


def _energy(key: str, value_fn: Callable[[Home], float | None]) -> ForecastSensorDescription:
    return ForecastSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
        value_fn=value_fn,
    )


def _off_by(
    key: str,
    score_fn: Callable[[Home], Score | None],
    attributes_fn: Callable[[Home], Mapping[str, Any]],
) -> ForecastSensorDescription:
    return ForecastSensorDescription(
        key=key,
        translation_key=key,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda home: _error(score_fn(home)),
        attributes_fn=attributes_fn,
    )


FORECAST_SENSORS = (
    _energy("solar_forecast_today", lambda home: _sun_of(home, 0)),
    _energy("solar_forecast_tomorrow", lambda home: _sun_of(home, 1)),
    _energy("load_forecast_today", lambda home: _load_of(home, 0)),
    _energy("load_forecast_tomorrow", lambda home: _load_of(home, 1)),
    _off_by("solar_forecast_error", lambda home: home.accuracy.pv_score(), _sun_attributes),
    _off_by("load_forecast_error", lambda home: home.accuracy.load_score(), _load_attributes),
)


def forecast_sensors(home: Home) -> list[SensorEntity]:
    """All of them; those of the sun only where there is one."""
    return [
        ForecastSensor(home, description)
        for description in FORECAST_SENSORS
        if home.sun.coordinator is not None or not description.key.startswith("solar")
    ]


class ForecastSensor(SmartBatteryEntity, SensorEntity):
    """A sensor of the table above."""

    entity_description: ForecastSensorDescription

    @property
    @override
    def native_value(self) -> float | None:
        """The value now."""
        return self.entity_description.value_fn(self.home)

    @property
    @override
    def attribution(self) -> str | None:
        """Whom to credit for the sun's forecast."""
        of_the_sun = self.entity_description.key.startswith("solar")
        return self.home.sun.attribution if of_the_sun else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What goes with it."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.home)
