"""What a site learns and remembers: measurements, accuracy, savings, charge methods, solar."""

from collections.abc import Sequence
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..control.learning import Learned
from ..control.model import ControlState
from ..history.accuracy import Accuracy
from ..history.load_history import LoadHistory
from ..history.measurements import MeasuredSlot, Measurements
from ..history.missed_charges import MissedCharges
from ..history.plan_outcome import PlanOutcomes
from ..history.planned_levels import PlannedLevels
from ..history.savings import Savings
from ..planner.model import Battery, Plan
from ..powerwall.base import PowerwallState
from ..sources.rates_coordinator import Rates
from .records import Records
from .solar_forecast import SiteSolar


class SiteMemory:
    """Takes in what is measured and gives out what is learned; stores nothing itself."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        records: Records,
        past: Sequence[MeasuredSlot],
        solar: SiteSolar,
    ) -> None:
        """Go on from what was stored; ``past`` are half-hours known from elsewhere."""
        self.learned = records.learned
        self.measurements = Measurements(records.measured, records.totals)
        self.measurements.adopt(past)
        self.accuracy = Accuracy(records.accuracy, self.measurements)
        self.planned_levels = PlannedLevels(records.planned_levels)
        self.savings = Savings(records.savings, self.measurements)
        self.plan_outcomes = PlanOutcomes(records.plan_outcome, self.measurements)
        self.load_history = LoadHistory(hass, entry, records.load_expected)
        self.missed_charges = MissedCharges()
        self._solar = solar

    async def async_begin(self, now: datetime, reading: PowerwallState, annual_kwh: float) -> None:
        """Take in the first reading and the past of the recorder."""
        self.measurements.observe(reading)
        await self.async_look_at_house(now, annual_kwh)
        self._solar.look_back(now, self.measurements)

    async def async_look_at_house(self, now: datetime, annual_kwh: float) -> None:
        """Read the house's measured load, and compare the predictions with it."""
        await self.load_history.async_refresh(now)
        await self.load_history.async_judge(self.measurements.slots, now, annual_kwh)

    def slot_began(
        self, now: datetime, plan: Plan | None, rates: Rates, battery: Battery, floor_percent: int
    ) -> None:
        """Account for the half-hour that has ended; note what is predicted of the next."""
        self._solar.slot_began(now, self.measurements)
        self.accuracy.slot_began(now, plan, self._solar.forecast)
        self.planned_levels.slot_began(now, plan)
        self.savings.slot_began(now, rates.imports, rates.exports, battery, floor_percent)
        self.savings.expect(now, plan)
        self.plan_outcomes.slot_began(
            now, plan, rates.imports, rates.exports, battery.round_trip_efficiency
        )

    def learn_charging(
        self, before: ControlState, now: ControlState, reading: PowerwallState
    ) -> None:
        """Learn rate and delay of a charge method from the states before and after a reading."""
        self.learned = self.learned.after(before, now, reading)

    def forget_charge_methods(self) -> None:
        """Use the documented rates and delays again."""
        self.learned = Learned()
