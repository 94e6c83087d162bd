"""The house's past from readings, statistics and meters, without its cars."""

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


def test_energy_that_comes_back_in_one_step_belongs_to_the_gap() -> None:
    """The first row, and the row after a meter was away, hold more than their hour.

    home-assistant/core#90731: a day's energy in the hour in which the meter was back.
    """
    found = energies(rows(9.0, 1.0, None, 7.0, 2.0), HOUR)
    assert found == {TEN + HOUR: 1.0, TEN + 4 * HOUR: 2.0}


def test_a_meter_that_shows_nought_after_a_restart_and_then_its_total_is_unknown_then() -> None:
    """home-assistant/core#114630: hundreds of kWh in one row, without any row missing."""
    counted = Recorded(hours=energies(rows(9.0, 0.5, 0.4, 731.2, 0.5, 0.6), HOUR))
    house = Balance(plus=("sensor.house",)).of({"sensor.house": counted}, lambda *_: False)
    assert house.hours == {
        TEN + HOUR * h: kwh for h, kwh in ((1, 0.5), (2, 0.4), (4, 0.5), (5, 0.6))
    }


def test_a_sum_that_begins_anew_after_weeks_away_is_no_negative_energy() -> None:
    """home-assistant/frontend#28177 and core#87311: -1,400 kWh in the hour of the return."""
    assert energies(rows(9.0, 1.0, None, -1400.0, 0.3), HOUR) == {
        TEN + HOUR: 1.0,
        TEN + 4 * HOUR: 0.3,
    }


def test_a_gap_in_which_nothing_can_have_flowed_is_nothing() -> None:
    """The meter comes back where it was: a car's that is away while no car is there."""
    found = energies(rows(9.0, 1.0, None, None, 0.0, 2.0), HOUR)
    assert found == {
        TEN + HOUR * h: kwh for h, kwh in enumerate((1.0, 0.0, 0.0, 0.0, 2.0), start=1)
    }


def test_a_register_that_is_away_while_the_other_counts_has_counted_nothing() -> None:
    """What it tells first is its own hour's, unless that stands out; another meter's is unknown."""
    away = rows(9.0, 1.0, None, None, 0.6, 0.5)
    hours = dict(enumerate((1.0, 0.0, 0.0, 0.6, 0.5), start=1))
    assert energies(away, HOUR, may_rest=True) == {TEN + HOUR * h: hours[h] for h in hours}
    assert energies(away, HOUR) == {TEN + HOUR: 1.0, TEN + 5 * HOUR: 0.5}
    came_back = rows(9.0, 1.0, None, None, 2.4, 0.5)
    assert energies(came_back, HOUR, may_rest=True) == {TEN + HOUR: 1.0, TEN + 5 * HOUR: 0.5}


def test_negative_steps_are_resets() -> None:
    """A replaced meter's row is not a consumption, and not none either; a rounding is none."""
    assert energies(rows(1.0, -400.0, 1.5, -0.01), HOUR) == {
        TEN + 2 * HOUR: 1.5,
        TEN + 3 * HOUR: 0.0,
    }


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


METERS = Balance(
    plus=("grid", "sun", "out"), minus=("export", "in"), solar_meters=("sun",), registers=()
)
VALUES = {"grid": 1.0, "sun": 2.0, "out": 0.5, "export": 0.7, "in": 1.8}


def by_day(start: datetime, length: timedelta) -> bool:
    """No time is dark."""
    return False


def by_night(start: datetime, length: timedelta) -> bool:
    """All time is dark."""
    return True


def recorded(**changes: dict[datetime, float]) -> dict[str, Recorded]:
    """Ten o'clock by all meters, but for some."""
    hours: dict[str, dict[datetime, float]] = {each: {TEN: kwh} for each, kwh in VALUES.items()}
    return {each: Recorded(hours=values) for each, values in {**hours, **changes}.items()}


def test_the_house_is_what_the_meters_leave() -> None:
    """Grid and sun and battery, in less out."""
    assert METERS.of(recorded(), by_day).hours == pytest.approx({TEN: 1.0})


def test_an_inverter_sleeps_at_night() -> None:
    """No row of the sun in the dark is no sun."""
    dark = recorded(sun={}, **{"in": {TEN: 0.0}, "export": {TEN: 0.0}})
    assert METERS.of(dark, by_night).hours == {TEN: 1.5}


@pytest.mark.parametrize("meter", sorted(VALUES))
def test_a_meter_away_by_day_is_unknown_not_nothing(meter: str) -> None:
    """The hour is left out, whichever is away: the sun's by day, any other's at any time."""
    assert METERS.of(recorded(**{meter: {}}), by_day).hours == {}
    if meter != "sun":
        assert METERS.of(recorded(**{meter: {}}), by_night).hours == {}


def test_meters_that_contradict_each_other() -> None:
    """A house that makes energy, or blows its fuse, is a fault of the meters; rounding is not."""
    hours = {TEN: -0.01, TEN + HOUR: -3.0, TEN + 2 * HOUR: 400.0, TEN + 3 * HOUR: 0.4}
    found = Balance(plus=("grid",)).of({"grid": Recorded(hours=hours)}, by_day).hours
    assert found == {TEN: 0.0, TEN + 3 * HOUR: 0.4}


def house(*kwh: float) -> dict[datetime, float]:
    """A house's own meter by the hour, from ten on, without what it cannot mean."""
    hours = {TEN + index * HOUR: each for index, each in enumerate(kwh)}
    return dict(Balance(plus=("house",)).of({"house": Recorded(hours=hours)}, by_day).hours)


