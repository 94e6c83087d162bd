"""The planner's model of the battery: this site's hardware, and what was learned of it."""

from collections.abc import Mapping
from datetime import datetime

from ..const import (
    UNIT_BACKUP_CHARGE_W,
    UNIT_CAPACITY_KWH,
    UNIT_MAX_CHARGE_W,
    UNIT_MAX_DISCHARGE_W,
    UNIT_RESERVE_CHARGE_W,
)
from ..control.learning import Learned
from ..control.model import ControlState
from ..planner.model import Battery, ChargeMethod, ChargeMethodModel

# Until this home has shown otherwise: no taper.
UNTAPERED = (100.0, 0.5)


def method_rates_w(units: int, learned: Learned) -> Mapping[ChargeMethod, float]:
    """W that each charge method brings: as learned, else as usual for so many units."""
    return learned.rates_w(
        {
            ChargeMethod.RESERVE: UNIT_RESERVE_CHARGE_W * units,
            ChargeMethod.BACKUP: UNIT_BACKUP_CHARGE_W * units,
        }
    )


def battery_of(
    units: int,
    learned: Learned,
    control: ControlState,
    now: datetime,
    capacity_kwh: float | None,
) -> Battery:
    """The battery for a plan; charge methods that were ignored lately are left out."""
    rates_w = method_rates_w(units, learned)
    resting = {method for method, until in control.out_of_service if now < until}
    taper_from_percent, taper_to_fraction = learned.taper() or UNTAPERED
    return Battery(
        capacity_kwh=capacity_kwh or UNIT_CAPACITY_KWH * units,
        max_charge_w=UNIT_MAX_CHARGE_W * units,
        max_discharge_w=UNIT_MAX_DISCHARGE_W * units,
        methods=tuple(
            ChargeMethodModel(method=method, power_w=rates_w[method], stops_at_target=True)
            for method in (ChargeMethod.RESERVE, ChargeMethod.BACKUP)
            if method not in resting
        ),
        taper_from_percent=taper_from_percent,
        taper_to_fraction=taper_to_fraction,
    )
