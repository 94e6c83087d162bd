"""A site's forecasts as plain data, for diagnostics."""

from datetime import datetime, timedelta

from ..common.serialisation import Json, encode
from ..const import MARKET_TIME_ZONE
from ..history.accuracy import Score
from ..history.load_quality import LoadQuality
from .site import Site


def forecasts_as_dict(site: Site, now: datetime) -> dict[str, Json]:
    """Where the forecasts come from, what was learned, and how right they were; None is unknown."""
    today = now.astimezone(MARKET_TIME_ZONE).date()
    yesterday = site.accuracy.result(today - timedelta(days=1))
    source = site.solar_forecast.coordinator.source if site.solar_forecast.coordinator else None
    forecast = site.solar_forecast.raw
    return {
        "sun": {
            "source": type(source).__name__ if source else None,
            "fetched_at": forecast.made_at.isoformat() if forecast else None,
            "learned_factors": [
                round(factor, 3) for factor in site.solar_forecast.correction.factors
            ],
            "under_cover_share": _rounded(site.solar_forecast.under_cover_share),
            "today_kwh": _rounded(site.accuracy.pv_of(today, now, site.solar_forecast.forecast)),
            "yesterday_expected_kwh": _rounded(yesterday.pv_expected_kwh),
            "yesterday_measured_kwh": _rounded(yesterday.pv_measured_kwh),
            "last_week": _score(site.accuracy.pv_score()),
        },
        "house": {
            "half_hours_known": len(site.load_history.history(site.measurements.slots, now)),
            "today_kwh": _rounded(site.accuracy.load_of(today, now, site.planner.data)),
            "yesterday_expected_kwh": _rounded(yesterday.load_expected_kwh),
            "yesterday_measured_kwh": _rounded(yesterday.load_measured_kwh),
            "last_week": _score(site.accuracy.load_score()),
            "day_ahead": _quality(site.load_history.record.quality),
            "band_widened_by": encode(site.load_history.record.widths),
        },
    }


def _score(score: Score | None) -> Json:
    if score is None:
        return None
    return {
        "error_percent": round(score.error_percent, 1),
        "bias_percent": round(score.bias_percent, 1),
        "half_hours": score.half_hours,
    }


def _quality(quality: LoadQuality | None) -> Json:
    if quality is None:
        return None
    return {
        "error_percent": round(quality.error_percent, 1),
        "of_last_week_percent": round(quality.of_last_week_percent, 1),
        "of_mean_percent": round(quality.of_mean_percent, 1),
        "coverage_percent": round(quality.coverage_percent, 1),
        "half_hours": quality.half_hours,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
