"""Octoplus sessions: times at which Octopus pays for using less, or more, or gives energy away.

The reward is given in OctoPoints per kWh, 800 of which are worth a pound. A session counts only once it
is joined (or, a happy hour, booked): the feed also lists what one could still choose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..common.http import aware, number
from ..common.poll_interval import PollInterval
from .errors import TariffReplyError
from .json_shape import JsonObject, objects, one_object

SESSIONS_POLL_INTERVAL = PollInterval(every=timedelta(minutes=20), jitter=timedelta(minutes=5))
FREE_SESSIONS_POLL_INTERVAL = PollInterval(
    every=timedelta(minutes=90), jitter=timedelta(minutes=10)
)

POINTS_PER_PENNY = 8.0


class SessionKind(StrEnum):
    """What a session is about.

    POWER_DOWN pays for using less than usual, POWER_UP for using more. FREE is energy for nothing
    (happy hours, free electricity).
    """

    POWER_DOWN = "power_down"
    POWER_UP = "power_up"
    FREE = "free"


_KINDS = {
    "TURN_DOWN": SessionKind.POWER_DOWN,
    "TURN_UP": SessionKind.POWER_UP,
    "WEEKEND_HAPPY_HOUR": SessionKind.FREE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OctoplusSession:
    """One session over [start, end).

    ``code`` is what joining needs; None for one that is known only as joined. ``reward_p_per_kwh``
    of None is not reported. ``joined``: it counts for this account.
    """

    id: str
    code: str | None
    kind: SessionKind
    start: datetime
    end: datetime
    reward_p_per_kwh: float | None
    joined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OctoplusSessions:
    """All sessions that concern an account, oldest first. ``enrolled`` in Octoplus' sessions."""

    enrolled: bool = False
    sessions: tuple[OctoplusSession, ...] = ()

    def joinable(self, now: datetime) -> tuple[OctoplusSession, ...]:
        """Those that could still be joined by ``join``: happy hours are booked by hand."""
        return tuple(
            each
            for each in self.sessions
            if not each.joined
            and each.kind is not SessionKind.FREE
            and each.code is not None
            and each.start > now
        )


def parse_sessions(data: JsonObject) -> OctoplusSessions:
    """The ``savingSessions`` of a reply. Raises TariffReplyError.

    Left out are sessions of other regions, tests, and kinds that we do not know.
    """
    root = one_object(data.get("savingSessions"), "savingSessions")
    account = root.get("account")
    account = account if isinstance(account, Mapping) else {}
    joined = {_id(each, "eventId"): each for each in objects(account, "joinedEvents")}
    region = _region(account.get("signedUpMeterPoint"))
    # A joined session is reported with fewer fields than one on offer: prefer those.
    events = joined | {_id(each, "id"): each for each in objects(root, "events")}
    found = [
        _session(key, event, joined=key in joined)
        for key, event in events.items()
        if event.get("devEvent") is not True and (key in joined or _concerns(event, region))
    ]
    return OctoplusSessions(
        enrolled=account.get("hasJoinedCampaign") is True,
        sessions=tuple(
            sorted(
                (each for each in found if each is not None), key=lambda each: (each.start, each.id)
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class FreePage:
    """One page of free electricity sessions, and where the next one begins if there is one."""

    sessions: tuple[OctoplusSession, ...]
    next_cursor: str | None = None


def parse_free_electricity(data: JsonObject) -> FreePage:
    """The free electricity campaign's events of a reply. Raises TariffReplyError."""
    events = one_object(data.get("customerFlexibilityCampaignEvents"), "campaign events")
    info = events.get("pageInfo")
    cursor = None
    if isinstance(info, dict) and info.get("hasNextPage") is True:
        cursor = _id(info, "endCursor")
    nodes = (one_object(edge.get("node"), "node") for edge in objects(events, "edges"))
    return FreePage(tuple(_free(node) for node in nodes), cursor)


def _free(node: JsonObject) -> OctoplusSession:
    code = _id(node, "code")
    start, end = _span(node)
    return OctoplusSession(
        id=code,
        code=code,
        kind=SessionKind.FREE,
        start=start,
        end=end,
        reward_p_per_kwh=0.0,
        joined=node.get("isEventParticipant") is True,
    )


def _session(key: str, event: JsonObject, *, joined: bool) -> OctoplusSession | None:
    points = number(event.get("rewardPerKwhInOctoPoints"))
    kind = _kind(event.get("eventType"), points)
    if kind is None:
        return None
    start, end = _span(event)
    code = event.get("code")
    return OctoplusSession(
        id=key,
        code=code if isinstance(code, str) and code else None,
        kind=kind,
        start=start,
        end=end,
        reward_p_per_kwh=None if points is None else points / POINTS_PER_PENNY,
        joined=joined,
    )


def _kind(event_type: object, points: float | None) -> SessionKind | None:
    """By its type. Without one it is a Power Down; with no reward, energy given away.

    A Power Down that is reported as one stays one: its reward may not be set yet, and to charge in
    it would cost the full rate.
    """
    if event_type is None:
        return SessionKind.FREE if points == 0.0 else SessionKind.POWER_DOWN
    return _KINDS.get(event_type) if isinstance(event_type, str) else None


def _concerns(event: JsonObject, region: str | None) -> bool:
    """Whether a session is for a region; without named regions it is for all."""
    targets = {_region(each) for each in objects(event, "targetRegion")}
    return not targets or region in targets


def _region(body: object) -> str | None:
    """A region id as text: it comes as a number here and as text there."""
    region = body.get("regionId") if isinstance(body, Mapping) else None
    return None if region is None else str(region)


def _span(event: JsonObject) -> tuple[datetime, datetime]:
    start, end = aware(event.get("startAt")), aware(event.get("endAt"))
    if start is None or end is None or end <= start:
        raise TariffReplyError("a session has no sensible times")
    return start, end


def _id(event: JsonObject, key: str) -> str:
    found = event.get(key)
    if isinstance(found, bool) or not isinstance(found, int | str) or found == "":
        raise TariffReplyError(f"a session has no {key}")
    return str(found)
