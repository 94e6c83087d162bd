"""Small homes to plan for, and what hypothesis makes of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from custom_components.smart_battery_scheduler.planner.model import (
    Battery,
    ChargeMethod,
    ChargeMethodModel,
    HouseholdRules,
    PlanInputs,
    SlotInputs,
    Spread,
)

NOW = datetime(2026, 1, 12, 20, 0, tzinfo=UTC)
SLOT = timedelta(minutes=30)
HALF_HOURS_PER_DAY = 48

RESERVE = ChargeMethodModel(method=ChargeMethod.RESERVE, power_w=1800.0, stops_at_target=True)
BACKUP = ChargeMethodModel(method=ChargeMethod.BACKUP, power_w=3300.0, stops_at_target=True)
POWERWALL = Battery(
    capacity_kwh=13.5, max_charge_w=5000.0, max_discharge_w=5000.0, methods=(RESERVE, BACKUP)
)
# No wear, no threshold and no least charge: pure money, so that sums can be done by hand.
MONEY_ONLY = HouseholdRules(
    reserve_floor_percent=0.0,
    wear_p_per_kwh=0.0,
    gentleness_p_per_kwh=0.0,
    stability_p=0.0,
    least_charge_kwh=0.0,
)


def spread(mean: float, width: float = 0.0) -> Spread:
    """A value that may turn out so much (as a share) lower or higher."""
    return Spread(mean=mean, p10=mean * (1 - width), p50=mean, p90=mean * (1 + width))


def site(
    rates: Sequence[float | None],
    *,
    load_kwh: float | Sequence[float] = 0.3,
    pv_kwh: float | Sequence[float] = 0.0,
    export_p: float = 0.0,
    stored_kwh: float = 5.0,
    battery: Battery = POWERWALL,
    rules: HouseholdRules = MONEY_ONLY,
    width: float = 0.0,
    now: datetime = NOW,
) -> PlanInputs:
    """Half-hours from ``now`` at these rates."""
    loads = [load_kwh] * len(rates) if isinstance(load_kwh, float | int) else load_kwh
    solar_kwh = [pv_kwh] * len(rates) if isinstance(pv_kwh, float | int) else pv_kwh
    return PlanInputs(
        now=now,
        slots=tuple(
            SlotInputs(
                start=now + index * SLOT,
                end=now + (index + 1) * SLOT,
                import_p_per_kwh=rate,
                export_p_per_kwh=export_p,
                load_kwh=spread(load, width),
                pv_kwh=spread(sun, width),
            )
            for index, (rate, load, sun) in enumerate(zip(rates, loads, solar_kwh, strict=True))
        ),
        battery=battery,
        stored_kwh=stored_kwh,
        rules=rules,
    )


def with_slot(inputs: PlanInputs, index: int, **changes: object) -> PlanInputs:
    """The same with one slot changed."""
    slots = list(inputs.slots)
    slots[index] = replace(slots[index], **changes)  # type: ignore[arg-type]  # fields by name
    return replace(inputs, slots=tuple(slots))


def rates(least: float = -5.0, most: float = 40.0) -> st.SearchStrategy[float]:
    """A plausible unit rate, p/kWh."""
    return st.floats(least, most).map(lambda value: round(value, 2))


@st.composite
def sites(
    draw: st.DrawFn, *, least_rate: float = -5.0, slots: tuple[int, int] = (4, 30)
) -> PlanInputs:
    """Any home: rates, house, sun, battery, charge level and floor."""
    count = draw(st.integers(*slots))
    capacity_kwh = draw(st.sampled_from([5.0, 13.5, 27.0]))
    floor_percent = draw(st.sampled_from([0.0, 10.0, 20.0, 35.0]))
    level_percent = draw(st.floats(floor_percent, 100.0))
    battery = replace(
        POWERWALL,
        capacity_kwh=capacity_kwh,
        round_trip_efficiency=draw(st.sampled_from([0.81, 0.9, 1.0])),
        taper_from_percent=draw(st.sampled_from([80.0, 100.0])),
        export_limit_w=draw(st.sampled_from([None, 3680.0])),
    )
    return site(
        draw(st.lists(rates(least_rate), min_size=count, max_size=count)),
        load_kwh=draw(st.lists(st.floats(0.0, 1.5), min_size=count, max_size=count)),
        pv_kwh=draw(st.lists(st.floats(0.0, 2.0), min_size=count, max_size=count)),
        export_p=draw(st.sampled_from([0.0, 5.0, 15.0])),
        stored_kwh=capacity_kwh * level_percent / 100.0,
        battery=battery,
        rules=replace(MONEY_ONLY, reserve_floor_percent=floor_percent),
        width=draw(st.sampled_from([0.0, 0.3])),
    )
