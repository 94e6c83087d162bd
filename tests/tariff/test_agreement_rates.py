"""Rates across changes of tariff, of agreements and of the account."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import aiohttp
from freezegun.api import FrozenDateTimeFactory
from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.sources.rates_coordinator import Rates
from custom_components.smart_battery_scheduler.tariff.account import Agreement, parse_account
from custom_components.smart_battery_scheduler.tariff.agreement_rates import (
    AccountRates,
    AddressRates,
    Meters,
    MovedOutError,
    NoImportError,
    Piece,
    TariffRates,
    address_of,
    pieces,
)
from custom_components.smart_battery_scheduler.tariff.codes import TariffCode
from custom_components.smart_battery_scheduler.tariff.errors import (
    TariffAuthError,
    TariffNotFoundError,
    TariffNotSupportedError,
    TariffUnreachableError,
)
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest

from ..cloud.faults import Endpoint, Fault
from ..cloud.octopus import account_body
from ..cloud.server import Cloud
from ..cloud.world import ACCOUNT_NUMBER, API_KEY
from .bodies import Body, account, address, agreement, meter_point

EVENING = datetime(2026, 1, 14, 18, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)
AGILE, GO = "E-1R-AGILE-24-10-01-C", "E-1R-GO-VAR-22-10-14-C"
OUTGOING = "E-1R-AGILE-OUTGOING-19-05-13-C"
LONG_AGO = datetime(2024, 10, 15, tzinfo=UTC)


def agreed(code: str, since: datetime, until: datetime | None = None) -> Agreement:
    """An agreement."""
    return Agreement(tariff_code=code, valid_from=since, valid_to=until)


# --- which tariff holds when --------------------------------------------------------------------


def test_a_switch_at_midnight_cuts_the_window() -> None:
    """The new tariff from the first half-hour of the day on."""
    found = pieces(
        [agreed(AGILE, LONG_AGO, MIDNIGHT), agreed(GO, MIDNIGHT)],
        EVENING,
        EVENING + timedelta(days=1),
    )
    assert found == (
        Piece(AGILE, EVENING, MIDNIGHT),
        Piece(GO, MIDNIGHT, EVENING + timedelta(days=1)),
    )


def test_a_renewed_agreement_on_the_same_tariff_is_no_switch() -> None:
    """One question, not two."""
    found = pieces(
        [agreed(AGILE, LONG_AGO, MIDNIGHT), agreed(AGILE, MIDNIGHT)],
        EVENING,
        EVENING + timedelta(days=1),
    )
    assert found == (Piece(AGILE, EVENING, EVENING + timedelta(days=1)),)


def test_time_without_an_agreement_is_left_out() -> None:
    """Before the first and in a gap."""
    gap = MIDNIGHT + timedelta(hours=6)
    found = pieces(
        [agreed(AGILE, EVENING, MIDNIGHT), agreed(GO, gap)],
        EVENING - timedelta(days=1),
        gap + timedelta(hours=1),
    )
    assert found == (Piece(AGILE, EVENING, MIDNIGHT), Piece(GO, gap, gap + timedelta(hours=1)))


moments = st.integers(0, 60).map(lambda hours: EVENING + timedelta(hours=hours))


@given(
    agreements=st.lists(
        st.builds(agreed, st.sampled_from([AGILE, GO]), moments, st.none() | moments),
        max_size=4,
    ),
    hours=st.integers(1, 60),
    when=st.integers(0, 59),
)
def test_each_instant_has_the_tariff_that_was_agreed_last(
    agreements: list[Agreement], hours: int, when: int
) -> None:
    """Pieces are in order, do not overlap, stay in the window, and say what the agreements say."""
    end = EVENING + timedelta(hours=hours)
    found = pieces(agreements, EVENING, end)
    for before, after in pairwise(found):
        assert before.end <= after.start
    assert all(EVENING <= piece.start < piece.end <= end for piece in found)
    instant = EVENING + timedelta(hours=when, minutes=30)
    covering = [each for each in agreements if each.covers(instant)]
    published = [piece.tariff_code for piece in found if piece.start <= instant < piece.end]
    if instant >= end or not covering:
        assert not published
    else:
        latest = max(each.valid_from for each in covering)
        assert published[0] in {each.tariff_code for each in covering if each.valid_from == latest}


# --- rates through all agreements, against the stand-in -----------------------------------------


@pytest.fixture
def evening(freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """A winter evening, tomorrow's rates are out."""
    freezer.move_to(EVENING)
    return freezer


