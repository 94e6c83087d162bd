"""Rates read from other integrations' entities: their lists, units and gaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.sources.rate_entities import (
    RateEntityError,
    dispatches_of,
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
    ("unit", "pence"), [("p/kWh", 20.0), ("GBP/kWh", 2000.0), ("£/kWh", 2000.0), ("GBp/kWh", 20.0)]
)
def test_units(unit: str, pence: float) -> None:
    """Pence or pounds, by the unit and never by the size of the number."""
    found = rates("1", {"unit_of_measurement": unit, "prices": [row(START, HALF, price=20)]})
    assert found[0].p_per_kwh == pence


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


def test_times_may_be_moments_or_lack_an_end() -> None:
    """As the attributes of a state in memory have them; without an end a period is an hour."""
    found = rates("1", {**PENCE, "prices": [{"start": START, "value": 7}]})
    assert [rate.start for rate in found] == [START, START + HALF]


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
        ("1", {**PENCE, "prices": [row(START, HALF / 2, value=1)]}, "entity periods"),
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


def test_planned_dispatches_of_an_entity() -> None:
    """In order; what cannot be read is left out."""
    planned = [
        row(START + 2 * HALF, HALF, charge_in_kwh=-1.2),
        row(START, HALF),
        {"start": "nonsense", "end": None},
        "nonsense",
    ]
    found = dispatches_of(State("binary_sensor.d", "off", {"planned_dispatches": planned}))
    assert [(each.start, each.is_cheap) for each in found] == [
        (START, True),
        (START + 2 * HALF, True),
    ]


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
    planned = [row(START, HALF, source=source)]
    (only,) = dispatches_of(State("binary_sensor.d", "off", {"planned_dispatches": planned}))
    assert only.is_cheap is cheap


@pytest.mark.parametrize("state", [None, State("binary_sensor.d", "on")])
def test_no_dispatches(state: State | None) -> None:
    """Nothing known is none."""
    assert dispatches_of(state) == ()
