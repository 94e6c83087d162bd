"""Setting up, against the fake cloud: every failure a plain sentence, then success in the same flow."""

from collections.abc import Mapping
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ..cloud.faults import Endpoint, Fault
from ..cloud.server import Cloud
from ..cloud.world import ACCOUNT_NUMBER, API_KEY
from ..days.stage import point_to, site_entry

pytestmark = pytest.mark.usefixtures("pointed")


@pytest.fixture
def pointed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the integration talk to the fake cloud."""
    point_to(cloud, monkeypatch)


class Flow:
    """A config flow as a person goes through it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Not begun yet."""
        self.hass = hass
        self.result: Mapping[str, Any] = {}

    async def begin(self) -> None:
        """Press "Add integration"."""
        self.result = await self.hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_USER}
        )

    async def answer(self, **answers: object) -> Mapping[str, Any]:
        """Submit a form; the last page, which only asks whether all is right, as it stands."""
        await self.submit(**answers)
        if self.result.get("step_id") == "finish":
            await self.submit()
        return self.result

    async def submit(self, **answers: object) -> Mapping[str, Any]:
        """Submit one form."""
        self.result = await self.hass.config_entries.flow.async_configure(
            self.result["flow_id"], answers
        )
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return self.result

    async def choose(self, option: str) -> None:
        """Pick from a menu."""
        assert option in self.result["menu_options"]
        await self.answer(next_step_id=option)


@pytest.fixture
async def flow(hass: HomeAssistant) -> Flow:
    """A flow at its first page."""
    flow = Flow(hass)
    await flow.begin()
    return flow


def credentials(cloud: Cloud, **other: object) -> dict[str, object]:
    """What the owner types for the Powerwall."""
    return {"token": cloud.world.token, "site_id": cloud.world.site_id, "units": 1, **other}


async def to_tariff(flow: Flow, cloud: Cloud) -> None:
    """Go on to the tariff page."""
    await flow.choose("netzero")
    await flow.answer(**credentials(cloud))
    assert flow.result["step_id"] == "tariff"


async def test_demo_home_in_one_click(flow: Flow) -> None:
    """The demo home needs nothing, and has a plan when the dialog closes."""
    await flow.choose("demo")
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    entry = flow.result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.planner.data is not None


async def test_the_second_demo_home_is_refused(flow: Flow, hass: HomeAssistant) -> None:
    """One simulated home is enough."""
    await flow.choose("demo")
    again = Flow(hass)
    await again.begin()
    await again.choose("demo")
    assert again.result["reason"] == "already_configured"


async def test_a_flow_left_half_way_stands_in_nobodys_way(
    flow: Flow, hass: HomeAssistant, cloud: Cloud
) -> None:
    """A page that was closed leaves its flow behind; the owner just begins again."""
    await to_tariff(flow, cloud)
    again = Flow(hass)
    await again.begin()
    await to_tariff(again, cloud)
    await again.choose("region")
    await again.answer(region="c", export_tariff="none")
    await again.answer(source="none")
    assert again.result["type"] is FlowResultType.CREATE_ENTRY
    assert not hass.config_entries.flow.async_progress()


async def test_region_and_roof_to_a_plan(flow: Flow, cloud: Cloud) -> None:
    """Two strings, a region, a roof: loaded, with a plan on published rates."""
    await to_tariff(flow, cloud)
    await flow.choose("region")
    await flow.answer(region="c", export_tariff="agile_outgoing")
    await flow.answer(
        source="open_meteo",
        plane_1={"peak_kw": 2.5, "declination": 35, "azimuth": 90},
        plane_2={"peak_kw": 4, "declination": 30, "azimuth": 180},
    )
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    entry = flow.result["result"]
    assert entry.unique_id == cloud.world.site_id
    assert [subentry.title for subentry in entry.subentries.values()] == [
        "E 35°, 2.5 kW",
        "S 30°, 4 kW",
    ]
    assert entry.state is ConfigEntryState.LOADED
    plan = entry.runtime_data.planner.data
    assert any(not slot.rate_is_estimate for slot in plan.slots)


async def test_the_roof_is_where_home_assistant_is(flow: Flow, cloud: Cloud) -> None:
    """Nobody is asked for a place that is known."""
    flow.hass.config.latitude, flow.hass.config.longitude = 55.95, -3.19
    await to_tariff(flow, cloud)
    await flow.choose("region")
    await flow.answer(region="n", export_tariff="none")
    await flow.answer(
        source="open_meteo", plane_1={"peak_kw": 4, "declination": 35, "azimuth": 180}
    )
    asked = [each.query for each in cloud.requests if each.endpoint is Endpoint.FORECAST]
    assert {(each["latitude"], each["longitude"]) for each in asked} == {("55.95", "-3.19")}


async def test_postcode_finds_the_region(flow: Flow, cloud: Cloud) -> None:
    """The region of a postcode is asked once and kept."""
    await to_tariff(flow, cloud)
    await flow.choose("region")
    await flow.answer(postcode="sw1a 1aa", export_tariff="none")
    await flow.answer(source="none")
    tariff = flow.result["result"].data["tariff"]
    assert tariff["import_tariff"].endswith("-C")
    assert tariff["export_tariff"] is None


@pytest.mark.parametrize(
    ("choice", "product"),
    [
        ("agile_outgoing", "AGILE-OUTGOING-"),
        ("outgoing", "OUTGOING-VAR-"),
        ("outgoing_prime", "OUTGOING-PRIME-"),
    ],
)
async def test_exports_of_a_region(flow: Flow, cloud: Cloud, choice: str, product: str) -> None:
    """Paid as the owner says, by rates that are there."""
    await to_tariff(flow, cloud)
    await flow.choose("region")
    await flow.answer(region="c", export_tariff=choice)
    await flow.answer(source="none")
    entry = flow.result["result"]
    assert entry.data["tariff"]["export_tariff"].startswith(f"E-1R-{product}")
    assert entry.runtime_data.rates.data.exports.rates


async def test_account_finds_the_tariffs(flow: Flow, cloud: Cloud) -> None:
    """The agreements in force on the account are taken."""
    await to_tariff(flow, cloud)
    await flow.choose("account")
    await flow.answer(api_key=API_KEY, account_number=ACCOUNT_NUMBER.lower())
    await flow.answer(source="none")
    tariff = flow.result["result"].data["tariff"]
    assert "AGILE" in tariff["import_tariff"]
    assert "OUTGOING" in tariff["export_tariff"]


@pytest.mark.parametrize(
    ("wrong", "field", "key"),
    [
        ({"token": "short"}, "token", "token_form"),
        ({"token": "has blanks in it"}, "token", "token_form"),
        ({"site_id": "STE-1234"}, "site_id", "site_id_form"),
        ({"site_id": ""}, "site_id", "site_id_form"),
        ({"token": "WrongTokenWrongTokenWrongTokenWrongToken"}, "base", "invalid_auth"),
    ],
)
async def test_wrong_credentials_are_named(
    flow: Flow, cloud: Cloud, wrong: dict[str, object], field: str, key: str
) -> None:
    """Each mistake at its field, and the same form then succeeds."""
    await flow.choose("netzero")
    result = await flow.answer(**credentials(cloud, **wrong))
    assert result["errors"] == {field: key}
    await flow.answer(**credentials(cloud))
    assert flow.result["step_id"] == "tariff"


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault.RATE_LIMITED, "rate_limited"),
        (Fault.SERVER_ERROR_PAGE, "cannot_connect"),
        (Fault.DISCONNECT, "cannot_connect"),
        (Fault.WRONG_SHAPE, "unexpected_answer"),
        (Fault.PAGE, "cannot_connect"),
    ],
)
async def test_netzero_failing_is_said_plainly(
    flow: Flow, cloud: Cloud, fault: Fault, key: str
) -> None:
    """What NetZero does wrong is not the owner's mistake."""
    await flow.choose("netzero")
    cloud.faults.add(fault, Endpoint.NETZERO_READ, times=1)
    result = await flow.answer(**credentials(cloud))
    assert result["errors"] == {"base": key}


