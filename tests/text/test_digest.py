"""The three lines of the day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    Decision,
    DecisionKind,
    DecisionReason,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.history.plan_outcome import DayOutcome
from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    Note,
    NoteCode,
    Plan,
    Reason,
    ReasonCode,
)
from custom_components.smart_battery_scheduler.site.site import Site
from custom_components.smart_battery_scheduler.tariff.model import Rate, RateTable
from custom_components.smart_battery_scheduler.text.digest import (
    DayResult,
    Digest,
    day_result,
    digest_of,
)
from custom_components.smart_battery_scheduler.text.speech import Picture
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from ..automations.conftest import NOW
from ..languages import ENGLISH
from ..plans import a_plan, a_slot

HALF_HOUR = timedelta(minutes=30)
LONDON = ZoneInfo("Europe/London")
A_DAY = DayResult(
    energies=Energies(import_kwh=12.41, export_kwh=3.1),
    cost_p=231.4,
    charges=2,
    failures=0,
    skipped=0,
)


def a_charge_plan(**more: object) -> Plan:
    """A charge from 02:30 to 03:30."""
    start = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
    reason = Reason(
        code=ReasonCode.CHEAPER_THAN_LATER,
        numbers={"saves_p_per_kwh": 24.1},
        at=datetime(2026, 11, 21, 17, 30, tzinfo=UTC),
    )
    slots = [a_slot(NOW, Action.USE, end=start)]
    slots += [
        a_slot(
            start + HALF_HOUR * i, Action.CHARGE, target_percent=80, end_percent=84.0, reason=reason
        )
        for i in range(2)
    ]
    slots.append(a_slot(start + HALF_HOUR * 2, Action.HOLD, end=NOW + timedelta(hours=36)))
    return replace(a_plan(*slots), **more)  # type: ignore[arg-type]  # fields of Plan by name


def the_digest(plan: Plan | None, day: DayResult = A_DAY) -> Digest:
    """The digest of a home with this plan."""
    picture = Picture(now=NOW, zone=LONDON, reading=None, plan=plan, words=ENGLISH)
    return digest_of(picture, day)


def test_the_three_lines() -> None:
    """Next, plan, yesterday."""
    assert the_digest(a_charge_plan()).message == (
        "Next: charge 02:30–03:30 to 80 % at 9.8 p; it avoids 24.1 p at 17:30.\n"
        "Plan: £0.08 for the next 36 hours, £0.20 less than self-powered.\n"
        "Yesterday: £2.31, 12.4 kWh bought, 3.1 kWh sold, 2 charges done."
    )


def test_no_charge() -> None:
    """None is needed, and that is said."""
    digest = the_digest(a_plan(a_slot(NOW, Action.USE)))
    assert digest.next_charge == "Next: no charge from the grid is needed."


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"scheduler_enabled": False}, "Next: nothing. The scheduler is switched off."),
        ({"dry_run": True}, "Next: nothing. This is a dry run: nothing is sent to the battery."),
        (
            {"suspension": SuspensionCause.OFF_GRID},
            "Next: nothing. The scheduler is suspended because there is a power cut.",
        ),
    ],
)
def test_a_plan_that_is_not_acted_on(more: dict[str, object], line: str) -> None:
    """It is not reported as if it were."""
    picture = Picture(now=NOW, zone=LONDON, reading=None, plan=a_charge_plan(), words=ENGLISH)
    changed = replace(picture, **more)  # type: ignore[arg-type]  # fields of Picture by name
    assert digest_of(changed, A_DAY).next_charge == line


def test_what_is_not_known_is_not_zero() -> None:
    """No plan, no cost, no yesterday."""
    unknown = replace(A_DAY, energies=Energies(), cost_p=None, charges=0)
    assert the_digest(None).plan == "Plan: none yet."
    assert "not known" in the_digest(a_charge_plan(cost_p=None)).plan
    line = the_digest(None, unknown).yesterday
    assert line == "Yesterday: cost not known, 0.0 kWh bought, no charges done."


def test_failures_are_mentioned() -> None:
    """And what was skipped, and a request that cannot be met."""
    bad = replace(A_DAY, charges=1, failures=1, skipped=2)
    assert the_digest(None, bad).yesterday.endswith("1 charge done, 1 failure, 2 charges skipped.")
    note = Note(code=NoteCode.READY_BY_MISSED, numbers={"reached_percent": 64.2}, at=NOW)
    plan = a_charge_plan(notes=(note,))
    assert the_digest(plan).plan.endswith("It will not be ready in time: 64 % at most.")


@pytest.mark.parametrize(
    ("pence", "text"), [(0, "£0.00"), (231.4, "£2.31"), (-5, "-£0.05"), (-0.2, "£0.00")]
)
def test_pounds(pence: float, text: str) -> None:
    """As on a bill."""
    assert ENGLISH.pounds(pence / 100) == text


def measured(start: datetime, count: int, **energies: float) -> list[MeasuredSlot]:
    """Watched half-hours."""
    return [
        MeasuredSlot(start=start + HALF_HOUR * i, energies=Energies(**energies), observed_s=1800.0)
        for i in range(count)
    ]


def rates(start: datetime, count: int, p_per_kwh: float) -> RateTable:
    """The same rate all along."""
    return RateTable.of(
        Rate(start=start + HALF_HOUR * i, end=start + HALF_HOUR * (i + 1), p_per_kwh=p_per_kwh)
        for i in range(count)
    )


@pytest.mark.parametrize(
    ("day", "half_hours"),
    [(date(2026, 11, 19), 48), (date(2026, 10, 25), 50), (date(2026, 3, 29), 46)],
)
def test_a_days_result(day: date, half_hours: int) -> None:
    """Of as many half-hours as the local day has; one missing makes the cost unknown."""
    start = datetime.combine(day, datetime.min.time(), LONDON).astimezone(UTC)
    around = start - HALF_HOUR * 4
    slots = measured(around, half_hours + 8, import_kwh=1.0, export_kwh=0.5)
    imports, exports = rates(around, 60, 20.0), rates(around, 60, 10.0)
    charge = Decision(
        at=start + HALF_HOUR,
        kind=DecisionKind.COMPLETED,
        reason=DecisionReason.TARGET_REACHED,
        action=Action.CHARGE,
    )
    lines = [charge, replace(charge, at=start - HALF_HOUR), replace(charge, action=Action.HOLD)]
    result = day_result(day, LONDON, slots, imports, exports, lines)
    assert result.cost_p == pytest.approx(half_hours * 15.0)
    assert result.energies.import_kwh == pytest.approx(half_hours)
    assert (result.charges, result.failures, result.skipped) == (1, 0, 0)
    assert day_result(day, LONDON, slots, imports, None, lines).cost_p == pytest.approx(
        half_hours * 20.0
    )
    gone = [slot for slot in slots if slot.start != start + HALF_HOUR * 10]
    assert day_result(day, LONDON, gone, imports, exports, lines).cost_p is None
    assert day_result(day, LONDON, slots, RateTable(), exports, lines).cost_p is None


async def test_the_action(hass: HomeAssistant, site: Site, other_site: Site) -> None:
    """Three lines for a message, of the home that is meant."""
    digest = await hass.services.async_call(
        DOMAIN,
        "get_digest",
        {"config_entry_id": site.entry.entry_id},
        blocking=True,
        return_response=True,
    )
    assert digest is not None
    assert digest["home"] == "Demo home"
    assert str(digest["message"]).splitlines() == [
        digest["next_charge"],
        digest["plan"],
        digest["yesterday"],
    ]
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(
            DOMAIN, "get_digest", {}, blocking=True, return_response=True
        )


@pytest.mark.parametrize(
    ("load_p", "said"),
    [(120.0, "£1.50 more than the £8.00 planned: house 120 p"), (-80.0, "£0.50 less than")],
)
def test_the_week_that_has_ended_has_a_line_of_its_own(load_p: float, said: str) -> None:
    """What the week cost more or less than planned, with its parts; other days have no such line."""
    week = DayOutcome(
        start=NOW,
        half_hours=336,
        planned_p=800.0,
        load_p=load_p,
        solar_p=40.0,
        price_p=0.0,
        obedience_p=-10.0,
    )
    picture = Picture(now=NOW, zone=LONDON, reading=None, plan=None, words=ENGLISH)
    digest = digest_of(picture, A_DAY, week)
    assert digest.week is not None
    assert said in digest.week
    assert digest.week.endswith("solar 40 p, prices 0 p, battery -10 p.")
    assert digest.message.splitlines()[3] == digest.week
    assert digest_of(picture, A_DAY).week is None
