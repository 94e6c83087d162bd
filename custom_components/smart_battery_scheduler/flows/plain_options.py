"""What an options page asks in place of a preference's magic number.

A price ceiling of 100 p, a ready-by percent of 0 and a peak window of no length mean "none". People are asked
whether they want one, by a switch; carbon is asked for in words. Stored are the preferences as ever.
"""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TimeSelector,
)

from ..site.preferences import NO_PRICE_CEILING_P_PER_KWH, Preferences

HAS_CEILING, HAS_READY_BY, HAS_PEAK = "has_price_ceiling", "has_ready_by", "has_peak"
CARBON_CHOICE: Final = "carbon_choice"
OTHER: Final = "other"
# Pounds for a tonne of CO2: about what allowances cost in the UK's emissions trading, and about what the UK
# government's carbon values for policy appraisal (central series) make of it.
CARBON_GBP_PER_TONNE: Mapping[str, float] = {"none": 0.0, "a_little": 50.0, "much": 250.0}
# What is suggested to whoever switches one of them on.
FIRST: Mapping[str, Any] = {
    "price_ceiling_p_per_kwh": 30.0,
    "ready_by_percent": 80.0,
    "peak_start": "16:00:00",
    "peak_end": "19:00:00",
}


class MinuteSelector(TimeSelector):
    """A time of day without seconds, as the frontend's own conditions ask for it."""

    @override
    def serialize(self) -> dict[str, dict[str, Any]]:
        """What the frontend is sent; Home Assistant's own class has no word for it."""
        return {"selector": {self.selector_type: {"no_second": True}}}


def carbon_selector(present_gbp: float) -> SelectSelector:
    """The choices, and the present value where it is none of them."""
    options = [*CARBON_GBP_PER_TONNE]
    if present_gbp not in CARBON_GBP_PER_TONNE.values():
        options.append(OTHER)
    return SelectSelector(
        SelectSelectorConfig(
            options=options, mode=SelectSelectorMode.LIST, translation_key=CARBON_CHOICE
        )
    )


def to_plain(preferences: Preferences) -> dict[str, Any]:
    """What the pages show: the preferences, the switches, and usable values under those that are off."""
    shown = preferences.as_options()
    choices = {gbp: choice for choice, gbp in CARBON_GBP_PER_TONNE.items()}
    switches = {
        HAS_CEILING: preferences.price_ceiling_p_per_kwh < NO_PRICE_CEILING_P_PER_KWH,
        HAS_READY_BY: preferences.ready_by_percent > 0,
        HAS_PEAK: preferences.peak_start != preferences.peak_end,
    }
    for switch, names in _UNDER.items():
        if not switches[switch]:
            shown |= {name: FIRST[name] for name in names}
    carbon = choices.get(preferences.carbon_gbp_per_tonne, OTHER)
    return {**shown, **switches, CARBON_CHOICE: carbon}


_UNDER: Mapping[str, tuple[str, ...]] = {
    HAS_CEILING: ("price_ceiling_p_per_kwh",),
    HAS_READY_BY: ("ready_by_percent",),
    HAS_PEAK: ("peak_start", "peak_end"),
}


def from_plain(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the answers mean."""
    options = dict(answers)
    if not options.pop(HAS_CEILING, True):
        options["price_ceiling_p_per_kwh"] = NO_PRICE_CEILING_P_PER_KWH
    if not options.pop(HAS_READY_BY, True):
        options["ready_by_percent"] = 0.0
    if not options.pop(HAS_PEAK, True):
        options["peak_end"] = options["peak_start"]
    choice = options.pop(CARBON_CHOICE, OTHER)
    if choice != OTHER:
        options["carbon_gbp_per_tonne"] = CARBON_GBP_PER_TONNE[choice]
    return options
