"""The table of sentences: every language whole, every sentence used, numbers as each language writes them."""

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
import re
from string import Formatter

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    DecisionKind,
    DecisionReason,
    SuspensionCause,
)
from custom_components.smart_battery_scheduler.events.site_events import SiteEvent
from custom_components.smart_battery_scheduler.planner.model import Action, ReasonCode
from custom_components.smart_battery_scheduler.tariff.sessions import SessionKind
from custom_components.smart_battery_scheduler.text.sentences import (
    Sentences,
    Table,
    async_load_sentences,
    languages,
    read_sentences,
    sentences_of,
)
from custom_components.smart_battery_scheduler.text.speech import HELD_BACK, money
from homeassistant.core import HomeAssistant
from scripts.card_sentences import TARGET, module

from ..languages import ENGLISH

FOLDER = Path(__file__).parents[2] / "custom_components" / DOMAIN
# Sentences that are named by a value of the code, not in the code.
BY_VALUE = {
    "decision_kind": {each.value for each in DecisionKind},
    "decision": {each.value for each in DecisionReason},
    "suspended_by": {each.value for each in SuspensionCause},
    "held_back": {each.value for each in HELD_BACK},
    "does": {each.value for each in Action},
    "reason": {each.value for each in ReasonCode},
    "message": {each.value for each in SiteEvent},
    "calendar": {each.value for each in SessionKind},
}
# Sections whose sentences are put together of names, or read elsewhere.
NOT_LITERAL = {"weekday", "month", "compass", "time", "card"}


def flat(table: Table) -> dict[str, str]:
    """Every sentence by its whole name; forms by number apart."""
    found = {}
    for section, sentences in table.items():
        for name, text in sentences.items():
            if isinstance(text, str):
                found[f"{section}.{name}"] = text
            else:
                found |= {f"{section}.{name}.{form}": each for form, each in text.items()}
    return found


def parts(text: str) -> set[str]:
    """What is filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def literals() -> Iterator[str]:
    """Every text in the code that is or begins a sentence's name; a formatted one up to its value."""
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Constant(value=str() as text):
                    yield text
                case ast.JoinedStr(values=[ast.Constant(value=str() as text), _]):
                    yield text


NAMED = frozenset(literals())


@pytest.mark.parametrize("section", BY_VALUE)
def test_every_value_has_its_sentence(section: str) -> None:
    """A new one cannot be forgotten."""
    assert BY_VALUE[section] <= set(ENGLISH.table[section])


def test_every_sentence_named_in_the_code_exists() -> None:
    """A misspelt name would be an error before a person."""
    sections = "|".join(ENGLISH.table)
    named = {text for text in NAMED if re.fullmatch(rf"({sections})\.[a-z0-9_]+", text)}
    names = {f"{section}.{name}" for section, texts in ENGLISH.table.items() for name in texts}
    stems = {text for text in named if any(name.startswith(text) for name in names)}
    assert named - stems == set()


def test_every_sentence_is_used() -> None:
    """What nobody says is not translated in vain."""
    unused = [
        f"{section}.{name}"
        for section, texts in ENGLISH.table.items()
        if section not in NOT_LITERAL
        for name in texts
        if f"{section}.{name}" not in NAMED
        and f"{section}." not in NAMED
        and not any(
            f"{section}.{name}".startswith(each)
            for each in NAMED
            if each.endswith("_") and "." in each
        )
        and name not in BY_VALUE.get(section, ())
        and not name.endswith("_figures")
    ]
    assert unused == []


@pytest.mark.parametrize("language", languages())
def test_a_language_is_whole(language: str) -> None:
    """The same sentences with the same parts as in English."""
    english, other = flat(ENGLISH.table), flat(read_sentences(language).table)
    assert set(other) == set(english)
    wrong = {key for key, text in other.items() if parts(text) != parts(english[key])}
    assert wrong == set()
    assert not [key for key, text in other.items() if not text.strip() or "  " in text]


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(9.84, 1, "9.8"), (-3.0, 1, "-3.0"), (80.0, 0, "80")]
)
def test_numbers(value: float, decimals: int, text: str) -> None:
    """With the language's own signs."""
    assert ENGLISH.number(value, decimals) == text


