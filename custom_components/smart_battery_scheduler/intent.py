"""Voice intents: what is it doing, when will it charge, why, charge to so much by then, resume.

Home Assistant has no way for an integration to bring sentences along; those that lead here are in
`sentences/assist/`, and the action `install_sentences` puts them where its own agent reads them.
"""

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, override

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import intent
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .actions.override_factory import override_of
from .actions.permissions import async_check
from .actions.targets import exposed_homes
from .const import DOMAIN, MARKET_TIME_ZONE
from .planner.model import Action, NoteCode, ReadyBy
from .site.manual_slots import ManualSlotError
from .site.site import Site
from .tariff.model import floor_slot
from .text.sentences import Sentences, sentences_of
from .text.speech import (
    Picture,
    hindrance,
    say_asked,
    say_moment,
    say_next_charge,
    say_rate,
    say_saved,
    say_status,
    say_until,
    say_why,
)
from .text.status import override_now, picture_of, ready_once

INTENT_STATUS = "SmartBatteryDoing"
INTENT_NEXT_CHARGE = "SmartBatteryNextCharge"
INTENT_WHY = "SmartBatteryWhy"
INTENT_CHARGE_TO = "SmartBatteryChargeTo"
INTENT_RESUME = "SmartBatteryResume"
INTENT_RATE = "SmartBatteryRate"
INTENT_SAVED = "SmartBatterySaved"
INTENT_HOLD = "SmartBatteryHold"
INTENT_USE = "SmartBatteryUse"
INTENT_SKIP_TONIGHT = "SmartBatterySkipTonight"