def test_a_meter_that_stood_still_reports_it_all_at_once() -> None:
    """Four hours of nothing, then 3 kWh: the entity held its last value while it was away."""
    found = house(0.5, 0.6, 0.0, 0.0, 0.0, 0.0, 3.0, 0.5)
    assert found == {TEN: 0.5, TEN + HOUR: 0.6, TEN + 7 * HOUR: 0.5}


def test_a_meter_that_tells_nothing_for_long_is_not_a_house_that_uses_nothing() -> None:
    """Eight hours of zeros and on as before (springfall2008/batpred#2793): they are unknown."""
    found = house(0.5, 0.62, *[0.0] * 8, 0.5, 0.41)
    assert list(found.values()) == [0.5, 0.62, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.41]
    fine = house(0.5, 0.02, *[0.0] * 8, 0.5, 0.41)
    assert list(fine.values()) == [0.5, 0.02, 0.5, 0.41]
    assert house(0.0, 0.0, 0.0) == {}


def test_a_coarse_meter_is_not_one_that_stands_still() -> None:
    """A meter of whole kilowatt-hours has zeros between its ones."""
    assert len(house(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0)) == 7


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
    """To zero at least, where the two meters differ by their rounding."""
    car = Recorded(halves={TEN: 3.5, TEN + SLOT: 0.44})
    found = without_cars({TEN: 3.9, TEN + SLOT: 0.4}, [car])
    assert found == pytest.approx({TEN: 0.4, TEN + SLOT: 0.0})


def test_a_cars_hour_is_taken_where_it_was() -> None:
    """What remains is even: the car took the half-hour that stands out."""
    car = Recorded(hours={TEN: 3.5})
    assert without_cars({TEN: 0.2, TEN + SLOT: 3.7}, [car]) == pytest.approx(
        {TEN: 0.2, TEN + SLOT: 0.2}
    )


def test_an_unknown_share_of_a_car_is_left_out() -> None:
    """A car that says nothing at all is no car; one that was silent then is unknown."""
    loads = {TEN: 1.0, TEN + HOUR: 2.0}
    assert without_cars(loads, [Recorded()]) == loads
    assert without_cars(loads, [Recorded(hours={TEN: 0.0})]) == {TEN: 1.0}


def night(*kwh: float) -> dict[datetime, float]:
    """A house's half-hours from ten on."""
    return {TEN + index * SLOT: each for index, each in enumerate(kwh)}


def test_a_cars_meter_that_jumps_after_the_session_is_held_to_the_houses_balance() -> None:
    """14 kWh told at its end (marq24/ha-evcc#90): the session's time is unknown, the rest known."""
    loads = night(0.3, 0.2, 3.7, 3.8, 3.7, 3.6, 0.4, 0.3)
    car = Recorded(halves=night(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 14.0, 0.0))
    assert without_cars(loads, [car]) == night(0.3, 0.2) | {TEN + 7 * SLOT: 0.3}


def test_a_cars_jump_is_found_by_the_hour_too() -> None:
    """Long ago only hours are known."""
    loads = night(0.3, 0.2, 3.7, 3.8, 3.7, 3.6, 0.4, 0.3)
    car = Recorded(hours={TEN + h * HOUR: kwh for h, kwh in enumerate((0.0, 0.0, 0.0, 14.0))})
    assert set(without_cars(loads, [car])) == {TEN, TEN + SLOT}


def test_a_car_that_is_no_part_of_the_house_is_not_subtracted() -> None:
    """Its charger is wired before the house's meter (springfall2008/batpred#1865)."""
    loads = night(0.3, 0.2, 0.2, 0.2, 0.3, 0.2, 0.2, 0.2, 0.3, 0.2)
    car = Recorded(halves=night(0.0, 3.6, 3.6, 3.7, 3.6, 3.6, 3.6, 1.0, 0.0, 0.0))
    assert without_cars(loads, [car]) == loads


def test_a_session_that_jumps_to_the_meters_total_is_no_session() -> None:
    """evcc-io/evcc#28100: 29 kWh that were never charged; the night before stays known."""
    loads = night(*[0.3] * 40, 3.7, 3.7, 0.3)
    car = Recorded(halves=night(*[0.0] * 40, 3.4, 3.4, 300.0))
    assert set(loads) - set(without_cars(loads, [car])) == {TEN + 42 * SLOT}


def test_a_cars_spike_is_no_session() -> None:
    """900 kWh in half an hour (home-assistant/core#124420): only that half-hour is unknown."""
    loads = night(0.3, 0.2, 0.4, 0.3)
    car = Recorded(halves=night(0.0, 0.0, 900.0, 0.0))
    assert without_cars(loads, [car]) == night(0.3, 0.2) | {TEN + 3 * SLOT: 0.3}


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
        plus=("sensor.import", "sensor.sun", "sensor.out"),
        minus=("sensor.in", "sensor.export"),
        solar_meters=("sensor.sun",),
    )


def test_two_registers_of_the_grid_count_in_turn() -> None:
    """A day and a night tariff: either may be away while the other counts."""
    night_grid = {"type": "grid", "stat_energy_from": "sensor.night"}
    balance = dashboard_balance(preferences(GRID, night_grid, BATTERY))
    assert balance is not None
    assert balance.registers == ("sensor.import", "sensor.night")


@pytest.mark.parametrize("sources", [(), (GRID, SUN), (BATTERY,)])
def test_a_dashboard_without_all_meters(sources: tuple[object, ...]) -> None:
    """Without the battery's meter the balance is not the house."""
    assert dashboard_balance(preferences(*sources)) is None
    assert dashboard_balance(None) is None
