"""Rates of a home across changes of tariff, of agreements and of its account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from ..common.http import utc_now
from ..common.poll_interval import PollInterval, is_ahead, wait_after_failures
from .account import Account, Agreement, MeterPoint, Property
from .codes import TariffCode
from .errors import (
    NoRatesError,
    SupplyLaterError,
    TariffError,
    TariffNotFoundError,
    TariffNotSupportedError,
    TariffReplyError,
)
from .model import SLOT, Rate, RateTable, floor_slot
from .octopus_rest import OctopusRest
from .rows import NightWindow, slots

ACCOUNT_POLL_INTERVAL = PollInterval(every=timedelta(hours=6), jitter=timedelta(minutes=10))
LONGEST_WAIT = ACCOUNT_POLL_INTERVAL.every + ACCOUNT_POLL_INTERVAL.jitter

# A day-ahead tariff that is published late has no rates for some hours. One that has had none for a day is
# over, though its agreement goes on: HomeAssistant-OctopusEnergy#1432, where the rates had ended in June.
LONGEST_UNPUBLISHED = timedelta(hours=24)


class MovedOutError(TariffError):
    """The account holder does not live in that home any more: a person must act."""


class NoImportError(TariffError):
    """The home buys no electricity on this account: a person must act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRates:
    """What energy costs and earns. ``exports`` is None where exports are not paid."""

    imports: RateTable
    exports: RateTable | None = None


class Piece(NamedTuple):
    """A tariff that holds over [start, end)."""

    tariff_code: str
    start: datetime
    end: datetime


def pieces(agreements: Sequence[Agreement], start: datetime, end: datetime) -> tuple[Piece, ...]:
    """Which tariff holds when in [start, end), in order; time without an agreement is left out.

    Where agreements overlap the later one holds from its beginning to its end.
    """
    edges = {start, end}
    for agreement in agreements:
        edges |= {at for at in (agreement.valid_from, agreement.valid_to) if at is not None}
    within = sorted(edge for edge in edges if start <= edge <= end)
    by_start = sorted(agreements, key=lambda each: each.valid_from)
    found: list[Piece] = []
    for since, until in pairwise(within):
        code = next((each.tariff_code for each in reversed(by_start) if each.covers(since)), None)
        if code is None:
            continue
        if found and found[-1].tariff_code == code and found[-1].end == since:
            found[-1] = found[-1]._replace(end=until)
        else:
            found.append(Piece(code, since, until))
    return tuple(found)


def _holds(piece: Piece, now: datetime | None) -> bool:
    return now is not None and piece.start <= now < piece.end


def _has_rates(table: RateTable, now: datetime | None) -> bool:
    """Whether there are rates of the last day or of the time to come."""
    return any(now is None or rate.end > now - LONGEST_UNPUBLISHED for rate in table.rates)


class TariffRates:
    """The rates of one meter point through all its agreements."""

    def __init__(
        self,
        client: OctopusRest,
        agreements: Sequence[Agreement],
        *,
        taxed: bool,
        night: NightWindow | None = None,
    ) -> None:
        """``taxed`` for bought energy; ``night`` as ``OctopusRest.rates`` takes it.

        ``problem`` says after a fetch why there is no rate for that instant though all was
        answered: NoRatesError, SupplyLaterError, or what stands in the way of that tariff alone.
        """
        self.problem: TariffError | None = None
        self._client = client
        self._agreements = tuple(agreements)
        self._taxed = taxed
        self._night = night

    @classmethod
    def of_code(cls, client: OctopusRest, code: TariffCode, *, taxed: bool) -> TariffRates:
        """The rates of one tariff for all time."""
        always = Agreement(tariff_code=code.text, valid_from=datetime.min.replace(tzinfo=UTC))
        return cls(client, (always,), taxed=taxed)

    async def fetch(
        self, start: datetime, end: datetime, *, now: datetime | None = None
    ) -> RateTable:
        """What is published for [start, end), each tariff as long as it is agreed.

        ``now`` in that time is the instant that ``problem`` speaks of.

        A tariff that is not known or not supported leaves its time without rates, if another one
        has some: one that is over, or only to come, must not take away today's. Raises a
        TariffError otherwise.
        """
        table = RateTable()
        refused: TariffError | None = None
        answered = False
        self.problem = self._not_begun(now)
        for piece in pieces(self._agreements, start, end):
            try:
                found = await self._piece(piece)
                answered = True
            except (TariffNotFoundError, TariffNotSupportedError) as error:
                refused = error
                self.problem = error if _holds(piece, now) else self.problem
                continue
            if _holds(piece, now) and not _has_rates(found, now):
                # Past hours are empty too, so that late publication is not the cause.
                self.problem = NoRatesError(piece.tariff_code)
            table = table.merged(found)
        if refused is not None and not answered:
            raise refused
        return table

    def _not_begun(self, now: datetime | None) -> SupplyLaterError | None:
        """The agreement that is to come, if none is in force."""
        if now is None or any(each.covers(now) for each in self._agreements):
            return None
        begins = [each.valid_from for each in self._agreements if each.valid_from > now]
        return SupplyLaterError(min(begins)) if begins else None

    async def _piece(self, piece: Piece) -> RateTable:
        code = TariffCode.parse(piece.tariff_code)
        table = await self._client.rates(
            code, piece.start, piece.end, taxed=self._taxed, night=self._night
        )
        return RateTable(
            tuple(
                rate for rate in table.rates if rate.start >= piece.start and rate.end <= piece.end
            )
        )


