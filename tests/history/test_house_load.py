"""The house's past from readings, statistics and meters, without its cars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.history.house_load import (
    Balance,
    LoadFrom,
    LoadSettings,
    halves_of,
    history,
    measured_halves,
    without_cars,
)
from custom_components.smart_battery_scheduler.history.load_history import dashboard_balance
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.history.recorder_statistics import (
    FIVE_MINUTES,
    HOUR,
    Recorded,
    energies,
    half_hours,
)
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from homeassistant.components.energy.data import EnergyPreferences
from homeassistant.components.recorder.statistics import StatisticsRow

TEN = datetime(2026, 3, 28, 10, 0, tzinfo=UTC)
NOW = TEN + timedelta(hours=2, minutes=10)
kwh = st.floats(0.0, 10.0)


def rows(*values: float | None, step: timedelta = HOUR, key: str = "change") -> list[StatisticsRow]:
    """Rows from ten on, one step apart; None is a row that is missing."""
    found: list[StatisticsRow] = []
    for index, value in enumerate(values):
        if value is not None:
            start = (TEN + index * step).timestamp()
            row = StatisticsRow(start=start, end=start + step.total_seconds())
            row["change" if key == "change" else "mean"] = value
            found.append(row)
    return found


def test_a_change_after_a_gap_is_not_one_hours() -> None:
    """The first row, and the row after Home Assistant was down, hold more than their hour."""
    found = energies(rows(9.0, 1.0, None, 7.0, 2.0), HOUR)
    assert found == {TEN + HOUR: 1.0, TEN + 4 * HOUR: 2.0}


def test_a_meter_that_runs_backwards() -> None:
    """A replaced meter's row is not a consumption."""
    assert energies(rows(1.0, -400.0, 1.5), HOUR) == {TEN + 2 * HOUR: 1.5}


def test_a_power_sensor_has_means() -> None:
    """Kilowatts over five minutes; no row before is needed."""
    found = energies(rows(1.2, None, 2.4, step=FIVE_MINUTES, key="mean"), FIVE_MINUTES)
    assert found == pytest.approx({TEN: 0.1, TEN + 2 * FIVE_MINUTES: 0.2})


def test_half_an_hour_needs_all_its_rows() -> None:
    """Five of six rows are no half-hour."""
    fine = energies(rows(*[0.1] * 13, step=FIVE_MINUTES), FIVE_MINUTES)
    assert half_hours(fine) == pytest.approx({TEN + SLOT: 0.6})


def test_newer_rows_replace_older() -> None:
    """A row that was read again counts once; the oldest are forgotten."""
    old = Recorded(hours={TEN - HOUR: 1.0, TEN: 2.0}, halves={TEN: 1.0})
    new = Recorded(hours={TEN: 3.0}, halves={TEN: 1.4})
    assert old.merged(new, TEN) == new


METERS = Balance(plus=("grid", "sun", "out"), minus=("export", "in"))


def test_the_house_is_what_the_meters_leave() -> None:
    """Grid and sun and battery, in less out."""
    values = {"grid": 1.0, "sun": 2.0, "out": 0.5, "export": 0.7, "in": 1.8}
    recorded = {each: Recorded(hours={TEN: value}) for each, value in values.items()}
    assert METERS.of(recorded).hours == pytest.approx({TEN: 1.0})


def test_an_inverter_sleeps_at_night() -> None:
    """No row of the sun is no sun; no row of the grid is not known."""
    recorded = {
        "grid": Recorded(hours={TEN: 1.0}),
        "sun": Recorded(hours={TEN + HOUR: 2.0}),
    }
    assert METERS.of(recorded).hours == {TEN: 1.0}


def test_meters_that_contradict_each_other() -> None:
    """A house that makes energy, or blows its fuse, is a fault of the meters; rounding is not."""
    hours = {TEN: -0.01, TEN + HOUR: -3.0, TEN + 2 * HOUR: 400.0}
    recorded = {"grid": Recorded(hours=hours)}
    assert METERS.of(recorded).hours == {TEN: 0.0}


def test_an_hour_is_two_halves_until_better_is_known() -> None:
    """Evenly split; half-hours that were recorded win."""
    found = halves_of(Recorded(hours={TEN: 1.0, TEN + HOUR: 2.0}, halves={TEN: 0.9}))
    assert found == {TEN: 0.9, TEN + SLOT: 0.5, TEN + HOUR: 1.0, TEN + HOUR + SLOT: 1.0}


