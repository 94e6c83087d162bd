"""What is true behind the clouds: samples of the battery, and whose the settings are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import product

from custom_components.smart_battery_scheduler.control.echoes import echoes
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.powerwall.base import Settings

from ..cloud.log import RequestLog
from ..cloud.quirks import Quirks
from .story import READ

# A person's change that stood in so many good readings must not be lost any more.
ENOUGH_READINGS = 3
# Of those that come from copies that lag behind, some do not show it.
ENOUGH_LAGGING_READINGS = 10
# What 0.95 x + 5 makes of a low reserve.
MIXED_SCALES_PERCENT = 5
NAMES = ("operating_mode", "backup_reserve_percent", "grid_charging")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One instant of the truth.

    ``from_grid_w`` flows from the grid into the battery, ``from_grid_by_theirs_w`` would do so
    under the user's own settings. ``charge_patience`` is how late this home's charges are known to begin.
    ``refused``: the last write was not taken;
    ``apart``: the battery acts on other settings than are shown. ``disturbed`` is a time in which control cannot know or act.
    """

    at: datetime
    from_grid_w: float
    from_grid_by_theirs_w: float
    battery_w: float
    level: float
    shown: Settings
    disturbed: bool
    on_grid: bool
    storm: bool
    power_down: bool
    override: bool
    ceiling_p: float | None
    rate_p: float | None
    alive: bool
    forced: bool
    suspended: bool
    hidden: bool
    foreign: bool
    forbidden: bool
    wanted: Action | None
    by_backup: bool
    target_percent: float
    floor_percent: float
    full_percent: float
    house_w: float
    available_solar_w: float
    serves_by_theirs_w: float
    notices: frozenset[str]
    charge_patience: timedelta = timedelta()
    refused: bool = False
    apart: bool = False
    charging_permitted: bool = True


def _may_be_an_echo(reserve: int | None, before: Settings) -> bool:
    ours = before.backup_reserve_percent
    if reserve is None or ours is None:
        return False
    return reserve != ours and echoes(ours, reserve)


@dataclass
class _Change:
    name: str
    value: object
    at: datetime
    readings: int = 0


class Theirs:
    """The user's own settings: for every field the values that would be right.

    A person's change counts as known once it stood in some good readings. One that a write of ours,
    already on its way, wiped out before leaves both values right.
    """

    def __init__(self, settings: Settings, quirks: Quirks) -> None:
        """Begin with what stands, in a home with these quirks."""
        # Where the scales are mixed up nobody can write back to the percent what was read.
        self._reserve_slack = MIXED_SCALES_PERCENT if quirks.reserve_in_raw_scale else 0
        self._enough = ENOUGH_LAGGING_READINGS if quirks.replica_share else ENOUGH_READINGS
        self._right: dict[str, set[object]] = {name: {getattr(settings, name)} for name in NAMES}
        self._open: list[_Change] = []
        self._seen_requests = 0

    def set_in_app(
        self, change: Settings, at: datetime, before: Settings, may_be_ours: bool
    ) -> None:
        """A person changed something past us, where ``before`` was shown.

        A reserve next to one of ours cannot be told from its echo, nor one that ``may_be_ours`` from a late
        write of ours: both are right then.
        """
        for name in NAMES:
            value = getattr(change, name)
            is_reserve = name == "backup_reserve_percent" and value is not None
            if is_reserve and (may_be_ours or _may_be_an_echo(value, before)):
                self._right[name].add(value)
            elif value is not None:
                self._open = [each for each in self._open if each.name != name]
                self._open.append(_Change(name, value, at))
                self._right[name].add(value)

    def set_through_us(self, change: Settings) -> None:
        """A person changed something by our own entities: that is known at once."""
        for name in NAMES:
            value = getattr(change, name)
            if value is not None:
                self._open = [each for each in self._open if each.name != name]
                self._right[name] = {value}

    def watch(self, shown: Settings, now: datetime, requests: RequestLog) -> None:
        """Count the good readings in which a change still stands.

        ``shown`` is what a reading shows: in backup mode some hardware hides the reserve, and a
        change that nobody can read leaves both values right.
        """
        new = requests.after(self._seen_requests)
        self._seen_requests = len(requests)
        good = sum(
            each.endpoint is READ and each.status == HTTPStatus.OK and not each.faults
            for each in new
        )
        for change in tuple(self._open):
            if getattr(shown, change.name) != change.value:
                self._open.remove(change)
                continue
            change.readings += good
            if change.readings >= self._enough:
                self._right[change.name] = {change.value}
                self._open.remove(change)

    @property
    def reserve_percent(self) -> float:
        """The highest of the right reserves: down to it the battery serves the house for certain."""
        reserves = self._right["backup_reserve_percent"]
        return float(max((each for each in reserves if isinstance(each, int)), default=0))

    def possible(self) -> Iterator[Settings]:
        """Every combination of right values."""
        for values in product(*(self._right[name] for name in NAMES)):
            # Each value was read from the field that its name says.
            yield Settings(**dict(zip(NAMES, values, strict=True)))  # type: ignore[arg-type]

    def stand(self, shown: Settings) -> bool:
        """Whether these settings are right in every field."""
        return all(self._is_right(name, getattr(shown, name)) for name in NAMES)

    def _is_right(self, name: str, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int):
            return value in self._right[name]
        return any(
            isinstance(right, int) and abs(right - value) <= self._reserve_slack
            for right in self._right[name]
        )

    def __str__(self) -> str:
        """The right values."""
        return ", ".join(f"{name} {sorted(map(str, self._right[name]))}" for name in NAMES)
