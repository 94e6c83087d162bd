"""A home in a German Home Assistant: nothing that it says is in English."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.smart_battery_scheduler.calendar import events
from custom_components.smart_battery_scheduler.common.serialisation import Json
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.events.site_events import SiteEvent
from custom_components.smart_battery_scheduler.flows.backtest_texts import (
    missing_texts,
    result_texts,
)
from custom_components.smart_battery_scheduler.flows.roof_plane import plane_title
from custom_components.smart_battery_scheduler.history.backtest.compare import (
    BacktestResult,
    TariffResult,
)
from custom_components.smart_battery_scheduler.history.measurements import Energies
from custom_components.smart_battery_scheduler.intent import async_setup_intents
from custom_components.smart_battery_scheduler.logbook import async_describe_events
from custom_components.smart_battery_scheduler.planner.model import (
    Action,
    Note,
    NoteCode,
    Reason,
    ReasonCode,
)
from custom_components.smart_battery_scheduler.powerwall.base import (
    OperatingMode,
    PowerwallState,
    Settings,
)
from custom_components.smart_battery_scheduler.problems.issues import by_hand, clock_error, in_force
from custom_components.smart_battery_scheduler.site.site import Site
from custom_components.smart_battery_scheduler.tariff.model import Rate
from custom_components.smart_battery_scheduler.text.digest import DayResult, digest_of
from custom_components.smart_battery_scheduler.text.messages import (
    line_of,
    message_of,
    order_message,
)
from custom_components.smart_battery_scheduler.text.speech import (
    HELD_BACK,
    Picture,
    say_asked,
    say_next_charge,
    say_rate,
    say_saved,
    say_slot,
    say_status,
    say_why,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent

from ..automations.conftest import NOW, plan_of
from ..languages import GERMAN, english_in
from ..plans import a_plan, a_slot

HALF_HOUR = timedelta(minutes=30)
LATER = NOW + timedelta(hours=21, minutes=30)
FIGURES = {"rate_p_per_kwh": 9.84, "saves_p_per_kwh": 24.1}
HOME = Picture(now=NOW, zone=ZoneInfo("Europe/London"), words=GERMAN, reading=None, plan=None)
READ = PowerwallState(read_at=NOW, settings=Settings(), soc_percent=62.4, battery_power_w=-1800.0)


@pytest.fixture(autouse=True)
def in_german(hass: HomeAssistant) -> None:
    """Home Assistant's language."""
    hass.config.language = "de"


def a_night(reason: Reason, *, is_estimate: bool = False) -> Picture:
    """Use for an hour, then charge."""
    slots = [
        a_slot(NOW + HALF_HOUR * i, action, reason=reason, rate_is_estimate=is_estimate)
        for i, action in enumerate([Action.USE, Action.USE, Action.CHARGE, Action.HOLD])
    ]
    slots[2] = replace(slots[2], target_percent=80, end_percent=80.0)
    return replace(HOME, reading=READ, plan=a_plan(*slots))


def pictures() -> Iterator[Picture]:
    """A home in every state that a sentence tells apart."""
    yield HOME
    plain = a_night(Reason(code=ReasonCode.CHEAPER_THAN_LATER, numbers=FIGURES, at=LATER))
    yield plain
    yield replace(plain, now=NOW + HALF_HOUR * 2)
    yield a_night(
        Reason(code=ReasonCode.KEEP_FOR_LATER, numbers=FIGURES, at=LATER), is_estimate=True
    )
    for code in ReasonCode:
        yield a_night(Reason(code=code))
        yield a_night(Reason(code=code, numbers=FIGURES))
    for power_w in (None, 20.0, 640.0):
        yield replace(plain, reading=replace(READ, battery_power_w=power_w))
    yield replace(plain, in_contact=False)
    yield replace(plain, in_contact=False, token_refused=True, name="NetZero")
    yield from (replace(plain, suspension=cause) for cause in SuspensionCause)
    for rule in HELD_BACK:
        yield replace(plain, held_back=rule, now=NOW + HALF_HOUR * 2)
    for action in (Action.CHARGE, Action.HOLD, Action.USE):
        yield replace(plain, override=Override(action=action, until=LATER, made_at=NOW))
    yield from (replace(plain, broken=reason) for reason in DecisionReason)
    more: tuple[dict[str, Any], ...] = (
        {"dry_run": True}, {"faulty": True}, {"refused": True, "name": "Tessie"}, {"scheduler_enabled": False},
    )  # fmt: skip
    yield from (replace(plain, **each) for each in more)


ANSWERS: tuple[Callable[[Picture], str], ...] = (say_status, say_next_charge, say_why)


