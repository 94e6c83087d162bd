"""Octopus' REST API on the wire."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
import re

from aiohttp import web

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE

from .faults import Endpoint, Fault, FaultRule
from .products import PRODUCTS, Ask, Product, Row, Rows, vat_at
from .rates import PUBLISHED_TO, REGIONS, at_local
from .replies import answer, page, refuse
from .world import ACCOUNT_NUMBER, EXPORT_MPAN, IMPORT_MPAN, METER_SERIAL, POSTCODE, World

DEFAULT_PAGE, LARGEST_PAGE = 100, 1500
# Rows are made, not stored; a question without a beginning is answered this far back.
OLDEST = timedelta(days=40)
FURTHEST = timedelta(days=400)

# The outward part of a postcode and its grid supply points; two at a border.
POSTCODES: dict[str, str] = {
    "SW1A": "C",
    "CB1": "A",
    "M1": "G",
    "EH1": "N",
    "BS1": "L",
    "CF10": "K",
    "SY21": "DE",
}

type Agreement = tuple[str, str, str | None]

_TARIFF = re.compile(r"E-(1R|2R)-(.+)-([A-HJ-NP])")


AGREEMENTS = (
    ("E-1R-VAR-22-11-01-C", "2022-12-17T00:00:00Z", "2024-10-15T00:00:00+01:00"),
    ("E-1R-AGILE-24-10-01-C", "2024-10-15T00:00:00+01:00", None),
)
EXPORT_AGREEMENTS = (("E-1R-AGILE-OUTGOING-19-05-13-C", "2024-10-20T00:00:00+01:00", None),)


def account_body(
    imports: Sequence[Agreement] = AGREEMENTS,
    exports: Sequence[Agreement] = EXPORT_AGREEMENTS,
    *,
    sites: int = 1,
) -> dict[str, Json]:
    """An account: moved house once, a replaced meter, these agreements (code, from, to).

    Without export agreements there is no export meter point. More than one home is a second
    property lived in at the same time.
    """
    points: list[Json] = [
        _meter_point(IMPORT_MPAN, imports, ("00A0000001", METER_SERIAL), export=False)
    ]
    if exports:
        points.append(_meter_point(EXPORT_MPAN, exports, (METER_SERIAL,), export=True))
    left = _property(1, "2016-01-01T00:00:00Z", "2022-12-17T00:00:00Z", [])
    current = [_property(2 + home, "2022-12-17T00:00:00Z", None, points) for home in range(sites)]
    return {"number": ACCOUNT_NUMBER, "properties": [left, *current]}


def _meter_point(
    mpan: str, agreements: Sequence[Agreement], serials: Sequence[str], *, export: bool
) -> Json:
    register: Json = {"identifier": "1", "rate": "STANDARD", "is_settlement_register": True}
    return {
        "mpan": mpan,
        "profile_class": 0 if export else 1,
        "consumption_standard": 0 if export else 3100,
        "meters": [{"serial_number": serial, "registers": [register]} for serial in serials],
        "agreements": [
            {"tariff_code": code, "valid_from": start, "valid_to": end}
            for code, start, end in agreements
        ],
        "is_export": export,
    }


def _property(number: int, since: str, until: str | None, meter_points: list[Json]) -> Json:
    return {
        "id": 1_000_000 + number,
        "moved_in_at": since,
        "moved_out_at": until,
        "address_line_1": f"{number} EXAMPLE STREET",
        "address_line_2": "",
        "address_line_3": "",
        "town": "EXAMPLETOWN",
        "county": "",
        "postcode": POSTCODE,
        "electricity_meter_points": meter_points,
        "gas_meter_points": [],
    }


class Octopus:
    """Products, rates, places and accounts. ``account`` may be exchanged.

    ``others`` are further accounts of the same key, by number.
    """

    def __init__(self, world: World) -> None:
        """Stand in front of a world."""
        self._world = world
        self.account = account_body()
        self.others: dict[Json, dict[str, Json]] = {}

    def products(self, request: web.Request) -> web.Response:
        """GET /v1/products/."""
        query = request.query
        chosen = [
            product
            for product in PRODUCTS.values()
            if query.get("brand", product.brand) == product.brand
            and (product.available_to is None or query.get("is_historical") == "true")
        ]
        rows = [_product_row(product, _base(request)) for product in chosen]
        return answer({"count": len(rows), "next": None, "previous": None, "results": list(rows)})

    def product(self, request: web.Request) -> web.Response:
        """GET /v1/products/{code}/."""
        product = PRODUCTS.get(request.match_info["product"])
        if product is None:
            return _not_found()
        return answer(self._detail(product, _base(request)))

    def rates(self, request: web.Request, faults: Sequence[FaultRule]) -> web.Response:
        """GET .../standard-unit-rates/, day-unit-rates/, night-unit-rates/."""
        found = _tariff(request)
        if found is None:
            return _not_found()
        product, registers, region = found
        kind = request.match_info["kind"]
        if product.four_rates:
            # Asked for the wrong list the real one answers 200 and nothing (evcc-io/evcc#33692).
            rows = {"day": product.rows, "night": product.night}.get(kind) or _nothing
            return self._paged(request, rows, region, faults)
        if (registers == "2R") != (kind != "standard"):
            has = "day and night rates, not standard" if registers == "2R" else "standard rates"
            return refuse(400, f"This tariff has {has}.")
        rows = product.night if kind == "night" and product.night else product.rows
        return self._paged(request, rows, region, faults)

    def grid_supply_points(self, request: web.Request) -> web.Response:
        """GET /v1/industry/grid-supply-points/."""
        postcode = request.query.get("postcode")
        letters = REGIONS
        if postcode is not None:
            compact = postcode.upper().replace(" ", "")
            outward = next((known for known in POSTCODES if compact.startswith(known)), "")
            letters = POSTCODES.get(outward, "")
        rows: list[Json] = [{"group_id": f"_{letter}"} for letter in letters]
        return answer({"count": len(rows), "next": None, "previous": None, "results": rows})

    def account_of(self, request: web.Request) -> web.Response:
        """GET /v1/accounts/{number}/."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        number = request.match_info["number"]
        if not re.fullmatch(r"A-[0-9A-Z]{8}", number):
            return page("<h1>Not Found</h1>", 404)
        body = {self.account["number"]: self.account, **self.others}.get(number)
        if body is None:
            # A closed account of the same key, or somebody else's (HomeAssistant-OctopusEnergy#366).
            return _not_found()
        return answer(body)

    def _refusal(self, request: web.Request) -> web.Response | None:
        authorization = request.headers.get("Authorization")
        if authorization is None or not authorization.startswith("Basic "):
            realm = {"WWW-Authenticate": 'Basic realm="api"'}
            return refuse(401, "Authentication credentials were not provided.", realm)
        if authorization != f"Basic {b64encode(f'{self._world.api_key}:'.encode()).decode()}":
            return refuse(401, "Invalid API key.")
        return None

    def _paged(
        self, request: web.Request, rows: Rows, region: str, faults: Sequence[FaultRule]
    ) -> web.Response:
        """All rows that touch the window, newest first, a page of them."""
        now = self._world.clock()
        window = _window(request.query, now)
        if isinstance(window, web.Response):
            return window
        start, end = window
        end = min([end, *(_withheld_from(rule, now) for rule in faults if _withholds(rule))])
        ask = Ask(world=self._world, region=region, start=start, end=end, now=now)
        # A row sticks out of the window rather than being left out.
        found = sorted(rows(ask), key=lambda row: row.start, reverse=True) if start < end else []
        return _page(request, [_row_body(row) for row in found], LARGEST_PAGE)

    def _detail(self, product: Product, base: str) -> dict[str, Json]:
        def tariff(registers: str, letter: str) -> Json:
            code = f"E-{registers}-{product.code}-{letter}"
            place = f"{base}/v1/products/{product.code}/electricity-tariffs/{code}"
            kinds: tuple[str, ...] = ("standard",) if registers == "1R" else ("day", "night")
            if product.four_rates:
                kinds = ("day", "night", "ev-device-peak", "ev-device-off-peak")
            links: list[Json] = [_link(f"{place}/standing-charges/", "standing_charges")]
            links += [
                _link(f"{place}/{kind}-unit-rates/", f"{kind.replace('-', '_')}_unit_rates")
                for kind in kinds
            ]
            exc = product.standing_exc_vat
            inc = round(exc * (1.0 + vat_at(self._world.clock())), 6)
            method = "varying" if product.night else "direct_debit_monthly"
            return {
                method: {
                    "code": code,
                    "standing_charge_exc_vat": exc,
                    "standing_charge_inc_vat": inc,
                    "exit_fees_exc_vat": 0,
                    "exit_fees_inc_vat": 0,
                    "exit_fees_type": "NONE",
                    "links": links,
                }
            }

        detail = {
            key: value
            for key, value in _product_row(product, base).items()
            # The detail, unlike the list, does not know the direction.
            if key != "direction"
        }
        active_at = self._world.clock().astimezone(UTC).isoformat()
        one = {f"_{letter}": tariff("1R", letter) for letter in REGIONS}
        two = {f"_{letter}": tariff("2R", letter) for letter in REGIONS}
        return {
            **detail,
            "tariffs_active_at": active_at,
            "single_register_electricity_tariffs": {} if product.four_rates else one,
            "dual_register_electricity_tariffs": (
                two if product.night and not product.four_rates else {}
            ),
            "four_rate_ev_electricity_tariffs": one if product.four_rates else {},
            "single_register_gas_tariffs": {},
        }


