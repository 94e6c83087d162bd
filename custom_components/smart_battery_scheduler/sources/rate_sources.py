"""Where the rates of a home come from: its Octopus account, or one tariff for all time."""

from collections.abc import Callable, Mapping
from datetime import datetime
import random
from typing import override

from ..common.http import utc_now
from ..const import MARKET_TIME_ZONE
from ..tariff.account import Agreement, Property
from ..tariff.agreement_rates import AccountRates, TariffRates
from ..tariff.errors import (
    TariffError,
    TariffNotFoundError,
    TariffNotSupportedError,
    TariffRateLimitError,
)
from ..tariff.model import RateTable
from ..tariff.polling import next_rates_poll
from ..tariff.problems import SupplyProblem, placeholders_of, supply_problem_of
from .rates_coordinator import RateError, Rates


class Watched:
    """Asks when Octopus publishes; homes do not all ask at the same second.

    ``problems`` since the last fetch, and the ``placeholders`` that their sentences name.
    """

    def __init__(self) -> None:
        """Draw one random number per home: it spreads the homes, not the polls of one home."""
        self._chance = random.random()
        self.problems: frozenset[SupplyProblem] = frozenset()
        self.placeholders: Mapping[str, str] = {}

    def next_poll(self, now: datetime, known_until: datetime) -> datetime:
        """When it is worth asking again."""
        return next_rates_poll(now, known_until, MARKET_TIME_ZONE, chance=self._chance)

    def _publish(self, *errors: TariffError | None) -> None:
        """Take these for what is wrong now; where two name a tariff, the first one's is named."""
        found = {supply_problem_of(error) for error in errors if error is not None}
        self.problems = frozenset(each for each in found if each is not None)
        self.placeholders = {
            key: fact for error in reversed(errors) for key, fact in placeholders_of(error).items()
        }


class TariffSource(Watched):
    """The rates of one import and perhaps one export tariff."""

    def __init__(
        self,
        imports: TariffRates,
        exports: TariffRates | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Ask for these tariffs."""
        super().__init__()
        self._imports = imports
        self._exports = exports
        self._clock = clock

    async def fetch(self, start: datetime, end: datetime) -> Rates:
        """What is published. Raises RateError."""
        try:
            return await self._fetch(start, end)
        except TariffError as err:
            self._publish(err)
            raise _rate_error(err) from err

    async def _fetch(self, start: datetime, end: datetime) -> Rates:
        now = self._clock()
        imports = await self._imports.fetch(start, end, now=now)
        self._publish(self._imports.problem)
        if self._exports is None:
            return Rates(imports=imports)
        try:
            exports = await self._exports.fetch(start, end, now=now)
        except (TariffNotFoundError, TariffNotSupportedError) as err:
            # Export rates are unknown then, not zero; import rates are used all the same.
            self._publish(self._imports.problem, err)
            return Rates(imports=imports, exports=RateTable())
        self._publish(self._imports.problem, self._exports.problem)
        return Rates(imports=imports, exports=exports)


class AccountSource(Watched):
    """The rates of a home by its account: a change of tariff is followed automatically.

    ``address`` is where the home was last found on the account, to be kept over a restart.
    """

    def __init__(self, rates: AccountRates, key_refused: Callable[[bool], None]) -> None:
        """``key_refused`` is called with whether the API key is refused, whenever that is known."""
        super().__init__()
        self._rates = rates
        self._key_refused = key_refused
        self._agreed = _agreed(rates.address)

    @property
    def address(self) -> Property | None:
        """The home on the account, without its address."""
        return self._rates.address

    @override
    def next_poll(self, now: datetime, known_until: datetime) -> datetime:
        """When rates or a change of tariff are worth asking for."""
        due = super().next_poll(now, known_until)
        again = self._rates.read_again_at
        return due if again is None else min(due, max(again, now))

    async def fetch(self, start: datetime, end: datetime) -> Rates:
        """What is published. Raises RateError."""
        try:
            found = await self._rates.fetch(start, end)
        except TariffError as err:
            self._look_at(err)
            raise _rate_error(err) from err
        rates = self._rates
        self._look_at(rates.account_problem, rates.import_problem, rates.export_problem)
        before, self._agreed = self._agreed, _agreed(self._rates.address)
        return Rates(
            imports=found.imports,
            exports=found.exports,
            void_from=start if before and before != self._agreed else None,
        )

    def _look_at(self, *errors: TariffError | None) -> None:
        self._publish(*errors)
        refused = SupplyProblem.OCTOPUS_KEY in self.problems
        if refused or self._rates.account_problem is None:
            self._key_refused(refused)


def _agreed(address: Property | None) -> tuple[Agreement, ...]:
    points = address.meter_points if address is not None else ()
    return tuple(agreement for point in points for agreement in point.agreements)


def _rate_error(error: TariffError) -> RateError:
    wait = error.retry_after_s if isinstance(error, TariffRateLimitError) else None
    return RateError(str(error), wait)
