"""Tariffs of the past, to compare."""

from datetime import UTC, datetime, timedelta
import re

import pytest

from custom_components.smart_battery_scheduler.tariff.codes import TariffCode
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest
from custom_components.smart_battery_scheduler.tariff.past_tariffs import (
    FAMILIES,
    past_tariffs,
    standing_charges,
)

from ..wire import Wire
from .bodies import BASE, page, product, row

START = datetime(2026, 10, 1, tzinfo=UTC)
END = START + timedelta(days=2)
SINCE = START - timedelta(days=400)
SOLD = ("AGILE-OUTGOING-19-05-13", "OUTGOING-VAR-24-10-26", "FLUX-EXPORT-23-02-14")
BOUGHT = (
    "AGILE-24-10-01",
    "GO-VAR-22-10-14",
    "INTELLI-VAR-24-10-29",
    "COSY-22-12-08",
    "FLUX-IMPORT-23-02-14",
    "SILVER-25-09-02",
    "VAR-22-11-01",
)


def publish(wire: Wire, *bought: str) -> None:
    """These products are on offer, at 20 p bought and 12 p sold, 50 p a day."""
    products = [
        *(product(code) for code in bought),
        *(product(code, "EXPORT") for code in SOLD),
    ]
    wire.get(f"{BASE}/v1/products/", payload=page(*products), repeat=True)
    for kind, price in (("(standard|day|night)-unit-rates", 20.0), ("standing-charges", 50.0)):
        pattern = re.compile(rf"{BASE}/v1/products/(?!OUT|AGILE-OUT|FLUX-EX).*/{kind}/.*")
        wire.get(pattern, payload=page(row(SINCE, None, price)), repeat=True)
    wire.get(
        re.compile(rf"{BASE}/v1/products/.*/standard-unit-rates/.*"),
        payload=page(row(SINCE, None, 12.0)),
        repeat=True,
    )


async def test_every_family_that_the_region_is_sold_is_there_with_its_export(
    octopus: OctopusRest, wire: Wire
) -> None:
    """Agile, Go, Intelligent Go, Cosy, Flux, Tracker, Flexible and Economy 7, each with export."""
    publish(wire, *BOUGHT)
    found, missing = await past_tariffs(octopus, "C", START, END, is_export_paid=True)
    assert missing == ()
    assert [each.name for each in found] == [family.name for family in FAMILIES]
    for each in found:
        assert each.imports.at(START) is not None
        assert each.exports is not None
        assert each.standing is not None
        standing = each.standing.at(START)
        assert standing is not None
        assert standing.p_per_kwh == 50.0
    assert {each.name for each in found if each.is_day_ahead} == {
        "agile",
        "agile_fixed_export",
        "tracker",
    }


async def test_a_family_that_is_not_sold_is_named(octopus: OctopusRest, wire: Wire) -> None:
    """A family that is not sold is named; without an export meter nothing is paid for export."""
    publish(wire, "AGILE-24-10-01", "VAR-22-11-01")
    found, missing = await past_tariffs(octopus, "C", START, END, is_export_paid=False)
    assert [each.name for each in found] == ["agile", "flexible", "economy_7"]
    assert missing == ("go", "intelligent_go", "cosy", "flux", "tracker")
    assert all(each.exports is None for each in found)


@pytest.mark.parametrize("reply", [{"status": 503}, {"payload": page()}], ids=["down", "none"])
async def test_a_standing_charge_that_is_not_known_is_none(
    octopus: OctopusRest, wire: Wire, reply: dict[str, object]
) -> None:
    """A standing charge that is not known is None, and never 0."""
    wire.get(re.compile(rf"{BASE}/v1/products/.*/standing-charges/.*"), **reply)
    code = TariffCode.of("AGILE-24-10-01", "C")
    assert await standing_charges(octopus, code, START, END) is None


async def test_a_family_whose_rates_or_export_cannot_be_had_is_named(
    octopus: OctopusRest, wire: Wire
) -> None:
    """Go is not sold in this region, Agile's export is not either, and no export of Flux is on offer."""
    for gone in ("GO-VAR-22-10-14", "AGILE-OUTGOING-19-05-13"):
        wire.get(
            re.compile(rf"{BASE}/v1/products/{gone}/.*"),
            status=404,
            payload={"detail": "Not found."},
            repeat=True,
        )
    products = [
        *(product(code) for code in ("AGILE-24-10-01", "GO-VAR-22-10-14", "FLUX-IMPORT-23-02-14")),
        *(product(code, "EXPORT") for code in SOLD[:2]),
    ]
    wire.get(f"{BASE}/v1/products/", payload=page(*products), repeat=True)
    wire.get(
        re.compile(rf"{BASE}/v1/products/.*"), payload=page(row(SINCE, None, 20.0)), repeat=True
    )
    found, missing = await past_tariffs(octopus, "C", START, END, is_export_paid=True)
    assert [each.name for each in found] == ["agile_fixed_export"]
    assert {"agile", "go", "flux"} <= set(missing)
