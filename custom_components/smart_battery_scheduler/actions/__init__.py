"""Actions: what automations, scripts, voices and the card can ask of a home."""

from homeassistant.core import HomeAssistant, callback

from . import answers, backtest, daily, now, ready, sessions, slots, voice

__all__ = ["async_setup_actions"]


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register all of them, once."""
    for module in (now, ready, slots, sessions, answers, daily, backtest, voice):
        module.async_setup(hass)
