"""Home Assistant's translation files: every language has every text, and no English is left over in it."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.text.sentences import languages

from ..languages import ENGLISH, GERMAN, NAMES, english_in
from .test_sentences import flat

FOLDER = Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations"


def texts(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text by the path that leads to it."""
    if isinstance(node, Mapping):
        for key, each in node.items():
            yield from texts(each, f"{path}.{key}" if path else key)
    elif isinstance(node, str):
        yield path, node


def read(language: str) -> dict[str, str]:
    """A language's file."""
    return dict(texts(json.loads((FOLDER / f"{language}.json").read_text("utf-8"))))


IN_ENGLISH, IN_GERMAN = read("en"), read("de")
# Alike in both languages: names, and words that German has taken over.
ALIKE = {
    "Smart Battery Scheduler", "Powerwall", "NetZero", "Dashboard", "Forecast.Solar", "Open-Meteo", "Solcast", "Region", "Plan",
    "Status", "Problem", "Session", "East Midlands (B)", "London (C)", "West Midlands (E)", "Yorkshire (M)",
}  # fmt: skip
ALIKE_SENTENCES = {
    "{amount} pence", "{percent} %", "{name} {value}", "{pounds} {pence}", "{days} ({why})", "{session} ({why})",
    "minus {money}", " {moment}", ": {why}", "Plan: {what}", "{energy} kWh", "{what}: {proof}", "{home}: {tab}",
    "{time} {day}", "{day} {time}", "{count} h", "30 min", "1 h", "Go", "Intelligent Go", "Cosy", "Flux", "Tracker",
    "Flexible", "Economy 7", "Smart Battery Scheduler", "Demo", "Session", "Solar", "Up", "Down", "Form",
    "Storm Watch is active",
}  # fmt: skip


def parts(text: str) -> list[str]:
    """What is filled in, and where links lead."""
    return sorted(re.findall(r"\{\w+\}|\]\([^)]+\)", text))


def test_both_kinds_of_files_are_of_the_same_languages() -> None:
    """One without the other would be half a language."""
    assert {path.stem for path in FOLDER.glob("*.json")} == set(languages())


@pytest.mark.parametrize("language", [each for each in languages() if each != "en"])
def test_a_language_is_whole(language: str) -> None:
    """The same texts with the same parts as in English."""
    other = read(language)
    assert set(other) == set(IN_ENGLISH)
    assert {key for key, text in other.items() if parts(text) != parts(IN_ENGLISH[key])} == set()


def test_german_is_german() -> None:
    """No text was left as it is in English, none has English words in it."""
    same = {text for key, text in IN_GERMAN.items() if text == IN_ENGLISH[key]} - ALIKE
    assert same == set()
    assert {key: found for key, text in IN_GERMAN.items() if (found := english_in(text))} == {}


def test_german_sentences_are_german() -> None:
    """The table of our own, the card's section included."""
    english, german = flat(ENGLISH.table), flat(GERMAN.table)
    calendar = ("month.", "compass.")
    same = {
        text
        for key, text in german.items()
        if text == english[key] and not key.startswith(calendar)
    } - ALIKE_SENTENCES
    assert {text for text in same if re.search(r"\w", NAMES.sub("", text))} == set()
    left = {key: found for key, text in german.items() if (found := english_in(text))}
    # North-east by its German letters.
    assert left == {"compass.ne": ["NO"]}


@pytest.mark.parametrize(
    "text", ["Ladestand of the Batterie", "Charging to 80 %", "Bis until morgen"]
)
def test_english_left_over_is_found(text: str) -> None:
    """The search finds it."""
    assert english_in(text)


@pytest.mark.parametrize("texts_of", [IN_GERMAN, flat(GERMAN.table)])
def test_german_says_du(texts_of: dict[str, str]) -> None:
    """As Home Assistant does; and quotation marks are German ones."""
    formal = re.compile(r"\b(Ihnen|Ihre[rnms]?|Sie (?:können|müssen|haben|sind))\b")
    wrong = {key for key, text in texts_of.items() if '"' in text or formal.search(text)}
    assert {key for key in wrong if not re.search(r"(^|[.:] )Ihr", texts_of[key])} == set()