A_DAY = timedelta(hours=24)
SKIPPED: HassKey[dict[str, str]] = HassKey(f"{DOMAIN}_skipped_by_voice")


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Register them, once."""
    for handler in (
        SayIntent(
            INTENT_STATUS,
            say_status,
            "Says what the home battery is doing now, its charge level and the plan",
        ),
        SayIntent(
            INTENT_NEXT_CHARGE,
            say_next_charge,
            "Says when the home battery charges from the grid next, and at what rate",
        ),
        SayIntent(INTENT_WHY, say_why, "Says why the home battery does what it does now"),
        SayRate(),
        SaySaved(),
        ChargeTo(),
        Override(INTENT_HOLD, Action.HOLD, "Keeps what is in the home battery for a while"),
        Override(INTENT_USE, Action.USE, "Runs the house from the home battery for a while"),
        SkipTonight(),
        Resume(),
    ):
        intent.async_register(hass, handler)


class SiteIntent(intent.IntentHandler):
    """An intent for one home: the only one, or the one that is named."""

    more_slots: dict[vol.Marker, Any] = {}
    response_type = intent.IntentResponseType.QUERY_ANSWER

    @property
    @override
    def slot_schema(self) -> dict[vol.Marker, Any]:
        """The home's name, and what the intent itself needs."""
        return {vol.Optional("name"): intent.non_empty_string, **self.more_slots}

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Find the home, let it answer, and say that."""
        slots = self.async_validate_slots(intent_obj.slots)
        said = {key: slot["value"] for key, slot in slots.items()}
        asks = self.response_type is intent.IntentResponseType.QUERY_ANSWER
        sites = exposed_homes(intent_obj.hass, intent_obj.assistant, to_command=not asks)
        site = chosen_site(sites, said.pop("name", None))
        await self._async_check(intent_obj, site)
        response = intent_obj.create_response()
        response.response_type = self.response_type
        words = sentences_of(intent_obj.hass, intent_obj.language)
        response.async_set_speech(await self.async_answer(site, said, words))
        return response

    async def _async_check(self, intent_obj: intent.Intent, site: Site) -> None:
        """Raise IntentHandleError for a user who may not see the home, or for an order not command it."""
        asks = self.response_type is intent.IntentResponseType.QUERY_ANSWER
        policy = POLICY_READ if asks else POLICY_CONTROL
        try:
            await async_check(intent_obj.hass, intent_obj.context, site.entry.entry_id, policy)
        except Unauthorized as err:
            raise intent.IntentHandleError("this user may not do that", "not_allowed") from err

    @abstractmethod
    async def async_answer(self, site: Site, said: dict[str, Any], words: Sentences) -> str:
        """Do what is asked and return the sentence to say."""


def chosen_site(sites: tuple[Site, ...], name: str | None) -> Site:
    """The home of that name, or the only one. Raises IntentHandleError with what to say."""
    if name is not None:
        wanted = name.casefold()
        sites = tuple(site for site in sites if site.entry.title.casefold() == wanted)
    if len(sites) == 1:
        return sites[0]
    if not sites:
        raise intent.IntentHandleError("no home with a battery runs", "no_home")
    raise intent.IntentHandleError("several homes have a battery", "several_homes")


def _picture(site: Site, words: Sentences) -> Picture:
    return picture_of(site, dt_util.utcnow(), words)


class SayIntent(SiteIntent):
    """A question that a picture of the home answers."""

    def __init__(
        self, intent_type: str, publish: Callable[[Picture], str], description: str
    ) -> None:
        """Answer with what ``publish`` makes of the picture."""
        self.intent_type = intent_type
        self.description = description
        self._publish = publish

    @override
    async def async_answer(self, site: Site, said: dict[str, Any], words: Sentences) -> str:
        return self._publish(_picture(site, words))


class SayRate(SiteIntent):
    """Whether electricity is cheap now."""

    intent_type = INTENT_RATE
    description = "Says the electricity rate now, whether that is cheap, and when it is cheapest"

    @override
    async def async_answer(self, site: Site, said: dict[str, Any], words: Sentences) -> str:
        now = dt_util.utcnow()
        return say_rate(site.rates.data.imports.between(now, now + A_DAY), _picture(site, words))


class SaySaved(SiteIntent):
    """What the plan has saved."""

    intent_type = INTENT_SAVED
    description = "Says how much money the home battery's plan has saved today and this month"

    @override
    async def async_answer(self, site: Site, said: dict[str, Any], words: Sentences) -> str:
        today = dt_util.utcnow().astimezone(MARKET_TIME_ZONE).date()
        return say_saved(site.savings.day(today).saved_p, site.savings.month_p(today), words)


class Override(SiteIntent):
    """Hold or use the battery, for an hour or as long as is preferred."""

    response_type = intent.IntentResponseType.ACTION_DONE
    more_slots = {
        vol.Optional("hours"): vol.All(vol.Coerce(int), vol.Range(min=1, max=24)),
        vol.Optional("minutes"): vol.All(vol.Coerce(int), vol.Range(min=1, max=240)),
    }

    def __init__(self, intent_type: str, action: Action, description: str) -> None:
        """Ask for ``action``."""
        self.intent_type = intent_type
        self.description = description
        self._action = action

    @override
    async def async_answer(self, site: Site, said: dict[str, Any], words: Sentences) -> str:
        now = dt_util.utcnow()
        lasts = timedelta(hours=said.get("hours", 0), minutes=said.get("minutes", 0))
        until = now + lasts if lasts else None
        asked = override_of(self._action, now, site.preferences, until=until)
        await site.async_set_override(asked)
        picture = _picture(site, words)
        return hindrance(picture) or say_asked(self._action, asked.until, picture)


class SkipTonight(SiteIntent):
    """No charge from the grid tonight: a manual slot, which is shown and can be removed."""

    intent_type = INTENT_SKIP_TONIGHT
    response_type = intent.IntentResponseType.ACTION_DONE
    description = "Keeps the home battery from being charged from the grid tonight"

    @override
    async def async_answer(self, site: Site, said: dict[str, Any], words: Sentences) -> str:
        now = dt_util.utcnow()
        start, end = tonight(dt_util.as_local(now))
        try:
            slot = site.manual.add(start, end, None, now=now)
        except ManualSlotError:
            return words.say("speech.in_that_time_already")
        _skipped(site.hass)[site.entry.entry_id] = slot.id
        await site.async_remember()
        return words.say("speech.skipped_until", until=say_until(end, _picture(site, words)))


def tonight(local: datetime) -> tuple[datetime, datetime]:
    """[start, end) in UTC of the night that one means at ``local``: to eight in the morning."""
    morning = local.replace(hour=8, minute=0, second=0, microsecond=0, fold=0)
    evening = local.replace(hour=18, minute=0, second=0, microsecond=0, fold=0)
    now = floor_slot(dt_util.as_utc(local))
    if local < morning:
        return now, dt_util.as_utc(morning)
    return max(now, dt_util.as_utc(evening)), dt_util.as_utc(morning + timedelta(days=1))


def _skipped(hass: HomeAssistant) -> dict[str, str]:
    """The manual slots that were asked for by voice, by the home's entry: "cancel that" takes them back."""
    return hass.data.setdefault(SKIPPED, {})


