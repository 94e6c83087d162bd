"""Octopus Energy's REST API, version 1. Facts: docs.octopus.energy, "REST API".

Prices, products and regions need no key. Accounts do: HTTP Basic, the key as user name and no
password. Lists come in pages, newest first, whatever order is asked for.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

import aiohttp
from yarl import URL

from ..common.http import TIMEOUT_S, NoReplyError, NotJsonError, Reply, ask, utc_now
from .account import Account, account_number, parse_account
from .codes import TariffCode, region_letter
from .errors import (
    TariffAuthError,
    TariffBlockedError,
    TariffError,
    TariffNotFoundError,
    TariffRateLimitError,
    TariffReplyError,
    TariffUnreachableError,
)
from .model import RateTable, floor_slot
from .products import Offer, Product, current, parse_products
from .rate_links import RateKind, parse_rate_links
from .rows import (
    DIRECT_DEBIT,
    INTELLIGENT_NIGHT,
    SMART_METER_NIGHT,
    NightWindow,
    PriceRow,
    ceil_slot,
    day_and_night,
    for_payment,
    half_hours,
    parse_rows,
)

BASE_URL = "https://api.octopus.energy"
# The largest page the API gives; a larger request is reduced to it without an error.
PAGE_SIZE = 1500
MOST_PAGES = 50
USUAL_WAIT_S = 60.0


class WrongRegistersError(TariffError):
    """Standard rates were asked of a tariff that has day and night rates."""


class _Asked(NamedTuple):
    """For what half-hours rates are asked, and how they are to be read."""

    start: datetime
    end: datetime
    taxed: bool
    payment_method: str
    night: NightWindow


class OctopusRest:
    """The API as a client of ours sees it. Every method raises a TariffError when it fails."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_key: str | None = None,
        *,
        base_url: str = BASE_URL,
        clock: Callable[[], datetime] = utc_now,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Without a key everything but ``account`` can be asked."""
        self._session = session
        self._api_key = api_key
        self._base = URL(base_url)
        self._clock = clock
        self._timeout_s = timeout_s
        self._named: dict[str, dict[RateKind, URL]] = {}

    def __repr__(self) -> str:
        """Without the key."""
        return f"<{type(self).__name__}>"

    async def products(self) -> tuple[Product, ...]:
        """All products on offer, other brands' too."""
        return parse_products(await self._list(self._base / "v1/products/"))

    async def current_products(self, *offers: Offer) -> tuple[Product, ...]:
        """The product of each offer for somebody who is not on it yet."""
        products = await self.products()
        found = []
        for offer in offers:
            product = current(products, offer)
            if product is None:
                raise TariffNotFoundError(f"no product of {offer.value} on offer")
            found.append(product)
        return tuple(found)

    async def regions_of_postcode(self, postcode: str) -> tuple[str, ...]:
        """Region letters of a postcode: several at a border, none if it is not known."""
        compact = "".join(postcode.split()).upper()
        if not compact:
            # Without a postcode the API lists all regions there are.
            return ()
        url = (self._base / "v1/industry/grid-supply-points/").with_query(postcode=compact)
        groups = [row.get("group_id") for row in await self._list(url) if isinstance(row, Mapping)]
        letters = (region_letter(group) for group in groups if isinstance(group, str))
        return tuple(dict.fromkeys(letter for letter in letters if letter is not None))

    async def account(self, number: str) -> Account:
        """The account of our key. Raises AccountNumberError for what is no account number."""
        url = self._base / "v1/accounts" / account_number(number) / ""
        return parse_account(await self._get(url, self._authorization()))

    async def rates(
        self,
        code: TariffCode,
        start: datetime,
        end: datetime,
        *,
        taxed: bool,
        payment_method: str = DIRECT_DEBIT,
        night: NightWindow | None = None,
    ) -> RateTable:
        """What is published for the half-hours that touch [start, end).

        ``taxed`` for bought energy; sold energy bears no VAT. ``night`` is the window of a tariff
        with two registers, by default that of a smart meter. Intelligent Go has its own.
        """
        window = INTELLIGENT_NIGHT if code.is_intelligent else night or SMART_METER_NIGHT
        asked = _Asked(floor_slot(start), ceil_slot(end), taxed, payment_method, window)
        if (named := self._named.get(code.text)) is not None:
            return await self._table(asked, named)
        usual = self._built(code, code.usual_kinds)
        try:
            found = await self._table(asked, usual)
        except WrongRegistersError:
            return await self._table(asked, self._built(code, (RateKind.DAY, RateKind.NIGHT)))
        if found.rates:
            return found
        # Empty: not published yet, or the prices are in another list than the tariff code suggests.
        named = await self._links(code)
        others = {kind: url for kind, url in named.items() if kind not in usual}
        if not others and not usual:
            raise TariffNotFoundError("Octopus does not list that tariff")
        if not others:
            return found
        self._named[code.text] = others
        return await self._table(asked, others)

    async def _table(self, asked: _Asked, links: Mapping[RateKind, URL]) -> RateTable:
        """The rates of these lists as one table."""
        tables = {kind: await self._half_hours(asked, url) for kind, url in links.items()}
        if RateKind.STANDARD in tables:
            return tables[RateKind.STANDARD]
        day, night = (tables.get(kind, RateTable()) for kind in (RateKind.DAY, RateKind.NIGHT))
        return day_and_night(day, night, asked.night)

    async def _half_hours(self, asked: _Asked, url: URL) -> RateTable:
        rows = for_payment(await self._rows(url, asked.start, asked.end), asked.payment_method)
        return half_hours(rows, asked.start, asked.end, taxed=asked.taxed)

    def _built(self, code: TariffCode, kinds: Iterable[RateKind]) -> dict[RateKind, URL]:
        """The addresses of rates by the code alone."""
        place = self._base / "v1/products" / code.product / "electricity-tariffs" / code.text
        return {kind: place / kind.path / "" for kind in kinds}

    async def _links(self, code: TariffCode) -> dict[RateKind, URL]:
        """The addresses of rates by the product's page; none where that has no such tariff."""
        try:
            body = await self._get(self._base / "v1/products" / code.product / "")
        except TariffNotFoundError:
            return {}
        links = parse_rate_links(body, code.text)
        return {kind: self._own_url(href, "rates") for kind, href in links.items()}

    async def _rows(self, url: URL, start: datetime, end: datetime) -> tuple[PriceRow, ...]:
        window = {"period_from": utc_stamp(start), "period_to": utc_stamp(end)}
        return parse_rows(await self._list(url.with_query({**window, "page_size": PAGE_SIZE})))

    async def listed(
        self, path: str, query: Mapping[str, str | int], *, keyed: bool = False
    ) -> list[object]:
        """All rows of any other list below ``v1/``; ``keyed`` for what belongs to an account."""
        url = (self._base / "v1" / path).with_query(dict(query))
        return await self._list(url, self._authorization() if keyed else None)

    async def _list(self, url: URL, headers: Mapping[str, str] | None = None) -> list[object]:
        """All rows of a list, page after page."""
        rows: list[object] = []
        following: URL | None = url
        for _ in range(MOST_PAGES):
            if following is None:
                return rows
            body = await self._get(following, headers)
            results = body.get("results") if isinstance(body, Mapping) else None
            if not isinstance(body, Mapping) or not isinstance(results, list):
                raise TariffReplyError("the reply is no list")
            rows += results
            following = self._next_page(body.get("next"))
        raise TariffReplyError("the list has no end")

    def _next_page(self, link: object) -> URL | None:
        return None if link is None else self._own_url(link, "the next page")

    def _own_url(self, link: object, name: str) -> URL:
        """An address that a reply names. Raises TariffReplyError if it leads elsewhere."""
        try:
            url = URL(link) if isinstance(link, str) else None
        except ValueError:
            url = None
        if url is None or not url.absolute or url.origin() != self._base.origin():
            raise TariffReplyError(f"the link to {name} leads somewhere else")
        return url

    def _authorization(self) -> dict[str, str]:
        key = self._api_key
        if not key or not (key.isascii() and key.isprintable()):
            raise TariffAuthError("that is no API key")
        return {"Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"}

    async def _get(self, url: URL, headers: Mapping[str, str] | None = None) -> object:
        try:
            reply = await ask(
                self._session, url, service="Octopus", headers=headers, timeout_s=self._timeout_s
            )
        except NoReplyError as error:
            raise TariffUnreachableError(str(error)) from error
        raise_for(reply, self._clock(), keyed=headers is not None)
        try:
            return reply.json()
        except NotJsonError as error:
            raise TariffReplyError("the reply is not JSON") from error


def raise_for(reply: Reply, now: datetime, *, keyed: bool = True) -> None:
    """Raise a TariffError for anything but the API's own good answer.

    ``keyed``: a key or token went with the question, so that a refusal is about it.
    """
    status = reply.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TariffRateLimitError(reply.retry_after_s(now, USUAL_WAIT_S))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise TariffUnreachableError(f"Octopus fails on its side (status {status})")
    if status == HTTPStatus.NOT_FOUND:
        # A web page here comes from Octopus itself, for a name that cannot exist.
        raise TariffNotFoundError("Octopus does not know that")
    if reply.is_page:
        raise TariffBlockedError(f"a web page came instead of an answer (status {status})")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        if not keyed:
            raise TariffBlockedError(f"Octopus refused what needs no key (status {status})")
        raise TariffAuthError(f"Octopus refused the API key (status {status})")
    if status == HTTPStatus.BAD_REQUEST and b"day and night" in reply.content:
        raise WrongRegistersError("the tariff has day and night rates")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise TariffReplyError(f"Octopus refused the request (status {status})")


def utc_stamp(when: datetime) -> str:
    """UTC with a Z: anything else is read as local time, or its plus sign as a blank."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
