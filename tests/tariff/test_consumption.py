"""Meter readings, as loosely as they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.codec import Json
from custom_components.smart_battery_scheduler.tariff.account import MeterPoint
from custom_components.smart_battery_scheduler.tariff.consumption import (
    MeteredSlot,
    merged,
    parse_consumption,
)
from custom_components.smart_battery_scheduler.tariff.errors import (
    TariffAuthError,
    TariffReplyError,
)
from custom_components.smart_battery_scheduler.tariff.octopus_rest import OctopusRest

from ..cloud.faults import Endpoint, Fault
from ..cloud.server import Cloud
from ..cloud.world import API_KEY, IMPORT_MPAN, METER_SERIAL
from .bodies import HALF_HOUR, Body

NIGHT = datetime(2024, 10, 27, tzinfo=UTC)


def reading(start: str, end: str, kwh: Json = 0.113) -> Body:
    """A row."""
    return {"consumption": kwh, "interval_start": start, "interval_end": end}


def test_odd_offsets_at_a_clock_change_are_half_hours_all_the_same() -> None:
    """One row begins in summer time and ends in winter time, with the same clock reading later."""
    rows = [
        reading("2024-10-27T01:30:00Z", "2024-10-27T02:00:00Z", 0.4),
        reading("2024-10-27T01:00:00Z", "2024-10-27T01:30:00Z", 0.3),
        reading("2024-10-27T01:30:00+01:00", "2024-10-27T01:00:00Z", 0.2),
        reading("2024-10-27T01:00:00+01:00", "2024-10-27T01:30:00+01:00", 0.1),
    ]
    found = parse_consumption(rows, NIGHT, NIGHT + timedelta(hours=2))
    assert [slot.kwh for slot in found] == [0.1, 0.2, 0.3, 0.4]
    assert [slot.start for slot in found] == [NIGHT + HALF_HOUR * index for index in range(4)]


def test_the_49th_row_is_cut_off() -> None:
    """The window is loose: the half-hour at its end comes too."""
    rows = [
        reading("2024-10-27T00:30:00Z", "2024-10-27T01:00:00Z"),
        reading("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z"),
        reading("2024-10-26T23:30:00Z", "2024-10-27T00:00:00Z"),
    ]
    found = parse_consumption(rows, NIGHT, NIGHT + HALF_HOUR)
    assert [slot.start for slot in found] == [NIGHT]


@pytest.mark.parametrize("kwh", ["0.113", 0.113, "1.13e-1"])
def test_energy_as_text_or_number(kwh: Json) -> None:
    """The documentation says text, the recordings number."""
    row = reading("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z", kwh)
    assert parse_consumption([row], NIGHT, NIGHT + HALF_HOUR) == (MeteredSlot(NIGHT, 0.113),)


def test_doubles_count_once_and_replaced_meters_are_joined() -> None:
    """Where both have a half-hour the later meter's counts; gaps stay gaps."""
    row = reading("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z")
    assert len(parse_consumption([row, row], NIGHT, NIGHT + HALF_HOUR)) == 1
    old = (MeteredSlot(NIGHT, 1.0), MeteredSlot(NIGHT + HALF_HOUR, 1.0))
    new = (MeteredSlot(NIGHT + HALF_HOUR, 2.0), MeteredSlot(NIGHT + HALF_HOUR * 3, 2.0))
    assert [slot.kwh for slot in merged(old, new)] == [1.0, 2.0, 2.0]
    assert merged() == ()


@pytest.mark.parametrize(
    "bad",
    [
        None,
        reading("2024-10-27T00:00:00Z", "2024-10-27T01:00:00Z"),
        reading("2024-10-27T00:00:00", "2024-10-27T00:30:00"),
        reading("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z", None),
        reading("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z", "much"),
        reading("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z", "nan"),
        reading("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z", -0.1),
        reading("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z", 50.1),
    ],
)
def test_nonsense_is_refused(bad: object) -> None:
    """Nothing slips through as energy."""
    with pytest.raises(TariffReplyError):
        parse_consumption([bad], NIGHT, NIGHT + timedelta(days=1))


# --- against the stand-in -----------------------------------------------------------------------

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
POINT = MeterPoint(
    mpan=IMPORT_MPAN, is_export=False, serials=("00A/0001", METER_SERIAL), agreements=()
)


@pytest.fixture
def octopus(
    freezer: FrozenDateTimeFactory, cloud: Cloud, session: aiohttp.ClientSession
) -> OctopusRest:
    """The real client on a winter noon."""
    freezer.move_to(NOON)
    return OctopusRest(session, API_KEY, base_url=cloud.url, clock=cloud.world.clock, timeout_s=5.0)


async def test_yesterday_has_come_in_and_today_has_not(octopus: OctopusRest, cloud: Cloud) -> None:
    """A meter that was replaced is asked too and has nothing; its serial is one path segment."""
    found = await octopus.consumption(POINT, NOON - timedelta(days=2), NOON)
    assert found[0].start == NOON - timedelta(days=2)
    assert found[-1].start == datetime(2026, 1, 13, 23, 30, tzinfo=UTC)
    assert len(found) == 72
    asked = [each for each in cloud.requests if each.endpoint is Endpoint.CONSUMPTION]
    assert [each.status for each in asked] == [404, 200]
    assert "/meters/00A/0001/consumption/" in asked[0].path


async def test_an_empty_yesterday_is_no_error(octopus: OctopusRest) -> None:
    """Readings may take days."""
    assert await octopus.consumption(POINT, NOON - timedelta(hours=6), NOON) == ()


async def test_readings_need_the_key(octopus: OctopusRest, cloud: Cloud) -> None:
    """Basic auth, on every page."""
    cloud.faults.add(Fault.UNAUTHORISED, Endpoint.CONSUMPTION)
    with pytest.raises(TariffAuthError):
        await octopus.consumption(POINT, NOON - timedelta(days=2), NOON)