_FROM_THE_BEGINNING = datetime(2024, 9, 30, 23, tzinfo=UTC)


def _product_row(product: Product, base: str) -> dict[str, Json]:
    return {
        "code": product.code,
        "direction": product.direction,
        "full_name": f"{product.display_name} v1",
        "display_name": product.display_name,
        "description": "",
        "is_variable": product.is_variable,
        "is_green": True,
        "is_tracker": product.code.startswith("SILVER"),
        "is_prepay": False,
        "is_business": False,
        "is_restricted": False,
        "term": 12,
        "available_from": product.available_from,
        "available_to": product.available_to,
        "links": [_link(f"{base}/v1/products/{product.code}/", "self")],
        "brand": product.brand,
    }


def _link(href: str, rel: str) -> Json:
    return {"href": href, "method": "GET", "rel": rel}


def _row_body(row: Row) -> Json:
    return {
        "value_exc_vat": row.exc_vat,
        "value_inc_vat": row.inc_vat,
        "valid_from": _stamp(row.start),
        "valid_to": None if row.end is None else _stamp(row.end),
        "payment_method": row.payment_method,
    }


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _page(request: web.Request, rows: Sequence[Json], largest: int) -> web.Response:
    """The page asked for, in the envelope of every list."""
    size = min(_positive(request.query.get("page_size"), DEFAULT_PAGE), largest)
    number = _positive(request.query.get("page"), 1)
    first = (number - 1) * size
    if rows and first >= len(rows):
        return refuse(404, "Invalid page.")

    def link(to: int) -> Json:
        return str(request.url.update_query(page=to))

    return answer(
        {
            "count": len(rows),
            "next": link(number + 1) if first + size < len(rows) else None,
            "previous": link(number - 1) if number > 1 else None,
            "results": list(rows[first : first + size]),
        }
    )


