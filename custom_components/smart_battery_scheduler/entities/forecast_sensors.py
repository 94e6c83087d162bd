"""Sensors of the solar and load forecasts and their accuracy."""

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
from ..site.site import Site
from .base import SmartBatteryEntity


@dataclass(frozen=True, kw_only=True)
class ForecastSensorDescription(SensorEntityDescription):
    """A figure of a home's forecasts; ``None`` is unknown."""

    value_fn: Callable[[Site], float | None]
    attributes_fn: Callable[[Site], Mapping[str, Any]] | None = None


def _today() -> date:
    return dt_util.utcnow().astimezone(MARKET_TIME_ZONE).date()


def _solar_of(site: Site, days_ahead: int) -> float | None:
    day = _today() + timedelta(days=days_ahead)
    return site.accuracy.pv_of(day, dt_util.utcnow(), site.solar_forecast.forecast)


def _load_of(site: Site, days_ahead: int) -> float | None:
    day = _today() + timedelta(days=days_ahead)
    return site.accuracy.load_of(day, dt_util.utcnow(), site.planner.data)


def _error(score: Score | None) -> float | None:
    return None if score is None else score.error_percent


def _solar_attributes(site: Site) -> Mapping[str, Any]:
    day = site.accuracy.result(_today() - timedelta(days=1))
    return _attributes(site.accuracy.pv_score(), day.pv_expected_kwh, day.pv_measured_kwh)


def _load_attributes(site: Site) -> Mapping[str, Any]:
    day = site.accuracy.result(_today() - timedelta(days=1))
    return {
        **_attributes(site.accuracy.load_score(), day.load_expected_kwh, day.load_measured_kwh),
        **_quality(site.load_history.record.quality),
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


def _energy(key: str, value_fn: Callable[[Site], float | None]) -> ForecastSensorDescription:
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
    score_fn: Callable[[Site], Score | None],
    attributes_fn: Callable[[Site], Mapping[str, Any]],
) -> ForecastSensorDescription:
    return ForecastSensorDescription(
        key=key,
        translation_key=key,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda site: _error(score_fn(site)),
        attributes_fn=attributes_fn,
    )


FORECAST_SENSORS = (
    _energy("solar_forecast_today", lambda site: _solar_of(site, 0)),
    _energy("solar_forecast_tomorrow", lambda site: _solar_of(site, 1)),
    _energy("load_forecast_today", lambda site: _load_of(site, 0)),
    _energy("load_forecast_tomorrow", lambda site: _load_of(site, 1)),
    _off_by("solar_forecast_error", lambda site: site.accuracy.pv_score(), _solar_attributes),
    _off_by("load_forecast_error", lambda site: site.accuracy.load_score(), _load_attributes),
)


def forecast_sensors(site: Site) -> list[SensorEntity]:
    """All of them; the solar ones only for a home with panels."""
    return [
        ForecastSensor(site, description)
        for description in FORECAST_SENSORS
        if site.solar_forecast.coordinator is not None or not description.key.startswith("solar")
    ]


class ForecastSensor(SmartBatteryEntity, SensorEntity):
    """A sensor of the table above."""

    entity_description: ForecastSensorDescription

    @property
    @override
    def native_value(self) -> float | None:
        """The value now."""
        return self.entity_description.value_fn(self.site)

    @property
    @override
    def attribution(self) -> str | None:
        """Whom to credit for the solar forecast."""
        is_solar = self.entity_description.key.startswith("solar")
        return self.site.solar_forecast.attribution if is_solar else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What goes with it."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.site)
