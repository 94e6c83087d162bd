"""Validates an order to charge: refused where the battery has reached the target already."""

from homeassistant.exceptions import ServiceValidationError

from ..const import DOMAIN
from ..control.model import FULL_PERCENT
from ..control.rules import Override
from ..site.site import Site
from ..text.sentences import sentences_of


async def async_order(site: Site, asked: Override, field: str | None = None) -> None:
    """Begin an override. Raises as ``refuse_reached`` does; then nothing has changed."""
    refuse_reached(site, asked, field)
    await site.async_set_override(asked)


def refuse_reached(site: Site, asked: Override, field: str | None = None) -> None:
    """Raise ServiceValidationError if the battery is at the target: an order would charge it beyond.

    ``field`` is where the order gave its target, if it did. To the usual target of 100 % a full
    battery may be ordered: that keeps it full.
    """
    reading, target = site.battery.data, asked.target_percent
    level = reading.soc_percent if reading else None
    if target is None or level is None or level < target:
        return
    if field is None and target >= FULL_PERCENT:
        return
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="target_reached_already",
        translation_placeholders={
            "field": field or sentences_of(site.hass).say("title.charge_now_target"),
            "target": str(target),
            "level": f"{level:.0f}",
        },
    )
