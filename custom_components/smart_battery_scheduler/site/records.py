"""What a site remembers besides its control."""

from dataclasses import dataclass, field, replace

from ..control.learning import Learned
from ..control.model import Decision
from ..control.rules import Override
from ..history.accuracy import AccuracyMemory
from ..history.load_quality import ExpectedLoad
from ..history.measurements import Energies, MeasuredSlot
from ..history.plan_outcome import PlanOutcomeMemory
from ..history.planned_levels import PlannedLevel
from ..history.savings import SavingsMemory
from ..planner.model import ReadyBy
from ..powerwall.simulated import SimulatedState
from ..sources.build import Remembered
from ..sources.grid_sessions import SessionWindow
from ..tariff.account import Property
from ..tariff.model import RateTable
from .manual_slots import ManualSlot
from .solar_forecast import SolarMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a home remembers besides its control: rates, measurements, decisions, requests.

    ``simulated`` is the demo home's battery.
    """

    import_rates: RateTable = field(default_factory=RateTable)
    export_rates: RateTable | None = None
    measured: tuple[MeasuredSlot, ...] = ()
    totals: Energies = field(default_factory=Energies)
    decisions: tuple[Decision, ...] = ()
    override: Override | None = None
    override_ended_late: Override | None = None
    ready_once: ReadyBy | None = None
    learned: Learned = field(default_factory=Learned)
    simulated: SimulatedState | None = None
    solar: SolarMemory = field(default_factory=SolarMemory)
    accuracy: AccuracyMemory = field(default_factory=AccuracyMemory)
    planned_levels: tuple[PlannedLevel, ...] = ()
    load_expected: tuple[ExpectedLoad, ...] = ()
    savings: SavingsMemory = field(default_factory=SavingsMemory)
    plan_outcome: PlanOutcomeMemory = field(default_factory=PlanOutcomeMemory)
    manual_sessions: tuple[SessionWindow, ...] = ()
    manual_slots: tuple[ManualSlot, ...] = ()
    account_address: Property | None = None
    tariff_mark: str = ""

    def of_tariff(self, tariff_mark: str) -> Records:
        """The same, but no rates of a tariff that is not the site's any more."""
        if self.tariff_mark in ("", tariff_mark):
            return self
        return replace(self, import_rates=RateTable(), export_rates=None, account_address=None)

    @property
    def remembered(self) -> Remembered:
        """What clients go on from."""
        return Remembered(
            address=self.account_address, solar_calls=self.solar.calls, simulated=self.simulated
        )
