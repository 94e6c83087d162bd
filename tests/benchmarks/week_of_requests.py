"""How often each service is asked in a simulated week: prints requests a day and the most in one hour.

Not collected with the tests: it takes minutes. Run it by ``scripts/requests-per-day``.
"""

from collections import Counter
from datetime import timedelta
import os
import sys
from types import MappingProxyType

import pytest

from custom_components.smart_battery_scheduler.common.poll_interval import PollInterval
from custom_components.smart_battery_scheduler.solar import forecast_solar, solcast
from homeassistant.config_entries import ConfigSubentry
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint
from ..cloud.octopus import account_body
from ..days.stage import Day
from ..sources.conftest import calm, day, frozen
from ..sources.test_account_rates import LONG_AGO

__all__ = ["calm", "day", "frozen"]

DAYS = int(os.environ.get("SBS_DAYS", "7"))
LIMITS = {
    # (a day at most, an hour at most): NetZero's own rule is five a minute; Octopus names none for
    # REST, the practice of others is far above this; sixty GraphQL requests cost some thousand of
    # the hour's 50,000 points.
    "NetZero": (5760, 240),
    "Octopus REST": (60, 20),
    "Octopus GraphQL": (480, 30),
    # Each round is a request for each roof plane; 10,000 a day are allowed, and about one round an
    # hour is asked for.
    "Open-Meteo": (40, 6),
    "Carbon Intensity": (26, 3),
}
SERVICES = {
    Endpoint.NETZERO_READ: "NetZero",
    Endpoint.NETZERO_WRITE: "NetZero",
    Endpoint.GRAPHQL: "Octopus GraphQL",
    Endpoint.FORECAST: "Open-Meteo",
    Endpoint.CARBON: "Carbon Intensity",
}


@pytest.mark.parametrize(
    "tariff", ["E-1R-AGILE-24-10-01-C", "E-1R-INTELLI-VAR-24-10-29-C"], ids=["agile", "intelligent"]
)
async def test_a_week_of_requests(day: Day, tariff: str) -> None:
    """Counted by service, from the second hour on: the first one reads five weeks of rates."""
    for bearing in (90, 180):
        add_plane(day, bearing)
    day.cloud.octopus.account = account_body(((tariff, LONG_AGO, None),))
    day.cloud.world.octoplus.cars = {"car-1": "One"}
    await day.start()
    await day.run(1)
    day.cloud.requests.clear()
    begun = dt_util.utcnow()
    await day.run(24 * DAYS)
    by_day: Counter[tuple[str, int]] = Counter()
    by_hour: Counter[tuple[str, int]] = Counter()
    for each in day.cloud.requests:
        service = SERVICES.get(each.endpoint, "Octopus REST")
        by_day[service, (each.at - begun) // timedelta(days=1)] += 1
        by_hour[service, (each.at - begun) // timedelta(hours=1)] += 1
    sys.stdout.write(f"\n{tariff}, {DAYS} days\n")
    for service, (day_limit, hour_limit) in LIMITS.items():
        days = [by_day[service, number] for number in range(DAYS)]
        most = max((count for (name, _), count in by_hour.items() if name == service), default=0)
        sys.stdout.write(
            f"{service:18} a day: mean {sum(days) / DAYS:7.1f}, most {max(days):5}; "
            f"most in an hour: {most}\n"
        )
        assert max(days) <= day_limit, service
        assert most <= hour_limit, service
    sys.stdout.write(f"tokens minted: {day.cloud.world.octoplus.minted}\n")


@pytest.mark.parametrize(
    ("name", "poll_interval", "each_time", "most_per_day"),
    [
        ("Forecast.Solar, two planes", forecast_solar.POLL_INTERVAL, 2, 12 * 24),
        ("Solcast, one site", solcast.poll_interval(1), 1, solcast.CALLS_PER_DAY),
        ("Solcast, two sites", solcast.poll_interval(2), 2, solcast.CALLS_PER_DAY),
    ],
)
def test_a_week_of_another_sun(
    name: str, poll_interval: PollInterval, each_time: int, most_per_day: int
) -> None:
    """The other sources of a forecast by their own cadence; a home has one of them."""
    by_day: Counter[int] = Counter()
    elapsed = timedelta()
    while elapsed < timedelta(days=7):
        by_day[elapsed // timedelta(days=1)] += each_time
        elapsed += poll_interval.next_wait()
    mean, most = sum(by_day.values()) / 7, max(by_day.values())
    sys.stdout.write(f"\n{name:26} a day: mean {mean:7.1f}, most {most:5}\n")
    assert most <= most_per_day


def add_plane(day: Day, azimuth: int) -> None:
    """A roof plane, as its form makes it."""
    plane = {"peak_kw": 3.0, "declination": 35, "azimuth": azimuth}
    subentry = ConfigSubentry(
        data=MappingProxyType(plane), subentry_type="roof_plane", title="Roof", unique_id=None
    )
    day.hass.config_entries.async_add_subentry(day.entry, subentry)
