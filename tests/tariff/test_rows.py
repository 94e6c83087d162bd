"""From price rows to half-hours: every form in which tariffs come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE as UK
from custom_components.smart_battery_scheduler.tariff.errors import TariffReplyError
from custom_components.smart_battery_scheduler.tariff.model import RateTable
from custom_components.smart_battery_scheduler.tariff.rows import (
    INTELLIGENT_NIGHT,
    OLD_METER_NIGHT,
    SMART_METER_NIGHT,
    NightWindow,
    PriceRow,
    day_and_night,
    for_payment,
    half_hours,
    parse_rows,
)
from custom_components.smart_battery_scheduler.tariff.vat import vat_rate

from .bodies import HALF_HOUR, half_hour_rows, row


def utc(text: str) -> datetime:
    """A UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    """A UK local moment, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UK).astimezone(UTC)


def table(rows: list[Json], start: datetime, end: datetime, *, taxed: bool = True) -> RateTable:
    """What the rows of a reply come to."""
    return half_hours(for_payment(parse_rows(rows)), start, end, taxed=taxed)


def prices(found: RateTable) -> list[float]:
    """In order of time."""
    return [rate.p_per_kwh for rate in found.rates]


@pytest.mark.parametrize(
    ("day", "count"), [("2026-03-29", 46), ("2026-10-25", 50), ("2026-06-17", 48)]
)
def test_a_local_day_has_46_48_or_50_half_hours(day: str, count: int) -> None:
    """The clocks change; UTC does not: no gap, no double."""
    start = local(f"{day}T00:00")
    end = (datetime.fromisoformat(f"{day}T00:00") + timedelta(days=1)).replace(tzinfo=UK)
    end = end.astimezone(UTC)
    found = table(half_hour_rows(start - HALF_HOUR, end + HALF_HOUR), start, end)
    assert len(found.rates) == count
    assert found.known_until(start) == end
    assert {rate.end - rate.start for rate in found.rates} == {HALF_HOUR}


def test_rows_are_newest_first_and_come_out_in_order() -> None:
    """Whatever order was asked for."""
    start, end = utc("2026-11-21T00:00"), utc("2026-11-21T02:00")
    assert prices(table(half_hour_rows(start, end), start, end)) == [10.0, 10.1, 10.2, 10.3]


def test_a_row_that_sticks_out_of_the_window_is_clipped() -> None:
    """The API lists every row that touches the window."""
    rows: list[Json] = [row(utc("2026-11-21T00:00"), utc("2026-11-22T00:00"), 20.0)]
    found = table(rows, utc("2026-11-21T06:00"), utc("2026-11-21T07:30"))
    assert [rate.start.hour for rate in found.rates] == [6, 6, 7]


def test_a_null_valid_to_is_open_ended() -> None:
    """And a beginning years back is a beginning all the same."""
    rows: list[Json] = [row(utc("2022-11-01T00:00"), None, 24.0)]
    found = table(rows, utc("2026-11-21T00:00"), utc("2026-11-23T00:00"))
    assert prices(found) == [24.0] * 96


def test_a_missing_row_leaves_a_gap_and_nothing_is_invented() -> None:
    """Neither zero nor its neighbours' mean."""
    start, end = utc("2026-11-21T00:00"), utc("2026-11-21T02:00")
    rows = half_hour_rows(start, end)
    del rows[1]
    found = table(rows, start, end)
    assert [rate.start for rate in found.rates] == [start, start + HALF_HOUR, start + HALF_HOUR * 3]
    assert found.at(start + HALF_HOUR * 2) is None
    assert found.known_until(start) == start + HALF_HOUR * 2


def test_the_last_hour_of_the_local_day_is_missing_until_the_next_publication() -> None:
    """Published to 23:00 local: the rest of the day is unknown, not zero."""
    start, end = local("2026-07-01T00:00"), local("2026-07-02T00:00")
    found = table(half_hour_rows(start, local("2026-07-01T23:00")), start, end)
    assert found.at(local("2026-07-01T22:59")) is not None
    assert found.at(local("2026-07-01T23:00")) is None
    assert found.at(local("2026-07-01T23:30")) is None


def test_nothing_published_is_an_empty_table() -> None:
    """Count 0 with status 200."""
    assert table([], utc("2026-11-22T23:00"), utc("2026-11-23T23:00")) == RateTable()


def test_a_half_hour_partly_covered_has_no_rate() -> None:
    """A price for a part of it is not its price."""
    rows: list[Json] = [row(utc("2026-11-21T00:10"), utc("2026-11-21T01:20"), 20.0)]
    found = table(rows, utc("2026-11-21T00:00"), utc("2026-11-21T02:00"))
    assert [rate.start for rate in found.rates] == [utc("2026-11-21T00:30")]


