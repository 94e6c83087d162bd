"""Rates by the account, in a whole home: switches of tariff, keys withdrawn, houses moved."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.tariff.problems import SupplyProblem
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..cloud.octopus import account_body
from ..days.stage import Day

AGILE = "E-1R-AGILE-24-10-01-C"
FLEXIBLE = "E-1R-VAR-22-11-01-C"
SILENT = "E-1R-OE-LOYAL-FIX-12M-25-05-01-C"
NEW_GO = "E-1R-IOG-SMB-VAR-24-10-29-C"
OUTGOING = "E-1R-AGILE-OUTGOING-19-05-13-C"
LONG_AGO = "2024-10-15T00:00:00+01:00"
MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)


def notices(day: Day) -> set[str]:
    """The supply's notices that are shown."""
    return {
        issue.translation_key or ""
        for (domain, _), issue in ir.async_get(day.hass).issues.items()
        if domain == DOMAIN and issue.active
    } & {each.value for each in SupplyProblem}


def named(day: Day, notice: str) -> dict[str, str]:
    """What a notice names besides the home."""
    found = [
        issue.translation_placeholders or {}
        for issue in ir.async_get(day.hass).issues.values()
        if issue.domain == DOMAIN and issue.translation_key == notice
    ]
    return {key: value for key, value in found[0].items() if key != "home"}


async def later(day: Day, hours: float) -> None:
    """Ask for rates again so many hours on."""
    day.freezer.tick(timedelta(hours=hours))
    await day.site.rates.async_refresh()
    await day.settle()


def spread(day: Day, start: datetime) -> int:
    """How many different import rates the 23 hours from ``start`` on have."""
    rates = day.site.rates.data.imports.between(start, start + timedelta(hours=23))
    return len({rate.p_per_kwh for rate in rates})


async def test_a_switch_at_midnight_is_followed_without_anybodys_doing(day: Day) -> None:
    """Flexible till midnight, Agile from then on: one agreement after the other."""
    day.cloud.octopus.account = account_body(
        ((FLEXIBLE, LONG_AGO, MIDNIGHT.isoformat()), (AGILE, MIDNIGHT.isoformat(), None))
    )
    day.freezer.move_to(MIDNIGHT - timedelta(hours=8, minutes=15))
    await day.start()
    await day.stride(1)
    today = day.site.rates.data.imports.between(MIDNIGHT - timedelta(hours=5), MIDNIGHT)
    assert len({rate.p_per_kwh for rate in today}) == 1
    assert spread(day, MIDNIGHT) > 20


async def test_a_switch_that_is_agreed_later_voids_what_was_known_of_the_old_tariff(
    day: Day,
) -> None:
    """The open end of a flat tariff is not taken for the rates of the one that follows."""
    day.cloud.octopus.account = account_body(((FLEXIBLE, LONG_AGO, None),), ())
    await day.start()
    assert day.site.rates.data.imports.known_until(MIDNIGHT) > MIDNIGHT + timedelta(hours=20)
    assert day.site.rates.data.exports is None
    day.cloud.octopus.account = account_body(
        ((FLEXIBLE, LONG_AGO, MIDNIGHT.isoformat()), (AGILE, MIDNIGHT.isoformat(), None)), ()
    )
    await later(day, 8)
    rates = day.site.rates.data.imports
    assert rates.at(MIDNIGHT - timedelta(hours=1)) is not None
    assert rates.at(MIDNIGHT) is None, "Agile's next day is not published before 16:00"


async def test_a_key_that_is_withdrawn_asks_for_another_and_the_rates_go_on(day: Day) -> None:
    """Rates need no key, not even after a restart."""
    await day.start()
    day.cloud.world.api_key = "sk_live_another_one"
    await later(day, 7)
    flows = day.hass.config_entries.flow.async_progress()
    assert [flow["step_id"] for flow in flows] == ["reauth_octopus"]
    await later(day, 11)
    assert day.site.rates.data.imports.known_until(dt_util.utcnow()) > MIDNIGHT
    await day.hass.config_entries.async_reload(day.entry.entry_id)
    await day.settle()
    day.adopt()
    assert day.site.rates.last_update_success
    assert notices(day) == set()


