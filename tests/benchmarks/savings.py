"""What the planner saves on generated days of each season: prints a table.

Planned every half-hour on what is known then, lived through the physics of a Powerwall. Costs
count imports less paid exports, corrected by the change in the battery at the cheapest quarter's
rate. ``knowing all`` plans on the truth: what is left to gain beyond it is the planner's own loss.
"""

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import sys

import numpy as np

from custom_components.smart_battery_scheduler.demo.home import available_solar_w
from custom_components.smart_battery_scheduler.demo.house import house_w
from custom_components.smart_battery_scheduler.demo.rates import export_p_per_kwh, import_p_per_kwh
from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    ChargeMethod,
    HouseholdRules,
    Plan,
    PlannedSlot,
)
from custom_components.smart_battery_scheduler.planner.optimiser import plan
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.powerwall.physics import (
    Circumstances,
    Hardware,
    Meters,
    advance,
)

from .generated import SAMPLE, SLOT, inputs_at, lived, true_inputs

FLOOR_PERCENT = 20
RULES = HouseholdRules(reserve_floor_percent=FLOOR_PERCENT)
HARDWARE = Hardware(export_limit_w=3680.0)
SEASONS = {
    "winter": datetime(2026, 1, 12, tzinfo=UTC),
    "spring": datetime(2026, 4, 13, tzinfo=UTC),
    "summer": datetime(2026, 7, 13, tzinfo=UTC),
    "autumn": datetime(2026, 10, 12, tzinfo=UTC),
}
SELF_POWERED = Settings(
    operating_mode=OperatingMode.SELF_POWERED,
    backup_reserve_percent=FLOOR_PERCENT,
    grid_charging=False,
)

type Policy = Callable[[datetime, float], PlannedSlot | None]


def settings_for(slot: PlannedSlot | None, percent: float) -> Settings:
    """What the Powerwall is told for a planned slot at a charge level."""
    if slot is None or slot.action is Action.USE:
        reserve = FLOOR_PERCENT if slot is None else slot.target_percent
        return replace(SELF_POWERED, backup_reserve_percent=reserve)
    done = slot.target_percent is not None and percent >= slot.target_percent
    if slot.action is Action.HOLD or done:
        return Settings(operating_mode=OperatingMode.BACKUP, grid_charging=False)
    if slot.method is ChargeMethod.RESERVE:
        reserve = slot.target_percent
        return replace(SELF_POWERED, backup_reserve_percent=reserve, grid_charging=True)
    return Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)


def cost_p(start: datetime, days: int, policy: Policy) -> float:
    """Live through the days by a policy."""
    stored, cost = HARDWARE.capacity_kwh / 2.0, 0.0
    begun, rates = stored, []
    for index in range(48 * days):
        now = start + SLOT * index
        slot, meters = policy(now, stored), Meters()
        for step in range(SLOT // SAMPLE):
            middle = now + SAMPLE * (step + 0.5)
            stored, meters = advance(
                HARDWARE,
                settings_for(slot, stored / HARDWARE.capacity_kwh * 100.0),
                Circumstances(),
                stored,
                meters,
                house_w(middle),
                available_solar_w(middle),
                SAMPLE.total_seconds(),
            )
        rates.append(import_p_per_kwh(now))
        cost += rates[-1] * meters.imported_kwh - export_p_per_kwh(now) * meters.exported_kwh
    cheap = float(np.quantile(rates, 0.25)) / HARDWARE.one_way_efficiency
    return cost - (stored - begun) * cheap


def planned() -> Policy:
    """Our planner on what a home knows, keeping its running plan as a home does."""
    running: list[Plan | None] = [None]

    def policy(now: datetime, stored_kwh: float) -> PlannedSlot | None:
        inputs = replace(inputs_at(now, stored_kwh, rules=RULES), running=running[0])
        found = plan(inputs)
        running[0] = found
        return found.slots[0]

    return policy


def knowing_all(end: datetime) -> Policy:
    """Our planner on the truth, which ends two days after the days that count."""

    def policy(now: datetime, stored_kwh: float) -> PlannedSlot | None:
        horizon = min(timedelta(hours=48), end + timedelta(days=2) - now)
        rules = replace(RULES, stability_p=0.0, wear_p_per_kwh=0.0, gentleness_p_per_kwh=0.0)
        return plan(true_inputs(now, stored_kwh, horizon, rules)).slots[0]

    return policy


def no_battery_p(start: datetime, days: int) -> float:
    """The house and its roof alone."""
    cost = 0.0
    for index in range(48 * days):
        now = start + SLOT * index
        net = lived(now).load_kwh - lived(now).pv_kwh
        cost += max(net, 0.0) * import_p_per_kwh(now) - max(-net, 0.0) * export_p_per_kwh(now)
    return cost


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=3, help="days per season (default 3)")
    days = parser.parse_args().days
    names = ("no battery", "self-powered", "planned", "knowing all")
    sys.stdout.write("pence per day   " + "".join(f"{name:>14}" for name in names) + "\n")
    totals = np.zeros(len(names))
    for season, start in SEASONS.items():
        end = start + timedelta(days=days)
        costs = np.array(
            [
                no_battery_p(start, days),
                cost_p(start, days, lambda _now, _stored: None),
                cost_p(start, days, planned()),
                cost_p(start, days, knowing_all(end)),
            ]
        )
        totals += costs
        sys.stdout.write(f"{season:16}" + "".join(f"{p / days:14.1f}" for p in costs) + "\n")
    year = totals / days / len(SEASONS) * 365.25 / 100.0
    sys.stdout.write(f"{'£ per year':16}" + "".join(f"{pounds:14.0f}" for pounds in year) + "\n")
    gained = (year[1] - year[2]) / (year[1] - year[3]) * 100.0
    sys.stdout.write(f"planned reaches {gained:.0f} % of what knowing all would save\n")


if __name__ == "__main__":
    main()
