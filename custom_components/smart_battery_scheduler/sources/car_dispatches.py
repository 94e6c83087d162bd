"""When Octopus charges the cars of an account: what was reported, and how long it is used.

Each car has a query of its own, and one whose query fails does not affect the others. What was planned for
a car is used for half an hour after it was last reported, whatever the reason of the failure.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..common.poll_interval import is_ahead
from ..tariff.car_allowance import Charges
from ..tariff.dispatches import Device, Dispatch, Dispatches
from ..tariff.errors import TariffAuthError, TariffError, TariffRateLimitError
from ..tariff.kraken_errors import DispatchesUnavailableError, FeatureGoneError
from ..tariff.octopus_graphql import OctopusGraphQL

DEVICES_KEPT = timedelta(hours=6)
# A planned dispatch is used for this long when it cannot be read again; later it may have been withdrawn.
DISPATCHES_HOLD = timedelta(minutes=30)
# A clock that a time server corrects by less has not been ahead.
TREMBLING = timedelta(minutes=2)
# Errors that concern all cars, so that the next one is not asked about.
_FOR_ALL = (TariffAuthError, TariffRateLimitError, FeatureGoneError)


@dataclass(frozen=True, slots=True)
class _Reported:
    at: datetime
    dispatches: Dispatches


class CarDispatches:
    """The cars of one account."""

    def __init__(self, client: OctopusGraphQL, account_number: str) -> None:
        """Nothing is asked yet."""
        self._client = client
        self._number = account_number
        self._devices: tuple[Device, ...] = ()
        self._devices_until: datetime | None = None
        self._reported: dict[str, _Reported] = {}
        self._charges = Charges()

    def forget(self) -> None:
        """The home has no such tariff (any more)."""
        self._devices, self._devices_until, self._reported = (), None, {}
        self._charges = Charges()

    async def ask(self, now: datetime) -> tuple[Dispatches, ...]:
        """Ask about each car; returns the dispatches in use. Raises a TariffError if none can be read."""
        await self._ask_devices(now)
        errors = [error for each in self._devices if (error := await self._ask_one(each, now))]
        unknown = [error for error in errors if not isinstance(error, DispatchesUnavailableError)]
        if errors or any(each.dispatches.state is None for each in self._reported.values()):
            # Perhaps a car has left the account, or another has come in its place.
            self._devices_until = None
        if unknown and len(errors) == len(self._devices):
            raise unknown[0]
        return self._believed(now)

    async def _ask_devices(self, now: datetime) -> None:
        """Ask for the list of cars after some hours; at once while there is none, or one cannot be read."""
        if self._devices and is_ahead(self._devices_until, now, DEVICES_KEPT):
            return
        self._devices = await self._client.devices(self._number)
        self._devices_until = now + DEVICES_KEPT
        known = {each.id for each in self._devices}
        self._reported = {key: car for key, car in self._reported.items() if key in known}

    async def _ask_one(self, device: Device, now: datetime) -> TariffError | None:
        """Ask about one car; returns the error if it cannot be read."""
        try:
            found = await self._client.dispatches(self._number, device)
        except _FOR_ALL:
            raise
        except TariffError as error:
            return error
        self._reported[device.id] = _Reported(now, found)
        return None

    def _believed(self, now: datetime) -> tuple[Dispatches, ...]:
        """The dispatches of each car; only past ones of a car that could not be read for long."""
        return tuple(
            each.dispatches
            if is_ahead(each.at + DISPATCHES_HOLD, now, DISPATCHES_HOLD + TREMBLING)
            else replace(each.dispatches, planned=(), state=None)
            for each in self._reported.values()
        )

    def belief_ends(self, now: datetime) -> datetime | None:
        """When the first of the reported plans expires."""
        ends = (each.at + DISPATCHES_HOLD for each in self._reported.values())
        longest = DISPATCHES_HOLD + TREMBLING
        return min((end for end in ends if is_ahead(end, now, longest)), default=None)

    def cheap(self, now: datetime, has_allowance: bool, car_is_idle: bool) -> tuple[Dispatch, ...]:
        """What makes the house's energy cheap.

        ``car_is_idle``: the home measures that no car charges, whatever Octopus says.
        """
        return self._charges.cheap(
            self._believed(now), now, has_allowance=has_allowance, car_is_idle=car_is_idle
        )
