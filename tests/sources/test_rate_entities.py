"""Rates read from other integrations' entities: their lists, units and gaps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.sources.dispatch_entities import car_of
from custom_components.smart_battery_scheduler.sources.price_lists import (
    RateEntityError,
    check_entity,
    rates_of,
)
from custom_components.smart_battery_scheduler.tariff.model import Rate
from homeassistant.core import State

NOW = datetime(2026, 7, 1, 12, 10, tzinfo=UTC)
START = datetime(2026, 7, 1, 12, tzinfo=UTC)
HALF = timedelta(minutes=30)
PENCE = {"unit_of_measurement": "p/kWh"}


def rates(state: str, attributes: dict[str, Any], entity_id: str = "sensor.price") -> list[Rate]:
    """What is read."""
    return list(rates_of(State(entity_id, state, attributes), entity_id, NOW).rates)


def row(start: datetime, length: timedelta, **values: object) -> dict[str, object]:
    """A period, its times as text in local time."""
    local = timedelta(hours=1)
    return {
        "start": f"{start + local:%Y-%m-%dT%H:%M:%S}+01:00",
        "end": f"{start + length + local:%Y-%m-%dT%H:%M:%S}+01:00",
        **values,
    }


def test_the_octopus_energy_integrations_event_is_in_pounds() -> None:
    """An event has no unit; its rows come in local time."""
    rows = [row(START, HALF, value_inc_vat=0.1234, is_capped=False)]
    found = rates("2026-07-01", {"rates": rows}, "event.octopus_energy_current_day_rates")
    assert [(rate.start, rate.end) for rate in found] == [(START, START + HALF)]
    assert found[0].p_per_kwh == pytest.approx(12.34)


@pytest.mark.parametrize(
    ("unit", "pence"),
    [
        ("p/kWh", 20.0),
        ("GBP/kWh", 2000.0),
        ("£/kWh", 2000.0),
        ("GBp/kWh", 20.0),
        ("p / kWh", 20.0),
        ("pence/kWh", 20.0),
        ("Pence per kWh", 20.0),
        ("GBX/KWH", 20.0),
        ("gbp/kwh", 2000.0),
        ("£ per kWh", 2000.0),
        ("GBP/MWh", 2.0),
        ("£/MWh", 2.0),
    ],
)
def test_units(unit: str, pence: float) -> None:
    """Pence or pounds, by the unit and never by the size of the number."""
    found = rates("1", {"unit_of_measurement": unit, "prices": [row(START, HALF, price=20)]})
    assert found[0].p_per_kwh == pence


def test_todays_list_that_stands_in_tomorrows_place_too_is_read_once() -> None:
    """custom-components/nordpool#284: after midnight both lists are the same, "tomorrow" is valid."""
    rows = [row(START + index * 2 * HALF, 2 * HALF, value=10 + index) for index in range(3)]
    lists = {"raw_today": rows, "raw_tomorrow": rows, "tomorrow_valid": True, **PENCE}
    found = rates("10", lists)
    assert [rate.start for rate in found] == [START + index * HALF for index in range(6)]
    assert [rate.p_per_kwh for rate in found] == [10, 10, 11, 11, 12, 12]


def test_hours_become_two_half_hours_and_days_are_joined() -> None:
    """Lists of today and tomorrow; negative prices pass."""
    hour = timedelta(hours=1)
    found = rates(
        "1",
        {
            **PENCE,
            "raw_today": [row(START, hour, value=5)],
            "raw_tomorrow": [row(START + hour, hour, value=-2.5)],
        },
    )
    assert [rate.p_per_kwh for rate in found] == [5.0, 5.0, -2.5, -2.5]


def test_times_may_be_moments() -> None:
    """As the attributes of a state in memory have them; of a lone one the half-hour is known."""
    found = rates("1", {**PENCE, "prices": [{"start": START, "value": 7}]})
    assert [rate.start for rate in found] == [START]


def test_a_list_of_beginnings_ends_each_period_with_the_next_in_any_order() -> None:
    """Half-hours of ``time`` and ``price`` (jonasbkarlsson/ev_smart_charging#279).

    Taken for hours every price was half an hour late. The last is as long as the shortest.
    """
    rows = [
        {"time": (START + index * HALF).isoformat(), "price": 10 + index} for index in (3, 0, 2, 1)
    ]
    found = rates("1", {**PENCE, "prices_today": rows})
    assert [(rate.start, rate.p_per_kwh) for rate in found] == [
        (START + index * HALF, 10 + index) for index in range(4)
    ]


def test_beginnings_of_hours_and_of_blocks_are_as_long_as_they_are() -> None:
    """Two hours, then a block to 17:30."""
    hour = timedelta(hours=1)
    starts = [START, START + hour, START + 2 * hour, START + 5.5 * hour]
    rows = [{"time": at.isoformat(), "price": index} for index, at in enumerate(starts)]
    found = rates("1", {**PENCE, "prices": rows})
    assert [rate.p_per_kwh for rate in found] == [0] * 2 + [1] * 2 + [2] * 7 + [3] * 2


