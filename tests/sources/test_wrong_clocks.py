"""A machine whose clock is far ahead for some minutes, in a whole home: nothing is forgotten.

After a power cut, until the time server answers: months off on a board whose clock was read too soon
(home-assistant/operating-system#1980), years back on one that has none (home-assistant/core#55827),
39 minutes ahead for good (home-assistant/operating-system#4985).
"""

from datetime import datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.planner.model import Action, ReadyBy
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind
from homeassistant.util import dt as dt_util

from ..cloud.faults import Endpoint
from ..cloud.octopus import account_body
from ..days.stage import Day
from .test_account_rates import AGILE, FLEXIBLE, LONG_AGO

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def asked_again(day: Day) -> None:
    """Ask for rates and let what follows be done."""
    await day.site.rates.async_refresh()
    await day.settle()


async def ahead_for_minutes(day: Day, ahead: timedelta) -> None:
    """Let the clock be ahead by so much, for five minutes with readings and rates; then right."""
    now = dt_util.utcnow()
    day.freezer.move_to(now + ahead)
    await asked_again(day)
    await day.run(5 / 60)
    day.freezer.move_to(now + 6 * MINUTE)
    await asked_again(day)
    await day.run(2 / 60)


def starts(day: Day) -> set[datetime]:
    """The half-hours whose rates are known."""
    return {rate.start for rate in day.site.rates.published.imports.rates}


@pytest.mark.parametrize("tariff", [AGILE, FLEXIBLE])
@pytest.mark.parametrize("ahead", [timedelta(days=3), timedelta(days=40), timedelta(days=4000)])
async def test_a_clock_far_ahead_for_minutes_forgets_no_rates(
    day: Day, tariff: str, ahead: timedelta
) -> None:
    """Five weeks of them, though a flat tariff has rates at any time that is asked about."""
    day.cloud.octopus.account = account_body(((tariff, LONG_AGO, None),))
    await day.start()
    known, now = starts(day), dt_util.utcnow()
    assert min(known) <= now - timedelta(days=35) + HOUR
    await ahead_for_minutes(day, ahead)
    await ahead_for_minutes(day, ahead)
    assert known <= starts(day)
    late = {start for start in starts(day) if start > now + timedelta(days=8)}
    assert not late, "what was asked of the future meanwhile"


async def test_a_clock_far_ahead_for_minutes_forgets_nothing_that_a_person_asked_for(
    day: Day,
) -> None:
    """An override goes on; a session, a slot and a time to be ready by are still there."""
    await day.start()
    now = dt_util.utcnow()
    override = Override(action=Action.HOLD, until=now + 2 * HOUR, made_at=now)
    ready = ReadyBy(at=now + 6 * HOUR, percent=80)
    edge = now.replace(minute=0) + 4 * HOUR
    await day.site.async_set_override(override)
    await day.site.async_be_ready(ready)
    session = await day.site.sessions.async_add(SessionKind.POWER_DOWN, edge, edge + HOUR, now=now)
    slot = day.site.manual.add(edge + HOUR, edge + 2 * HOUR, None, now=now)
    said = set(day.decisions)
    await ahead_for_minutes(day, timedelta(days=4000))
    assert day.site.override == override
    assert day.site.ready_once == ready
    assert day.site.sessions.manual == (session,)
    assert day.site.manual.slots == (slot,)
    assert said <= set(day.decisions)


async def test_what_a_wrong_clock_ended_goes_on_after_a_restart(day: Day) -> None:
    """It is stored: the time server may answer only when Home Assistant has started once more."""
    await day.start()
    now = dt_util.utcnow()
    override = Override(action=Action.HOLD, until=now + 2 * HOUR, made_at=now)
    await day.site.async_set_override(override)
    day.freezer.move_to(now + timedelta(days=4000))
    await day.run(5 / 60)
    assert day.site.override is None
    await day.hass.config_entries.async_unload(day.entry.entry_id)
    day.freezer.move_to(now + 10 * MINUTE)
    await day.start()
    await day.run(2 / 60)
    assert day.site.override == override


async def test_after_a_clock_far_ahead_the_account_is_read_again_in_time(day: Day) -> None:
    """Not in eleven years: an agreement that was made meanwhile is followed."""
    await day.start()
    now = dt_util.utcnow()
    await ahead_for_minutes(day, timedelta(days=4000))
    day.cloud.octopus.account = account_body(((FLEXIBLE, LONG_AGO, None),))
    day.freezer.move_to(now + 7 * HOUR)
    await asked_again(day)
    rates = day.site.rates.data.imports.between(now + 8 * HOUR, now + 20 * HOUR)
    assert len({rate.p_per_kwh for rate in rates}) == 1


async def test_a_board_that_begins_years_back_forgets_nothing(day: Day) -> None:
    """Without a battery for its clock it starts in the past; all that is known lies ahead then."""
    await day.start()
    known, now = starts(day), dt_util.utcnow()
    day.freezer.move_to(now - timedelta(days=2000))
    await asked_again(day)
    day.freezer.move_to(now + MINUTE)
    await asked_again(day)
    assert known <= starts(day)
    assert {start for start in starts(day) if start >= now - 35 * 48 * SLOT} >= known - {min(known)}


async def test_what_is_wrong_is_named_anew_though_the_rates_are_the_same(day: Day) -> None:
    """Rates need not change for a notice to change: listeners are called for what is wrong, too."""
    day.cloud.octopus.account = account_body(((FLEXIBLE, "2026-01-21T00:00:00Z", None),), ())
    await day.start()
    called: list[None] = []
    day.site.rates.async_add_listener(lambda: called.append(None))
    await asked_again(day)
    assert not called
    day.cloud.octopus.account = account_body(((FLEXIBLE, "2026-01-23T00:00:00Z", None),), ())
    day.freezer.tick(7 * HOUR)
    day.cloud.requests.clear()
    await asked_again(day)
    assert [each for each in day.cloud.requests if each.endpoint is Endpoint.ACCOUNT]
    assert called
