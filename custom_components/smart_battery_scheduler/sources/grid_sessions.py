"""The supplier's sessions that a home takes part in: those of its account and those entered by hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ..common.retention import too_old
from ..planner.model import Session
from ..tariff.sessions import OctoplusSession, SessionKind

# Past sessions are kept this long, for the calendar.
REMEMBERED = timedelta(days=28)
# So many are kept however old: all may seem to be over by a clock that is far ahead for minutes.
SPARED = 20
LONGEST = timedelta(hours=24)

# A plan treats free energy as a session to charge in, at 0 p/kWh.
_FOR_PLANS = {
    SessionKind.POWER_DOWN: Session.POWER_DOWN,
    SessionKind.POWER_UP: Session.POWER_UP,
    SessionKind.FREE: Session.POWER_UP,
}


class SessionTimesError(ValueError):
    """A session must end after its beginning, within a day, and not be over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWindow:
    """One session over [start, end), UTC.

    ``joined``: it counts, and plans go by it; others are only on offer. ``manual``: entered by hand.
    ``reward_p_per_kwh`` of None is not reported. ``pays_export``: it is paid for each kWh exported.
    """

    id: str
    kind: SessionKind
    start: datetime
    end: datetime
    joined: bool = True
    manual: bool = False
    reward_p_per_kwh: float | None = None
    pays_export: bool = False

    @classmethod
    def of(cls, session: OctoplusSession) -> SessionWindow:
        """The account's own word for it."""
        return cls(
            id=session.id,
            kind=session.kind,
            start=session.start,
            end=session.end,
            joined=session.joined,
            reward_p_per_kwh=session.reward_p_per_kwh,
        )

    @property
    def is_rebate(self) -> bool:
        """Whether more use is paid for by the kWh: that makes energy cheaper, not free."""
        return self.kind is SessionKind.POWER_UP and bool(self.reward_p_per_kwh)

    @property
    def for_plans(self) -> Session | None:
        """What a plan makes of it; None for one that is but a lower price."""
        return None if self.is_rebate else _FOR_PLANS[self.kind]


def session_within(
    windows: Iterable[SessionWindow], start: datetime, end: datetime
) -> Session | None:
    """The session that touches [start, end); where two do, the one that asks to use less."""
    found = {
        each.for_plans for each in windows if each.joined and each.start < end and start < each.end
    }
    return next((kind for kind in Session if kind in found), None)


def rebate_within(windows: Iterable[SessionWindow], start: datetime, end: datetime) -> float:
    """What a kWh bought in the whole of [start, end) is paid for by sessions, in pence."""
    return max(
        (
            each.reward_p_per_kwh or 0.0
            for each in windows
            if each.joined and each.is_rebate and each.start <= start and end <= each.end
        ),
        default=0.0,
    )


def export_reward_within(windows: Iterable[SessionWindow], start: datetime, end: datetime) -> float:
    """What sessions pay for a kWh exported in the whole of [start, end), in pence."""
    return max(
        (
            each.reward_p_per_kwh or 0.0
            for each in windows
            if each.joined and each.pays_export and each.start <= start and end <= each.end
        ),
        default=0.0,
    )


class Sessions:
    """All sessions of a home. ``changed`` is called when a new plan is due."""

    def __init__(self, manual: Iterable[SessionWindow], changed: Callable[[], None]) -> None:
        """Begin with those entered by hand; the account's come later."""
        self._manual = tuple(manual)
        self._octoplus: tuple[SessionWindow, ...] = ()
        self._grid: tuple[SessionWindow, ...] = ()
        self._changed = changed

    @property
    def known(self) -> tuple[SessionWindow, ...]:
        """Everything, oldest first: over, on offer and joined."""
        return tuple(
            sorted(
                (*self._octoplus, *self._grid, *self._manual),
                key=lambda each: (each.start, each.id),
            )
        )

    @property
    def manual(self) -> tuple[SessionWindow, ...]:
        """Those entered by hand: to be stored."""
        return self._manual

    def ahead(self, now: datetime) -> tuple[SessionWindow, ...]:
        """Those that count and are not over."""
        return tuple(each for each in self.known if each.joined and each.end > now)

    def at(self, now: datetime) -> Session | None:
        """The session in force at an instant, as plans see it."""
        return session_within(self.known, now, now + timedelta(microseconds=1))

    async def async_add(
        self, kind: SessionKind, start: datetime, end: datetime, *, now: datetime | None = None
    ) -> SessionWindow:
        """Add one that the supplier does not list. Raises SessionTimesError."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if not start < end <= start + LONGEST or end <= (now or datetime.now(UTC)):
            raise SessionTimesError("a session ends after its beginning, within a day")
        window = SessionWindow(
            id=f"manual-{uuid4().hex[:8]}", kind=kind, start=start, end=end, manual=True
        )
        self._manual = (*self._manual, window)
        self._changed()
        return window

    async def async_remove(self, session_id: str) -> bool:
        """Take one back that was entered by hand; False if there is no such."""
        kept = tuple(each for each in self._manual if each.id != session_id)
        if len(kept) == len(self._manual):
            return False
        self._manual = kept
        self._changed()
        return True

    def publish(self, sessions: Iterable[OctoplusSession], now: datetime) -> None:
        """Take over what the account says now."""
        windows = tuple(map(SessionWindow.of, sessions))
        over = (each.end for each in self._manual if each.end <= now)
        old = too_old(over, REMEMBERED, now, SPARED)
        self._manual = tuple(each for each in self._manual if each.end not in old)
        if windows != self._octoplus:
            self._octoplus = windows
            self._changed()

    def publish_grid(self, windows: tuple[SessionWindow, ...]) -> None:
        """Take over the events of somebody else than the supplier."""
        self._grid = windows
        self._changed()