@pytest.mark.parametrize("picture", list(pictures()))
def test_answers_and_digest(picture: Picture) -> None:
    """Status, next charge, reason, and the three lines of the day."""
    said = [answer(picture) for answer in ANSWERS]
    day = DayResult(
        energies=Energies(import_kwh=12.4, export_kwh=3.1),
        cost_p=231.4,
        charges=2,
        failures=1,
        skipped=1,
    )
    said.append(digest_of(picture, day).message)
    said.append(digest_of(picture, replace(day, cost_p=None, charges=0)).message)
    if picture.plan is not None:
        said += [say_slot(slot, picture) for slot in picture.plan.slots]
        late = Note(code=NoteCode.READY_BY_MISSED, numbers={"reached_percent": 71.0})
        missed = replace(picture, plan=replace(picture.plan, notes=(late,), cost_p=None))
        said.append(digest_of(missed, day).message)
    assert [(text, found) for text in said if (found := english_in(text))] == []
    assert all(text[0].isupper() and text.endswith((".", "!")) for text in said)


def test_some_sentences_as_a_person_reads_them() -> None:
    """Written out, so that one can judge them."""
    reason = Reason(code=ReasonCode.CHEAPER_THAN_LATER, numbers=FIGURES, at=LATER)
    night = a_night(reason)
    assert say_status(night) == (
        "Die Batterie steht bei 62 Prozent und lädt mit 1,8 Kilowatt. "
        "Laut Plan soll sie bis 21:00 Uhr das Haus versorgen."
    )
    assert say_next_charge(night) == (
        "Die Batterie lädt um 21:00 Uhr bis 21:30 Uhr, auf 80 Prozent, für 9,8 Pence."
    )
    assert say_why(night) == (
        "Laut Plan soll die Batterie das Haus versorgen, "
        "denn 9,8 Pence jetzt ersparen 24,1 Pence morgen um 17:30 Uhr."
    )
    asked = replace(night, override=Override(action=Action.HOLD, until=LATER, made_at=NOW))
    assert say_status(asked).endswith(
        "Auf deinen Wunsch soll sie bis spätestens morgen um 17:30 Uhr ihre Ladung halten."
    )
    assert say_asked(Action.USE, NOW + timedelta(hours=1), night) == (
        "Die Batterie soll nun bis 21:00 Uhr das Haus versorgen."
    )


@pytest.mark.parametrize("prices", [(20.0, 10.0), (10.0, 20.0), (15.0, 15.2), (15.0, 10.0, 30.0)])
def test_the_rate_and_what_was_saved(prices: tuple[float, ...]) -> None:
    """Cheap, expensive, between, and one rate for all."""
    rates = [
        Rate(start=NOW + HALF_HOUR * i, end=NOW + HALF_HOUR * (i + 1), p_per_kwh=price)
        for i, price in enumerate(prices)
    ]
    said = [say_rate(rates, HOME), say_rate([], HOME)]
    said += [say_saved(today, 1230.0, GERMAN) for today in (45.0, -120.0, 100.0)]
    assert [(text, found) for text in said if (found := english_in(text))] == []
    assert GERMAN.pounds(1234.5) == "1.234,50 £"


@pytest.mark.parametrize("site_event", SiteEvent)
def test_messages(site_event: SiteEvent) -> None:
    """With all their facts, for each reason."""
    data: dict[str, Json] = {
        "start": NOW.isoformat(), "end": LATER.isoformat(), "next_charge": LATER.isoformat(),
        "lowest_at": LATER.isoformat(), "rate_p_per_kwh": 9.8, "lowest_p_per_kwh": -3.5,
        "charge_level_percent": 80, "target_percent": 90,
    }  # fmt: skip
    said = [
        message_of(site_event, {**data, "reason": reason.value}, NOW, GERMAN)
        for reason in DecisionReason
    ]
    said += [order_message({**data, "action": each}, NOW, GERMAN) for each in (*Action, None)]
    said += [line_of(kind, reason, GERMAN) for kind in DecisionKind for reason in DecisionReason]
    assert [(text, found) for text in said if (found := english_in(text))] == []


def test_placeholders_of_notices_and_pages() -> None:
    """What is filled into the texts of Home Assistant's translation files."""
    said = [clock_error(timedelta(minutes=minutes), GERMAN) for minutes in (1, 5, -1, -5)]
    for mode in OperatingMode:
        settings = Settings(operating_mode=mode, backup_reserve_percent=80, grid_charging=True)
        said += [in_force(settings, GERMAN), *by_hand(settings, GERMAN).values()]
    said += [in_force(Settings(), GERMAN), *by_hand(Settings(), GERMAN).values()]
    said += [*GERMAN.placeholders({"day": "2026-12-05"}).values()]
    tariff = TariffResult(
        name="agile", gbp=1.5, self_powered_gbp=20.0, optimum_gbp=1.0, standing_gbp=None,
        gbp_per_year=1234.4, best_week_gbp_per_year=1000.0, worst_week_gbp_per_year=1500.0,
    )  # fmt: skip
    result = BacktestResult(
        made_at=NOW, days=14, tariffs=(tariff,), left_out={"holes": 2, "before_moving_in": 1}, failed=("recorder", "octopus"),
        first_day="2026-11-01", last_day="2026-11-14",
    )  # fmt: skip
    said += [*result_texts(result, GERMAN).values()]
    said += [*missing_texts(result, GERMAN).values()]
    said += [*missing_texts(replace(result, left_out={}, failed=()), GERMAN).values()]
    assert [(text, found) for text in said if (found := english_in(text))] == []
    assert GERMAN.day(date(2026, 12, 5)) == "5. Dezember 2026"
    plane = {"azimuth": 90, "declination": 35, "peak_kw": 4.2}
    assert plane_title(plane, GERMAN) == "O 35°, 4,2 kW"


