"""What an Octopus account says about a home: meter points and the agreements on them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
import re

from ..common.http import aware
from .errors import TariffError, TariffReplyError
from .json_shape import JsonObject, objects, one_object, text

_NUMBER = re.compile(r"A-[0-9A-Z]{8}")


class AccountNumberError(TariffError):
    """Not an account number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A tariff over [valid_from, valid_to); an end of None is open."""

    tariff_code: str
    valid_from: datetime
    valid_to: datetime | None = None

    def covers(self, when: datetime) -> bool:
        """Whether it is in force at ``when``."""
        return self.valid_from <= when and (self.valid_to is None or when < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MeterPoint:
    """Where energy is metered in one direction. ``serials`` are its meters, replaced ones too."""

    mpan: str
    is_export: bool
    agreements: tuple[Agreement, ...]
    serials: tuple[str, ...] = ()

    def agreement_at(self, when: datetime) -> Agreement | None:
        """The agreement in force at ``when``; where two are, the one that began later."""
        return next((each for each in reversed(self.agreements) if each.covers(when)), None)

    def from_now_on(self, now: datetime) -> tuple[Agreement, ...]:
        """The agreement in force and those that follow."""
        return tuple(
            each for each in self.agreements if each.valid_to is None or each.valid_to > now
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Property:
    """An address. ``id`` distinguishes several; ``label`` is for its owner to recognise it.

    What its meters counted before ``moved_in_at`` others have used; None is not known.
    """

    id: str
    label: str
    postcode: str | None
    moved_out_at: datetime | None
    meter_points: tuple[MeterPoint, ...]
    moved_in_at: datetime | None = None

    def is_current(self, now: datetime) -> bool:
        """Whether the account holder has not moved out yet."""
        return self.moved_out_at is None or self.moved_out_at > now

    def import_point(self, now: datetime) -> MeterPoint | None:
        """The meter point of bought electricity; one with an agreement goes before one without."""
        return self._point(now, is_export=False)

    def export_point(self, now: datetime) -> MeterPoint | None:
        """The meter point of sold electricity; None where export is not paid."""
        return self._point(now, is_export=True)

    def buying(self, now: datetime) -> tuple[MeterPoint, ...]:
        """All that electricity is bought by, now or later. More than one: ask which is meant."""
        points = (point for point in self.meter_points if not point.is_export)
        return tuple(point for point in points if point.from_now_on(now))

    def metered_by(self, import_mpan: str | None) -> Property:
        """The same home, with this one of its import meters; itself if there is no such."""
        if import_mpan is None or import_mpan not in {each.mpan for each in self.meter_points}:
            return self
        return replace(
            self,
            meter_points=tuple(
                each for each in self.meter_points if each.is_export or each.mpan == import_mpan
            ),
        )

    def selling(self, now: datetime) -> bool:
        """Whether electricity is sold here, now or later."""
        return any(each.is_export and each.from_now_on(now) for each in self.meter_points)

    def with_exports_of(self, other: Property | None) -> Property:
        """The same home, selling by the export meters of another account's property."""
        sold = other.meter_points if other is not None else ()
        return replace(
            self,
            meter_points=(
                *(each for each in self.meter_points if not each.is_export),
                *(each for each in sold if each.is_export),
            ),
        )

    def _point(self, now: datetime, *, is_export: bool) -> MeterPoint | None:
        points = [point for point in self.meter_points if point.is_export is is_export]
        with_agreement = (point for point in points if point.from_now_on(now))
        return next(with_agreement, points[0] if points else None)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Account:
    """An account and all its addresses, past ones too.

    ``unreadable`` are the ids of those that could not be understood, beside others that could.
    """

    number: str
    properties: tuple[Property, ...]
    unreadable: frozenset[str] = frozenset()

    def current(self, now: datetime) -> tuple[Property, ...]:
        """Where the account holder lives now. More than one: ask which is meant."""
        return tuple(address for address in self.properties if address.is_current(now))


def account_number(typed: str) -> str:
    """An account number in its proper form. Raises AccountNumberError."""
    number = typed.strip().upper()
    if not _NUMBER.fullmatch(number):
        raise AccountNumberError("an account number reads A-XXXXXXXX")
    return number


def parse_account(body: object) -> Account:
    """The reply to a question about an account. Raises TariffReplyError."""
    account = one_object(body, "the account")
    found: list[Property] = []
    errors: dict[str, TariffReplyError] = {}
    for each in objects(account, "properties"):
        try:
            found.append(_property(each))
        except TariffReplyError as error:
            # One unreadable address, perhaps left long ago, leaves the others usable.
            errors[str(each.get("id"))] = error
    if errors and not found:
        raise next(iter(errors.values()))
    return Account(
        number=text(account, "number"),
        properties=tuple(found),
        unreadable=frozenset(errors),
    )


def _property(body: JsonObject) -> Property:
    return Property(
        id=str(body.get("id")),
        label=", ".join(
            part
            for key in ("address_line_1", "address_line_2", "town", "postcode")
            if isinstance(part := body.get(key), str) and part
        ),
        postcode=postcode if isinstance(postcode := body.get("postcode"), str) else None,
        moved_out_at=aware(body.get("moved_out_at")),
        meter_points=tuple(
            _meter_point(each) for each in objects(body, "electricity_meter_points")
        ),
        moved_in_at=aware(body.get("moved_in_at")),
    )


def _meter_point(body: JsonObject) -> MeterPoint:
    # Some agreements are listed without a tariff: they are left out.
    listed = (each for each in objects(body, "agreements") if each.get("tariff_code") is not None)
    agreements = (_agreement(each) for each in listed)
    return MeterPoint(
        mpan=text(body, "mpan"),
        is_export=body.get("is_export") is True,
        agreements=tuple(sorted(agreements, key=lambda each: each.valid_from)),
        serials=_serials(body.get("meters")),
    )


def _serials(meters: object) -> tuple[str, ...]:
    """The serial numbers, needed only for past consumption: one of another shape is left out."""
    listed = meters if isinstance(meters, list) else []
    found = (meter.get("serial_number") for meter in listed if isinstance(meter, Mapping))
    return tuple(serial for serial in found if isinstance(serial, str) and serial)


def _agreement(body: JsonObject) -> Agreement:
    valid_from, valid_to = aware(body.get("valid_from")), aware(body.get("valid_to"))
    if valid_from is None or (valid_to is None and body.get("valid_to") is not None):
        raise TariffReplyError("an agreement has no sensible dates")
    return Agreement(
        tariff_code=text(body, "tariff_code"), valid_from=valid_from, valid_to=valid_to
    )
