"""Whether the car charges, by whatever entity there is."""

import pytest

from custom_components.smart_battery_scheduler.sources.ev_charging import EvCharging, is_charging
from homeassistant.core import HomeAssistant, State

CAR = "binary_sensor.car"


@pytest.mark.parametrize(
    ("state", "unit", "charging"),
    [
        ("on", None, True),
        ("off", None, False),
        ("charging", None, True),
        ("Charging", None, True),
        ("complete", None, False),
        ("unavailable", None, False),
        ("unknown", "W", False),
        ("7200", "W", True),
        ("7.2", "kW", True),
        ("12", "W", False),
        ("0.0", "kW", False),
        ("nonsense", "W", False),
        ("3", "A", False),
    ],
)
def test_states_that_mean_charging(state: str, unit: str | None, charging: bool) -> None:
    """On, a word, or a power no idle charger draws; unknown is not charging."""
    attributes = {} if unit is None else {"unit_of_measurement": unit}
    assert is_charging(State("sensor.car", state, attributes)) is charging


def test_an_entity_that_does_not_exist_means_no() -> None:
    """A home is not held for ever by a renamed entity."""
    assert not is_charging(None)


async def test_beginning_and_end_are_noticed_once(hass: HomeAssistant) -> None:
    """Attributes that change in between are no news."""
    seen: list[bool] = []
    ev_charging = EvCharging(hass, lambda: seen.append(ev_charging.charging))
    ev_charging.watch(CAR)
    for state, attributes in (("off", {}), ("on", {}), ("on", {"a": 1}), ("unavailable", {})):
        hass.states.async_set(CAR, state, attributes)
        await hass.async_block_till_done()
    assert seen == [True, False]


async def test_another_entity_is_watched_from_the_moment_it_is_named(hass: HomeAssistant) -> None:
    """The old one means nothing any more."""
    hass.states.async_set(CAR, "on")
    hass.states.async_set("binary_sensor.other", "off")
    seen: list[bool] = []
    ev_charging = EvCharging(hass, lambda: seen.append(ev_charging.charging))
    ev_charging.watch(CAR)
    ev_charging.watch("binary_sensor.other")
    hass.states.async_set("binary_sensor.other", "on")
    await hass.async_block_till_done()
    ev_charging.watch("")
    assert seen == [True, False, True, False]
