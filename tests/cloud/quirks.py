"""How this home's clouds and hardware differ from the simple picture, as typed switches.

A fault (``faults.py``) strikes single requests; a quirk is there all the time, and any number of them
may be combined. Each names the public reports it is taken from, by repository and number.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A write that names ``field`` (wire name) is refused as a whole, with this status.

    ``value`` narrows it to one value, as on the wire (``backup``, ``true``, ``20``).
    """

    field: str
    status: int
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Every switch; as made, nothing is odd. Shares are of 1, spans in seconds."""

    # The gateway apart from the cloud's copy: readings show the cloud's copy at once, the battery
    # acts on what the gateway has heard.
    # Never heard: netzero#38, #52, #94 ("it said success"), #256; vlo/powerwall2#26; alandtse#708.
    gateway_loses_share: float = 0.0
    # Heard late, 8 to 40 minutes: netzero#20, #94, #336; alandtse#681.
    gateway_behind_s: float = 0.0
    # Heard only when the next write comes: alandtse#1171 (the app shows it, the battery ignores it).
    gateway_one_behind: bool = False
    # A write that changes nothing in the cloud's copy is never passed on: netzero#52, #94 (running
    # the same automation twice did not help).
    gateway_hears_only_changes: bool = False

    # Some readings come from a copy that lags so far behind the rest: Powerwall-Dashboard#779.
    replica_share: float = 0.0
    replica_lag_s: float = 0.0

    # Writes refused by what they hold: netzero#322 (backup with 400 or 500), #255 (a mode, for want
    # of a rate plan).
    refusals: tuple[Refusal, ...] = ()

    # Another client on the same five requests a minute: netzero#340.
    others_per_minute: int = 0

    # What is shown is not what is.
    # The gateway's own scale, 0.95 x + 5, shown where the app's is meant: core#136957 (25 shows as 29).
    reserve_in_raw_scale: bool = False
    # A fraction, from the same two scales: pypowerwall#292 (20 becomes 15.79).
    reserve_offset_percent: float = 0.0
    # Nought in one reading of so many: alandtse#296, core#85233, Powerwall-Dashboard#675.
    level_zero_every: int = 0
    # Below 0 or above 100 by a little, from the two scales once more: core#98470.
    level_offset_percent: float = 0.0
    # Live values that are null. Composed: every other field of the shape was recorded as null somewhere.
    null_values: tuple[str, ...] = ()

    # The clouds' clock against the house's, ahead if positive: a host whose clock is wrong sees
    # stamps, limits and the HTTP date so. supervisor#7160 (unnoticed for 13 days).
    clock_ahead_s: float = 0.0

    @property
    def gateway_is_apart(self) -> bool:
        """Whether the battery may act on something else than what readings show."""
        return (
            self.gateway_loses_share > 0.0
            or self.gateway_behind_s > 0.0
            or self.gateway_one_behind
            or self.gateway_hears_only_changes
        )