async def test_a_key_that_works_again_needs_no_other(day: Day) -> None:
    """Octopus has refused good keys for a morning: the question is taken back by itself."""
    await day.start()
    key = day.cloud.world.api_key
    day.cloud.world.api_key = "sk_live_another_one"
    await later(day, 7)
    assert day.hass.config_entries.flow.async_progress()
    day.cloud.world.api_key = key
    await later(day, 7)
    assert day.hass.config_entries.flow.async_progress() == []


@pytest.mark.parametrize(
    ("account", "notice"),
    [
        (account_body(((FLEXIBLE, LONG_AGO, "2025-01-01T00:00:00Z"),)), "no_import"),
        (account_body((), ((OUTGOING, LONG_AGO, None),)), "no_import"),
        ({**account_body(), "properties": account_body()["properties"][:1]}, "moved_out"),  # type: ignore[index]  # JSON
        (account_body((("E-1R-NOBODY-KNOWS-24-01-01-C", LONG_AGO, None),)), "tariff_unknown"),
        (
            account_body((("E-1R-INTELLI-FLUX-IMPORT-23-07-14-C", LONG_AGO, None),)),
            "intelligent_flux",
        ),
        (account_body(((SILENT, LONG_AGO, None),)), "no_rates"),
        (account_body(((FLEXIBLE, "2026-01-21T00:00:00Z", None),)), "supply_later"),
    ],
    ids=[
        "agreement ended",
        "export only",
        "moved house",
        "unknown tariff",
        "Intelligent Flux",
        "a price list without prices",
        "supply that begins next week",
    ],
)
async def test_an_account_that_gives_no_rates_is_reported_once_and_the_home_goes_on(
    day: Day, account: dict[str, object], notice: str
) -> None:
    """The home loads, holds its battery safe and says why it does not plan; and takes it back."""
    day.cloud.octopus.account = account  # type: ignore[assignment]  # JSON
    await day.start()
    assert day.entry.state is ConfigEntryState.LOADED
    assert notices(day) == {notice}
    day.cloud.octopus.account = account_body()
    await later(day, 7)
    assert notices(day) == set()
    assert day.site.rates.data.imports.rates


async def test_a_tariff_without_prices_is_named_until_it_has_some(day: Day) -> None:
    """HomeAssistant-OctopusEnergy#1417: the source answers, there is nothing, nobody says so."""
    day.cloud.octopus.account = account_body(((SILENT, LONG_AGO, None),))
    await day.start()
    assert named(day, "no_rates") == {"tariff": SILENT}
    day.cloud.octopus.account = account_body(((NEW_GO, LONG_AGO, None),))
    await later(day, 7)
    assert notices(day) == set()
    assert day.site.rates.data.imports.at(dt_util.utcnow()) is not None


async def test_a_supply_that_begins_next_week_is_named_by_its_day(day: Day) -> None:
    """By the calendar of the market; taken back on that day. What is agreed anew is named anew."""
    day.cloud.octopus.account = account_body(((FLEXIBLE, "2026-01-21T00:00:00Z", None),))
    await day.start()
    assert named(day, "supply_later") == {"day": "21 January 2026"}
    day.cloud.octopus.account = account_body(((FLEXIBLE, "2026-01-23T00:00:00Z", None),))
    await later(day, 7)
    await day.run(0.05)
    assert named(day, "supply_later") == {"day": "23 January 2026"}
    await later(day, 9 * 24)
    await day.run(0.05)
    assert notices(day) == set()