async def test_the_running_home(hass: HomeAssistant, site: Site) -> None:
    """Its sentences in states, attributes, calendar, logbook, actions and messages."""
    await hass.services.async_call(
        DOMAIN, "add_slot",
        {
            "start": NOW + timedelta(hours=2), "end": NOW + timedelta(hours=3), "action": "charge",
        },
        blocking=True,
    )  # fmt: skip
    await hass.services.async_call(
        DOMAIN, "ready_once", {"target_percent": 70, "at": NOW + timedelta(hours=9)}, blocking=True
    )
    site.events.publish(SiteEvent.CHARGE_FAILED, {"reason": "not_seen", "start": NOW.isoformat()})
    await hass.async_block_till_done()
    # Home Assistant names new entities in its own language.
    reason, activity = hass.states.get("sensor.demo_home_grund"), hass.states.async_all("event")
    assert reason is not None
    said = [reason.state, *(state.attributes["message"] for state in activity)]
    for event in events(site, NOW - timedelta(days=1), NOW + timedelta(days=2)):
        said += [event.summary, event.description or ""]
    for action in ("explain", "get_digest", "get_decisions"):
        answer = await hass.services.async_call(
            DOMAIN, action, {}, blocking=True, return_response=True
        )
        said += list(sentences_in(answer))
    assert len(said) > 10
    assert [(text, found) for text in said if (found := english_in(text))] == []


def sentences_in(node: object) -> Iterator[str]:
    """The texts for people in an action's answer."""
    if isinstance(node, dict):
        for key, each in node.items():
            if isinstance(each, str) and key in {
                "text",
                "message",
                "next_charge",
                "plan",
                "yesterday",
            }:
                yield each
            else:
                yield from sentences_in(each)
    elif isinstance(node, list):
        for each in node:
            yield from sentences_in(each)


@pytest.mark.parametrize(
    ("intent_type", "slots"),
    [
        ("SmartBatteryDoing", {}), ("SmartBatteryNextCharge", {}), ("SmartBatteryWhy", {}),
        ("SmartBatteryRate", {}), ("SmartBatterySaved", {}), ("SmartBatteryHold", {"hours": 2}),
        ("SmartBatteryUse", {}), ("SmartBatterySkipTonight", {}), ("SmartBatteryResume", {}),
        ("SmartBatteryChargeTo", {"percent": 30}), ("SmartBatteryChargeTo", {"percent": 90}),
        ("SmartBatteryChargeTo", {"percent": 90, "hour": 6}),
    ],
)  # fmt: skip
async def test_voice_answers_in_the_language_of_the_question(
    hass: HomeAssistant, site: Site, intent_type: str, slots: dict[str, Any]
) -> None:
    """German to a German question, although Home Assistant speaks English."""
    hass.config.language = "en"
    await async_setup_intents(hass)
    said = {key: {"value": value} for key, value in slots.items()}
    site.planner.data = plan_of(Action.USE, Action.CHARGE)
    response = await intent.async_handle(hass, DOMAIN, intent_type, said, language="de-CH")
    speech = response.speech["plain"]["speech"]
    assert speech
    assert english_in(speech) == []


async def test_names_given_at_set_up(hass: HomeAssistant) -> None:
    """The demo home's title is in the household's language."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"next_step_id": "demo"}
    )
    assert result["title"] == "Demo-Zuhause"


async def test_the_logbook(hass: HomeAssistant, site: Site) -> None:
    """Each line that it files."""
    describers: dict[str, Callable[[Any], dict[str, str | None]]] = {}
    async_describe_events(hass, lambda _, kind, describe: describers.update({kind: describe}))

    class Logged:
        """An event as the logbook hands it over."""

        def __init__(self, **data: object) -> None:
            self.data = {"at": NOW.isoformat(), **data}

    started = describers[f"{DOMAIN}_activity"](Logged(happening="charge_started", data={}))
    asked = describers[f"{DOMAIN}_order"](Logged(data={"action": "charge", "target_percent": 80}))
    assert started["message"] == "Lädt aus dem Netz."
    assert asked["message"] == "Verlangt: aus dem Netz laden auf 80 %."