def _base(request: web.Request) -> str:
    return str(request.url.origin())


def _not_found() -> web.Response:
    return refuse(404, "Not found.")


def _tariff(request: web.Request) -> tuple[Product, str, str] | None:
    """The product, registers and region of the tariff in the path, if there is such a one."""
    match = _TARIFF.fullmatch(request.match_info["tariff"])
    product = PRODUCTS.get(request.match_info["product"])
    if match is None or product is None or match[2] != product.code:
        return None
    if match[1] == "2R" and (product.night is None or product.four_rates):
        return None
    return product, match[1], match[3]


def _nothing(_: Ask) -> Iterator[Row]:
    """No row."""
    return iter(())


def _window(query: Mapping[str, str], now: datetime) -> tuple[datetime, datetime] | web.Response:
    """The window asked for, or the API's complaint about it."""
    start = end = None
    try:
        if "period_from" in query:
            start = _moment(query["period_from"])
    except ValueError:
        return answer({"period_from": ["Enter a valid date/time."]}, 400)
    try:
        if "period_to" in query:
            end = _moment(query["period_to"])
    except ValueError:
        return answer({"period_to": ["Enter a valid date/time."]}, 400)
    if end is not None and start is None:
        needed = "This field is required when providing a `period_to`."
        return answer({"period_from": [needed]}, 400)
    if start is not None and end is not None and start > end:
        return answer({"period_from": ["Must not be greater than `period_to`."]}, 400)
    return start or now - OLDEST, end or now + FURTHEST


def _moment(text: str) -> datetime:
    """A moment; without an offset it is local time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=MARKET_TIME_ZONE)
    return moment.astimezone(UTC)


def _positive(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() and int(text) > 0 else default


def _withholds(rule: FaultRule) -> bool:
    return rule.fault in {Fault.UNPUBLISHED, Fault.PARTIAL}


def _withheld_from(rule: FaultRule, now: datetime) -> datetime:
    """From when a rule keeps rates back: 23:00 of today or the moment it names; or hours later."""
    ends = at_local(now.astimezone(MARKET_TIME_ZONE).date(), PUBLISHED_TO)
    if rule.fault is Fault.PARTIAL:
        return ends + timedelta(hours=float(rule.detail or 12))
    return ends if rule.detail is None else datetime.fromisoformat(rule.detail)


type Handler = Callable[[web.Request, Sequence[FaultRule]], web.Response]


def handlers(octopus: Octopus) -> dict[str, tuple[Endpoint, Handler]]:
    """What answers where."""
    tariffs = "/v1/products/{product}/electricity-tariffs/{tariff}"
    return {
        "/v1/products/": (Endpoint.PRODUCTS, lambda ask, _: octopus.products(ask)),
        "/v1/products/{product}/": (Endpoint.PRODUCT, lambda ask, _: octopus.product(ask)),
        tariffs + "/{kind:standard|day|night}-unit-rates/": (Endpoint.RATES, octopus.rates),
        "/v1/industry/grid-supply-points/": (
            Endpoint.GRID_SUPPLY_POINTS,
            lambda ask, _: octopus.grid_supply_points(ask),
        ),
        "/v1/accounts/{number}/": (Endpoint.ACCOUNT, lambda ask, _: octopus.account_of(ask)),
    }
