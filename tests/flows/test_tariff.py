"""What electricity costs, asked in the flow: found from a key, every failure a plain sentence."""

from collections.abc import Mapping
from datetime import UTC, time, tzinfo
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.site.site import Site
from custom_components.smart_battery_scheduler.tariff.model import SLOT, floor_slot
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint, Fault
from ..cloud.octopus import account_body
from ..cloud.server import Cloud
from ..cloud.world import ACCOUNT_NUMBER, API_KEY
from ..days.stage import Day, point_to
from ..sources.conftest import day
from .test_config_flow import Flow, to_tariff

__all__ = ["day"]

LONG_AGO = "2024-10-15T00:00:00+01:00"
AGILE = (("E-1R-AGILE-24-10-01-C", LONG_AGO, None),)
SILENT = "E-1R-OE-LOYAL-FIX-12M-25-05-01-C"
OUTGOING = (("E-1R-AGILE-OUTGOING-19-05-13-C", LONG_AGO, None),)
TEXTS = json.loads(
    Path("custom_components/smart_battery_scheduler/translations/en.json").read_text("utf-8")
)


@pytest.fixture
async def flow(hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A flow at its page about the tariff."""
    point_to(cloud, monkeypatch)
    flow = Flow(hass)
    await flow.begin()
    await to_tariff(flow, cloud)
    return flow


def sentence(key: str) -> str:
    """What a person reads."""
    text: str = TEXTS["config"]["error"][key]
    return text


async def test_a_key_alone_finds_account_home_and_tariffs(flow: Flow) -> None:
    """One string; the rest is found."""
    await flow.choose("account")
    await flow.answer(api_key=f" {API_KEY} ")
    await flow.answer(source="none")
    tariff = flow.result["result"].data["tariff"]
    assert tariff == {
        "api_key": API_KEY,
        "account_number": ACCOUNT_NUMBER,
        "property": "1000002",
        "import_tariff": AGILE[0][0],
        "export_tariff": OUTGOING[0][0],
    }
    site: Site = flow.result["result"].runtime_data
    assert site.rates.data.imports.rates
    assert site.rates.data.exports


async def test_several_homes_are_asked_about(flow: Flow, cloud: Cloud) -> None:
    """By their addresses; the one that is chosen counts."""
    cloud.octopus.account = account_body(sites=2)
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["step_id"] == "property"
    options = result["data_schema"].schema["property"].config["options"]
    assert [each["label"].split(",")[0] for each in options] == [
        "2 EXAMPLE STREET",
        "3 EXAMPLE STREET",
    ]
    await flow.answer(property=options[1]["value"])
    await flow.answer(source="none")
    assert flow.result["result"].data["tariff"]["property"] == "1000003"


@pytest.mark.parametrize(
    ("meter", "zone", "first", "last"),
    [
        ("smart_meter", UTC, time(0, 30), time(7)),
        ("old_meter", MARKET_TIME_ZONE, time(0), time(6, 30)),
    ],
)
async def test_the_night_of_economy_7_is_asked_about(
    flow: Flow, cloud: Cloud, meter: str, zone: tzinfo, first: time, last: time
) -> None:
    """A smart meter keeps UTC, an old one the local clock; no price list says which it is."""
    cloud.octopus.account = account_body((("E-2R-VAR-22-11-01-C", LONG_AGO, None),))
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["step_id"] == "night"
    await flow.answer(night=meter)
    await flow.answer(source="none")
    site: Site = flow.result["result"].runtime_data
    rates = site.rates.data.imports.rates
    night = [each.start for each in rates if each.p_per_kwh == min(r.p_per_kwh for r in rates)]
    clocks = [start.astimezone(zone).time() for start in night]
    assert (min(clocks), max(clocks)) == (first, last)


@pytest.mark.parametrize(
    "tariff", ["E-1R-VAR-22-11-01-C", "E-1R-INTELLI-VAR-24-10-29-C"], ids=["flat", "intelligent"]
)
async def test_other_tariffs_are_not_asked_about_their_night(
    flow: Flow, cloud: Cloud, tariff: str
) -> None:
    """Their rows say when it is cheap."""
    cloud.octopus.account = account_body(((tariff, LONG_AGO, None),))
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["step_id"] == "solar"


async def test_what_is_bought_later_need_not_be_understood_yet(flow: Flow, cloud: Cloud) -> None:
    """A tariff that begins next year stands in nobody's way today."""
    next_year = "2027-01-01T00:00:00+00:00"
    cloud.octopus.account = account_body(
        ((AGILE[0][0], LONG_AGO, next_year), ("GREEN DEAL", next_year, None))
    )
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["step_id"] == "solar"


async def test_a_second_account_that_cannot_be_read_does_not_spoil_the_first(
    flow: Flow, cloud: Cloud
) -> None:
    """HomeAssistant-OctopusEnergy#366. The home is asked for: it might be on the other one."""
    cloud.world.account_numbers = ["A-CLOSED01", ACCOUNT_NUMBER]
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["step_id"] == "property"
    (option,) = result["data_schema"].schema["property"].config["options"]
    result = await flow.answer(property=option["value"])
    assert result["step_id"] == "solar"


async def test_accounts_of_one_key_are_distinguished(flow: Flow, cloud: Cloud) -> None:
    """An account that is not within reach of the key is not chosen in silence."""
    cloud.world.account_numbers = []
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["errors"] == {"base": "no_account"}


def left() -> dict[str, Any]:
    """An account whose holder has moved out of its only home."""
    body: dict[str, Any] = account_body()
    return {**body, "properties": body["properties"][:1]}


@pytest.mark.parametrize(
    ("account", "key", "says"),
    [
        (account_body((), ()), "no_import", "no active electricity supply"),
        (account_body((), OUTGOING), "export_only", "only exports"),
        (left(), "moved_out", "moved out"),
        (account_body((("E-1R-NOBODY-KNOWS-24-C", LONG_AGO, None),)), "tariff_unknown", "no rates"),
        (
            account_body((("E-1R-INTELLI-FLUX-IMPORT-23-07-14-C", LONG_AGO, None),)),
            "tariff_refused",
            "Octopus controls the battery",
        ),
        (account_body((("GREEN DEAL", LONG_AGO, None),)), "tariff_unknown", "no rates"),
        # HomeAssistant-OctopusEnergy#1417: known to the list, and no price in it.
        (account_body(((SILENT, LONG_AGO, None),)), "tariff_no_rates", SILENT),
        (
            account_body((("E-1R-VAR-22-11-01-C", "2099-01-21T00:00:00Z", None),)),
            "supply_later",
            "21 January 2099",
        ),
    ],
    ids=[
        "no electricity",
        "export only",
        "moved house",
        "unknown tariff",
        "Intelligent Flux",
        "no tariff code",
        "a price list without prices",
        "supply that begins next week",
    ],
)
async def test_an_account_without_rates_is_explained(
    flow: Flow, cloud: Cloud, account: Mapping[str, Any], key: str, says: str
) -> None:
    """And the same form then succeeds."""
    cloud.octopus.account = dict(account)
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["errors"] == {"base": key}
    named = result["description_placeholders"] or {}
    assert says in sentence(key).format(**named)
    cloud.octopus.account = account_body()
    await flow.answer(api_key=API_KEY)
    assert flow.result["step_id"] == "solar"


@pytest.mark.parametrize(
    ("fault", "endpoint", "errors"),
    [
        (Fault.FORBIDDEN_PAGE, Endpoint.ACCOUNT, {"base": "octopus_blocked"}),
        (Fault.SERVER_ERROR_PAGE, Endpoint.ACCOUNT, {"base": "octopus_unreachable"}),
        (Fault.WRONG_SHAPE, Endpoint.ACCOUNT, {"base": "octopus_unexpected"}),
        (Fault.SERVER_ERROR_PAGE, Endpoint.GRAPHQL, {"account_number": "octopus_lookup"}),
        (Fault.FORBIDDEN_PAGE, Endpoint.GRAPHQL, {"account_number": "octopus_lookup"}),
        (Fault.RATE_LIMITED, Endpoint.GRAPHQL, {"account_number": "octopus_lookup"}),
    ],
)
async def test_what_octopus_does_wrong_is_said_plainly(
    flow: Flow, cloud: Cloud, fault: Fault, endpoint: Endpoint, errors: dict[str, str]
) -> None:
    """It is not the owner's mistake; the account number helps where only the look-up fails."""
    cloud.faults.add(fault, endpoint)
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["errors"] == errors
    if endpoint is Endpoint.GRAPHQL:
        await flow.answer(api_key=API_KEY, account_number=ACCOUNT_NUMBER)
        assert flow.result["step_id"] == "solar"


@pytest.mark.parametrize(
    ("fault", "key"),
    [(Fault.SERVER_ERROR_PAGE, "octopus_unreachable"), (Fault.NOT_FOUND, "not_on_offer")],
)
async def test_octopus_failing_for_a_region_is_said_plainly(
    flow: Flow, cloud: Cloud, fault: Fault, key: str
) -> None:
    """Its tariff is tried before it is taken; the same form then succeeds."""
    cloud.faults.add(fault, Endpoint.PRODUCTS, times=1)
    await flow.choose("region")
    result = await flow.answer(region="c", export_tariff="none")
    assert result["errors"] == {"base": key}
    await flow.answer(region="c", export_tariff="none")
    assert flow.result["step_id"] == "solar"


async def test_a_wrong_key_is_named(flow: Flow) -> None:
    """By Octopus' own word for it, not by its form."""
    await flow.choose("account")
    result = await flow.answer(api_key="sk_live_of_somebody_else")
    assert result["errors"] == {"base": "octopus_auth"}


async def test_exports_that_cannot_be_planned_for_do_not_stand_in_the_way(
    flow: Flow, cloud: Cloud
) -> None:
    """The home buys; what it sells is told later, by a notice."""
    cloud.octopus.account = account_body(
        exports=(("E-1R-INTELLI-FLUX-EXPORT-23-07-14-C", LONG_AGO, None),)
    )
    await flow.choose("account")
    await flow.answer(api_key=API_KEY)
    assert flow.result["step_id"] == "solar"


def price_list() -> list[dict[str, object]]:
    """Two half-hours as the Octopus Energy integration tells them, in pounds."""
    start = floor_slot(dt_util.utcnow())
    return [
        {
            "start": (start + index * SLOT).isoformat(),
            "end": (start + (index + 1) * SLOT).isoformat(),
            "value_inc_vat": pounds,
        }
        for index, pounds in enumerate((0.1, 0.2))
    ]


async def test_the_octopus_energy_integrations_rates_are_suggested(flow: Flow) -> None:
    """All days of one meter, export apart, and the car's dispatches."""
    registry = er.async_get(flow.hass)
    base = "event.octopus_energy_electricity_00a1_1200"
    made = [
        f"{base}_current_day_rates",
        f"{base}_next_day_rates",
        f"{base}_export_current_day_rates",
        "event.octopus_energy_gas_00b2_3400_current_day_rates",
        "binary_sensor.octopus_energy_car_intelligent_dispatching",
    ]
    for entity_id in made:
        domain, _, name = entity_id.partition(".")
        registry.async_get_or_create(domain, "octopus_energy", name, suggested_object_id=name)
    flow.hass.states.async_set(made[0], "2026-01-14", {"rates": price_list()})
    flow.hass.states.async_set(made[1], "unknown", {"rates": []})
    flow.hass.states.async_set(made[2], "2026-01-14", {"rates": price_list()})
    await flow.choose("rate_entities")
    suggested = {
        str(key): key.description["suggested_value"]
        for key in flow.result["data_schema"].schema
        if key.description
    }
    assert suggested == {
        "rate_entities": made[:2],
        "export_entities": [made[2]],
        "dispatch_entity": made[4],
    }
    await flow.answer(**suggested)
    await flow.answer(source="none")
    site: Site = flow.result["result"].runtime_data
    assert [rate.p_per_kwh for rate in site.rates.data.imports.rates] == [10.0, 20.0]


@pytest.mark.parametrize(
    ("platform", "name"),
    [("octopus_intelligent", "octopus_intelligent_slot"), ("ohme", "ohme_slot_active")],
)
async def test_other_integrations_dispatch_entities_are_suggested(
    flow: Flow, platform: str, name: str
) -> None:
    """Megakid's Octopus Intelligent and dan-r's Ohme list the car's dispatches too."""
    registry = er.async_get(flow.hass)
    for each in (name, f"{name}_next_1_hour"):
        registry.async_get_or_create("binary_sensor", platform, each, suggested_object_id=each)
    await flow.choose("rate_entities")
    suggested = {
        str(key): key.description["suggested_value"]
        for key in flow.result["data_schema"].schema
        if key.description
    }
    assert suggested == {"dispatch_entity": f"binary_sensor.{name}"}


async def test_one_that_can_never_tell_is_refused_beside_one_that_does(flow: Flow) -> None:
    """It would be waited for without end."""
    pence = {"unit_of_measurement": "p/kWh"}
    flow.hass.states.async_set("sensor.price", "24.1", pence)
    flow.hass.states.async_set("sensor.other", "unknown")
    await flow.choose("rate_entities")
    result = await flow.answer(rate_entities=["sensor.price", "sensor.other"])
    assert result["errors"] == {"rate_entities": "entity_unit"}
    result = await flow.answer(rate_entities=["sensor.price"])
    assert result["step_id"] == "solar"


@pytest.mark.parametrize(
    ("state", "attributes", "key"),
    [
        (None, {}, "entity_missing"),
        ("unavailable", {}, "entity_missing"),
        ("0.24", {}, "entity_unit"),
        ("0.24", {"unit_of_measurement": "EUR/kWh"}, "entity_unit"),
        ("expensive", {"unit_of_measurement": "p/kWh"}, "entity_no_rates"),
        ("unknown", {"unit_of_measurement": "p/kWh"}, "entity_no_rates"),
    ],
)
async def test_an_entity_without_rates_is_explained(
    flow: Flow, state: str | None, attributes: dict[str, str], key: str
) -> None:
    """At its field."""
    if state is not None:
        flow.hass.states.async_set("sensor.price", state, attributes)
    await flow.choose("rate_entities")
    result = await flow.answer(rate_entities=["sensor.price"])
    assert result["errors"] == {"rate_entities": key}
    assert sentence(key)


async def test_the_tariff_can_be_changed_later(day: Day) -> None:
    """From Agile by region to the account; what was known of the other tariff is forgotten."""
    region = {"region": "c", "import_tariff": AGILE[0][0], "export_tariff": OUTGOING[0][0]}
    day.hass.config_entries.async_update_entry(day.entry, data={**day.entry.data, "tariff": region})
    await day.start()
    assert day.site.rates.data.exports
    day.cloud.octopus.account = account_body((("E-1R-VAR-22-11-01-C", LONG_AGO, None),), ())
    flow = Flow(day.hass)
    flow.result = await day.hass.config_entries.flow.async_init(
        day.entry.domain, context={"source": SOURCE_RECONFIGURE, "entry_id": day.entry.entry_id}
    )
    await flow.choose("tariff")
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["reason"] == "reconfigure_successful"
    # NetZero may ask to wait before it is read again.
    await day.run(0.03)
    day.adopt()
    assert len({rate.p_per_kwh for rate in day.site.rates.data.imports.rates}) <= 2
    assert day.site.rates.data.exports is None


async def test_another_night_voids_the_rates_that_are_kept(day: Day) -> None:
    """They were made by the other meter's clock."""
    day.cloud.octopus.account = account_body((("E-2R-VAR-22-11-01-C", LONG_AGO, None),))
    await day.start()
    midnight = dt_util.utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    expensive = day.site.rates.data.imports.at(midnight)
    flow = Flow(day.hass)
    flow.result = await day.hass.config_entries.flow.async_init(
        day.entry.domain, context={"source": SOURCE_RECONFIGURE, "entry_id": day.entry.entry_id}
    )
    await flow.choose("tariff")
    await flow.choose("account")
    await flow.answer(api_key=API_KEY)
    result = await flow.answer(night="old_meter")
    assert result["reason"] == "reconfigure_successful"
    await day.run(0.03)
    day.adopt()
    cheap = day.site.rates.data.imports.at(midnight)
    assert expensive is not None
    assert cheap is not None
    assert cheap.p_per_kwh < expensive.p_per_kwh


async def test_a_new_key_for_the_same_account(day: Day) -> None:
    """Asked for when the old one is refused; the wrong one is not taken."""
    await day.start()
    day.cloud.world.api_key = "sk_live_another_one"
    day.entry.async_start_reauth(day.hass, data={"reauth": "octopus"})
    await day.settle()
    (started,) = day.hass.config_entries.flow.async_progress()
    flow = Flow(day.hass)
    flow.result = started
    result = await flow.answer(api_key=API_KEY)
    assert result["errors"] == {"base": "octopus_auth"}
    result = await flow.answer(api_key="sk_live_another_one")
    assert result["reason"] == "reauth_successful"
    assert day.entry.data["tariff"]["api_key"] == "sk_live_another_one"
    assert day.entry.data["token"]
