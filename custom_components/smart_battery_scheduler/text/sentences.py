"""The sentences that Home Assistant's own translations have no place for, in every language delivered.

One file per language in ``sentences/``, in sections; a sentence has its parts in braces, or forms by number
(zero, one, other). The section ``card`` is the card's. Pure but for the two that look into Home Assistant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
import json
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

FOLDER: Final = Path(__file__).parents[1] / "sentences"
ENGLISH: Final = "en"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
COMPASS: Final = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
DAYS: Final = {0: "today", 1: "tomorrow", -1: "yesterday"}

type Table = Mapping[str, Mapping[str, str | Mapping[str, str]]]


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """One language: its sentences and how it writes numbers, days and money."""

    language: str
    table: Table

    def say(self, key: str, **parts: str) -> str:
        """The sentence ``section.name`` with its parts. KeyError without such a sentence or part."""
        return self._text(key).format_map(parts)

    def say_or(self, key: str, other: str) -> str:
        """The sentence, or another text where there is none."""
        section, _, name = key.partition(".")
        return self._text(key) if name in self.table[section] else other

    def count(self, key: str, number: int) -> str:
        """The sentence for so many of something; its part ``number`` is the number."""
        section, _, name = key.partition(".")
        forms = self.table[section][name]
        if isinstance(forms, str):
            raise TypeError(f"{key} has no forms by number")
        form = {0: "zero", 1: "one"}.get(number, "other")
        return forms.get(form, forms["other"]).format(number=self.number(number))

    def number(self, value: float, decimals: int = 0, *, grouped: bool = False) -> str:
        """A number with so many decimals, by this language's signs."""
        text = f"{value:,.{decimals}f}" if grouped else f"{value:.{decimals}f}"
        signs = {".": self._text("format.decimal"), ",": self._text("format.group")}
        return "".join(signs.get(each, each) for each in text)

    def short_number(self, value: float) -> str:
        """A number with no more decimals than it has, up to six digits."""
        return f"{value:g}".replace(".", self._text("format.decimal"))

    def pounds(self, gbp: float, decimals: int = 2) -> str:
        """A sum of money as it is written."""
        name = "format.pounds_below_zero" if round(gbp, decimals) < 0 else "format.pounds"
        return self.say(name, amount=self.number(abs(gbp), decimals, grouped=True))

    def moment(self, when: datetime, today: date) -> str:
        """The time of ``when``, which is local, with its day: "tomorrow at 02:30"."""
        return self._day("at", when, today)

    def until(self, when: datetime, today: date) -> str:
        """The same as the end of something, without "until"."""
        return self._day("until", when, today)

    def weekday(self, day: date) -> str:
        """The name of a day of the week."""
        return self._text(f"weekday.{WEEKDAYS[day.weekday()]}")

    def day(self, day: date) -> str:
        """A day of the calendar with its year."""
        month = self._text(f"month.{MONTHS[day.month - 1]}")
        return self.say("format.day", day=str(day.day), month=month, year=str(day.year))

    def placeholders(self, values: Mapping[str, str]) -> dict[str, str]:
        """Placeholders with a ``day``, which is in ISO 8601, in words."""
        day = {"day": self.day(date.fromisoformat(values["day"]))} if "day" in values else {}
        return {**values, **day}

    def compass(self, degrees: float) -> str:
        """The point of the compass that is nearest to a bearing."""
        return self._text(f"compass.{COMPASS[round(degrees / 45) % 8]}")

    def _day(self, form: str, when: datetime, today: date) -> str:
        name = DAYS.get((when.date() - today).days, "day")
        day = self.weekday(when.date())
        return self.say(f"time.{form}_{name}", time=f"{when:%H:%M}", day=day)

    def _text(self, key: str) -> str:
        section, _, name = key.partition(".")
        text = self.table[section][name]
        if not isinstance(text, str):
            raise TypeError(f"{key} has forms by number")
        return text


def read_sentences(language: str = ENGLISH) -> Sentences:
    """A language's sentences from its file. Blocks; OSError without one."""
    path = FOLDER / f"{language}.json"
    return Sentences(language, json.loads(path.read_text("utf-8")))


def languages() -> tuple[str, ...]:
    """The languages delivered. Blocks."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


SENTENCES: Final[HassKey[Mapping[str, Sentences]]] = HassKey(f"{DOMAIN}_sentences")


async def async_load_sentences(hass: HomeAssistant) -> None:
    """Read all languages once, so that one of them can be asked for at any time."""

    def read() -> Mapping[str, Sentences]:
        return {language: read_sentences(language) for language in languages()}

    if SENTENCES in hass.data:
        return
    hass.data[SENTENCES] = await hass.async_add_executor_job(read)


def sentences_of(hass: HomeAssistant, language: str | None = None) -> Sentences:
    """The sentences of a language, else of Home Assistant's; one that is not delivered is English.

    ``language`` is a tag as Home Assistant has it: ``de``, ``en-GB``.
    """
    known = hass.data[SENTENCES]
    tag = language or hass.config.language
    return known.get(tag) or known.get(tag.partition("-")[0]) or known[ENGLISH]