async def test_the_same_site_twice_is_refused(
    hass: HomeAssistant, flow: Flow, cloud: Cloud
) -> None:
    """Two plans for one battery would fight."""
    site_entry(cloud).add_to_hass(hass)
    await flow.choose("netzero")
    result = await flow.answer(**credentials(cloud))
    assert result["reason"] == "already_configured"


@pytest.mark.parametrize(
    ("answers", "field", "key"),
    [
        ({}, "base", "postcode_or_region"),
        ({"postcode": "not a postcode"}, "postcode", "postcode_form"),
        ({"postcode": "ZZ99 9ZZ"}, "postcode", "postcode_unknown"),
    ],
)
async def test_wrong_region_is_named(
    flow: Flow, cloud: Cloud, answers: dict[str, object], field: str, key: str
) -> None:
    """Each mistake at its field, and the same form then succeeds."""
    await to_tariff(flow, cloud)
    await flow.choose("region")
    result = await flow.answer(export_tariff="none", **answers)
    assert result["errors"] == {field: key}
    await flow.answer(region="c", export_tariff="none")
    assert flow.result["step_id"] == "solar"


@pytest.mark.parametrize(
    ("answers", "field", "key"),
    [
        ({"api_key": "x"}, "api_key", "api_key_form"),
        ({"account_number": "12345678"}, "account_number", "account_number_form"),
        ({"api_key": "sk_live_of_somebody_else"}, "base", "octopus_auth"),
        ({"account_number": "A-00000000"}, "base", "octopus_not_found"),
    ],
)
async def test_wrong_account_is_named(
    flow: Flow, cloud: Cloud, answers: dict[str, object], field: str, key: str
) -> None:
    """Each mistake at its field, and the same form then succeeds."""
    await to_tariff(flow, cloud)
    await flow.choose("account")
    right = {"api_key": API_KEY, "account_number": ACCOUNT_NUMBER}
    result = await flow.answer(**{**right, **answers})
    assert result["errors"] == {field: key}
    await flow.answer(**right)
    assert flow.result["step_id"] == "solar"