@pytest.mark.parametrize(
    ("gbp", "decimals", "text"),
    [(1234.5, 2, "£1,234.50"), (-0.3, 2, "-£0.30"), (-0.001, 2, "£0.00"), (1234.4, 0, "£1,234")],
)
def test_money_as_it_is_written(gbp: float, decimals: int, text: str) -> None:
    """Nothing is not less than nothing."""
    assert ENGLISH.pounds(gbp, decimals) == text


@pytest.mark.parametrize(
    ("amount_p", "text"),
    [
        (0, "0 pence"),
        (1, "1 penny"),
        (45, "45 pence"),
        (100, "1 pound"),
        (230, "2 pounds 30"),
        (-130, "minus 1 pound 30"),
    ],
)
def test_money_as_it_is_spoken(amount_p: float, text: str) -> None:
    """One pound, two pounds."""
    assert money(amount_p, ENGLISH) == text


def test_a_number_in_short() -> None:
    """Without decimals that it has not."""
    assert [ENGLISH.short_number(value) for value in (4.0, 4.25)] == ["4", "4.25"]


@pytest.mark.parametrize(
    ("number", "text"), [(0, "no charges done"), (1, "1 charge done"), (2, "2 charges done")]
)
def test_forms_by_number(number: int, text: str) -> None:
    """None, one, several."""
    assert ENGLISH.count("digest.charges", number) == text


@pytest.mark.parametrize(
    ("day", "moment", "until"),
    [
        (3, "at 05:30", "05:30"),
        (4, "tomorrow at 05:30", "tomorrow at 05:30"),
        (2, "yesterday at 05:30", "yesterday at 05:30"),
        (6, "on Sunday at 05:30", "on Sunday at 05:30"),
    ],
)
def test_times_have_their_day(day: int, moment: str, until: str) -> None:
    """As one says them on that day."""
    when, today = datetime(2026, 12, day, 5, 30, tzinfo=UTC), date(2026, 12, 3)
    assert (ENGLISH.moment(when, today), ENGLISH.until(when, today)) == (moment, until)


def test_a_sentence_is_not_a_form_by_number() -> None:
    """Nor the other way round: a mistake in the code is told."""
    with pytest.raises(TypeError):
        ENGLISH.say("digest.charges")
    with pytest.raises(TypeError):
        ENGLISH.count("digest.next", 1)


@pytest.mark.parametrize(
    ("asked", "language"), [(None, "en"), ("en-GB", "en"), ("fr", "en"), ("en", "en")]
)
async def test_the_language_that_is_spoken(
    hass: HomeAssistant, asked: str | None, language: str
) -> None:
    """The one asked for, or its base, or English; Home Assistant's if none is."""
    await async_load_sentences(hass)
    await async_load_sentences(hass)
    assert sentences_of(hass, asked).language == language


def test_the_table_is_plain() -> None:
    """Sections of sentences, no deeper."""
    assert isinstance(ENGLISH, Sentences)
    assert all(
        re.fullmatch(r"[a-z0-9_]+", name) for texts in ENGLISH.table.values() for name in texts
    )


def test_the_cards_module_is_written_from_the_table() -> None:
    """Nothing is changed in it by hand: python -m scripts.card_sentences."""
    assert TARGET.read_text("utf-8") == module()


@pytest.mark.parametrize(
    "script", sorted((FOLDER / "frontend" / "js").glob("*.js")), ids=lambda path: path.name
)
def test_every_sentence_of_the_card_exists(script: Path) -> None:
    """A misspelt name would be read by a person."""
    named = set(re.findall(r"\bt\(\"(\w+)\"", script.read_text("utf-8")))
    assert named - set(ENGLISH.table["card"]) == set()
