"""The world keeps its word: prices, sun and house as its scenarios say."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.const import MARKET_TIME_ZONE

from .clock import ScaledClock
from .rates import SLOT, WINTER_DAY, agile_p, outgoing_p, published_until
from .world import SCENARIOS, World


def world_at(name: str) -> World:
    """A world that stands still at its scenario's start."""
    scenario = SCENARIOS[name]
    return World(scenario, lambda: scenario.start)


def day_kwh(name: str) -> tuple[float, float]:
    """Sun and house of the scenario's first day."""
    world = world_at(name)
    moments = [world.scenario.start + timedelta(minutes=10 * step) for step in range(144)]
    sun = sum(map(world.available_solar_w, moments)) / 6000
    return sun, sum(map(world.house_w, moments)) / 6000


def test_seasons_have_their_sun() -> None:
    """4 kWp: next to nothing on a dull winter day, over 20 kWh on a clear summer day."""
    winter_sun, winter_house = day_kwh("winter")
    summer_sun, summer_house = day_kwh("sunny")
    assert 0.5 < winter_sun < 4
    assert 20 < summer_sun < 32
    assert 8 < summer_house < winter_house < 18


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_world_repeats_itself(name: str) -> None:
    """The same everywhere and every time."""
    one, other = world_at(name), world_at(name)
    when = one.scenario.start + timedelta(hours=11, minutes=17)
    assert one.available_solar_w(when) == other.available_solar_w(when)
    assert one.house_w(when) == other.house_w(when)


def test_prices_have_their_shape() -> None:
    """Cheap before dawn, expensive from 16 to 19 local, negative at a sunny noon."""
    sunny = SCENARIOS["sunny"]

    def at(hour: int) -> float:
        return agile_p(datetime(2026, 6, 17, hour - 1, tzinfo=UTC), sunny.day, "C")

    assert at(13) < 0 < at(4) < at(18)
    assert outgoing_p(datetime(2026, 6, 17, 12, tzinfo=UTC), sunny.day, "C") >= 0
    winter = [
        agile_p(datetime(2026, 1, 14, tzinfo=UTC) + slot * SLOT, WINTER_DAY, "C")
        for slot in range(48)
    ]
    assert min(winter) == min(winter[4:12])
    assert max(winter) == max(winter[32:38])
    assert winter != [
        agile_p(datetime(2026, 1, 15, tzinfo=UTC) + slot * SLOT, WINTER_DAY, "C")
        for slot in range(48)
    ]


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-14T15:59", "2026-01-14T23:00"),
        ("2026-01-14T16:00", "2026-01-15T23:00"),
        ("2026-01-14T23:30", "2026-01-15T23:00"),
        ("2026-06-17T14:59", "2026-06-17T22:00"),
        ("2026-06-17T15:00", "2026-06-18T22:00"),
        ("2026-03-28T16:00", "2026-03-29T22:00"),
        ("2026-10-24T15:00", "2026-10-25T23:00"),
    ],
)
def test_publication(now: str, until: str) -> None:
    """16:00 and 23:00 are local times, on days of a clock change too."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert published_until(moment) == datetime.fromisoformat(until).replace(tzinfo=UTC)


def test_the_clock_changes_are_in_the_scenarios() -> None:
    """Both lie within a day of the start."""
    for name in ("clock_forward", "clock_back"):
        start = SCENARIOS[name].start
        offsets = {
            (start + timedelta(hours=hour)).astimezone(MARKET_TIME_ZONE).utcoffset()
            for hour in range(24)
        }
        assert len(offsets) == 2


def test_a_scaled_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs, it jumps, and changing its speed does not make it jump."""
    system = [datetime(2026, 11, 21, tzinfo=UTC)]
    monkeypatch.setattr("tests.cloud.clock.utc_now", lambda: system[0])
    start = datetime(2026, 1, 14, tzinfo=UTC)
    clock = ScaledClock(start, speed=60.0)
    system[0] += timedelta(seconds=10)
    assert clock() == start + timedelta(minutes=10)
    clock.set(speed=1.0)
    system[0] += timedelta(seconds=10)
    assert clock() == start + timedelta(minutes=10, seconds=10)
    clock.advance(timedelta(hours=1))
    assert clock() == start + timedelta(hours=1, minutes=10, seconds=10)
    clock.set(now=start)
    assert (clock(), clock.speed) == (start, 1.0)