def unpaid(start: datetime, end: datetime) -> RateTable:
    """Nothing a kWh for the half-hours of [start, end)."""
    whole = slots(floor_slot(start), floor_slot(end))
    return RateTable(tuple(Rate(slot, slot + SLOT, 0.0) for slot in whole))


def address_of(account: Account, property_id: str | None, now: datetime) -> Property:
    """The home meant by ``property_id``; without one, the first that buys electricity.

    Raises MovedOutError, NoImportError, or TariffReplyError for one that cannot be understood.
    """
    current = account.current(now)
    if property_id in account.unreadable:
        raise TariffReplyError("the home cannot be understood")
    if property_id is not None:
        current = tuple(address for address in current if address.id == property_id)
    if not current:
        raise MovedOutError("the account has no such home any more")
    buying = (address for address in current if _buys(address, now))
    if (found := next(buying, None)) is None:
        raise NoImportError("the home has no agreement to buy electricity")
    return found


def import_point_of(address: Property, now: datetime) -> MeterPoint:
    """Where the home buys its electricity. Raises NoImportError."""
    point = address.import_point(now)
    if point is None or not point.from_now_on(now):
        raise NoImportError("the home has no agreement to buy electricity any more")
    return point


def _buys(address: Property, now: datetime) -> bool:
    point = address.import_point(now)
    return point is not None and bool(point.from_now_on(now))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Meters:
    """Which meters belong to a home where its account does not say.

    ``import_mpan`` of several; ``export_account`` and ``export_property`` of an export meter that
    stands on an account of its own.
    """

    import_mpan: str | None = None
    export_account: str | None = None
    export_property: str | None = None


class AccountRates:
    """The rates of a home by its account, which is read again now and then.

    So a change of tariff is followed automatically. Rates need no key: while the
    account cannot be read again the agreements last read hold, and ``account_problem`` says what
    is wrong. ``import_problem`` and ``export_problem`` say why there is no rate now of a direction
    though all was answered.
    """

    def __init__(
        self,
        client: OctopusRest,
        account_number: str,
        property_id: str | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        night: NightWindow | None = None,
        kept: Property | None = None,
        meters: Meters | None = None,
    ) -> None:
        """``kept`` is the home as it was last read: it holds until the account is read."""
        self._meters = meters or Meters()
        self._export_account_problem: TariffError | None = None
        self.account_problem: TariffError | None = None
        self.import_problem: TariffError | None = None
        self.export_problem: TariffError | None = None
        self._client = client
        self._number = account_number
        self._property_id = property_id
        self._clock = clock
        self._night = night
        self._address = kept
        self._read_again_at: datetime | None = None
        self._failures = 0

    @property
    def read_again_at(self) -> datetime | None:
        """When the account is due to be read again; None before the first time."""
        return self._read_again_at

    @property
    def address(self) -> Property | None:
        """The home as last read."""
        return self._address

    async def fetch(self, start: datetime, end: datetime) -> AddressRates:
        """What is published for [start, end). Raises a TariffError."""
        now = self._clock()
        address = await self._current_address(now)
        bought, sold = import_point_of(address, now), address.export_point(now)
        self.import_problem, self.export_problem = None, self._export_account_problem
        imports = TariffRates(self._client, bought.agreements, taxed=True, night=self._night)
        table = await imports.fetch(start, end, now=now)
        self.import_problem = imports.problem
        if sold is None:
            # Export rates that are not reported are unknown, not zero.
            unknown = self._export_account_problem is not None
            return AddressRates(imports=table, exports=RateTable() if unknown else None)
        return AddressRates(imports=table, exports=await self._exports(sold, start, end, now))

    async def _exports(
        self, sold: MeterPoint, start: datetime, end: datetime, now: datetime
    ) -> RateTable | None:
        if not sold.from_now_on(now):
            return None
        rates = TariffRates(self._client, sold.agreements, taxed=False, night=self._night)
        try:
            table = await rates.fetch(start, end, now=now)
        except (TariffNotFoundError, TariffNotSupportedError) as error:
            self.export_problem = error
            return RateTable()
        if isinstance(rates.problem, SupplyLaterError):
            # The export agreement begins later: exports earn a known 0 until then.
            return unpaid(start, min(rates.problem.begins, end)).merged(table)
        self.export_problem = rates.problem or self.export_problem
        return table

    async def _current_address(self, now: datetime) -> Property:
        if self._address is not None and is_ahead(self._read_again_at, now, LONGEST_WAIT):
            return self._address
        try:
            address = await self._read(now)
        except TariffError as error:
            if self._address is None:
                raise
            self._failures += 1
            self.account_problem = error
            self._read_again_at = now + wait_after_failures(self._failures)
            return self._address
        self._address, self.account_problem, self._failures = address, None, 0
        self._read_again_at = now + ACCOUNT_POLL_INTERVAL.next_wait()
        return address

    async def _read(self, now: datetime) -> Property:
        """The home as its account has it, with the export meter of another account if one is set."""
        account = await self._client.account(self._number)
        address = address_of(account, self._property_id, now).metered_by(self._meters.import_mpan)
        if self._meters.export_account is None:
            return address
        try:
            sold = await self._client.account(self._meters.export_account)
        except TariffError as error:
            self._export_account_problem = error
            return address.with_exports_of(self._address)
        self._export_account_problem = None
        by_id = {each.id: each for each in sold.current(now)}
        return address.with_exports_of(by_id.get(self._meters.export_property or ""))
