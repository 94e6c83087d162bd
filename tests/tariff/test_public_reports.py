"""What others report of Octopus' data, each in the shape in which it came. Each names its thread."""

from datetime import UTC, datetime, timedelta
import re

import pytest

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.tariff.account import parse_account
from custom_components.smart_battery_scheduler.tariff.agreement_rates import TariffRates
from custom_components.smart_battery_scheduler.tariff.codes import TariffCode
from custom_components.smart_battery_scheduler.tariff.dispatches import (
    parse_dispatches,
    with_dispatches,
)
from custom_components.smart_battery_scheduler.tariff.errors import NoRatesError
from custom_components.smart_battery_scheduler.tariff.model import SLOT, Rate, RateTable
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind, parse_sessions

from ..wire import Wire
from .bodies import (
    BASE,
    account,
    address,
    agreement,
    meter_point,
    page,
    product_page,
    product_url,
    row,
)
from .conftest import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SINCE = datetime(2026, 6, 30, 23, tzinfo=UTC)
RATES = re.compile(rf"{BASE}/v1/products/.*/standard-unit-rates/.*")


async def test_flexible_is_what_is_paid_by_direct_debit_wherever_the_row_stands(
    octopus: OctopusRest, wire: Wire
) -> None:
    """springfall2008/batpred#5144: two rows of one time; the later, dearer one was taken."""
    both = [
        row(SINCE, None, 25.1251, 26.381355, method="DIRECT_DEBIT"),
        row(SINCE, None, 26.5227, 27.848835, method="NON_DIRECT_DEBIT"),
    ]
    code = TariffCode.parse("E-1R-VAR-22-11-01-A")
    for rows in (both, both[::-1]):
        wire.get(RATES, payload=page(*rows))
        start = datetime(2026, 9, 17, tzinfo=UTC)
        found = await octopus.rates(code, start, start + HOUR, taxed=True)
        assert [rate.p_per_kwh for rate in found.rates] == pytest.approx([26.381355] * 2)


@pytest.mark.parametrize("ended", [timedelta(days=10), timedelta(days=150)])
async def test_a_tariff_whose_rates_have_ended_is_named_though_its_agreement_goes_on(
    octopus: OctopusRest, wire: Wire, ended: timedelta
) -> None:
    """HomeAssistant-OctopusEnergy#1432 and #1405: rates of weeks ago are none of today."""
    wire.get(RATES, payload=page(row(SINCE - 400 * DAY, NOW - ended, 26.4)), repeat=True)
    code = TariffCode.parse("E-1R-INTELLI-VAR-22-10-14-C")
    own_page = product_page(code.text, "standard")
    wire.get(product_url(code.product), payload=own_page, repeat=True)
    rates = TariffRates.of_code(octopus, code, taxed=True)
    await rates.fetch(NOW - 35 * DAY, NOW + 2 * DAY, now=NOW)
    assert isinstance(rates.problem, NoRatesError)


async def test_rates_that_are_published_late_are_no_tariff_without_rates(
    octopus: OctopusRest, wire: Wire
) -> None:
    """Known up to last night's 23:00, asked in the morning after."""
    last = NOW.replace(hour=23, minute=0) - DAY
    wire.get(RATES, payload=page(row(last - SLOT, last, 15.0)), repeat=True)
    code = TariffCode.parse("E-1R-AGILE-24-10-01-C")
    rates = TariffRates.of_code(octopus, code, taxed=True)
    await rates.fetch(NOW - 35 * DAY, NOW + 2 * DAY, now=NOW)
    assert rates.problem is None


def test_an_account_that_lists_its_export_first_buys_by_its_import() -> None:
    """evcc-io/evcc#23714: since there is an export tariff, its rate was the grid's."""
    sold = agreement("E-1R-OUTGOING-VAR-24-10-26-C", "2025-09-01T00:00:00+01:00")
    bought = agreement("E-1R-INTELLI-VAR-24-10-29-C", "2024-11-01T00:00:00Z")
    points = (meter_point("2000000000001", sold, export=True), meter_point("1000000000001", bought))
    (home,) = parse_account(account(address(7, *points))).current(NOW)
    imports, exports = home.import_point(NOW), home.export_point(NOW)
    assert imports is not None
    assert exports is not None
    assert imports.agreements[0].tariff_code == "E-1R-INTELLI-VAR-24-10-29-C"
    assert exports.agreements[0].tariff_code == "E-1R-OUTGOING-VAR-24-10-26-C"


def test_a_dispatch_from_noon_to_the_night_makes_a_whole_day_of_one_low_rate() -> None:
    """HomeAssistant-OctopusEnergy#1006: 12:01 to 04:00, and the low rate was not found any more."""
    midnight = datetime(2026, 9, 30, tzinfo=MARKET_TIME_ZONE).astimezone(UTC)
    starts = [midnight + index * SLOT for index in range(96)]

    def is_night(start: datetime) -> bool:
        clock = start.astimezone(MARKET_TIME_ZONE)
        return not 5.5 <= clock.hour + clock.minute / 60 < 23.5

    table = RateTable(
        tuple(Rate(start, start + SLOT, 7.0 if is_night(start) else 26.8) for start in starts)
    )
    planned = {
        "start": "2026-09-30T12:01:00+01:00",
        "end": "2026-10-01T04:00:00+01:00",
        "type": "SMART",
        "energyAddedKwh": "-37.03",
    }
    found = parse_dispatches({"devices": [], "flexPlannedDispatches": [planned]})
    rates = with_dispatches(table, found.planned)
    low = [start for start in starts if (rate := rates.at(start)) and rate.p_per_kwh == 7.0]
    afternoon = [midnight + 12 * HOUR + index * SLOT for index in range(35)]
    assert set(afternoon) <= set(low)
    assert not [start for start in low if start not in afternoon and not is_night(start)]


@pytest.mark.parametrize("joined", [False, True])
def test_a_happy_hour_is_free_when_it_is_booked_and_nobody_joins_the_others(
    joined: bool,
) -> None:
    """springfall2008/batpred#4531, #4851 and HomeAssistant-OctopusEnergy#1835.

    Four hours are on offer at 0 OctoPoints; the booked one stood among joined Power Downs.
    """
    events = [
        {
            "id": 5144 + hour,
            "code": f"EVENT_{45 + hour}_160826",
            "rewardPerKwhInOctoPoints": 0,
            "startAt": f"2026-08-16T{10 + hour}:00:00+00:00",
            "endAt": f"2026-08-16T{11 + hour}:00:00+00:00",
            "targetRegion": [],
            "status": "UPCOMING",
            "eventType": "WEEKEND_HAPPY_HOUR",
        }
        for hour in range(4)
    ]
    booked = {
        "eventId": 5146,
        "startAt": "2026-08-16T12:00:00+00:00",
        "endAt": "2026-08-16T13:00:00+00:00",
        "rewardGivenInOctoPoints": None,
        "eventType": "WEEKEND_HAPPY_HOUR",
    }
    account_body = {"hasJoinedCampaign": True, "joinedEvents": [booked] if joined else []}
    found = parse_sessions({"savingSessions": {"events": events, "account": account_body}})
    assert {each.kind for each in found.sessions} == {SessionKind.FREE}
    assert [each.id for each in found.sessions if each.joined] == (["5146"] if joined else [])
    assert found.joinable(datetime(2026, 8, 15, tzinfo=UTC)) == ()