async def test_a_next_tariff_that_is_not_published_yet_is_no_problem(day: Day) -> None:
    """Agile from midnight on, before 16:00: today's tariff has its rates."""
    day.cloud.octopus.account = account_body(
        ((FLEXIBLE, LONG_AGO, MIDNIGHT.isoformat()), (AGILE, MIDNIGHT.isoformat(), None))
    )
    await day.start()
    assert day.site.rates.data.imports.at(MIDNIGHT) is None
    assert notices(day) == set()


async def test_export_that_is_paid_later_is_nothing_till_then_and_no_reason_to_poll(
    day: Day,
) -> None:
    """Not yet paid is 0, not unknown: the home polls as if all were known."""
    begins = datetime(2026, 2, 1, tzinfo=UTC)
    flat = "E-1R-OUTGOING-VAR-24-10-26-C"
    day.cloud.octopus.account = account_body(
        ((FLEXIBLE, LONG_AGO, None),), ((flat, begins.isoformat(), None),)
    )
    await day.start()
    exports, now = day.site.rates.data.exports, dt_util.utcnow()
    assert exports is not None
    assert {rate.p_per_kwh for rate in exports.rates} == {0.0}
    assert exports.known_until(now) > now + timedelta(hours=53)
    assert notices(day) == set()
    day.cloud.requests.clear()
    await day.stride(4)
    assert len([each for each in day.cloud.requests if each.endpoint is Endpoint.RATES]) <= 4


@pytest.mark.parametrize("fault", [Fault.UNAUTHORISED, Fault.FORBIDDEN])
async def test_prices_that_are_refused_say_nothing_of_the_key(day: Day, fault: Fault) -> None:
    """None was sent with the question: another one would not help."""
    await day.start()
    day.cloud.faults.add(fault, Endpoint.RATES)
    await later(day, 1)
    assert not day.site.rates.last_update_success
    assert day.hass.config_entries.flow.async_progress() == []
    assert notices(day) == set()


@pytest.mark.parametrize("fault", [Fault.FORBIDDEN_PAGE, Fault.SERVER_ERROR_PAGE, Fault.EMPTY])
async def test_a_passing_failure_of_the_account_is_no_problem(day: Day, fault: Fault) -> None:
    """A firewall's 403 says nothing of the key: nobody is asked for another."""
    await day.start()
    day.cloud.faults.add(fault, Endpoint.ACCOUNT)
    await later(day, 7)
    assert day.hass.config_entries.flow.async_progress() == []
    assert notices(day) == set()
    assert day.site.rates.last_update_success


async def test_a_limit_that_asks_for_a_second_is_not_tried_every_second(day: Day) -> None:
    """Each time a little more patience, as after any failure."""
    await day.start()
    day.cloud.requests.clear()
    day.cloud.faults.add(Fault.RATE_LIMITED, Endpoint.RATES, detail="1")
    await later(day, 0.1)
    await day.run(1.0)
    assert len([each for each in day.cloud.requests if each.endpoint is Endpoint.RATES]) <= 12
    assert day.site.rates.data.imports.rates


async def test_an_export_product_that_is_gone_leaves_the_imports_of_a_region(day: Day) -> None:
    """Agile by postcode, with an export tariff that Octopus has taken off its list."""
    tariff = {"region": "c", "import_tariff": AGILE, "export_tariff": "E-1R-OUTGOING-GONE-01-C"}
    data = {**day.entry.data, "tariff": tariff}
    day.hass.config_entries.async_update_entry(day.entry, data=data)
    await day.start()
    assert day.site.rates.data.imports.rates
    assert day.site.rates.data.exports is not None
    assert notices(day) == {"tariff_unknown"}


async def test_export_that_cannot_be_read_leaves_import_alone(day: Day) -> None:
    """Its rates are unknown, not nothing."""
    day.cloud.octopus.account = account_body(
        exports=(("E-1R-OUTGOING-NOBODY-KNOWS-C", LONG_AGO, None),)
    )
    await day.start()
    assert day.site.rates.data.imports.rates
    assert day.site.rates.data.exports is not None
    assert day.site.rates.data.exports.rates == ()
    assert notices(day) == {"tariff_unknown"}
