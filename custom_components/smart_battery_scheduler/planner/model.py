"""The planner's data model: what goes in, what comes out.

Everything here is immutable plain data. Times are aware UTC datetimes; energies are kWh on the
AC side unless a name says "stored"; powers are W; money is pence; charge levels are percent as
the Tesla app shows them. ``None`` means "not known", never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What the battery should do in a slot, by the four verbs people use."""

    CHARGE = "charge"
    HOLD = "hold"
    USE = "use"
    EXPORT = "export"


class ChargeMethod(StrEnum):
    """How a charge is done on the hardware.

    GENTLE raises the reserve in self-powered mode: slow, and it stops by itself at the target.
    FAST is backup mode with grid charging: faster, and it runs until another mode is set.
    """

    RESERVE = "gentle"
    BACKUP = "fast"


class Session(StrEnum):
    """A supplier's event: asked to use less (power down) or given cheap energy (power up)."""

    POWER_DOWN = "power_down"
    POWER_UP = "power_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeMethodModel:
    """What one charge method does on this home: learned where possible, else the documented rate."""

    method: ChargeMethod
    power_w: float
    stops_at_target: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """The whole battery, all units together.

    ``round_trip_efficiency`` is AC to AC, split evenly between charging and discharging. Charging
    from the grid slows linearly from ``taper_from_percent`` to ``taper_to_fraction`` of the
    charge method's power at 100 %. ``highest_partial_reserve_percent``: reserves above it and below 100 do
    not exist on the hardware (Tesla turns 81-99 into 80 since July 2025).
    """

    capacity_kwh: float
    max_charge_w: float
    max_discharge_w: float
    methods: tuple[ChargeMethodModel, ...]
    round_trip_efficiency: float = 0.90
    taper_from_percent: float = 100.0
    taper_to_fraction: float = 0.5
    highest_partial_reserve_percent: int = 80
    export_limit_w: float | None = None
    can_export_stored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """An uncertain energy of one slot in kWh: its mean and three quantiles."""

    mean: float
    p10: float
    p50: float
    p90: float

    @classmethod
    def certain(cls, value: float) -> Spread:
        """A value without spread."""
        return cls(mean=value, p10=value, p50=value, p90=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotInputs:
    """Everything known about one slot [start, end) before planning.

    Rates are p/kWh including VAT, ``None`` where not published. ``forced`` is a user's durable request
    for this slot; ``charge_blocked`` the request that it be not charged. ``grid_charge_forbidden`` is
    a rule's verdict (peak window). ``car_charging`` means: do not feed the car from the battery.
    ``forced_target_percent`` is where a forced charge is over, if that is not the everyday ceiling;
    ``forced_method`` is the charge method that is used for it, if that is settled already.
    """

    start: datetime
    end: datetime
    import_p_per_kwh: float | None
    export_p_per_kwh: float | None
    load_kwh: Spread
    pv_kwh: Spread
    carbon_g_per_kwh: float | None = None
    forced: Action | None = None
    forced_target_percent: int | None = None
    forced_method: ChargeMethod | None = None
    charge_blocked: bool = False
    grid_charge_forbidden: bool = False
    session: Session | None = None
    car_charging: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceScenario:
    """One possible scenario of the rates, one value per slot, with its weight.

    Values at slots whose rate is published are ignored: the published rate holds in every scenario.
    """

    weight: float
    import_p_per_kwh: tuple[float, ...]
    export_p_per_kwh: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyBy:
    """A manual slot: at least ``percent`` in the battery at ``at``."""

    at: datetime
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRules:
    """What the household asks for, in the units they would say it in.

    ``wear_p_per_kwh`` is charged per kWh that leaves the battery. ``everyday_ceiling_percent``
    bounds grid charging except where the import rate is negative or a session or a ready-by request
    asks for more. ``gentleness_p_per_kwh`` is what a kWh may cost more if it comes by the charge method
    that stops by itself. ``stability_p`` is what a new plan must save to replace the running one.
    ``least_charge_kwh`` is the least that a whole half-hour of charging brings which nobody asked for
    and nobody pays for; a charge method that brings less in it must bring nearly all it can.
    """

    reserve_floor_percent: float = 20.0
    everyday_ceiling_percent: float = 100.0
    price_ceiling_p_per_kwh: float | None = None
    ready_by: tuple[ReadyBy, ...] = ()
    wear_p_per_kwh: float = 1.0
    carbon_gbp_per_tonne: float = 0.0
    gentleness_p_per_kwh: float = 0.1
    stability_p: float = 3.0
    least_charge_kwh: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """All a plan is made from.

    ``slots`` are consecutive and begin at ``now`` (the first may be a partial slot of any length).
    ``price_scenarios`` cover the unpublished slots; ``rates_known_at`` is when the first of those
    will be published, so that the planner knows until when it must decide without them.
    ``running`` is the plan in force, for stability.
    """

    now: datetime
    slots: tuple[SlotInputs, ...]
    battery: Battery
    stored_kwh: float
    rules: HouseholdRules = field(default_factory=HouseholdRules)
    price_scenarios: tuple[PriceScenario, ...] = ()
    rates_known_at: datetime | None = None
    running: Plan | None = None


class ReasonCode(StrEnum):
    """Why a slot is as it is. Put into words at the edge, with the numbers of the Reason."""

    CHEAPER_THAN_LATER = "cheaper_than_later"
    PAID_TO_CHARGE = "paid_to_charge"
    FORCED = "pinned"
    READY_BY = "ready_by"
    SESSION_AHEAD = "session_ahead"
    POWER_UP = "power_up"
    KEEP_FOR_LATER = "keep_for_later"
    CAR_CHARGING = "car_charging"
    BELOW_FLOOR = "below_floor"
    USE_NOW = "use_now"
    SOLAR_SURPLUS = "solar_surplus"
    EMPTY = "empty"
    NOTHING_TO_GAIN = "nothing_to_gain"
    SELL_NOW = "sell_now"
    RATE_UNKNOWN = "rate_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, as data: a code, its numbers (unit in each name) and the moment it points at."""

    code: ReasonCode
    numbers: Mapping[str, float] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSlot:
    """One slot of a plan with its expected flows.

    ``target_percent`` is where a charge stops, or how far a use may draw the battery down.
    ``marginal_value_p_per_kwh`` is the worth of one more kWh in the battery at the slot's start.
    ``cost_p`` is the bill's share, without wear or carbon; None where the rate is not even guessed.
    Energies and pence are expected over all that may be; ``likelihood`` is that of the action: below
    1 where other demand or, after their publication, other rates would change it.
    """

    start: datetime
    end: datetime
    action: Action
    method: ChargeMethod | None
    target_percent: int | None
    import_p_per_kwh: float | None
    export_p_per_kwh: float | None
    rate_is_estimate: bool
    load_kwh: float
    pv_kwh: float
    grid_import_kwh: float
    grid_export_kwh: float
    battery_in_kwh: float
    battery_out_kwh: float
    start_percent: float
    end_percent: float
    end_percent_p10: float
    end_percent_p90: float
    cost_p: float | None
    marginal_value_p_per_kwh: float
    reason: Reason
    likelihood: float = 1.0


class NoteCode(StrEnum):
    """What a plan must say about itself."""

    READY_BY_MISSED = "ready_by_missed"
    SESSION_NOT_FULL = "session_not_full"
    FORCED_NOT_KEPT = "pin_not_kept"
    RATES_MISSING = "rates_missing"
    BELOW_FLOOR = "below_floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A manual slot that could not be met, and how near the plan comes."""

    code: NoteCode
    numbers: Mapping[str, float] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the battery is going to do, slot by slot, and what that costs.

    ``cost_p`` is the bill's pence over the horizon: the sum of the slots' own, None while a rate is not
    even guessed. ``left_p`` is the worth of what the battery holds more at the end than at the
    beginning (less: negative). ``baseline_cost_p`` is the bill of a battery that is only ever used,
    less the worth of what that one holds more.
    ``kept_instead_saves_p`` is set when the running plan was kept: what the newly found one
    would have saved.
    """

    made_at: datetime
    slots: tuple[PlannedSlot, ...]
    cost_p: float | None
    baseline_cost_p: float | None
    kept_instead_saves_p: float | None = None
    notes: tuple[Note, ...] = ()
    left_p: float = 0.0

    @property
    def net_cost_p(self) -> float | None:
        """The cost less the worth of what is left more: what plans may be compared by."""
        return None if self.cost_p is None else self.cost_p - self.left_p

    @property
    def saving_p(self) -> float | None:
        """What the plan saves over a battery that is only ever used; None while it is not known."""
        if self.net_cost_p is None or self.baseline_cost_p is None:
            return None
        return self.baseline_cost_p - self.net_cost_p

    def slot_at(self, when: datetime) -> PlannedSlot | None:
        """The slot that contains ``when``."""
        return next((slot for slot in self.slots if slot.start <= when < slot.end), None)

    def next_charge(self, after: datetime) -> PlannedSlot | None:
        """The first charging slot that has not ended at ``after``."""
        return next(
            (slot for slot in self.slots if slot.action is Action.CHARGE and slot.end > after), None
        )


class PlanInputError(ValueError):
    """The inputs make no sense; ``field`` names the one at fault."""

    def __init__(self, field_name: str, problem: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(f"{field_name}: {problem}")
        self.field = field_name
