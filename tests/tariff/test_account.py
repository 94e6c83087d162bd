"""What an account says, in all the ways homes and meters come."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.tariff.account import (
    Account,
    MeterPoint,
    account_number,
    parse_account,
)
from custom_components.smart_battery_scheduler.tariff.agreement_rates import address_of
from custom_components.smart_battery_scheduler.tariff.errors import TariffReplyError

from .bodies import ACCOUNT, Body, account, address, agreement, meter_point
from .conftest import NOW

AGILE = "E-1R-AGILE-24-10-01-C"
VAR = "E-1R-VAR-22-11-01-C"
OUTGOING = "E-1R-AGILE-OUTGOING-19-05-13-C"
IMPORTS = meter_point(
    "1200000000001",
    agreement(VAR, "2022-12-17T00:00:00Z", "2024-10-15T00:00:00+01:00"),
    agreement(AGILE, "2024-10-15T00:00:00+01:00"),
)
EXPORTS = meter_point(
    "1200000000002", agreement(OUTGOING, "2024-10-20T00:00:00+01:00"), export=True
)


def imports_of(*points: Body) -> MeterPoint | None:
    """The import meter point of a home with these meter points."""
    (only,) = parse_account(account(address(2, *points))).current(NOW)
    return only.import_point(NOW)


def tariff_at(point: MeterPoint | None, when: datetime) -> str | None:
    """The tariff in force."""
    found = point.agreement_at(when) if point else None
    return found.tariff_code if found else None


def test_moved_house_only_the_present_home_counts() -> None:
    """The old one stays listed."""
    old = address(1, IMPORTS, since="2016-01-01T00:00:00Z", until="2020-11-30T00:00:00Z")
    found = parse_account(account(old, address(2, IMPORTS)))
    assert [each.id for each in found.current(NOW)] == ["2"]
    assert len(found.properties) == 2


def test_a_home_that_will_be_left_is_still_the_present_one() -> None:
    """The date of moving out may lie ahead."""
    found = parse_account(account(address(1, IMPORTS, until="2026-12-24T00:00:00Z")))
    assert [each.id for each in found.current(NOW)] == ["1"]


def test_several_properties_are_all_offered() -> None:
    """Which is meant must be asked; each has a label its owner knows."""
    found = parse_account(account(address(1, IMPORTS), address(2, IMPORTS)))
    assert [each.label for each in found.current(NOW)] == [
        "1 EXAMPLE STREET, EXAMPLETOWN, ZZ1 2ZZ",
        "2 EXAMPLE STREET, EXAMPLETOWN, ZZ1 2ZZ",
    ]


def test_import_and_export_have_each_their_own_mpan() -> None:
    """Though it is one house."""
    (only,) = parse_account(account(address(2, EXPORTS, IMPORTS))).current(NOW)
    bought, sold = only.import_point(NOW), only.export_point(NOW)
    assert bought and sold
    assert (bought.mpan, sold.mpan) == ("1200000000001", "1200000000002")


def test_no_export_mpan_means_exports_are_not_paid() -> None:
    """None, not a zero price."""
    (only,) = parse_account(account(address(2, IMPORTS))).current(NOW)
    assert only.export_point(NOW) is None


def test_export_only_has_no_import_point() -> None:
    """Electricity is bought elsewhere."""
    assert imports_of(EXPORTS) is None
    assert imports_of() is None


def test_a_meter_point_without_agreement_yields_to_one_with() -> None:
    """As after a change of supplier or of meter point."""
    ended = meter_point("1", agreement(VAR, "2020-01-01T00:00:00Z", "2022-01-01T00:00:00Z"))
    live = meter_point("2", agreement(AGILE, "2024-10-15T00:00:00Z"))
    for points in ((ended, live), (live, ended)):
        point = imports_of(*points)
        assert point is not None
        assert point.mpan == "2"


def test_mixed_offsets_change_tariff_at_local_midnight() -> None:
    """One agreement ends with +01:00 where the next begins."""
    point = imports_of(IMPORTS)
    assert tariff_at(point, datetime(2024, 10, 14, 22, 59, tzinfo=UTC)) == VAR
    assert tariff_at(point, datetime(2024, 10, 14, 23, 0, tzinfo=UTC)) == AGILE
    assert tariff_at(point, datetime(2020, 1, 1, tzinfo=UTC)) is None


def test_agreements_of_the_past_are_left_behind_and_future_ones_kept() -> None:
    """From now on."""
    point = imports_of(
        meter_point(
            "1",
            agreement("E-1R-GO-VAR-22-10-14-C", "2026-12-01T00:00:00Z"),
            agreement(AGILE, "2024-10-15T00:00:00+01:00", "2026-12-01T00:00:00Z"),
            agreement(VAR, "2022-12-17T00:00:00Z", "2024-10-15T00:00:00+01:00"),
        )
    )
    assert point is not None
    assert [each.tariff_code for each in point.from_now_on(NOW)] == [
        AGILE,
        "E-1R-GO-VAR-22-10-14-C",
    ]


def test_overlapping_agreements_the_later_begun_holds() -> None:
    """The first was left open."""
    point = imports_of(
        meter_point(
            "1", agreement(AGILE, "2024-10-15T00:00:00Z"), agreement(VAR, "2022-01-01T00:00:00Z")
        )
    )
    assert tariff_at(point, NOW) == AGILE


def test_an_account_number_in_its_proper_form() -> None:
    """Capitals, no blanks."""
    assert account_number(" a-test0001\n") == "A-TEST0001"


def test_nothing_personal_is_in_a_repr() -> None:
    """It would end up in a log."""
    found = parse_account(account(address(2, IMPORTS)))
    (only,) = found.properties
    text = f"{found!r} {only!r} {only.meter_points[0]!r}"
    assert "EXAMPLE" not in text and "1200000000001" not in text and ACCOUNT not in text


def without(key: str, body: Body) -> Any:
    """The body less one key."""
    return {name: value for name, value in body.items() if name != key}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        without("number", account(address(2, IMPORTS))),
        {"number": ACCOUNT, "properties": "none"},
        {"number": ACCOUNT, "properties": ["none"]},
        account(address(2, without("mpan", IMPORTS))),
        account(address(2, meter_point("1", agreement("", "2024-10-15T00:00:00Z")))),
        account(address(2, meter_point("1", agreement(AGILE, "2024-10-15")))),
        account(address(2, meter_point("1", agreement(AGILE, "2024-10-15T00:00:00Z", "some day")))),
    ],
)
def test_what_cannot_be_understood_is_refused(body: object) -> None:
    """Half an account would be a wrong tariff."""
    with pytest.raises(TariffReplyError):
        parse_account(body)


def test_a_null_in_a_home_that_was_left_does_not_spoil_the_present_one() -> None:
    """One of several; which it is stays known."""
    broken: Any = address(1, deepcopy(IMPORTS), until="2020-11-30T00:00:00Z")
    broken["electricity_meter_points"][0]["mpan"] = None
    found = parse_account(account(broken, address(2, IMPORTS)))
    assert [each.id for each in found.current(NOW)] == ["2"]
    assert found.unreadable == {"1"}


def test_nulls_in_lists_and_agreements_without_a_tariff_are_none() -> None:
    """BottlecapDave's integration meets agreements whose tariff code is null."""
    body: Any = address(2, deepcopy(IMPORTS))
    body["electricity_meter_points"].insert(0, None)
    point = body["electricity_meter_points"][1]
    point["agreements"] = [None, {"tariff_code": None, "valid_from": None}, *point["agreements"]]
    (only,) = parse_account({"number": ACCOUNT, "properties": [None, body]}).current(NOW)
    assert tariff_at(only.import_point(NOW), NOW) == AGILE


def test_a_home_that_cannot_be_understood_is_not_taken_for_one_that_was_left() -> None:
    """It is its own that cannot be read: nobody has moved."""
    broken: Any = address(1, deepcopy(IMPORTS))
    broken["electricity_meter_points"][0]["mpan"] = None
    found = parse_account(account(broken, address(2, IMPORTS)))
    with pytest.raises(TariffReplyError):
        address_of(found, "1", NOW)
    assert address_of(found, "2", NOW).id == "2"


def test_missing_lists_are_empty() -> None:
    """A property without electricity has no meter points, or none are named."""
    found: Account = parse_account(account(without("electricity_meter_points", address(2))))
    assert found.properties[0].meter_points == ()