@pytest.fixture
def octopus(
    evening: FrozenDateTimeFactory, cloud: Cloud, session: aiohttp.ClientSession
) -> OctopusRest:
    """The real client in front of the stand-in."""
    return OctopusRest(session, API_KEY, base_url=cloud.url, clock=cloud.world.clock, timeout_s=5.0)


async def test_rates_follow_a_switch_at_midnight(octopus: OctopusRest) -> None:
    """Agile until midnight, Go after, without a gap and without doubles."""
    rates = TariffRates(
        octopus, [agreed(AGILE, LONG_AGO, MIDNIGHT), agreed(GO, MIDNIGHT)], taxed=True
    )
    end = MIDNIGHT + timedelta(hours=48)
    table = await rates.fetch(EVENING, end)
    assert table.known_until(EVENING) == end
    after = [rate.p_per_kwh for rate in table.rates if rate.start >= MIDNIGHT]
    assert after[:2] == [27.195, 8.505]
    assert set(after) == {27.195, 8.505}
    agile = await TariffRates.of_code(octopus, TariffCode.parse(AGILE), taxed=True).fetch(
        EVENING, MIDNIGHT
    )
    assert [rate for rate in table.rates if rate.start < MIDNIGHT] == list(agile.rates)


@pytest.mark.parametrize(
    "other", ["E-1R-INTELLI-FLUX-IMPORT-23-07-14-C", "E-1R-GONE-01-01-01-C", "NONSENSE"]
)
async def test_a_tariff_to_come_that_we_cannot_price_leaves_todays_rates(
    octopus: OctopusRest, other: str
) -> None:
    """Its time is unknown, not refused with the rest."""
    rates = TariffRates(
        octopus, [agreed(AGILE, LONG_AGO, MIDNIGHT), agreed(other, MIDNIGHT)], taxed=True
    )
    table = await rates.fetch(EVENING, MIDNIGHT + timedelta(hours=6))
    assert table.known_until(EVENING) == MIDNIGHT


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("E-1R-INTELLI-FLUX-IMPORT-23-07-14-C", TariffNotSupportedError),
        ("E-1R-GONE-01-01-01-C", TariffNotFoundError),
    ],
)
async def test_a_tariff_that_we_cannot_price_is_refused(
    octopus: OctopusRest, code: str, error: type[Exception]
) -> None:
    """When there is no other."""
    with pytest.raises(error):
        await TariffRates(octopus, [agreed(code, LONG_AGO)], taxed=True).fetch(EVENING, MIDNIGHT)


async def test_a_failed_request_fails_the_whole(octopus: OctopusRest, cloud: Cloud) -> None:
    """An outage is no missing rate."""
    cloud.faults.add(Fault.UNAVAILABLE, Endpoint.RATES, skip=1, times=1)
    rates = TariffRates(
        octopus, [agreed(AGILE, LONG_AGO, MIDNIGHT), agreed(GO, MIDNIGHT)], taxed=True
    )
    with pytest.raises(TariffUnreachableError):
        await rates.fetch(EVENING, MIDNIGHT + timedelta(hours=6))


# --- rates by the account -----------------------------------------------------------------------


def rates_of(octopus: OctopusRest, cloud: Cloud, property_id: str | None = None) -> AccountRates:
    """The source under test."""
    return AccountRates(octopus, ACCOUNT_NUMBER, property_id, clock=cloud.world.clock)


async def fetch(rates: AccountRates, cloud: Cloud) -> AddressRates:
    """Six hours from now."""
    now = cloud.world.clock()
    return await rates.fetch(now, now + timedelta(hours=6))


async def test_import_and_export_of_the_account(octopus: OctopusRest, cloud: Cloud) -> None:
    """Both; exports without tax."""
    found = await fetch(rates_of(octopus, cloud), cloud)
    assert found.exports is not None
    assert len(found.imports.rates) == len(found.exports.rates) == 12
    assert found.imports.known_until(EVENING) == EVENING + timedelta(hours=6)


async def test_without_an_export_agreement_exports_are_not_paid(
    octopus: OctopusRest, cloud: Cloud
) -> None:
    """None: no meter point, or one whose agreement is over."""
    cloud.octopus.account = account_body(exports=())
    assert (await fetch(rates_of(octopus, cloud), cloud)).exports is None
    over = ((OUTGOING, "2024-10-20T00:00:00+01:00", "2025-10-20T00:00:00+01:00"),)
    cloud.octopus.account = account_body(exports=over)
    assert (await fetch(rates_of(octopus, cloud), cloud)).exports is None


