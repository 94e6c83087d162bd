"""Every tariff that a Powerwall's owner may have, by the one rule: rows to half-hours.

Rates are read off the rows; no window of a tariff is written down in the integration, but for the
night of two-register meters.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.tariff.account import Agreement
from custom_components.smart_battery_scheduler.tariff.agreement_rates import TariffRates
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest

from ..cloud.fixtures import session
from ..cloud.server import Cloud
from ..cloud.world import API_KEY, SCENARIOS

__all__ = ["session"]

LONG_AGO = datetime(2022, 1, 1, tzinfo=UTC)
SUMMER = datetime(2026, 6, 16, 23, tzinfo=UTC)


@pytest.fixture
def scenario() -> str:
    """A summer's day: local time is not UTC."""
    return "sunny"


@pytest.mark.parametrize(
    ("code", "taxed", "levels", "cheapest_local", "changes"),
    [
        ("E-1R-AGILE-24-10-01-C", True, 40, None, 40),
        ("E-1R-GO-VAR-22-10-14-C", True, 2, (0.5, 5.5), 2),
        ("E-1R-INTELLI-VAR-24-10-29-C", True, 2, (0, 5.5), 2),
        ("E-1R-COSY-22-12-08-C", True, 3, None, 6),
        ("E-1R-FLUX-IMPORT-23-02-14-C", True, 3, (2, 5), 4),
        ("E-1R-SILVER-25-09-02-C", True, 1, None, 0),
        ("E-1R-VAR-22-11-01-C", True, 1, None, 0),
        ("E-2R-VAR-22-11-01-C", True, 2, (1.5, 8.5), 2),
        ("E-1R-AGILE-OUTGOING-19-05-13-C", False, 30, None, 30),
        ("E-1R-OUTGOING-VAR-24-10-26-C", False, 1, None, 0),
        ("E-1R-OUTGOING-PRIME-FIX-12M-26-06-23-C", False, 2, None, 2),
        ("E-1R-FLUX-EXPORT-23-02-14-C", False, 3, (2, 5), 4),
        ("E-1R-OUTGOING-SEG-FIX-12M-20-07-07-C", False, 1, None, 0),
        ("E-1R-OE-FIX-12M-26-05-01-C", True, 1, None, 0),
        ("E-1R-IOG-SMB-TOU-25-12-12-C", True, 2, (0, 5.5), 2),
    ],
    ids=[
        "Agile",
        "Go",
        "Intelligent Go",
        "Cosy",
        "Flux",
        "Tracker",
        "Flexible",
        "Economy 7",
        "Agile Outgoing",
        "Outgoing",
        "Outgoing Prime",
        "Flux export",
        "Export guarantee",
        "Fixed, two ways of payment",
        "Intelligent Go with four rates",
    ],
)
async def test_a_local_day_of_a_tariff(
    cloud: Cloud,
    session: aiohttp.ClientSession,
    freezer: FrozenDateTimeFactory,
    code: str,
    taxed: bool,
    levels: int,
    cheapest_local: tuple[float, float] | None,
    changes: int,
) -> None:
    """48 half-hours; as many prices and changes as the tariff has; cheap when it says."""
    freezer.move_to(SCENARIOS["sunny"].start + timedelta(hours=2))
    client = OctopusRest(session, API_KEY, base_url=cloud.url, clock=cloud.world.clock)
    agreement = Agreement(tariff_code=code, valid_from=LONG_AGO)
    table = await TariffRates(client, (agreement,), taxed=taxed).fetch(
        SUMMER, SUMMER + timedelta(days=1)
    )
    prices = [rate.p_per_kwh for rate in table.rates]
    known = 46 if "AGILE" in code else 48
    assert len(prices) == known
    assert all(rate.end - rate.start == timedelta(minutes=30) for rate in table.rates)
    distinct, changed = (
        len(set(prices)),
        sum(a != b for a, b in pairwise(prices)),
    )
    assert distinct >= levels if "AGILE" in code else distinct == levels
    assert changed >= changes if "AGILE" in code else abs(changed - changes) <= 1
    if cheapest_local is not None:
        cheap = [
            (rate.start - SUMMER) / timedelta(hours=1)
            for rate in table.rates
            if rate.p_per_kwh == min(prices)
        ]
        begin, end = cheapest_local
        assert (cheap[0], [hour for hour in cheap if hour < 12][-1] + 0.5) == (begin, end)
