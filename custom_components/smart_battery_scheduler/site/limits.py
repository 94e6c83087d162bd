"""What a number may be set to: the same for the entity, the options page and what is tried."""

from dataclasses import dataclass

from homeassistant.const import PERCENTAGE, UnitOfEnergy, UnitOfTime

from ..const import GBP_PER_TONNE, PENCE_PER_KWH


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The range of one preference in its unit."""

    least: float
    most: float
    step: float
    unit: str


_PENCE = "p"

LIMITS: dict[str, Limits] = {
    "reserve_floor_percent": Limits(least=0, most=80, step=1, unit=PERCENTAGE),
    "everyday_ceiling_percent": Limits(least=20, most=100, step=1, unit=PERCENTAGE),
    "price_ceiling_p_per_kwh": Limits(least=-20, most=100, step=0.5, unit=PENCE_PER_KWH),
    "ready_by_percent": Limits(least=0, most=100, step=1, unit=PERCENTAGE),
    "charge_now_percent": Limits(least=1, most=100, step=1, unit=PERCENTAGE),
    "charge_now_hours": Limits(least=0, most=24, step=0.5, unit=UnitOfTime.HOURS),
    "wear_p_per_kwh": Limits(least=0, most=20, step=0.1, unit=PENCE_PER_KWH),
    "carbon_gbp_per_tonne": Limits(least=0, most=500, step=1, unit=GBP_PER_TONNE),
    "axle_p_per_kwh": Limits(least=0, most=500, step=1, unit=PENCE_PER_KWH),
    "stability_p": Limits(least=0, most=50, step=0.5, unit=_PENCE),
    "annual_load_kwh": Limits(least=500, most=30000, step=100, unit=UnitOfEnergy.KILO_WATT_HOUR),
}