class ChargeTo(SiteIntent):
    """Charge to 80 percent, now or by 6 o'clock."""

    intent_type = INTENT_CHARGE_TO
    response_type = intent.IntentResponseType.ACTION_DONE
    description = (
        "Charges the home battery from the grid: at once, or, if an hour is given, as cheaply as "
        "possible to reach the charge level by then"
    )
    more_slots = {
        vol.Optional("percent"): vol.All(vol.Coerce(int), vol.Range(min=1, max=100)),
        vol.Optional("hour"): vol.All(vol.Coerce(int), vol.Range(min=0, max=23)),
        vol.Optional("minute"): vol.All(vol.Coerce(int), vol.Range(min=0, max=59)),
        vol.Optional("half_of_day"): vol.In(["am", "pm"]),
    }

    @override
    async def async_answer(self, site: Site, said: dict[str, Any], words: Sentences) -> str:
        percent: int = said.get("percent", round(site.preferences.charge_now_percent))
        reading = site.battery.data
        level = reading.soc_percent if reading else None
        if level is not None and level >= percent:
            return words.say("speech.full_enough", percent=words.number(level))
        if "hour" not in said:
            return await _charge_now(site, percent, words)
        at = next_time(dt_util.now(), said["hour"], said.get("minute", 0), said.get("half_of_day"))
        return await _be_ready(site, ReadyBy(at=at, percent=percent), words)


class Resume(SiteIntent):
    """Back to the plan."""

    intent_type = INTENT_RESUME
    response_type = intent.IntentResponseType.ACTION_DONE
    description = "Ends what was asked of the home battery by hand: the plan goes on"

    @override
    async def async_answer(self, site: Site, said: dict[str, Any], words: Sentences) -> str:
        now = dt_util.utcnow()
        state = site.controller.state
        if (slot_id := _skipped(site.hass).pop(site.entry.entry_id, None)) is not None:
            if site.manual.remove(slot_id):
                await site.async_remember()
                return words.say("speech.charges_tonight_again")
        nothing_asked = override_now(site, now) is None and ready_once(site, now) is None
        if nothing_asked and state.suspension is None and state.fault_until is None:
            return words.say("speech.plan_in_force", status=say_status(_picture(site, words)))
        # Forgotten first, so that one plan is made without either.
        site.orders.ready_once = None
        await site.async_resume()
        return hindrance(_picture(site, words)) or words.say("speech.resumed")


def next_time(local: datetime, hour: int, minute: int, half_of_day: str | None = None) -> datetime:
    """The next such time after ``local``, by the clock of its zone, as UTC.

    "By 6" without more is the next time a clock with hands shows it.
    """
    on_the_clock = half_of_day is None and 1 <= hour <= 12
    hours = {hour % 12 + 12 * (half_of_day == "pm")} if half_of_day else {hour}
    if on_the_clock:
        hours = {hour % 12, hour % 12 + 12}
    return min(
        moment
        for days in (0, 1)
        for each in hours
        if (
            moment := dt_util.as_utc(
                (local + timedelta(days=days)).replace(
                    hour=each, minute=minute, second=0, microsecond=0, fold=0
                )
            )
        )
        > local
    )


async def _charge_now(site: Site, percent: int, words: Sentences) -> str:
    now = dt_util.utcnow()
    override = override_of(Action.CHARGE, now, site.preferences, target_percent=percent)
    await site.async_set_override(override)
    if site.controller.state.command is None:
        return say_status(_picture(site, words))
    until = say_until(override.until, _picture(site, words))
    return words.say("speech.asked_to_charge", percent=words.number(percent), until=until)


async def _be_ready(site: Site, ready: ReadyBy, words: Sentences) -> str:
    asked_at = dt_util.utcnow()
    await site.async_be_ready(ready)
    picture = _picture(site, words)
    percent, moment = words.number(ready.percent), say_moment(ready.at, picture)
    answer = words.say("speech.to_be_ready", percent=percent, moment=moment)
    plan = site.planner.data
    if plan is None or plan.made_at < asked_at:
        return answer
    for note in plan.notes:
        if note.code is NoteCode.READY_BY_MISSED and note.at == floor_slot(ready.at):
            reached = words.number(note.numbers["reached_percent"])
            return f"{answer} {words.say('speech.only_reaches', percent=reached)}"
    return f"{answer} {say_next_charge(picture)}"