def test_negative_prices_and_the_cap_pass() -> None:
    """Agile goes from below zero to 95.23 p without VAT."""
    start = utc("2025-06-01T12:00")
    rows: list[Json] = [
        row(start + HALF_HOUR, start + HALF_HOUR * 2, 95.23, 100.0),
        row(start, start + HALF_HOUR, -7.25, -7.6125),
    ]
    assert prices(table(rows, start, start + HALF_HOUR * 2)) == [-7.6125, 99.9915]


def test_two_payment_methods_direct_debit_is_taken() -> None:
    """The rows overlap; the other way of payment is more expensive."""
    start = utc("2024-03-31T23:00")
    rows: list[Json] = [
        row(start, None, 30.654, method="NON_DIRECT_DEBIT"),
        row(start, None, 30.008, method="DIRECT_DEBIT"),
    ]
    day = utc("2026-11-21T00:00")
    assert prices(table(rows, day, day + HALF_HOUR)) == [30.008]
    other = for_payment(parse_rows(rows), "NON_DIRECT_DEBIT")
    assert prices(half_hours(other, day, day + HALF_HOUR, taxed=True)) == [30.654]


def test_a_null_payment_method_holds_for_everybody() -> None:
    """Agile, Outgoing and Go have none."""
    day = utc("2026-11-21T00:00")
    rows: list[Json] = [row(day, None, 12.0, method=None)]
    for method in ("DIRECT_DEBIT", "NON_DIRECT_DEBIT"):
        assert for_payment(parse_rows(rows), method)


def test_overlapping_rows_the_later_begun_holds() -> None:
    """A price was changed and the old row left open."""
    day = utc("2026-11-21T00:00")
    rows: list[Json] = [row(day, None, 12.0), row(day - timedelta(days=300), None, 15.0)]
    assert prices(table(rows, day - HALF_HOUR, day + HALF_HOUR)) == [15.0, 12.0]


def test_vat_switches_within_a_window() -> None:
    """5 % until 1 October 2026 00:00 local, nothing after."""
    start = utc("2026-09-30T22:00")
    rows = half_hour_rows(start, start + timedelta(hours=2))
    assert prices(table(rows, start, start + timedelta(hours=2))) == [10.5, 10.605, 10.2, 10.3]


def test_vat_of_an_open_row_is_by_the_half_hour_and_not_by_its_listed_price() -> None:
    """An open row is listed with today's tax, even for last year."""
    rows: list[Json] = [row(utc("2025-12-31T00:00"), None, 20.0, 20.0)]
    found = table(rows, utc("2026-09-30T22:30"), utc("2026-09-30T23:30"))
    assert prices(found) == [21.0, 20.0]


def test_export_bears_no_vat() -> None:
    """What is paid for exports is the same with and without."""
    start = utc("2025-06-01T12:00")
    rows: list[Json] = [row(start, start + HALF_HOUR, 15.0)]
    assert prices(table(rows, start, start + HALF_HOUR, taxed=False)) == [15.0]


@pytest.mark.parametrize(
    ("when", "rate"),
    [
        ("2019-01-01T00:00", 0.05),
        ("2026-09-30T22:59", 0.05),
        ("2026-09-30T23:00", 0.0),
        ("2027-03-31T22:59", 0.0),
        ("2027-03-31T23:00", 0.05),
    ],
)
def test_vat_schedule(when: str, rate: float) -> None:
    """Switches fall on UK midnights, both in summer time."""
    assert vat_rate(utc(when)) == rate


def test_blocks_of_a_go_day_become_half_hours() -> None:
    """Cheap 00:30-05:30 local."""
    rows: list[Json] = [
        row(local("2026-07-01T05:30"), local("2026-07-02T00:30"), 24.7),
        row(local("2026-07-01T00:30"), local("2026-07-01T05:30"), 4.8),
        row(local("2026-06-30T05:30"), local("2026-07-01T00:30"), 24.7),
    ]
    found = table(rows, local("2026-07-01T00:00"), local("2026-07-02T00:00"), taxed=False)
    assert prices(found) == [24.7] + [4.8] * 10 + [24.7] * 37


def test_flux_has_three_levels_a_day() -> None:
    """Cheap 02-05, peak 16-19 local; the rows say so, no window is built in."""
    rows: list[Json] = [
        row(local("2026-07-01T19:00"), local("2026-07-02T02:00"), 26.0),
        row(local("2026-07-01T16:00"), local("2026-07-01T19:00"), 37.0),
        row(local("2026-07-01T05:00"), local("2026-07-01T16:00"), 26.0),
        row(local("2026-07-01T02:00"), local("2026-07-01T05:00"), 16.0),
    ]
    found = table(rows, local("2026-07-01T02:00"), local("2026-07-02T02:00"), taxed=False)
    assert prices(found) == [16.0] * 6 + [26.0] * 22 + [37.0] * 6 + [26.0] * 14


def test_tracker_has_one_price_a_local_day() -> None:
    """Whose length is that of the local day."""
    rows: list[Json] = [row(local("2026-10-25T00:00"), local("2026-10-26T00:00"), 21.4)]
    found = table(rows, local("2026-10-24T00:00"), local("2026-10-27T00:00"), taxed=False)
    assert prices(found) == [21.4] * 50


