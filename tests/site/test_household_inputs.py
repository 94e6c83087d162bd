"""What is known of people and car reaches the planner."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from custom_components.smart_battery_scheduler.planner.load_band import LoadWidths
from custom_components.smart_battery_scheduler.planner.load_household import Household, Occupancy
from custom_components.smart_battery_scheduler.planner.model import Battery
from custom_components.smart_battery_scheduler.site.planner_inputs import SiteSnapshot, plan_inputs
from custom_components.smart_battery_scheduler.site.preferences import Preferences
from custom_components.smart_battery_scheduler.tariff.model import SLOT, RateTable

NOW = datetime(2026, 1, 14, 18, 10, tzinfo=UTC)
EDGE = datetime(2026, 1, 14, 18, tzinfo=UTC)
SNAPSHOT = SiteSnapshot(
    now=NOW,
    soc_percent=50.0,
    battery=Battery(capacity_kwh=13.5, max_charge_w=5000.0, max_discharge_w=5000.0, methods=()),
    preferences=Preferences(),
    reserve_percent=20,
    imports=RateTable(),
    exports=None,
    solar=None,
    history=(),
    running=None,
)


def for_car(snapshot: SiteSnapshot) -> list[datetime]:
    """The half-hours that the planner keeps the battery from the car in."""
    return [slot.start for slot in plan_inputs(snapshot).slots if slot.car_charging]


def test_a_cars_plan_is_a_known_load() -> None:
    """Half-hours of which most is planned; the running one goes by what the car does."""
    planned = ((EDGE, EDGE + timedelta(hours=1)), (EDGE + 6 * SLOT, EDGE + 7.6 * SLOT))
    snapshot = replace(SNAPSHOT, car_planned=planned)
    assert for_car(snapshot) == [EDGE + SLOT, EDGE + 6 * SLOT, EDGE + 7 * SLOT]
    assert for_car(replace(snapshot, car_charging=True))[0] == NOW
    assert for_car(SNAPSHOT) == []


def test_who_is_at_home_reaches_the_loads() -> None:
    """An evening away is not planned for."""
    ahead = {EDGE + index * SLOT: Occupancy.AWAY for index in range(100)}
    usual, away = (
        plan_inputs(replace(SNAPSHOT, household=Household(ahead=each))).slots
        for each in ({}, ahead)
    )
    assert away[4].load_kwh.mean < 0.6 * usual[4].load_kwh.mean


def test_the_homes_own_band_reaches_the_loads() -> None:
    """Wider where the evenings are wild."""
    plain = plan_inputs(SNAPSHOT).slots[4].load_kwh
    wide = plan_inputs(replace(SNAPSHOT, load_widths=LoadWidths(evening=1.5))).slots[4].load_kwh
    assert wide.p90 > plain.p90
    assert wide.mean == plain.mean