async def test_an_export_tariff_that_we_cannot_price_leaves_imports(
    octopus: OctopusRest, cloud: Cloud
) -> None:
    """Exports are unknown then, which is not unpaid; and the reason is kept."""
    cloud.octopus.account = account_body(
        exports=(("E-1R-GONE-01-C", "2024-01-01T00:00:00Z", None),)
    )
    rates = rates_of(octopus, cloud)
    found = await fetch(rates, cloud)
    assert len(found.imports.rates) == 12
    assert found.exports == RateTable()
    assert isinstance(rates.export_problem, TariffNotFoundError)


async def test_an_export_that_is_given_up_is_no_problem_any_more(
    octopus: OctopusRest, cloud: Cloud, evening: FrozenDateTimeFactory
) -> None:
    """The home does not sell any longer: there is nothing to mend."""
    cloud.octopus.account = account_body(
        exports=(("E-1R-GONE-01-C", "2024-01-01T00:00:00Z", None),)
    )
    rates = rates_of(octopus, cloud)
    await fetch(rates, cloud)
    cloud.octopus.account = account_body(exports=())
    evening.tick(timedelta(hours=6, minutes=10))
    assert (await fetch(rates, cloud)).exports is None
    assert rates.export_problem is None


async def test_an_export_meter_on_an_account_of_its_own(
    octopus: OctopusRest, cloud: Cloud, evening: FrozenDateTimeFactory
) -> None:
    """Webreaper/SolisAgileManager#184. If it cannot be read exports are unknown, or as last read."""
    cloud.octopus.account = account_body(exports=())
    apart = account(address(77, EXPORTS)) | {"number": "A-EXPORT01"}
    meters = Meters(export_account="A-EXPORT01", export_property="77")

    def source() -> AccountRates:
        return AccountRates(octopus, ACCOUNT_NUMBER, clock=cloud.world.clock, meters=meters)

    unread = await fetch(source(), cloud)
    assert len(unread.imports.rates) == 12
    assert unread.exports == RateTable()
    cloud.octopus.others = {"A-EXPORT01": apart}
    rates = source()
    found = await fetch(rates, cloud)
    assert found.exports is not None
    assert len(found.exports.rates) == 12
    cloud.octopus.others = {}
    evening.tick(timedelta(hours=6, minutes=10))
    assert (await fetch(rates, cloud)).exports
    assert isinstance(rates.export_problem, TariffNotFoundError)


async def test_of_two_import_meters_the_one_that_was_chosen(
    octopus: OctopusRest, cloud: Cloud
) -> None:
    """A second meter for a heat pump has a tariff of its own."""
    body = account_body()
    second = meter_point("1200000000009", agreement(GO, "2024-10-15T00:00:00+01:00"))
    body["properties"][1]["electricity_meter_points"].append(second)  # type: ignore[index,call-overload,union-attr]  # JSON
    cloud.octopus.account = body
    rates = AccountRates(
        octopus, ACCOUNT_NUMBER, clock=cloud.world.clock, meters=Meters(import_mpan="1200000000009")
    )
    found = await fetch(rates, cloud)
    assert {rate.p_per_kwh for rate in found.imports.rates} == {27.195}


async def test_a_new_agreement_is_followed_within_hours(
    octopus: OctopusRest, cloud: Cloud, evening: FrozenDateTimeFactory
) -> None:
    """The account is read again about every six hours, not at every fetch."""
    rates = rates_of(octopus, cloud)
    before = await fetch(rates, cloud)
    cloud.octopus.account = account_body(((GO, "2026-01-01T00:00:00Z", None),))
    assert await fetch(rates, cloud) == before
    evening.tick(timedelta(hours=6, minutes=10))
    after = await fetch(rates, cloud)
    assert {rate.p_per_kwh for rate in after.imports.rates} == {27.195, 8.505}
    accounts = [each for each in cloud.requests if each.endpoint is Endpoint.ACCOUNT]
    assert len(accounts) == 2