@pytest.mark.parametrize(
    ("window", "when", "night"),
    [
        (SMART_METER_NIGHT, "2026-07-01T00:29", False),
        (SMART_METER_NIGHT, "2026-07-01T00:30", True),
        (SMART_METER_NIGHT, "2026-07-01T07:29", True),
        (SMART_METER_NIGHT, "2026-07-01T07:30", False),
        (OLD_METER_NIGHT, "2026-06-30T23:00", True),
        (OLD_METER_NIGHT, "2026-07-01T06:00", False),
        (OLD_METER_NIGHT, "2026-01-01T06:00", True),
        (INTELLIGENT_NIGHT, "2026-07-01T22:30", True),
        (INTELLIGENT_NIGHT, "2026-07-01T22:29", False),
        (INTELLIGENT_NIGHT, "2026-07-01T04:29", True),
        (INTELLIGENT_NIGHT, "2026-07-01T04:30", False),
    ],
)
def test_night_windows_smart_meters_keep_utc_old_ones_the_local_clock(
    window: NightWindow, when: str, night: bool
) -> None:
    """In summer they differ by an hour."""
    assert window.contains(utc(when)) is night


def test_day_and_night_registers_are_joined_by_the_window() -> None:
    """Each register is priced all day long; only its own hours count."""
    start, end = utc("2026-11-21T00:00"), utc("2026-11-22T00:00")
    day = table([row(utc("2022-11-01T00:00"), None, 30.0)], start, end)
    night = table([row(utc("2022-11-01T00:00"), None, 15.0)], start, end)
    joined = day_and_night(day, night, SMART_METER_NIGHT)
    assert prices(joined) == [30.0] + [15.0] * 14 + [30.0] * 33
    assert prices(day_and_night(day, RateTable(), SMART_METER_NIGHT)) == [30.0] * 34


@pytest.mark.parametrize(
    "bad",
    [
        "a row",
        None,
        {},
        {"value_exc_vat": None},
        {"value_exc_vat": "12.0"},
        {"value_exc_vat": True},
        {"value_exc_vat": 10**400},
        {"value_exc_vat": 1000.1},
        {"value_exc_vat": float("nan")},
        {"value_exc_vat": 12.0, "valid_from": "2026-11-21T00:00:00"},
        {"value_exc_vat": 12.0, "valid_from": "soon"},
        {"value_exc_vat": 12.0, "valid_to": 17},
    ],
)
def test_a_row_that_makes_no_sense_spoils_the_reply(bad: object) -> None:
    """Left out it would look unpublished."""
    good = row(utc("2026-11-21T00:00"), None, 12.0)
    with pytest.raises(TariffReplyError):
        parse_rows([good, bad])


def test_mixed_offsets_are_read_as_the_same_instants() -> None:
    """Z and +01:00 mean the same moment."""
    plain, offset = parse_rows(
        [
            {"value_exc_vat": 1.0, "valid_from": "2026-06-30T23:00:00Z", "valid_to": None},
            {"value_exc_vat": 1.0, "valid_from": "2026-07-01T00:00:00+01:00", "valid_to": None},
        ]
    )
    assert plain == offset


moments = st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 5), timezones=st.just(UTC))


@st.composite
def price_rows(draw: st.DrawFn) -> PriceRow:
    """Any row, open or closed, aligned or not."""
    start = draw(st.none() | moments)
    length = draw(st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=3)))
    return PriceRow(
        start=start,
        end=None if length is None or start is None else start + length,
        p_exc_vat=draw(st.floats(-100.0, 100.0)),
    )


@given(
    rows=st.lists(price_rows(), max_size=6),
    since=st.integers(0, 700),
    count=st.integers(1, 150),
    taxed=st.booleans(),
)
def test_half_hours_are_whole_in_the_window_and_covered(
    rows: list[PriceRow], since: int, count: int, taxed: bool
) -> None:
    """Whatever the rows: no overlap, none outside, none without a row that covers all of it."""
    start = datetime(2026, 3, 20, tzinfo=UTC) + HALF_HOUR * since
    end = start + HALF_HOUR * count
    found = half_hours(rows, start, end, taxed=taxed)
    starts = [rate.start for rate in found.rates]
    assert starts == sorted(set(starts))
    for rate in found.rates:
        assert start <= rate.start < rate.end <= end
        assert rate.end - rate.start == HALF_HOUR
    assert set(starts) == {
        slot
        for slot in (start + HALF_HOUR * index for index in range(count))
        if any(covers(row, slot) for row in rows)
    }


def covers(row: PriceRow, slot: datetime) -> bool:
    """Whether a row holds for the whole half-hour."""
    begins = row.start is None or row.start <= slot
    return begins and (row.end is None or row.end >= slot + HALF_HOUR)
