"""How often each service is asked in a simulated week: prints requests a day and the most in one hour.

Not collected with the tests: it takes minutes. Run it by ``scripts/requests-per-day``.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
import os
import sys

import pytest

from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint
from ..cloud.octopus import account_body
from ..days.stage import Day
from ..supply.conftest import calm, day, frozen
from ..supply.test_account_rates import LONG_AGO

__all__ = ["calm", "day", "frozen"]

DAYS = int(os.environ.get("SBS_DAYS", "7"))
LIMITS = {
    # (a day at most, an hour at most): NetZero's own rule is five a minute; Octopus names none for
    # REST, the practice of others is far above this; sixty GraphQL requests cost some thousand of
    # the hour's 50,000 points.
    "NetZero": (5760, 240),
    "Octopus REST": (60, 20),
    "Octopus GraphQL": (480, 30),
    "Open-Meteo": (30, 4),
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