async def test_a_revoked_key_leaves_the_rates_and_is_reported(
    octopus: OctopusRest, cloud: Cloud, evening: FrozenDateTimeFactory
) -> None:
    """Rates need no key. Asked again ever less often; all well once the account is back."""
    rates = rates_of(octopus, cloud)
    await fetch(rates, cloud)
    cloud.faults.add(Fault.UNAUTHORISED, Endpoint.ACCOUNT)
    evening.tick(timedelta(hours=6, minutes=10))
    cloud.requests.clear()
    for _ in range(60):
        found = await fetch(rates, cloud)
        assert found.imports.rates
        assert isinstance(rates.account_problem, TariffAuthError)
        evening.tick(timedelta(minutes=1))
    accounts = [each for each in cloud.requests if each.endpoint is Endpoint.ACCOUNT]
    assert len(accounts) == 11  # after 0, 1, 3, 6, 10 ... 55 minutes
    cloud.faults.clear()
    evening.tick(timedelta(minutes=30))
    await fetch(rates, cloud)
    assert rates.account_problem is None


async def test_a_wrong_key_at_the_start_is_an_error(octopus: OctopusRest, cloud: Cloud) -> None:
    """There is nothing to go on with."""
    cloud.faults.add(Fault.UNAUTHORISED, Endpoint.ACCOUNT)
    with pytest.raises(TariffAuthError):
        await fetch(rates_of(octopus, cloud), cloud)


async def test_an_account_without_electricity_is_reported(
    octopus: OctopusRest, cloud: Cloud
) -> None:
    """Gas only, or export only."""
    cloud.octopus.account = account(address(2)) | {"number": ACCOUNT_NUMBER}
    with pytest.raises(NoImportError):
        await fetch(rates_of(octopus, cloud), cloud)


async def test_an_agreement_that_ends_is_noticed_by_the_last_reading(
    octopus: OctopusRest, cloud: Cloud, evening: FrozenDateTimeFactory
) -> None:
    """While the account cannot be read, at 19:00 the only agreement ends."""
    cloud.octopus.account = account_body(((AGILE, "2024-10-15T00:00:00Z", "2026-01-14T19:00:00Z"),))
    rates = rates_of(octopus, cloud)
    found = await fetch(rates, cloud)
    assert found.imports.known_until(EVENING) == EVENING + timedelta(hours=1)
    evening.tick(timedelta(hours=1))
    with pytest.raises(NoImportError):
        await fetch(rates, cloud)


# --- which home ---------------------------------------------------------------------------------

IMPORTS = meter_point("1", agreement(AGILE, "2024-10-15T00:00:00+01:00"))
EXPORTS = meter_point("2", agreement(OUTGOING, "2024-10-15T00:00:00+01:00"), export=True)
ENDED = meter_point("3", agreement(AGILE, "2022-10-15T00:00:00Z", "2024-10-15T00:00:00+01:00"))


def test_of_several_homes_the_one_that_was_chosen() -> None:
    """Without a choice the first that buys electricity."""
    found = parse_account(account(address(1, EXPORTS), address(2, IMPORTS), address(3, IMPORTS)))
    assert address_of(found, "3", EVENING).id == "3"
    assert address_of(found, None, EVENING).id == "2"


@pytest.mark.parametrize("points", [(), (EXPORTS,), (ENDED,), (ENDED, EXPORTS)])
def test_a_home_that_buys_nothing_is_reported(points: tuple[Body, ...]) -> None:
    """Export only, ended, or nothing at all."""
    found = parse_account(account(address(1, *points)))
    with pytest.raises(NoImportError):
        address_of(found, None, EVENING)


def test_a_moved_house_is_reported() -> None:
    """The battery stays with the house: the next home is not taken for it."""
    left = address(1, IMPORTS, until="2026-01-10T00:00:00Z")
    found = parse_account(account(left, address(2, IMPORTS)))
    with pytest.raises(MovedOutError):
        address_of(found, "1", EVENING)
    with pytest.raises(MovedOutError):
        address_of(parse_account(account(left)), None, EVENING)


def test_rates_are_known_until_the_first_of_import_and_export_ends() -> None:
    """They need not be published together."""
    half_hour = timedelta(minutes=30)
    one = Rate(EVENING, EVENING + half_hour, 1.0)
    two = Rate(EVENING + half_hour, EVENING + 2 * half_hour, 1.0)
    imports, exports = RateTable((one, two)), RateTable((one,))
    assert Rates(imports=imports).known_until(EVENING) == EVENING + 2 * half_hour
    both = Rates(imports=imports, exports=exports)
    assert both.known_until(EVENING) == EVENING + half_hour
