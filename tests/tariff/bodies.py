"""Octopus reply bodies in the form of its documentation and of customers' records."""

from datetime import UTC, datetime, timedelta

from yarl import URL

from custom_components.smart_battery_scheduler.common.serialisation import Json

API_KEY = "sk_live_not_a_real_key_1234"
ACCOUNT = "A-TEST0001"
BASE = "https://api.octopus.energy"
HALF_HOUR = timedelta(minutes=30)

type Body = dict[str, Json]


def page(*results: Json, following: str | None = None) -> Body:
    """The envelope of every list."""
    return {"count": len(results), "next": following, "previous": None, "results": list(results)}


def stamp(when: datetime | None) -> str | None:
    """A moment as rates spell it."""
    return None if when is None else when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def row(
    start: datetime | None,
    end: datetime | None,
    exc_vat: float,
    inc_vat: float | None = None,
    *,
    method: str | None = None,
) -> Body:
    """One price row."""
    return {
        "value_exc_vat": exc_vat,
        "value_inc_vat": exc_vat if inc_vat is None else inc_vat,
        "valid_from": stamp(start),
        "valid_to": stamp(end),
        "payment_method": method,
    }


def half_hour_rows(start: datetime, end: datetime, first_p: float = 10.0) -> list[Json]:
    """Agile's form: a row each half-hour, newest first; each costs a tenth more than the last."""
    count = (end - start) // HALF_HOUR
    return [
        row(
            start + index * HALF_HOUR,
            start + (index + 1) * HALF_HOUR,
            round(first_p + index / 10, 2),
        )
        for index in reversed(range(count))
    ]


def rates_url(
    code: str,
    start: datetime,
    end: datetime,
    *,
    kind: str = "standard-unit-rates",
) -> URL:
    """Where the rates of a window are asked for."""
    product = code.split("-", 2)[2].rsplit("-", 1)[0]
    return (URL(BASE) / f"v1/products/{product}/electricity-tariffs/{code}/{kind}/").with_query(
        period_from=str(stamp(start)),
        period_to=str(stamp(end)),
        page_size=1500,
    )


def product(
    code: str,
    direction: str | None = "IMPORT",
    *,
    since: str = "2024-10-01T00:00:00+01:00",
    until: str | None = None,
    brand: str = "OCTOPUS_ENERGY",
) -> Body:
    """A row of the products list."""
    return {
        "code": code,
        "direction": direction,
        "full_name": f"{code} v1",
        "display_name": "Agile Octopus",
        "description": "",
        "is_variable": True,
        "is_green": True,
        "is_tracker": False,
        "is_prepay": False,
        "is_business": False,
        "is_restricted": False,
        "term": 12,
        "available_from": since,
        "available_to": until,
        "links": [{"href": f"{BASE}/v1/products/{code}/", "method": "GET", "rel": "self"}],
        "brand": brand,
    }


def product_url(product_code: str) -> str:
    """Where a product's own page is."""
    return f"{BASE}/v1/products/{product_code}/"


def product_page(
    tariff_code: str,
    *kinds: str,
    filed: str = "single_register_electricity_tariffs",
    base: str = BASE,
) -> Body:
    """A product's own page, with one tariff that has these lists of rates."""
    product_code = tariff_code.split("-", 2)[2].rsplit("-", 1)[0]
    place = f"{base}/v1/products/{product_code}/electricity-tariffs/{tariff_code}"
    links: list[Json] = [
        {
            "href": f"{place}/{kind}-unit-rates/",
            "method": "GET",
            "rel": f"{kind.replace('-', '_')}_unit_rates",
        }
        for kind in kinds
    ]
    tariff: Json = {"code": tariff_code, "links": links}
    return {
        **product(product_code, None),
        "single_register_electricity_tariffs": {},
        "dual_register_electricity_tariffs": {},
        filed: {f"_{tariff_code[-1]}": {"direct_debit_monthly": tariff}},
        "single_register_gas_tariffs": {},
    }


def agreement(code: str, since: str, until: str | None = None) -> Body:
    """A tariff over a time."""
    return {"tariff_code": code, "valid_from": since, "valid_to": until}


def meter_point(
    mpan: str,
    *agreements: Body,
    export: bool = False,
    serials: tuple[str, ...] = ("00A0000002",),
) -> Body:
    """A meter point with its meters and agreements."""
    register: Json = {"identifier": "1", "rate": "STANDARD", "is_settlement_register": True}
    return {
        "mpan": mpan,
        "profile_class": 0 if export else 1,
        "consumption_standard": 2900,
        "meters": [{"serial_number": serial, "registers": [register]} for serial in serials],
        "agreements": list(agreements),
        "is_export": export,
    }


def address(
    number: int, *points: Body, since: str = "2020-11-30T00:00:00Z", until: str | None = None
) -> Body:
    """An address of an account."""
    return {
        "id": number,
        "moved_in_at": since,
        "moved_out_at": until,
        "address_line_1": f"{number} EXAMPLE STREET",
        "address_line_2": "",
        "address_line_3": "",
        "town": "EXAMPLETOWN",
        "county": "",
        "postcode": "ZZ1 2ZZ",
        "electricity_meter_points": list(points),
        "gas_meter_points": [],
    }


def account(*addresses: Body) -> Body:
    """An account with these addresses."""
    return {"number": ACCOUNT, "properties": list(addresses)}
