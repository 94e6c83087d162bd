"""Where rates are is told by the product's page, not by the tariff's code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE
from custom_components.smart_battery_scheduler.tariff.codes import TariffCode
from custom_components.smart_battery_scheduler.tariff.errors import (
    TariffNotFoundError,
    TariffReplyError,
)
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest
from custom_components.smart_battery_scheduler.tariff.rate_links import RateKind, parse_rate_links

from ..cloud.server import Cloud
from ..cloud.world import API_KEY
from ..wire import Wire
from .bodies import page, product_page, product_url, rates_url, row
from .conftest import NOW

# The tariff of evcc-io/evcc#33692, and when it was read there.
NEW_GO = "E-1R-IOG-SMB-VAR-24-10-29-H"
SEPTEMBER = datetime(2026, 9, 13, 12, tzinfo=UTC)
FOUR_RATES = ("day", "night", "ev-device-peak", "ev-device-off-peak")
FILED = "four_rate_ev_electricity_tariffs"
LONG_AGO = datetime(2024, 10, 29, tzinfo=UTC)


async def test_a_new_intelligent_go_customer_has_48_half_hours_at_two_prices(
    cloud: Cloud, session: aiohttp.ClientSession, freezer: FrozenDateTimeFactory
) -> None:
    """6.89997 p from 23:30 to 05:30 local, 30.371355 p else (evcc-io/evcc#33692)."""
    freezer.move_to(SEPTEMBER)
    octopus = OctopusRest(session, API_KEY, base_url=cloud.url, clock=cloud.world.clock)
    start = datetime(2026, 9, 13, tzinfo=MARKET_TIME_ZONE).astimezone(UTC)
    table = await octopus.rates(
        TariffCode.parse(NEW_GO), start, start + timedelta(days=1), taxed=True
    )
    assert len(table.rates) == 48
    cheap = [
        rate.start.astimezone(MARKET_TIME_ZONE).strftime("%H:%M")
        for rate in table.rates
        if rate.p_per_kwh == pytest.approx(6.89997)
    ]
    assert cheap == [f"{slot // 2:02}:{slot % 2 * 30:02}" for slot in (*range(11), 47)]
    assert sorted({round(rate.p_per_kwh, 5) for rate in table.rates}) == [6.89997, 30.37136]


async def test_the_products_page_is_read_once(octopus: OctopusRest, wire: Wire) -> None:
    """From then on the right lists are asked for at once."""
    start, end = NOW, NOW + timedelta(hours=1)
    wire.get(rates_url(NEW_GO, start, end), payload=page())
    wire.get(
        product_url("IOG-SMB-VAR-24-10-29"), payload=product_page(NEW_GO, *FOUR_RATES, filed=FILED)
    )
    for kind, price in (("day", 30.0), ("night", 7.0)):
        url = rates_url(NEW_GO, start, end, kind=f"{kind}-unit-rates")
        wire.get(url, payload=page(row(LONG_AGO, None, price)), repeat=True)
    for _ in range(3):
        found = await octopus.rates(TariffCode.parse(NEW_GO), start, end, taxed=True)
        assert [rate.p_per_kwh for rate in found.rates] == [30.0, 30.0]
    asked = [url.path.rstrip("/").rsplit("/", 1)[-1] for _, url in wire.requests]
    assert sorted(asked) == [
        "IOG-SMB-VAR-24-10-29",
        "day-unit-rates",
        "night-unit-rates",
        "standard-unit-rates",
    ]


async def test_a_code_that_names_no_registers_is_read_by_its_products_page(
    octopus: OctopusRest, wire: Wire
) -> None:
    """Trials have neither fuel nor registers in their codes (BottlecapDave's REGEX_TARIFF_PARTS)."""
    code, start, end = "V2G-TRIAL-24-01-01-C", NOW, NOW + timedelta(hours=1)
    place = product_url("V2G-TRIAL-24-01-01")
    body: dict[str, Any] = product_page("E-1R-V2G-TRIAL-24-01-01-C", "standard")
    tariff = body["single_register_electricity_tariffs"]["_C"]["direct_debit_monthly"]
    tariff["code"] = code
    wire.get(place, payload=body)
    url = rates_url("E-1R-V2G-TRIAL-24-01-01-C", start, end)
    wire.get(url, payload=page(row(LONG_AGO, None, 12.5)))
    found = await octopus.rates(TariffCode.parse(code), start, end, taxed=True)
    assert [rate.p_per_kwh for rate in found.rates] == [12.5, 12.5]


@pytest.mark.parametrize("code", ["E-3R-NEW-26-01-01-C", "V2G-TRIAL-24-01-01-C"])
async def test_a_code_that_its_product_does_not_list_is_not_found(
    octopus: OctopusRest, wire: Wire, code: str
) -> None:
    """Told, not left without rates in silence."""
    parsed = TariffCode.parse(code)
    wire.get(product_url(parsed.product), payload=product_page("E-1R-OTHER-24-01-01-C", "standard"))
    with pytest.raises(TariffNotFoundError):
        await octopus.rates(parsed, NOW, NOW + timedelta(hours=1), taxed=True)


async def test_rates_elsewhere_are_not_asked_for(octopus: OctopusRest, wire: Wire) -> None:
    """A reply does not decide where we ask."""
    start, end = NOW, NOW + timedelta(hours=1)
    wire.get(rates_url(NEW_GO, start, end), payload=page())
    elsewhere = product_page(NEW_GO, "day", "night", filed=FILED, base="https://elsewhere.example")
    wire.get(product_url("IOG-SMB-VAR-24-10-29"), payload=elsewhere)
    with pytest.raises(TariffReplyError):
        await octopus.rates(TariffCode.parse(NEW_GO), start, end, taxed=True)


def test_rates_of_the_car_alone_are_none_of_the_house() -> None:
    """Nor is a tariff of another region, nor odd things in the page."""
    body: dict[str, Any] = product_page(NEW_GO, *FOUR_RATES, filed=FILED)
    body["dual_register_electricity_tariffs"] = {"_H": None, "_J": {"varying": "odd"}}
    body["odd_electricity_tariffs"] = []
    assert set(parse_rate_links(body, NEW_GO)) == {RateKind.DAY, RateKind.NIGHT}
    assert parse_rate_links(body, NEW_GO[:-1] + "J") == {}
    body[FILED]["_H"]["direct_debit_monthly"]["links"] = [None, {"rel": "day_unit_rates"}]
    assert parse_rate_links(body, NEW_GO) == {}
    with pytest.raises(TariffReplyError):
        parse_rate_links([], NEW_GO)
