"""Several sources, one past."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.history.backtest.meters import (
    MeterSource,
    measured_source,
    put_together,
)
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot

START = datetime(2026, 11, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
MEASURED = [
    MeasuredSlot(
        start=START + index * HALF_HOUR,
        energies=Energies(load_kwh=0.5, import_kwh=0.4, pv_kwh=0.1),
        observed_s=seconds,
    )
    for index, seconds in enumerate((1800.0, 1620.0, 600.0))
]


def test_the_suppliers_meter_comes_first_and_what_came_from_where_is_counted() -> None:
    """The supplier's meter comes first; how many half-hours came from where is counted."""
    octopus = MeterSource(name="octopus", energies={"import": {START: 0.41}})
    ours, loads = measured_source(MEASURED)
    past = put_together([octopus, ours], loads, START, START + 3 * HALF_HOUR)
    assert [slot.import_kwh for slot in past.slots] == pytest.approx([0.41, 0.4 * 1800 / 1620])
    assert past.sources["import"] == {"octopus": 1, "measured": 1}
    assert past.sources["pv"] == {"measured": 2}


def test_our_own_house_checks_other_meters_and_not_itself() -> None:
    """The measured load is kept only beside another source's meters."""
    octopus = MeterSource(name="octopus", energies={"import": {START: 0.41}})
    ours, loads = measured_source(MEASURED)
    past = put_together([octopus, ours], loads, START, START + 3 * HALF_HOUR)
    assert [slot.load_kwh for slot in past.slots] == [0.5, None]


def test_what_no_source_knows_is_none_and_what_a_home_does_not_have_is_nothing() -> None:
    """What no source knows is None; a roof that the dashboard does not have makes nothing."""
    dashboard = MeterSource(
        name="dashboard", energies={"import": {START: 1.0}}, absent=frozenset({"pv", "export"})
    )
    (slot,) = put_together([dashboard], {}, START, START + 2 * HALF_HOUR).slots
    assert (slot.import_kwh, slot.pv_kwh, slot.battery_in_kwh) == (1.0, 0.0, None)
    assert put_together([], {}, START, START + 2 * HALF_HOUR).slots == ()