def test_quarter_hours_are_averaged() -> None:
    """The mean of the two; a half-hour of which a quarter is missing is not known."""
    quarter = HALF / 2
    rows = [row(START + HALF + index * quarter, quarter, value=10 * index) for index in range(3)]
    found = rates("1", {**PENCE, "data": rows})
    assert [(rate.start, rate.p_per_kwh) for rate in found] == [(START + HALF, 5.0)]


def test_of_the_half_hour_that_runs_the_rest_is_enough() -> None:
    """A list may leave out what is over."""
    rows = [row(START + HALF / 2, HALF / 2, value=9)]
    found = rates("1", {**PENCE, "prices": rows})
    assert [(rate.start, rate.p_per_kwh) for rate in found] == [(START, 9.0)]


@pytest.mark.parametrize(
    ("name", "start", "value"),
    [
        ("data", "start_time", "price_per_kwh"),
        ("forecasts", "start_time", "value"),
        ("raw_all", "start", "value"),
        ("today", "startsAt", "total"),
        ("upcoming_prices", "datetime", "electricity_price"),
        ("unit_rates", "valid_from", "unit_rate"),
    ],
)
def test_lists_under_other_common_names(name: str, start: str, value: str) -> None:
    """As other price integrations give them."""
    rows = [{start: (START + index * HALF).isoformat(), value: index} for index in range(2)]
    assert [rate.p_per_kwh for rate in rates("1", {**PENCE, name: rows})] == [0.0, 1.0]


def test_bare_numbers_tell_no_times() -> None:
    """A list of numbers beside one with times is passed over; alone the sensor is a rate for now."""
    rows = [row(START, HALF, value=3), row(START + HALF, HALF, value=4)]
    both = {**PENCE, "today": [1.0] * 24, "raw_today": rows}
    assert [rate.p_per_kwh for rate in rates("9", both)] == [3.0, 4.0]
    assert [rate.p_per_kwh for rate in rates("9", {**PENCE, "today": [1.0] * 24})] == [9.0]


def test_what_is_published_goes_before_a_forecast() -> None:
    """Where an entity has both."""
    found = rates(
        "1",
        {
            **PENCE,
            "rates": [row(START, HALF, value=5)],
            "forecast": [row(START, HALF, value=8), row(START + HALF, HALF, value=9)],
        },
    )
    assert [rate.p_per_kwh for rate in found] == [5.0, 9.0]


def test_a_price_that_holds_only_if_the_car_charges_is_undone() -> None:
    """The Octopus Energy integration marks it: it has no knowledge of whether the car charges."""
    rows = [
        row(START, HALF, value_inc_vat=0.069, is_intelligent_adjusted=True),
        row(START + HALF, HALF, value_inc_vat=0.304, is_intelligent_adjusted=False),
        row(START + 2 * HALF, HALF, value_inc_vat=0.069),
    ]
    state = State("event.current_day_rates", "2026-07-01", {"rates": rows})
    found = rates_of(state, state.entity_id, NOW, undo_dispatches=True).rates
    assert [rate.p_per_kwh for rate in found] == pytest.approx([30.4, 30.4, 6.9])


def test_a_price_that_is_missing_is_a_gap() -> None:
    """Unknown is not nothing."""
    rows = [row(START, HALF, value=None), row(START + HALF, HALF, value=3)]
    assert [rate.start for rate in rates("1", {**PENCE, "prices": rows})] == [START + HALF]


def test_tomorrow_before_publication_is_empty() -> None:
    """No error: an event that has not come yet."""
    assert rates("unknown", {"rates": []}, "event.next_day_rates") == []
    assert rates("unknown", PENCE) == []


def test_a_sensor_without_a_list_is_a_rate_for_now() -> None:
    """For the half-hour that runs."""
    assert rates("24.5", PENCE) == [Rate(START, START + HALF, 24.5)]


@pytest.mark.parametrize(
    ("state", "attributes", "key"),
    [
        ("unavailable", PENCE, "entity missing"),
        ("dear", PENCE, "entity no rates"),
        ("nan", PENCE, "entity no rates"),
        ("inf", PENCE, "entity no rates"),
        ("1", {}, "entity unit"),
        ("1", {"prices": [row(START, HALF, value=1)]}, "entity unit"),
        ("1", {**PENCE, "prices": ["nonsense"]}, "entity no rates"),
        ("1", {**PENCE, "prices": [{"value": 1}]}, "entity no rates"),
        ("1", {**PENCE, "prices": [{"start": "2026-07-01T12:00:00", "value": 1}]}, "no rates"),
        ("1", {"unit_of_measurement": "EUR/kWh"}, "entity unit"),
        ("1", {"unit_of_measurement": "GBP"}, "entity unit"),
        ("1", {**PENCE, "prices": [row(START, -HALF, value=1)]}, "entity periods"),
        ("1", {**PENCE, "prices": [row(START, timedelta(days=8), value=1)]}, "entity periods"),
    ],
)
def test_what_cannot_be_read_is_named(state: str, attributes: dict[str, Any], key: str) -> None:
    """Nothing is guessed: neither units nor the zone of a time."""
    with pytest.raises(RateEntityError, match=key):
        rates(state, attributes)


