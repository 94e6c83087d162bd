"""Half-hours in which solar power was curtailed."""

from ..solar.learning import was_curtailed
from ..tariff.model import SLOT
from .measurements import MeasuredSlot, Measurements

# Less export than this in a half-hour is a meter's noise and does not show that export is allowed.
EXPORTED_KWH = 0.02


def may_have_been_curtailed(slot: MeasuredSlot, measurements: Measurements) -> bool:
    """Whether solar power was curtailed: battery full, nothing exported."""
    before = measurements.slot(slot.start - SLOT)
    levels = (slot.soc_percent, before.soc_percent if before else None)
    return was_curtailed(
        highest_percent=max((level for level in levels if level is not None), default=None),
        may_export=slot.energies.export_kwh > EXPORTED_KWH,
    )
