"""Setting up: which meters are the home's, where its account does not say."""

from collections.abc import Mapping
from typing import Any

import pytest

from ..cloud.faults import Endpoint, Fault
from ..cloud.octopus import account_body
from ..cloud.server import Cloud
from ..cloud.world import ACCOUNT_NUMBER, API_KEY
from .test_config_flow import Flow
from .test_tariff import AGILE, LONG_AGO, OUTGOING, flow

__all__ = ["flow"]


def apart(label: str = "2 EXAMPLE STREET") -> dict[str, Any]:
    """An account with an export meter alone (Webreaper/SolisAgileManager#184)."""
    body: dict[str, Any] = account_body((), OUTGOING)
    site = body["properties"][1]
    site["id"], site["address_line_1"] = 77, label
    site["electricity_meter_points"] = site["electricity_meter_points"][1:]
    return {**body, "number": "A-EXPORT01", "properties": [site]}


async def with_an_export_account(flow: Flow, cloud: Cloud, label: str) -> Mapping[str, Any]:
    """The answer to a key whose second account has an export meter at this address."""
    cloud.octopus.account = account_body(exports=())
    cloud.octopus.others = {"A-EXPORT01": apart(label)}
    cloud.world.account_numbers = [ACCOUNT_NUMBER, "A-EXPORT01"]
    await flow.choose("account")
    return await flow.answer(api_key=API_KEY)


async def test_an_export_meter_on_an_account_of_its_own_is_found_by_the_address(
    flow: Flow, cloud: Cloud
) -> None:
    """However it is written."""
    await with_an_export_account(flow, cloud, "2  Example street,")
    await flow.answer(source="none")
    data = flow.result["result"].data["tariff"]
    assert (data["export_account"], data["export_property"]) == ("A-EXPORT01", "77")
    assert data["export_tariff"] == OUTGOING[0][0]


@pytest.mark.parametrize("chosen", ["A-EXPORT01:77", None])
async def test_an_export_meter_at_another_address_is_asked_about(
    flow: Flow, cloud: Cloud, chosen: str | None
) -> None:
    """It may be this home's or another's."""
    result = await with_an_export_account(flow, cloud, "THE OLD BARN")
    assert result["step_id"] == "export_meter"
    await flow.answer(**({} if chosen is None else {"export_property": chosen}))
    await flow.answer(source="none")
    data = flow.result["result"].data["tariff"]
    assert data.get("export_account") == (None if chosen is None else "A-EXPORT01")
    assert data["export_tariff"] == (None if chosen is None else OUTGOING[0][0])


async def test_two_import_meters_of_a_home_are_asked_about(flow: Flow, cloud: Cloud) -> None:
    """Each by its tariff and the last digits of its number."""
    body: dict[str, Any] = account_body()
    points = body["properties"][1]["electricity_meter_points"]
    go = {"tariff_code": "E-1R-GO-VAR-22-10-14-C", "valid_from": LONG_AGO, "valid_to": None}
    points.append({**points[0], "mpan": "1200000009999", "agreements": [go]})
    cloud.octopus.account = body
    await flow.choose("account")
    result = await flow.answer(api_key=API_KEY)
    assert result["step_id"] == "property"
    options = result["data_schema"].schema["property"].config["options"]
    assert [each["label"].split(" · ")[1:] for each in options] == [
        [AGILE[0][0], f"…{points[0]['mpan'][-4:]}"],
        ["E-1R-GO-VAR-22-10-14-C", "…9999"],
    ]
    await flow.answer(property=options[1]["value"])
    await flow.answer(source="none")
    data = flow.result["result"].data["tariff"]
    assert data["import_mpan"] == "1200000009999"
    assert data["import_tariff"] == "E-1R-GO-VAR-22-10-14-C"


async def test_an_export_meter_is_asked_about_again_if_the_home_cannot_be_tried(
    flow: Flow, cloud: Cloud
) -> None:
    """The page says why, and goes on when Octopus does."""
    await with_an_export_account(flow, cloud, "THE OLD BARN")
    cloud.faults.add(Fault.SERVER_ERROR_PAGE, Endpoint.RATES)
    result = await flow.answer(export_property="A-EXPORT01:77")
    assert (result["step_id"], result["errors"]) == (
        "export_meter",
        {"base": "octopus_unreachable"},
    )
    cloud.faults.clear()
    result = await flow.answer(export_property="A-EXPORT01:77")
    assert result["step_id"] == "solar"
