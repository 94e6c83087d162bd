"""What is learned about a roof, and what is not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.solar.learning import (
    HIGHEST,
    LOWEST,
    Correction,
    Observation,
    learn,
    was_curtailed,
)
from custom_components.smart_battery_scheduler.solar.model import SolarForecast, SolarSlot

NOW = datetime(2026, 7, 29, tzinfo=UTC)
# kWh forecast in the half-hours of UTC hours 4 to 19.
BELL = (0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.0, 1.0, 0.9, 0.8, 0.6, 0.4, 0.3, 0.2, 0.05)

type Roof = Callable[[datetime, float], float]


def days(
    roof: Roof, count: int = 28, *, curtailed: Callable[[datetime], bool] = lambda _: False
) -> list[Observation]:
    """The last days of a roof that makes ``roof(start, forecast)``."""
    return [
        Observation(
            start=start,
            forecast_kwh=forecast,
            measured_kwh=roof(start, forecast),
            curtailed=curtailed(start),
        )
        for start, forecast in forecasts(count)
    ]


def forecasts(count: int) -> Iterator[tuple[datetime, float]]:
    """Half-hours of the last days."""
    for day in range(count):
        midnight = NOW - timedelta(days=count - day)
        for hour, kwh in enumerate(BELL, start=4):
            for minutes in (0, 30):
                yield midnight + timedelta(hours=hour, minutes=minutes), kwh


def factors(observations: list[Observation]) -> tuple[float, ...]:
    """What is learned, by the hour in UTC."""
    return learn(observations, NOW).factors


def test_a_true_forecast_is_left_alone() -> None:
    """And where there is nothing to learn from as well."""
    assert factors(days(lambda _, kwh: kwh)) == pytest.approx((1.0,) * 24)
    assert factors([]) == (1.0,) * 24


def test_a_steady_bias_is_learned() -> None:
    """Nine tenths, nearly: a little belief in 1 remains."""
    learned = factors(days(lambda _, kwh: 0.9 * kwh))
    assert learned[12] == pytest.approx(0.9, abs=0.01)
    assert learned[0] == learned[23] == 1.0


def test_a_tree_in_the_morning_is_learned_by_the_sun() -> None:
    """Shade from 06:00 to 08:00 UTC stays there in the week in which the clocks change."""
    shaded = days(lambda at, kwh: kwh * (0.4 if at.hour in (6, 7) else 1.0))
    learned = factors(shaded)
    assert learned[6] < 0.75
    assert learned[7] < 0.75
    assert learned[12] == pytest.approx(1.0)
    assert min(learned) in (learned[6], learned[7])
    clocks_go_back = datetime(2026, 10, 25, 1, tzinfo=UTC)
    later = clocks_go_back - NOW.replace(hour=1)
    autumn = [replace(each, start=each.start + later) for each in shaded]
    slot = SolarSlot(mean_kwh=1.0, p10_kwh=1.0, p50_kwh=1.0, p90_kwh=1.0)
    after = clocks_go_back.replace(day=26, hour=6)
    forecast = SolarForecast(made_at=clocks_go_back, slots={after: slot})
    corrected = learn(autumn, clocks_go_back).apply(forecast)
    assert corrected.slots[after].mean_kwh == pytest.approx(learned[6])


def test_few_days_move_it_little() -> None:
    """Three days are no rule."""
    few, many = (factors(days(lambda _, kwh: 0.6 * kwh, count)) for count in (3, 28))
    assert 0.6 < many[12] < 0.65
    assert many[12] < few[12] < 0.85


def test_noise_averages_out() -> None:
    """A quarter's scatter on each half-hour leaves a few percent."""
    chance = Random(5)
    learned = factors(days(lambda _, kwh: kwh * chance.lognormvariate(-0.03, 0.25)))
    assert all(abs(factor - 1.0) < 0.08 for factor in learned[6:18])


def test_curtailment_is_not_learned() -> None:
    """The battery is full from 13:00 UTC on and nothing may be exported: the roof stands still."""
    full = days(
        lambda at, kwh: 0.3 * kwh if at.hour >= 13 else kwh, curtailed=lambda at: at.hour >= 13
    )
    assert factors(full) == pytest.approx((1.0,) * 24)
    unflagged = days(lambda at, kwh: 0.3 * kwh if at.hour >= 13 else kwh)
    assert factors(unflagged)[15] < 0.5