def slot(start: datetime, load_kwh: float, observed_s: float = 1800) -> MeasuredSlot:
    """A measured half-hour."""
    return MeasuredSlot(start=start, energies=Energies(load_kwh=load_kwh), observed_s=observed_s)


def test_only_whole_half_hours_count() -> None:
    """The running one and one half seen say too little."""
    measured = [slot(TEN, 0.5), slot(TEN + SLOT, 0.1, 300), slot(TEN + 2 * HOUR, 0.1)]
    assert measured_halves(measured, NOW) == {TEN: 0.5}


def test_the_first_source_that_knows() -> None:
    """In order of trust; up to the running half-hour, sixty days back."""
    first = {TEN: 1.0, NOW: 9.0}
    second = {TEN: 2.0, TEN + SLOT: 3.0, TEN - timedelta(days=90): 4.0}
    found = history([first, second], [], NOW)
    assert [(each.start, each.kwh) for each in found] == [(TEN, 1.0), (TEN + SLOT, 3.0)]


def test_a_cars_half_hour_is_subtracted() -> None:
    """To zero at least."""
    ev_charging = Recorded(halves={TEN: 3.5, TEN + SLOT: 0.5})
    found = without_cars({TEN: 3.9, TEN + SLOT: 0.4}, [ev_charging])
    assert found == pytest.approx({TEN: 0.4, TEN + SLOT: 0.0})


def test_a_cars_hour_is_taken_where_it_was() -> None:
    """What remains is even: the car took the half-hour that stands out."""
    ev_charging = Recorded(hours={TEN: 3.5})
    assert without_cars({TEN: 0.2, TEN + SLOT: 3.7}, [ev_charging]) == pytest.approx(
        {TEN: 0.2, TEN + SLOT: 0.2}
    )


def test_an_unknown_share_of_a_car_is_left_out() -> None:
    """A car that says nothing at all is no car; one that was silent then is unknown."""
    loads = {TEN: 1.0, TEN + HOUR: 2.0}
    assert without_cars(loads, [Recorded()]) == loads
    assert without_cars(loads, [Recorded(hours={TEN: 0.0})]) == {TEN: 1.0}


@given(first=kwh, second=kwh, share=st.floats(0.0, 1.0))
def test_a_cars_hour_goes_away_whole(first: float, second: float, share: float) -> None:
    """Whatever the halves: the hour's rest is right, and no half grows or falls below zero."""
    taken = share * (first + second)
    found = without_cars({TEN: first, TEN + SLOT: second}, [Recorded(hours={TEN: taken})])
    assert sum(found.values()) == pytest.approx(first + second - taken, abs=1e-9)
    assert -1e-9 <= found[TEN] <= first + 1e-9
    assert -1e-9 <= found[TEN + SLOT] <= second + 1e-9


def test_settings_from_options() -> None:
    """Nothing set is automatic."""
    assert LoadSettings.from_options({}) == LoadSettings()
    options = {
        "load_from": "statistic",
        "load_statistic": "sensor.house",
        "car_statistics": ["sensor.car"],
    }
    assert LoadSettings.from_options(options) == LoadSettings(
        load_from=LoadFrom.STATISTIC, statistic="sensor.house", cars=("sensor.car",)
    )


GRID = {"type": "grid", "stat_energy_from": "sensor.import", "stat_energy_to": "sensor.export"}
SUN = {"type": "solar", "stat_energy_from": "sensor.sun"}
BATTERY = {"type": "battery", "stat_energy_from": "sensor.out", "stat_energy_to": "sensor.in"}
GAS = {"type": "gas", "stat_energy_from": "sensor.gas"}


def preferences(*sources: object) -> EnergyPreferences:
    """A dashboard with these sources."""
    return cast(EnergyPreferences, {"energy_sources": list(sources), "device_consumption": []})


def test_the_dashboards_meters() -> None:
    """The grid comes first, gas does not count."""
    assert dashboard_balance(preferences(SUN, GAS, BATTERY, GRID)) == Balance(
        plus=("sensor.import", "sensor.sun", "sensor.out"), minus=("sensor.export", "sensor.in")
    )


@pytest.mark.parametrize("sources", [(), (GRID, SUN), (BATTERY,)])
def test_a_dashboard_without_all_meters(sources: tuple[object, ...]) -> None:
    """Without the battery's meter the balance is not the house."""
    assert dashboard_balance(preferences(*sources)) is None
    assert dashboard_balance(None) is None
