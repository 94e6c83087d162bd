"""What is bridged by the energy balance, and what would be invention."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.history.gaps import bridged
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.planner.model import Battery

START = datetime(2026, 1, 14, tzinfo=UTC)
SLOT = timedelta(minutes=30)
BATTERY = Battery(capacity_kwh=10, max_charge_w=5000, max_discharge_w=5000, methods=())


def slot(index: int, level: float | None = 50.0, observed_s: float = 1800.0) -> MeasuredSlot:
    """A half-hour in which the house used 0.5 kWh, as far as it was watched."""
    return MeasuredSlot(
        start=START + index * SLOT,
        energies=Energies(load_kwh=0.5, import_kwh=0.5) if observed_s else Energies(),
        observed_s=observed_s,
        soc_percent=level,
    )


UNSEEN = [slot(index, None, 0.0) for index in range(1, 8)]


def test_a_quiet_gap_goes_on_as_around_it() -> None:
    """The level is the same at both ends: the house used what it used before, from the grid."""
    whole = bridged(slot(0), UNSEEN[:2], slot(3), BATTERY)
    assert whole is not None
    assert [each.load_kwh for each in whole] == pytest.approx([0.5, 0.5])
    assert [each.import_kwh for each in whole] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("before", "gap", "after"),
    [
        (None, 1, slot(2)),
        (slot(0, observed_s=600.0), 1, slot(2)),
        (slot(0), 7, slot(8)),
        (slot(0, None), 1, slot(2)),
        (slot(0), 1, slot(2, None)),
        (slot(0, 5.0), 1, slot(2, 95.0)),
    ],
    ids=[
        "unknown before",
        "hardly seen before",
        "too long",
        "no level",
        "no level after",
        "a jump",
    ],
)
def test_nothing_is_invented(before: MeasuredSlot | None, gap: int, after: MeasuredSlot) -> None:
    """Without both levels and a neighbour that was seen, over three hours, or against the hardware."""
    assert bridged(before, UNSEEN[:gap], after, BATTERY) is None


def test_what_was_seen_in_a_gap_is_kept() -> None:
    """Only the rest of the half-hour is guessed."""
    part = replace(slot(1, observed_s=900.0), energies=Energies(load_kwh=2.0, import_kwh=2.0))
    whole = bridged(slot(0), [part], slot(2), BATTERY)
    assert whole is not None
    assert whole[0].load_kwh == pytest.approx(2.0 + 900 * 3.0 / 4500)
