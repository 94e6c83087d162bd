"""Whether a refused token is retried or a person is asked for a new one."""

from enum import Enum

from ..powerwall.base import REFUSALS_UNTIL_REAUTH


class Refusal(Enum):
    """What a refused token means."""

    SETUP_FAILED = "setup_failed"  # it has never worked: set-up ends with the question
    ASK = "ask"  # a person is asked for another, and reading goes on meanwhile
    WAIT = "wait"  # it worked before: tried again


class TokenRefusals:
    """Counts refusals in a row.

    ``has_worked``: the token was right before this run. The question comes as long as the refusals
    last: the flow that Home Assistant shows for it is one only, however often it is asked for, and
    one that was closed, or could not be opened because another flow was in its way, comes again.
    """

    def __init__(self, *, has_worked: bool) -> None:
        """No refusal yet."""
        self._has_worked_before = has_worked
        self._has_worked = False
        self._in_a_row = 0

    def refused(self) -> Refusal:
        """The token was refused once more."""
        if not (self._has_worked or self._has_worked_before):
            return Refusal.SETUP_FAILED
        self._in_a_row += 1
        if self._in_a_row >= REFUSALS_UNTIL_REAUTH or not self._has_worked:
            return Refusal.ASK
        return Refusal.WAIT

    def accepted(self) -> bool:
        """The token works; True if a person may have been asked for another."""
        asked = self._in_a_row >= REFUSALS_UNTIL_REAUTH or not self._has_worked
        self._in_a_row, self._has_worked = 0, True
        return asked
