"""What happens on a random day: drawn from a seed, readable when it has to be replayed."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from random import Random

from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import Hardware

from ..cloud.faults import Endpoint, Fault
from ..cloud.quirks import Quirks
from ..cloud.world import SCENARIOS
from .oddities import random_quirks, random_site

DAY = timedelta(hours=24)
# The real planner takes its time: every so many-th day, and on each that is ordinary but for its quirks.
PLANNED_EVERY = 4
ORDINARY_EVERY = 10

READ, WRITE = Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE
# Weighted by how often they are met in life.
NETZERO_FAULTS: tuple[tuple[Fault, tuple[Endpoint, ...]], ...] = (
    (Fault.TIMEOUT, (READ,)),
    (Fault.TIMEOUT, (WRITE,)),
    (Fault.DISCONNECT, (READ, WRITE)),
    (Fault.CUT_SHORT, (READ, WRITE)),
    (Fault.FORBIDDEN_PAGE, (READ, WRITE)),
    (Fault.RATE_LIMITED, (READ, WRITE)),
    (Fault.RATE_LIMITED, (WRITE,)),
    (Fault.SERVER_ERROR_PAGE, (READ, WRITE)),
    (Fault.SERVER_ERROR_PAGE, (WRITE,)),
    (Fault.UNAVAILABLE, (READ, WRITE)),
    (Fault.PAGE, (READ,)),
    (Fault.EMPTY, (READ, WRITE)),
    (Fault.WRONG_SHAPE, (READ,)),
    (Fault.WRONG_TYPES, (READ,)),
    (Fault.ABSURD_NUMBERS, (READ,)),
    (Fault.NULLS, (READ,)),
    (Fault.NO_LIVE_STATUS, (READ,)),
    (Fault.EMPTY_LIVE_STATUS, (READ,)),
    (Fault.UNKNOWN_WORDS, (READ,)),
    (Fault.UNROUNDED, (READ,)),
    (Fault.STALE, (READ,)),
    (Fault.LOST, (WRITE,)),
    (Fault.LOST, (WRITE,)),
    (Fault.FIELD_LOST, (WRITE,)),
    (Fault.NOT_OBEYED, (WRITE,)),
    (Fault.NOT_OBEYED, (WRITE,)),
    (Fault.LATE, (WRITE,)),
    (Fault.LATE, (WRITE,)),
    (Fault.DONE_THEN_ERROR, (WRITE,)),
    (Fault.DONE_THEN_DISCONNECT, (WRITE,)),
)
OTHER_FAULTS: tuple[tuple[Fault, tuple[Endpoint, ...]], ...] = (
    (Fault.UNAVAILABLE, (Endpoint.RATES,)),
    (Fault.WRONG_TYPES, (Endpoint.RATES,)),
    (Fault.ABSURD_NUMBERS, (Endpoint.RATES,)),
    (Fault.NULLS, (Endpoint.RATES,)),
    (Fault.PAGE, (Endpoint.RATES,)),
    (Fault.UNPUBLISHED, (Endpoint.RATES,)),
    (Fault.PARTIAL, (Endpoint.RATES,)),
    (Fault.UNAVAILABLE, (Endpoint.FORECAST,)),
    (Fault.NULLS, (Endpoint.FORECAST,)),
)
DETAILS: dict[Fault, tuple[str, ...]] = {
    Fault.LATE: ("20", "90", "180", "400", "600"),
    Fault.FIELD_LOST: ("grid_charging", "operational_mode", "backup_reserve_percent"),
    Fault.RATE_LIMITED: ("15", "60", "300"),
    Fault.PARTIAL: ("4", "11"),
}

# Values that none of our commands writes, so that whose they are is beyond doubt.
USERS_CHANGES = (
    Settings(operating_mode=OperatingMode.TIME_BASED),
    Settings(backup_reserve_percent=33),
    Settings(backup_reserve_percent=7),
    Settings(backup_reserve_percent=7, operating_mode=OperatingMode.TIME_BASED),
)

HARDWARE = (
    Hardware(),
    Hardware(),
    Hardware(units=2),
    Hardware(taper_from_percent=80.0, taper_to_fraction=0.3),
    Hardware(backup_shows_full_reserve=True),
    Hardware(grid_charging_permitted=False),
    Hardware(grid_charging_permitted=False, backup_always_charges=True),
    Hardware(tops_up_without_grid_charging=False),
    Hardware(full_reserve_exists=False),
    Hardware(unit_backup_charge_w=2600.0, unit_reserve_charge_w=1500.0),
)


class Kind(StrEnum):
    """What can happen."""

    FAULT = "fault"
    CLEAR = "clear"
    OUTAGE = "outage"
    STORM = "storm"
    FORCED = "forced"
    COLD = "cold"
    CALM = "calm"
    RIVAL = "rival"
    APP = "app"
    THROUGH_US = "through_us"
    OVERRIDE = "override"
    SCHEDULER = "scheduler"
    CEILING = "ceiling"
    POWER_DOWN = "power_down"
    RELOAD = "reload"
    STOP_START = "stop_start"
    KILL = "kill"
    KILL_BEFORE_WRITE = "kill_before_write"
    KILL_AFTER_WRITE = "kill_after_write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, ``after`` so long from the day's beginning."""

    after: timedelta
    kind: Kind
    fault: Fault | None = None
    endpoints: tuple[Endpoint, ...] = ()
    times: int | None = None
    detail: str | None = None
    change: Settings | None = None
    word: str = ""
    number: float = 0.0
    away: timedelta = timedelta()

    def __str__(self) -> str:
        """Everything that is set, in one line."""
        parts = [f"+{self.after}", self.kind.value]
        parts += [
            f"{name}={'+'.join(value) if name == 'endpoints' else value}"
            for name in ("fault", "endpoints", "times", "detail", "word", "number")
            if (value := getattr(self, name))
        ]
        if self.change is not None:
            parts.append(_unusual(self.change))
        return " ".join([*parts, f"away={self.away}" if self.away else ""]).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A day: where and on what hardware it is set, how the clouds behave, and what happens.

    ``wild`` days are planned without sense, the others by the real planner.
    """

    seed: int
    scenario: str
    hardware: Hardware
    soc_percent: float
    wild: bool
    shortest_delay_s: float
    longest_delay_s: float
    live_every_s: float
    noise_w: float
    entered_units: int = 1
    quirks: Quirks = field(default_factory=Quirks)
    events: tuple[Event, ...] = field(default_factory=tuple)

    def __str__(self) -> str:
        """Enough to replay it by eye."""
        head = (
            f"seed {self.seed}: {self.scenario}, {self.soc_percent:.0f} %,"
            f" {'wild' if self.wild else 'planned'}, delay {self.shortest_delay_s:.0f}-"
            f"{self.longest_delay_s:.0f} s, live every {self.live_every_s:.0f} s, {_unusual(self.hardware)}"
            f" entered as {self.entered_units}, {_unusual(self.quirks)}"
        )
        return "\n".join([head, *(f"  {event}" for event in self.events)])


def _unusual(given: object) -> str:
    """Only what is set to something else than usual."""
    usual = type(given)()
    names = [item.name for item in fields(given)]  # type: ignore[arg-type]  # dataclasses only
    values = ((name, getattr(given, name)) for name in names)
    published = [f"{name}={value}" for name, value in values if value != getattr(usual, name)]
    return f"{type(given).__name__}({', '.join(published)})"


def random_story(seed: int) -> Story:
    """The day of a seed."""
    random = Random(seed)
    shortest = random.choice([0.0, 2.0, 20.0])
    events = [event for _ in range(random.randint(3, 14)) for event in _random_events(random)]
    events += _sessions(Random(f"sessions {seed}"))
    events += _refusals(Random(f"refusals {seed}"))
    events += _rivals(Random(f"rivals {seed}"))
    # An ordinary day with odd clouds or hardware: what could be delivered has to be.
    is_ordinary = seed % ORDINARY_EVERY == 0
    scenario = random.choice(sorted(SCENARIOS))
    site = random_site(Random(f"site {seed}"), random.choice(HARDWARE))
    return Story(
        seed=seed,
        scenario=scenario,
        hardware=site.hardware,
        entered_units=site.entered_units,
        quirks=random_quirks(Random(f"quirks {seed}")),
        soc_percent=random.uniform(3.0, 100.0),
        wild=not is_ordinary and seed % PLANNED_EVERY != 0,
        shortest_delay_s=shortest,
        longest_delay_s=shortest + random.choice([0.0, 10.0, 100.0]),
        live_every_s=random.choice([0.0, 0.0, 60.0, 150.0]),
        noise_w=random.choice([0.0, 20.0, 60.0]),
        events=() if is_ordinary else tuple(sorted(events, key=lambda event: event.after)),
    )


def _random_events(random: Random) -> Iterator[Event]:
    after = timedelta(seconds=random.randint(60, int(DAY.total_seconds()) - 3600))
    drawn = random.random()
    if drawn < 0.45:
        yield from _fault(random, after, NETZERO_FAULTS)
    elif drawn < 0.53:
        yield from _fault(random, after, OTHER_FAULTS)
    elif drawn < 0.65:
        kind = random.choice([Kind.OUTAGE, Kind.STORM, Kind.FORCED, Kind.COLD])
        number = random.choice([0.0, -1700.0, 800.0])
        yield Event(after=after, kind=kind, number=900.0 if kind is Kind.COLD else number)
        yield Event(after=after + _minutes(random, 3, 180), kind=Kind.CALM)
    elif drawn < 0.72:
        yield Event(after=after, kind=Kind.APP, change=random.choice(USERS_CHANGES))
    elif drawn < 0.76:
        word = random.choice(["self_powered", "time_based"])
        yield Event(after=after, kind=Kind.THROUGH_US, word=word)
    elif drawn < 0.82:
        word = random.choice(["charge", "hold", "use", "automatic"])
        yield Event(after=after, kind=Kind.OVERRIDE, word=word)
    elif drawn < 0.86:
        yield Event(after=after, kind=Kind.SCHEDULER, number=0.0)
        yield Event(after=after + _minutes(random, 1, 90), kind=Kind.SCHEDULER, number=1.0)
    elif drawn < 0.89:
        yield Event(after=after, kind=Kind.CEILING, number=random.choice([8.0, 15.0, 22.0, 100.0]))
    else:
        yield _restart(random, after)


def _sessions(random: Random) -> Iterator[Event]:
    """On some days one is asked to use less, known an hour before."""
    if random.random() < 0.3:
        after = timedelta(minutes=30 * random.randint(1, 44))
        yield Event(after=after, kind=Kind.POWER_DOWN, number=random.choice([0.5, 1.0, 2.0]))


def _refusals(random: Random) -> Iterator[Event]:
    """Token or site refused for some requests, though both are right."""
    if random.random() < 0.15:
        yield Event(
            after=_minutes(random, 10, 1300),
            kind=Kind.FAULT,
            fault=Fault.FORBIDDEN,
            endpoints=(READ, WRITE),
            times=random.choice([1, 2, 5]),
        )


def _rivals(random: Random) -> Iterator[Event]:
    """Now and then another automation that insists on its own reserve, every three minutes for hours."""
    if random.random() < 0.08:
        yield Event(after=_minutes(random, 60, 1200), kind=Kind.RIVAL, number=100.0)


def _fault(
    random: Random, after: timedelta, faults: tuple[tuple[Fault, tuple[Endpoint, ...]], ...]
) -> Iterator[Event]:
    fault, endpoints = random.choice(faults)
    detail = random.choice(DETAILS[fault]) if fault in DETAILS else None
    times = random.choice([1, 1, 2, 3, None])
    yield Event(
        after=after,
        kind=Kind.FAULT,
        fault=fault,
        endpoints=endpoints,
        times=times,
        detail=detail,
    )
    if times is None:
        # A silent cloud costs a time-out for every request: shorter.
        longest = 20 if fault is Fault.TIMEOUT else 150
        yield Event(after=after + _minutes(random, 1, longest), kind=Kind.CLEAR, fault=fault)


def _restart(random: Random, after: timedelta) -> Event:
    kind = random.choice(
        [
            Kind.RELOAD,
            Kind.STOP_START,
            Kind.KILL,
            Kind.KILL,
            Kind.KILL_BEFORE_WRITE,
            Kind.KILL_AFTER_WRITE,
        ]
    )
    away = timedelta() if kind is Kind.RELOAD else _minutes(random, 1, 120)
    return Event(after=after, kind=kind, away=max(away, timedelta(seconds=60)))


def _minutes(random: Random, fewest: int, most: int) -> timedelta:
    return timedelta(seconds=random.randint(fewest * 60, most * 60))
