"""Rates from what Home Assistant has already: a price sensor, or another integration's events."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from homeassistant.core import CoreState, HomeAssistant

from ..tariff.car_allowance import Charges
from ..tariff.codes import TariffCode
from ..tariff.dispatches import Dispatch
from ..tariff.errors import TariffNotSupportedError
from ..tariff.model import SLOT, RateTable, floor_slot
from ..tariff.problems import SupplyProblem
from .dispatch_entities import car_of
from .price_lists import RateEntityError, rates_of
from .rates_coordinator import RateError, Rates

# A sensor that only knows the rate of now is asked again soon; one with a list updates by itself.
LOOK_EVERY = timedelta(minutes=15)


class EntitySource:
    """Rates out of Home Assistant's own states."""

    def __init__(
        self,
        hass: HomeAssistant,
        imports: tuple[str, ...],
        exports: tuple[str, ...],
        dispatches: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        """Read these entities; without any for exports they are not paid."""
        self._hass = hass
        self._imports = imports
        self._exports = exports
        self._dispatches = dispatches
        self._clock = clock
        self._charges = Charges()
        self.problems: frozenset[SupplyProblem] = frozenset()
        self.placeholders: Mapping[str, str] = {}

    @property
    def entity_ids(self) -> tuple[str, ...]:
        """Those to watch: a change may matter."""
        return (*self._imports, *self._exports, *filter(None, [self._dispatches]))

    def dispatches(self, car_is_idle: bool) -> tuple[Dispatch, ...]:
        """What the car's charging makes cheap now; ``car_is_idle`` as the home itself measures it.

        Nothing that is only planned does, unless the tariff is known to go by plans.
        """
        if self._dispatches is None:
            return ()
        now = self._clock()
        car = car_of(self._hass.states.get(self._dispatches), now)
        return self._charges.cheap(
            (car,), now, has_allowance=self._may_have_allowance(), car_is_idle=car_is_idle
        )

    def _may_have_allowance(self) -> bool:
        """Whether the tariff has an allowance for the car, or may have one as far as is known."""
        states = [self._hass.states.get(each) for each in self._imports]
        codes = {state.attributes.get("tariff_code") for state in states if state} - {None}
        try:
            parsed = [TariffCode.parse(str(code)) for code in codes]
        except TariffNotSupportedError:
            return True
        return not parsed or any(
            code.has_car_allowance or not code.is_intelligent for code in parsed
        )

    async def fetch(self, start: datetime, end: datetime) -> Rates:
        """What the entities know; exports that cannot be read are unknown. Raises RateError."""
        # At a start the entities' own integrations may come up after the home.
        is_up = self._hass.state is CoreState.running
        self.problems = frozenset({SupplyProblem.RATE_ENTITY} if is_up else ())
        try:
            imports = self._table(self._imports)
        except RateEntityError as err:
            raise RateError(str(err)) from err
        try:
            exports = self._table(self._exports) if self._exports else None
        except RateEntityError:
            return Rates(imports=imports, exports=RateTable())
        self.problems = frozenset()
        return Rates(imports=imports, exports=exports)

    def next_poll(self, now: datetime, known_until: datetime) -> datetime:
        """At the next slot at the latest: a sensor may know the rate of now only."""
        return min(floor_slot(now) + SLOT + timedelta(seconds=5), now + LOOK_EVERY)

    def _table(self, entity_ids: Iterable[str]) -> RateTable:
        """All entities together; one of several that is not there yet is left out."""
        now, table, problem = self._clock(), RateTable(), None
        # What such a list calls cheap because of a dispatch may be billed at the day's rate.
        undo = self._dispatches is not None or self._may_have_allowance()
        read = False
        for entity_id in entity_ids:
            try:
                state = self._hass.states.get(entity_id)
                found = rates_of(state, entity_id, now, undo_dispatches=undo)
                table = table.merged(found)
                read = True
            except RateEntityError as err:
                problem = problem or err
        if problem is not None and not read:
            raise problem
        return table
