"""Everything that is known to go wrong, as a typed switch.

A rule names a fault and an endpoint; it lets ``skip`` matching requests pass, then strikes
``times`` requests (all, if not given) until it is cleared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Endpoint(StrEnum):
    """What can be asked."""

    NETZERO_READ = "netzero_read"
    NETZERO_WRITE = "netzero_write"
    PRODUCTS = "products"
    PRODUCT = "product"
    RATES = "rates"
    GRID_SUPPLY_POINTS = "grid_supply_points"
    ACCOUNT = "account"
    GRAPHQL = "graphql"
    FORECAST = "forecast"
    CARBON = "carbon"


class Fault(StrEnum):
    """How it goes wrong."""

    # No reply, or none of the API's own. Fit every endpoint.
    TIMEOUT = "timeout"  # silence until the client gives up
    DISCONNECT = "disconnect"  # the connection closes without a reply
    CUT_SHORT = "cut_short"  # the connection closes in the middle of the reply
    UNAUTHORISED = "unauthorised"  # 401
    FORBIDDEN = "forbidden"  # 403
    FORBIDDEN_PAGE = "forbidden_page"  # 403 from a firewall in between
    NOT_FOUND = "not_found"  # 404
    RATE_LIMITED = "rate_limited"  # 429 with the provider's headers, for ``detail`` seconds
    SERVER_ERROR_PAGE = "server_error_page"  # 500
    UNAVAILABLE = "unavailable"  # 503
    PAGE = "page"  # 200 with a web page
    PLAIN_TEXT = "plain_text"  # 200 with text
    EMPTY = "empty"  # 200 with nothing
    WRONG_SHAPE = "wrong_shape"  # 200 with JSON of another shape
    WRONG_TYPES = "wrong_types"  # 200 with the right shape and values of wrong types
    ABSURD_NUMBERS = "absurd_numbers"  # 200 with impossible numbers
    NULLS = "nulls"  # 200 with null wherever a value may be missing

    # Readings that tell little or old things. Fit NETZERO_READ.
    NO_LIVE_STATUS = "no_live_status"
    EMPTY_LIVE_STATUS = "empty_live_status"
    UNKNOWN_WORDS = "unknown_words"  # modes and statuses nobody has heard of
    UNROUNDED = "unrounded"  # fractions of watts, null lists, a null export rule
    STALE = "stale"  # the last reading before the fault, old stamp and old settings

    # Writes that are accepted and come to nothing, or to something else. Fit NETZERO_WRITE.
    LOST = "lost"  # later readings show the old settings
    FIELD_LOST = "field_lost"  # one field (``detail``) is lost, the rest is obeyed
    NOT_OBEYED = "not_obeyed"  # later readings show the new settings, the battery does not care
    LATE = "late"  # shown and obeyed only after ``detail`` seconds
    DONE_THEN_ERROR = "done_then_error"  # obeyed, but answered with 500
    DONE_THEN_DISCONNECT = "done_then_disconnect"  # obeyed, but the reply never came

    # Rates that are not there yet. Fit RATES.
    UNPUBLISHED = "unpublished"  # nothing after 23:00 today, or after the moment in ``detail``
    PARTIAL = "partial"  # tomorrow only up to ``detail`` hours after its beginning

    # Fit FORECAST.
    NULL_TAIL = "null_tail"  # nulls in the last third of the range
    DAILY_LIMIT = "daily_limit"  # 429 with the daily limit's reason


_FITS_ONLY: dict[Fault, frozenset[Endpoint]] = {
    **dict.fromkeys(
        (
            Fault.NO_LIVE_STATUS,
            Fault.EMPTY_LIVE_STATUS,
            Fault.UNKNOWN_WORDS,
            Fault.UNROUNDED,
            Fault.STALE,
        ),
        frozenset({Endpoint.NETZERO_READ}),
    ),
    **dict.fromkeys(
        (
            Fault.LOST,
            Fault.FIELD_LOST,
            Fault.NOT_OBEYED,
            Fault.LATE,
            Fault.DONE_THEN_ERROR,
            Fault.DONE_THEN_DISCONNECT,
        ),
        frozenset({Endpoint.NETZERO_WRITE}),
    ),
    **dict.fromkeys((Fault.UNPUBLISHED, Fault.PARTIAL), frozenset({Endpoint.RATES})),
    **dict.fromkeys((Fault.NULL_TAIL, Fault.DAILY_LIMIT), frozenset({Endpoint.FORECAST})),
}


def fitting(fault: Fault) -> frozenset[Endpoint]:
    """The endpoints where a fault can strike."""
    return _FITS_ONLY.get(fault, frozenset(Endpoint))


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One fault at one endpoint. ``detail`` is what the fault says it is."""

    fault: Fault
    endpoint: Endpoint
    skip: int = 0
    times: int | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        """Refuse a fault where it cannot strike."""
        if self.endpoint not in fitting(self.fault):
            raise ValueError(f"{self.fault} cannot strike {self.endpoint}")


class _Armed:
    """A rule and how far it has got."""

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.skip = rule.skip
        self.left = rule.times

    def strikes(self, endpoint: Endpoint) -> bool:
        """Whether it strikes this request; counts it."""
        if endpoint is not self.rule.endpoint or self.left == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        """Begin without any."""
        self._armed: list[_Armed] = []

    def __iter__(self) -> Iterator[FaultRule]:
        """The rules that may still strike."""
        return (armed.rule for armed in self._armed if armed.left != 0)

    def add(
        self,
        fault: Fault,
        *endpoints: Endpoint,
        skip: int = 0,
        times: int | None = None,
        detail: str | None = None,
    ) -> None:
        """Arm a fault, at every endpoint it fits if none is named.

        ``skip=2, times=1`` strikes the third next request only.
        """
        rules = [
            FaultRule(fault=fault, endpoint=endpoint, skip=skip, times=times, detail=detail)
            for endpoint in endpoints or sorted(fitting(fault))
        ]
        self._armed += map(_Armed, rules)

    def clear(self, *faults: Fault) -> None:
        """Disarm these faults, or all."""
        self._armed = [armed for armed in self._armed if faults and armed.rule.fault not in faults]

    def strike(self, endpoint: Endpoint) -> tuple[FaultRule, ...]:
        """The rules that strike this request, in the order they were armed."""
        return tuple(armed.rule for armed in self._armed if armed.strikes(endpoint))
