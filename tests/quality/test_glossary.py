"""One word for one thing: the words that the field does not use stay out of code and texts."""

from collections.abc import Iterator
import io
import json
from pathlib import Path
import re
import tokenize

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "custom_components" / "smart_battery_scheduler"
MODULES = sorted(PACKAGE.rglob("*.py"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = sorted(
    [*(PACKAGE / "translations").glob("*.json"), *(PACKAGE / "sentences").glob("*.json")]
)
SCRIPTS = sorted((PACKAGE / "frontend").rglob("*.js"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

# Parts of names, each with the word to use instead.
RETIRED_IN_NAMES = {
    "lever": "charge method", "levers": "charge methods", "gentle": "by reserve",
    "happening": "event", "happenings": "events", "news": "event", "heard": "received",
    "unplayed": "missed", "ledger": "decision log", "twin": "baseline",
    "yielded": "suspension", "yielding": "suspended", "latecomer": "late write",
    "latecomers": "late writes", "cue": "trigger", "foretold": "predicted", "foretell": "forecast",
    "trouble": "problem", "troubles": "problems", "material": "snapshot", "atoms": "quantile points",
    "cadence": "poll interval", "hasten": "poll soon", "dear": "expensive", "spares": "avoids",
    "wish": "manual slot or request", "wishes": "manual slots or requests", "wished": "requested",
    "told": "published, notified or reported", "untold": "unreported", "tells": "reports",
    "ban": "blocked slot", "bans": "blocked slots",
    "banned": "blocked", "pinned": "forced",
    "course": "trajectory or price scenario", "courses": "trajectories or price scenarios",
    "ways": "paths, methods", "members": "sample paths", "beyond": "terminal value",
    "atom": "quantile", "facts": "snapshot", "moves": "transitions", "doing": "status",
    "asking": "order validation", "codec": "serialisation",
    "sun": "solar", "wear": "degradation cost", "stability": "replan threshold",
}  # fmt: skip
# Names that keep such a word, and why.
NAMES_THAT_STAY: dict[str, str] = {
    "wear_p_per_kwh": "the option's key in stored entries and in actions",
    "stability_p": "the option's key in stored entries and in actions",
    "sun": "Home Assistant's helpers, and the sun itself above the demo home",
    "SUN_EVENT_SUNRISE": "Home Assistant's",
    "SUN_EVENT_SUNSET": "Home Assistant's",
    "SunPosition": "the sun itself above the demo home",
    "sun_position": "the sun itself above the demo home",
    "all_beyond": "a comparison of numbers",
    "moves": "in the card: a finger that moves",
}
# Keys and values that the card receives.
CARD_RECEIVES = {"lever": "a slot's key since the first release", "pinned": "a reason's code"}
# A test's name is a sentence: only the words that are no plain English there are refused.
RETIRED_IN_TESTS = set(RETIRED_IN_NAMES) & {
    "lever", "levers", "gentle", "happening", "happenings", "news", "heard", "unplayed", "ledger",
    "twin", "yielded", "yielding", "latecomer", "latecomers", "foretold", "foretell", "trouble",
    "troubles", "atoms", "cadence", "hasten", "dear", "wish", "wishes", "wished", "told", "untold",
    "banned", "pinned", "codec",
}  # fmt: skip
# In comments, docstrings and everything that people read.
RETIRED_IN_TEXT = re.compile(
    r"\b(levers?|ledgers?|happenings?|unplayed|foret(?:old|ells?|elling)|dear(?:er|est)?"
    r"|(?:put|puts|putting) back|(?:step|steps|stepped|stepping) back|stand(?:s|ing)? back"
    r"|home settings|latecomers?|does as it likes|spares \w+ p|yielded|yielding"
    r"|(?:un)?told|heard|wish(?:es|ed)?|turned away|troubles?)\b",
    re.IGNORECASE,
)
# The names that stored files had, and the values and keys that are public since the first release:
# automations of households go by them.
PUBLIC = re.compile(
    r"control_yielded|fast_lever_\w+|gentle_lever_\w+|forget_levers|slot\.lever"
    # Names of tests in the table of parity.
    r"|test_\w+"
)
FILES_THAT_STAY = {"stored_names.py": "lists the old names"}


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


def _tokens(module: Path) -> Iterator[tokenize.TokenInfo]:
    yield from tokenize.generate_tokens(io.StringIO(module.read_text("utf-8")).readline)


def _parts(name: str) -> set[str]:
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_names_are_the_fields(module: Path) -> None:
    """Each name that is found says what to call the thing instead."""
    found = {
        (token.string, RETIRED_IN_NAMES[part])
        for token in _tokens(module)
        if token.type == tokenize.NAME and token.string not in NAMES_THAT_STAY
        for part in _parts(token.string) & set(RETIRED_IN_NAMES)
    }
    assert found == set()


# Comments, texts in quotation marks and, in a template, what stands between its values.
NO_CODE = re.compile(r"//[^\n]*|\"[^\"\n]*\"|'[^'\n]*'|(?<=`)[^`$]*(?=`|\$\{)|(?<=\})[^`${}]*(?=`)")


def _retired(code: str) -> set[tuple[str, str]]:
    names = set(re.findall(r"[A-Za-z_$][\w$]*", NO_CODE.sub(" ", code))) - {
        *NAMES_THAT_STAY,
        *CARD_RECEIVES,
    }
    return {
        (name, RETIRED_IN_NAMES[part])
        for name in names
        for part in _parts(name) & set(RETIRED_IN_NAMES)
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_names_in_the_card_are_the_fields(script: Path) -> None:
    """As in Python."""
    assert _retired(script.read_text("utf-8")) == set()


@pytest.mark.parametrize("module", TESTS, ids=_name)
def test_names_of_tests_are_plain(module: Path) -> None:
    """They are sentences, and tables in the docs name them."""
    names = re.findall(r"def (test_\w+)", module.read_text("utf-8"))
    assert [name for name in names if set(name.split("_")) & RETIRED_IN_TESTS] == []


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_comments_and_docstrings_use_them_too(module: Path) -> None:
    """What explains a name may not call it something else."""
    if module.name in FILES_THAT_STAY:
        return
    prose = "\n".join(
        token.string
        for token in _tokens(module)
        if token.type == tokenize.COMMENT
        or (token.type == tokenize.STRING and token.string.startswith('"""'))
    )
    assert RETIRED_IN_TEXT.findall(PUBLIC.sub("", prose)) == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_pages_speak_plainly(page: Path) -> None:
    """README and docs."""
    assert RETIRED_IN_TEXT.findall(PUBLIC.sub("", page.read_text("utf-8"))) == []


def _sentences(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _sentences(value)
    else:
        yield str(node)


@pytest.mark.parametrize("file", TEXTS, ids=_name)
def test_translations_speak_plainly(file: Path) -> None:
    """Every sentence that Home Assistant shows for us."""
    sentences = list(_sentences(json.loads(file.read_text("utf-8"))))
    assert sentences
    assert [one for one in sentences if RETIRED_IN_TEXT.search(one)] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_the_card_speaks_plainly(script: Path) -> None:
    """Its texts and its comments."""
    assert RETIRED_IN_TEXT.findall(PUBLIC.sub("", script.read_text("utf-8"))) == []


def test_the_test_can_fail() -> None:
    """It knows the words in a name, in a sentence and at a sentence's beginning."""
    assert _parts("LeverNote") & set(RETIRED_IN_NAMES) == {"lever"}
    assert RETIRED_IN_TEXT.search("The dearest half-hour")
    assert RETIRED_IN_TEXT.search("Puts back what was there")
    assert RETIRED_IN_TEXT.search("Who is told of failures")
    assert not RETIRED_IN_TEXT.search("Troubleshooting")
    card = 'const wishesOf = (slot) => "your wishes"; // told'
    assert _retired(card) == {("wishesOf", "manual slots or requests")}