def test_an_entity_that_does_not_exist_is_missing() -> None:
    """Renamed or removed."""
    with pytest.raises(RateEntityError, match="entity missing"):
        rates_of(None, "sensor.price", NOW)


@pytest.mark.parametrize(
    ("entity_id", "state", "attributes"),
    [
        ("sensor.price", "unknown", {}),
        ("sensor.price", "unknown", {"unit_of_measurement": "EUR/kWh"}),
        ("sensor.price", "cheap", PENCE),
        ("event.doorbell", "unknown", {}),
        ("event.doorbell", "2026-07-01T12:00:00+00:00", {"event_type": "ring"}),
    ],
)
def test_what_can_never_tell_a_rate_is_refused(
    entity_id: str, state: str, attributes: dict[str, Any]
) -> None:
    """Beside others that can it would be waited for without end (ev_smart_charging#412)."""
    with pytest.raises(RateEntityError):
        check_entity(State(entity_id, state, attributes), entity_id)


@pytest.mark.parametrize(
    ("entity_id", "state", "attributes"),
    [
        ("sensor.price", "unknown", PENCE),
        ("sensor.price", "unknown", {"raw_tomorrow": []}),
        ("sensor.price", "24.1", PENCE),
        ("event.octopus_energy_electricity_1_next_day_rates", "unknown", {}),
        ("event.octopus_energy_electricity_1_next_day_rates", "unknown", {"rates": []}),
    ],
)
def test_what_tells_nothing_yet_is_taken(
    entity_id: str, state: str, attributes: dict[str, Any]
) -> None:
    """Tomorrow's event before publication, an empty list, a sensor at a start."""
    check_entity(State(entity_id, state, attributes), entity_id)


def ev_charging(attributes: dict[str, Any], state: str = "off") -> list[tuple[datetime, bool]]:
    """The planned dispatches that an entity tells."""
    found = car_of(State("binary_sensor.d", state, attributes), NOW)
    return [(each.start, each.is_cheap) for each in found.planned]


def test_planned_dispatches_of_an_entity() -> None:
    """In order; what cannot be read is left out."""
    planned = [
        row(START + 2 * HALF, HALF, charge_in_kwh=-1.2),
        row(START, HALF),
        {"start": "nonsense", "end": None},
        "nonsense",
    ]
    assert ev_charging({"planned_dispatches": planned}) == [(START, True), (START + 2 * HALF, True)]


def test_dispatches_of_megakids_integration() -> None:
    """Its attributes are the wire's own."""
    planned = [
        {
            "startDtUtc": START.isoformat(),
            "endDtUtc": (START + HALF).isoformat(),
            "meta": {"source": source, "location": None},
        }
        for source in ("smart-charge", "bump-charge")
    ]
    assert ev_charging({"plannedDispatches": planned}) == [(START, True), (START, False)]


def test_an_entity_without_a_list_tells_of_this_half_hour() -> None:
    """On or off, and no more."""
    assert ev_charging({}, "on") == [(START, True)]
    assert ev_charging({}) == []


@pytest.mark.parametrize(
    ("source", "cheap"),
    [
        (None, True),
        ("smart-charge", True),
        ("SMART", True),
        ("bump-charge", False),
        ("BOOST", False),
    ],
)
def test_a_boost_of_the_owners_own_makes_nothing_cheap(source: str | None, cheap: bool) -> None:
    """It is told among the planned ones, and by its source alone."""
    assert ev_charging({"planned_dispatches": [row(START, HALF, source=source)]}) == [
        (START, cheap)
    ]


def test_completed_without_a_source_prove_nothing_started_ones_do() -> None:
    """Boosts are among the completed (BD's FAQ); started ones are seen while the car charges."""
    known = [row(START - 2 * HALF, HALF, source=None)]
    attributes = {"completed_dispatches": known, "started_dispatches": [row(START - HALF, HALF)]}
    found = car_of(State("binary_sensor.d", "off", attributes), NOW)
    assert [(each.is_cheap, each.counts) for each in found.completed] == [
        (False, True),
        (True, True),
    ]
    assert not found.charging


def test_no_dispatches() -> None:
    """Nothing known is none."""
    assert car_of(None, NOW).planned == ()
