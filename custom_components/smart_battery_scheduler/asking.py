"""Asking a home for a charge: refused where the battery is there already."""

from __future__ import annotations

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .control.rules import Override
from .control.ways import FULL_PERCENT
from .home import Home

# Where to mend a target that was not given with the order.
USUAL_TARGET = "Charge now target"


def refuse_reached(home: Home, asked: Override, field: str = USUAL_TARGET) -> None:
    """Raise ServiceValidationError if the battery is at the target: an order would charge it beyond.

    To the usual target of 100 % a full battery may be ordered: that keeps it full.
    """
    reading, target = home.battery.data, asked.target_percent
    level = reading.charge_level_percent if reading else None
    if target is None or level is None or level < target:
        return
    if field == USUAL_TARGET and target >= FULL_PERCENT:
        return
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="target_reached_already",
        translation_placeholders={"field": field, "target": str(target), "level": f"{level:.0f}"},
    )
