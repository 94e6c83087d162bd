"""No key, number or place of a home is shown or logged, whatever fails."""

import logging

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import encode
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_dumps

from ..cloud.faults import Endpoint, Fault
from ..days.stage import Day
from .secrets import SECRETS

OURS = "custom_components.smart_battery_scheduler"


def _found_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def _shown(day: Day) -> str:
    """All that a person, an automation or the card may see of the home."""
    states = [state.as_dict() for state in day.hass.states.async_all()]
    issues = [issue.to_json() for issue in ir.async_get(day.hass).issues.values()]
    published = [repr(day.entry.state), str(day.entry.reason)]
    if day.is_loaded():
        site = day.entry.runtime_data
        published += [
            json_dumps(encode(site.decision_log.decisions)),
            json_dumps(encode(site.planner.data)),
        ]
        published += [str(each.last_exception) for each in (site.battery, site.rates)]
    return "\n".join([json_dumps(states), json_dumps(issues), *published])


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    """What we logged; Home Assistant's own lines of its storage are not ours."""
    formatter = logging.Formatter()
    return "\n".join(
        formatter.format(record) for record in caplog.records if record.name.startswith(OURS)
    )


@pytest.mark.parametrize(
    "fault",
    [None, Fault.UNAUTHORISED, Fault.FORBIDDEN_PAGE, Fault.RATE_LIMITED, Fault.DISCONNECT,
     Fault.WRONG_SHAPE, Fault.PAGE],
)  # fmt: skip
async def test_nothing_leaks_while_services_fail(
    day: Day, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    """At work, and with every service failing in turn."""
    caplog.set_level(logging.DEBUG)
    await day.start()
    assert day.is_loaded()
    if fault is not None:
        day.cloud.faults.add(fault, *Endpoint)
    for coordinator in (day.site.battery, day.site.rates, day.site.solar):
        if coordinator is not None:
            await coordinator.async_refresh()
    await day.settle()
    assert _logged(caplog)
    assert _found_in(_logged(caplog)) == []
    assert _found_in(_shown(day)) == []


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault.UNAVAILABLE, ConfigEntryState.SETUP_RETRY),
        (Fault.UNAUTHORISED, ConfigEntryState.SETUP_ERROR),
    ],
)
async def test_nothing_leaks_when_a_home_cannot_start(
    day: Day, caplog: pytest.LogCaptureFixture, fault: Fault, state: ConfigEntryState
) -> None:
    """A home that was never set up tells as little."""
    caplog.set_level(logging.DEBUG)
    day.cloud.faults.add(fault, Endpoint.NETZERO_READ)
    await day.start()
    assert day.entry.state is state
    assert _found_in(_logged(caplog)) == []
    assert _found_in(_shown(day)) == []


def test_the_search_finds() -> None:
    """A secret in the middle of a text is seen."""
    assert _found_in(f"refused: {SECRETS[0]}!") == [SECRETS[0]]
