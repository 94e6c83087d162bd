"""The home's past from the supplier's meters and our own readings."""

from datetime import UTC, datetime, timedelta
import re

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.sources.past_meters import async_past_meters
from custom_components.smart_battery_scheduler.sources.rate_sources import AccountSource
from custom_components.smart_battery_scheduler.sources.supplier import octopus
from custom_components.smart_battery_scheduler.tariff.account import Agreement, MeterPoint, Property
from custom_components.smart_battery_scheduler.tariff.agreement_rates import AccountRates
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from homeassistant.core import HomeAssistant

from ..tariff.bodies import API_KEY, page
from ..tariff.test_consumption import counted
from ..wire import Wire

START = datetime(2026, 1, 14, tzinfo=UTC)
UNTIL = START + 3 * SLOT
AGREEMENT = Agreement(tariff_code="E-1R-AGILE-24-10-01-C", valid_from=START - timedelta(days=99))
NUMBER = "A-TEST0001"


def point(mpan: str, *, is_export: bool) -> MeterPoint:
    """A meter point with one meter."""
    return MeterPoint(mpan=mpan, is_export=is_export, agreements=(AGREEMENT,), serials=("S",))


HOME = Property(
    id="1",
    label="",
    postcode=None,
    moved_out_at=None,
    meter_points=(point("111", is_export=False), point("222", is_export=True)),
    moved_in_at=START - timedelta(days=3),
)


def account(hass: HomeAssistant, home: Property | None) -> AccountSource:
    """The home's rates by its account, as last read."""
    rates = AccountRates(octopus(hass, API_KEY), NUMBER, kept=home)
    return AccountSource(rates, lambda _: None)


def entry_with(hass: HomeAssistant, **tariff: str) -> MockConfigEntry:
    """A home and what it was told of its tariff."""
    entry = MockConfigEntry(domain=DOMAIN, data={"kind": "netzero", "tariff": tariff})
    entry.add_to_hass(hass)
    return entry


def consumption(mpan: str) -> re.Pattern[str]:
    """Any question for a meter's past."""
    return re.compile(rf".*/electricity-meter-points/{mpan}/meters/S/consumption/.*")


def ours(*starts: datetime) -> list[MeasuredSlot]:
    """Our own readings of some half-hours."""
    energies = Energies(
        load_kwh=0.5, pv_kwh=0.2, import_kwh=0.9, export_kwh=0.1, battery_in_kwh=0.5
    )
    return [MeasuredSlot(start=each, energies=energies, observed_s=1800.0) for each in starts]


async def test_the_suppliers_meters_go_before_our_own_readings(
    hass: HomeAssistant, wire: Wire
) -> None:
    """Import and export are the supplier's where it has them, the rest is ours; each is counted."""
    wire.get(consumption("111"), payload=page(counted(START, 1.1), counted(START + SLOT, 1.2)))
    wire.get(consumption("222"), payload=page(counted(START, 0.3)))
    entry = entry_with(hass, api_key=API_KEY, account_number=NUMBER)
    found = await async_past_meters(
        hass, entry, ours(START, START + SLOT), account(hass, HOME), START, UNTIL
    )
    assert [slot.import_kwh for slot in found.slots] == [1.1, 1.2]
    assert [slot.export_kwh for slot in found.slots] == [0.3, 0.1]
    assert [slot.pv_kwh for slot in found.slots] == [0.2, 0.2]
    assert found.sources["import"] == {"octopus": 2}
    assert found.sources["export"] == {"octopus": 1, "measured": 1}
    assert found.failed == ()
    assert found.moved_in_at == HOME.moved_in_at


async def test_a_home_without_export_meter_or_without_an_import_meter(
    hass: HomeAssistant, wire: Wire
) -> None:
    """A point that is not there is not asked for."""
    entry = entry_with(hass, api_key=API_KEY, account_number=NUMBER)
    empty = Property(id="1", label="", postcode=None, moved_out_at=None, meter_points=())
    found = await async_past_meters(hass, entry, ours(START), account(hass, empty), START, UNTIL)
    assert found.sources["import"] == {"measured": 1}
    assert not wire.requests


async def test_a_supplier_that_does_not_answer_is_named_and_the_others_make_do(
    hass: HomeAssistant, wire: Wire
) -> None:
    """An error of the supplier fails nothing: it is named, and our own readings stand in."""
    wire.get(consumption("111"), status=503, repeat=True)
    entry = entry_with(hass, api_key=API_KEY, account_number=NUMBER)
    found = await async_past_meters(hass, entry, ours(START), account(hass, HOME), START, UNTIL)
    assert found.failed == ("octopus",)
    assert found.sources["import"] == {"measured": 1}


async def test_without_an_account_nobody_is_asked(hass: HomeAssistant, wire: Wire) -> None:
    """Neither without a key nor before the account was read."""
    without_key = entry_with(hass)
    found = await async_past_meters(hass, without_key, (), account(hass, HOME), START, UNTIL)
    assert (found.slots, found.failed) == ((), ())
    unread = entry_with(hass, api_key=API_KEY, account_number=NUMBER)
    found = await async_past_meters(hass, unread, (), account(hass, None), START, UNTIL)
    assert (found.slots, found.moved_in_at) == ((), None)
    assert not wire.requests
