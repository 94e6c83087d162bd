"""The meters' past on the wire."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from yarl import URL

from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.tariff.account import MeterPoint
from custom_components.smart_battery_scheduler.tariff.consumption import (
    metered_kwh,
    parse_consumption,
)
from custom_components.smart_battery_scheduler.tariff.errors import (
    TariffAuthError,
    TariffReplyError,
)
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest

from ..wire import Wire
from .bodies import API_KEY, BASE, HALF_HOUR, page, stamp

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=1)
POINT = MeterPoint(mpan="1200000000001", is_export=False, agreements=(), serials=("OLD", "NEW"))


def url(serial: str, **more: str | int) -> URL:
    """Where a meter's past is asked for."""
    path = f"v1/electricity-meter-points/1200000000001/meters/{serial}/consumption/"
    return (URL(BASE) / path).with_query(
        period_from=str(stamp(START)),
        period_to=str(stamp(END)),
        order_by="period",
        page_size=1500,
        **more,
    )


def counted(start: datetime, kwh: Json) -> Json:
    """A row of a reply."""
    end = start + HALF_HOUR
    return {
        "consumption": kwh,
        "interval_start": start.isoformat(),
        "interval_end": end.isoformat(),
    }


async def test_a_replaced_meters_past_is_read_too_page_by_page(
    octopus: OctopusRest, wire: Wire
) -> None:
    """Every meter of the point is read, page by page, with the key; the loose window is cut."""
    second = START + HALF_HOUR
    wire.get(url("OLD"), payload=page(counted(START, 0.2)))
    following = url("NEW", page=2)
    wire.get(url("NEW"), payload=page(counted(START, 0.0), following=str(following)))
    # The window of the API is loose: it gave 49 rows for a day (Suman-UoL/givenergy-data).
    wire.get(following, payload=page(counted(second, "0.113"), counted(END, 9.0)))
    assert await metered_kwh(octopus, POINT, START, END) == {START: 0.2, second: 0.113}
    for calls in wire.requests.values():
        for call in calls:
            kind, secret = call.kwargs["headers"]["Authorization"].split()
            assert (kind, b64decode(secret).decode()) == ("Basic", f"{API_KEY}:")


async def test_a_meter_that_is_not_known_any_more_has_counted_nothing(
    octopus: OctopusRest, wire: Wire
) -> None:
    """A meter that is not known any more has counted nothing; a refused key is an error."""
    wire.get(url("OLD"), status=404, payload={"detail": "Not found."})
    wire.get(url("NEW"), payload=page(counted(START, 0.4)))
    assert await metered_kwh(octopus, POINT, START, END) == {START: 0.4}
    wire.get(url("OLD"), status=401, payload={"detail": "Invalid API key."})
    with pytest.raises(TariffAuthError):
        await metered_kwh(octopus, POINT, START, END)


def test_a_clock_change_moves_no_half_hour() -> None:
    """A half-hour that begins in one offset and ends in the other is one half-hour of UTC."""
    rows: list[Json] = [
        {
            "consumption": 0.11,
            "interval_start": "2026-10-25T01:30:00+01:00",
            "interval_end": "2026-10-25T01:00:00Z",
        },
        {
            "consumption": 0.132,
            "interval_start": "2026-10-25T01:00:00Z",
            "interval_end": "2026-10-25T01:30:00Z",
        },
    ]
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert parse_consumption(rows) == {first: 0.11, first + HALF_HOUR: 0.132}


def test_what_is_no_half_hour_of_the_clock_is_left_out() -> None:
    """What is no half-hour of the clock is left out: it has no rate."""
    hour = {
        "consumption": 1.0,
        "interval_start": "2026-11-01T00:00:00Z",
        "interval_end": "2026-11-01T01:00:00Z",
    }
    assert parse_consumption([hour, counted(START + timedelta(minutes=7), 1.0)]) == {}


@pytest.mark.parametrize(
    "row",
    ["text", {}, counted(START, -1.0), counted(START, "much"), counted(START, None)],
    ids=["no object", "empty", "negative", "words", "null"],
)
def test_a_row_that_cannot_be_understood_is_an_error(row: Json) -> None:
    """A row that cannot be understood is an error, and no 0."""
    with pytest.raises(TariffReplyError):
        parse_consumption([row])
