"""The Carbon Intensity API's regional forecast on the wire: dirty evenings, clean nights."""

from datetime import UTC, datetime, timedelta
from math import cos, pi

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json

from .replies import answer

HALF_HOUR = timedelta(minutes=30)
SLOTS = 96


def forecast_g_per_kwh(start: datetime) -> int:
    """The half-hour's forecast: most at 18:00, least at 06:00."""
    hour = start.hour + start.minute / 60.0
    return round(150.0 + 90.0 * cos(2.0 * pi * (hour - 18.0) / 24.0))


class Carbon:
    """GET /regional/intensity/{from}/fw48h/regionid/{id}."""

    def answer(self, request: web.Request) -> web.Response:
        """Half-hours from the one asked for."""
        try:
            start = datetime.strptime(request.match_info["since"], "%Y-%m-%dT%H:%MZ")
        except ValueError:
            text = "Please enter a valid date."
            return answer({"error": {"code": "400 Bad Request", "message": text}}, 400)
        since = start.replace(tzinfo=UTC)
        rows = [_row(since + index * HALF_HOUR) for index in range(SLOTS)]
        region = int(request.match_info["region"])
        return answer(
            {"data": {"regionid": region, "shortname": "Region", "dnoregion": "", "data": rows}}
        )


def _row(start: datetime) -> Json:
    grams = forecast_g_per_kwh(start)
    index = "low" if grams < 120 else "moderate" if grams < 200 else "high"
    return {
        "from": f"{start:%Y-%m-%dT%H:%MZ}",
        "to": f"{start + HALF_HOUR:%Y-%m-%dT%H:%MZ}",
        "intensity": {"forecast": grams, "index": index},
        "generationmix": [],
    }
