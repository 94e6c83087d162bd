"""The sun as it was on the days before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.solar.usual_solar import usual_solar
from custom_components.smart_battery_scheduler.tariff.model import SLOT

NOW = datetime(2026, 7, 10, 12, 10, tzinfo=UTC)
NOON = NOW.replace(minute=0)


def noons(*kwh: float) -> dict[datetime, float]:
    """What the half-hour from noon made on the last days, yesterday first."""
    return {NOON - timedelta(days=ago): each for ago, each in enumerate(kwh, start=1)}


def test_as_on_the_days_before() -> None:
    """The mean, with the whole spread of the weather."""
    slot = usual_solar(noons(0.2, 1.0, 0.6), NOW)[NOON + timedelta(days=1)]
    assert slot.mean_kwh == pytest.approx(0.6)
    assert slot.p50_kwh == pytest.approx(0.6)
    assert slot.p10_kwh == pytest.approx(0.28)
    assert slot.p90_kwh == pytest.approx(0.92)


def test_curtailed_half_hours_are_not_counted() -> None:
    """What a full battery let the roof make is the least it could: counted only where it is more."""
    measured = noons(1.0, 1.2, 1.4, 0.1, 0.2, 1.6)
    held = {NOON - timedelta(days=ago) for ago in (4, 5, 6)}
    slot = usual_solar(measured, NOW, held)[NOON + timedelta(days=1)]
    assert slot.mean_kwh == pytest.approx((1.0 + 1.2 + 1.4 + 1.6) / 4)


def test_curtailed_half_hours_are_the_least_where_nothing_else_is_known() -> None:
    """A battery that is full by noon on every day: better than no sun."""
    held = {NOON - timedelta(days=ago) for ago in range(1, 5)}
    assert usual_solar(noons(0.5, 0.6, 0.7, 0.6), NOW, held)[NOON].mean_kwh == pytest.approx(0.6)


def test_two_days_are_not_a_habit() -> None:
    """Nor are days long ago, nor what is still to come."""
    assert usual_solar(noons(1.0, 1.0), NOW) == {}
    old = {start - timedelta(days=20): kwh for start, kwh in noons(1.0, 1.0, 1.0).items()}
    assert usual_solar(old, NOW) == {}


def test_a_meters_noise_is_no_roof() -> None:
    """A few watts by night do not make a home with panels."""
    noise = {NOON - index * SLOT: 0.003 for index in range(1, 480)}
    assert usual_solar(noise, NOW) == {}


def test_the_next_days() -> None:
    """From the running half-hour on, for all that a plan looks at."""
    measured = {NOON - index * SLOT: 0.3 for index in range(1, 480)}
    found = usual_solar(measured, NOW)
    assert min(found) == NOON
    assert len(found) == 120


@given(st.lists(st.floats(0.5, 3.0), min_size=3, max_size=10))
def test_quantiles_are_in_order(kwh: list[float]) -> None:
    """And within what was seen."""
    slot = usual_solar(noons(*kwh), NOW)[NOON]
    assert min(kwh) <= slot.p10_kwh <= slot.p50_kwh <= slot.p90_kwh <= max(kwh)
