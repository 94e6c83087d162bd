"""Rates that Home Assistant has already: entities of integrations known by name."""

from collections.abc import Iterable
from dataclasses import dataclass

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

# Its entity ids: event.octopus_energy_electricity_<meter>[_export]_<day>_rates, and
# binary_sensor.octopus_energy_<device>_intelligent_dispatching.
PLATFORM = "octopus_energy"
DAYS = ("previous_day_rates", "current_day_rates", "next_day_rates")
# The car's cheap charging, by platform and the end of the entity's id; the first that is there. The
# others are megakid's Octopus Intelligent and dan-r's Ohme.
DISPATCHING = (
    (PLATFORM, "intelligent_dispatching"),
    ("octopus_intelligent", "octopus_intelligent_slot"),
    ("ohme", "slot_active"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRates:
    """Entities that list rates; of several meters the first."""

    imports: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    dispatches: str | None = None


def known_rates(hass: HomeAssistant) -> KnownRates:
    """What is there of one meter for each direction."""
    enabled = [each for each in er.async_get(hass).entities.values() if each.disabled_by is None]
    entities = sorted(each.entity_id for each in enabled if each.platform == PLATFORM)
    rates = [each for each in entities if each.startswith("event.") and each.endswith(DAYS)]
    electricity = [each for each in rates if "_electricity_" in each]
    dispatching = [
        each.entity_id
        for platform, name in DISPATCHING
        for each in sorted(enabled, key=lambda entry: entry.entity_id)
        if each.platform == platform and each.domain == "binary_sensor"
        if each.entity_id.endswith(name)
    ]
    return KnownRates(
        imports=_of_one_meter(each for each in electricity if "_export_" not in each),
        exports=_of_one_meter(each for each in electricity if "_export_" in each),
        dispatches=dispatching[0] if dispatching else None,
    )


def _of_one_meter(entity_ids: Iterable[str]) -> tuple[str, ...]:
    by_meter: dict[str, list[str]] = {}
    for entity_id in entity_ids:
        meter = next(entity_id.removesuffix(day) for day in DAYS if entity_id.endswith(day))
        by_meter.setdefault(meter, []).append(entity_id)
    return tuple(next(iter(by_meter.values()), ()))