@pytest.mark.parametrize(
    ("highest_percent", "may_export", "curtailed"),
    [
        (100.0, False, True),
        (98.0, False, True),
        (97.0, False, False),
        (None, False, True),
        (100.0, True, False),
        (None, True, False),
    ],
)
def test_when_sun_is_turned_away(
    highest_percent: float | None, may_export: bool, curtailed: bool
) -> None:
    """A full battery and no leave to export; an unknown level proves nothing."""
    assert was_curtailed(highest_percent=highest_percent, may_export=may_export) is curtailed


def test_days_of_snow_are_not_learned() -> None:
    """Five of 28 days at nothing: the sun was there, the panels were covered."""
    snow = {NOW - timedelta(days=number) for number in range(6, 11)}
    learned = factors(
        days(lambda at, kwh: 0.02 * kwh if at.replace(hour=0, minute=0) in snow else kwh)
    )
    assert learned == pytest.approx((1.0,) * 24)


def test_dull_days_are_learned() -> None:
    """Little sun as predicted is no snow."""
    dull = [
        Observation(
            start=each.start,
            forecast_kwh=each.forecast_kwh * 0.2,
            measured_kwh=each.forecast_kwh * 0.14,
        )
        for each in days(lambda _, kwh: kwh)
    ]
    assert factors(dull)[12] < 0.75


def test_a_wild_value_is_trimmed() -> None:
    """A meter's jump in one half-hour."""
    wild = days(lambda _, kwh: kwh)
    wild[13] = Observation(start=wild[13].start, forecast_kwh=0.9, measured_kwh=500.0)
    assert factors(wild) == pytest.approx((1.0,) * 24)


def test_what_is_too_old_or_yet_to_come_is_not_learned() -> None:
    """Four weeks, up to now."""
    old = days(lambda at, kwh: kwh if at > NOW - timedelta(days=28) else 0.3 * kwh, 60)
    assert factors(old) == pytest.approx((1.0,) * 24)
    ahead = [
        Observation(start=NOW + timedelta(hours=h), forecast_kwh=1.0, measured_kwh=0.1)
        for h in range(24)
    ]
    assert factors(ahead) == (1.0,) * 24


def test_applied_to_a_forecast() -> None:
    """By the hour, to each quantile, within what the inverter lets through."""
    slot = SolarSlot(mean_kwh=1.0, p10_kwh=0.6, p50_kwh=0.9, p90_kwh=1.5)
    noon_utc, one_utc = NOW + timedelta(hours=12), NOW + timedelta(hours=13)
    forecast = SolarForecast(made_at=NOW, slots={noon_utc: slot, one_utc: slot})
    correction = Correction(tuple(1.2 if hour == 12 else 1.0 for hour in range(24)))
    corrected = correction.apply(forecast, most_kwh=1.6)
    assert corrected.made_at == NOW
    assert corrected.slots[one_utc] == slot
    changed = corrected.slots[noon_utc]
    assert changed.mean_kwh == pytest.approx(1.2)
    assert changed.p10_kwh == pytest.approx(0.72)
    assert changed.p90_kwh == 1.6
    assert correction.apply(forecast).slots[noon_utc].p90_kwh == pytest.approx(1.8)


def test_it_can_be_stored() -> None:
    """And be had back."""
    learned = learn(days(lambda _, kwh: 0.8 * kwh), NOW)
    assert decode(Correction, encode(learned)) == learned


@given(
    data=st.lists(
        st.builds(
            Observation,
            start=st.integers(0, 48 * 40).map(lambda slot: NOW - timedelta(minutes=30 * slot)),
            forecast_kwh=st.floats(0.0, 5.0),
            measured_kwh=st.floats(0.0, 50.0),
            curtailed=st.booleans(),
        ),
        max_size=120,
    )
)
def test_always_within_bounds(data: list[Observation]) -> None:
    """Whatever was measured."""
    learned = factors(data)
    assert len(learned) == 24
    assert all(LOWEST <= factor <= HIGHEST for factor in learned)
