"""What the meters of an account have counted. Facts: docs.octopus.energy, "Consumption".

Half-hours in kWh, a day late at best; missing ones are missing rows. The window of the API is
loose, stamps mix offsets, and a replaced meter stays listed with a past of its own.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from ..common.http import aware, number
from .account import MeterPoint
from .errors import TariffNotFoundError, TariffReplyError
from .model import SLOT, floor_slot
from .octopus_rest import OctopusRest, utc_stamp

# The API allows 25,000 rows a page; this is a month of half-hours, and smaller replies fail less.
PAGE_SIZE = 1500


async def metered_kwh(
    client: OctopusRest, point: MeterPoint, start: datetime, end: datetime
) -> dict[datetime, float]:
    """The half-hours of [start, end) of a meter point by their UTC start. Raises a TariffError.

    A meter that the API does not know (replaced long ago) has counted nothing.
    """
    found: dict[datetime, float] = {}
    for serial in point.serials:
        path = f"electricity-meter-points/{point.mpan}/meters/{serial}/consumption/"
        query: dict[str, str | int] = {
            "period_from": utc_stamp(start),
            "period_to": utc_stamp(end),
            "order_by": "period",
            "page_size": PAGE_SIZE,
        }
        try:
            rows = await client.listed(path, query, keyed=True)
        except TariffNotFoundError:
            continue
        for at, kwh in parse_consumption(rows).items():
            # On the day of a replacement both meters may list a half-hour, one of them with 0 kWh.
            if start <= at < end:
                found[at] = max(kwh, found.get(at, 0.0))
    return found


def parse_consumption(rows: Iterable[object]) -> dict[datetime, float]:
    """The rows of a reply by their UTC start. Raises TariffReplyError for a row that is none.

    A row that is no half-hour of the clock is left out: it could not be matched with a rate.
    """
    found: dict[datetime, float] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            raise TariffReplyError("a row of consumption is not an object")
        start, end = aware(row.get("interval_start")), aware(row.get("interval_end"))
        kwh = _kwh(row.get("consumption"))
        if start is None or end is None or kwh is None:
            raise TariffReplyError("a row of consumption cannot be understood")
        start = start.astimezone(UTC)
        if end.astimezone(UTC) - start == SLOT and floor_slot(start) == start:
            found[start] = kwh
    return found


def _kwh(value: object) -> float | None:
    """The reference calls it text, replies have numbers; never negative."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    kwh = number(value)
    return None if kwh is None or kwh < 0.0 else kwh
