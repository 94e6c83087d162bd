"""Removes numbers that identify a meter or an account from texts that leave the house."""

from collections.abc import Iterable, Mapping
import re
from typing import Any

REDACTED = "**REDACTED**"
# Other integrations build ids of entities and statistics from meter numbers, as
# ``event.octopus_energy_electricity_<serial>_<mpan>_current_day_rates``.
_PART = re.compile(r"[0-9A-Za-z]{6,}")
_DIGITS_OF_A_NUMBER = 4
# Shorter numbers occur in many harmless texts.
SHORTEST_SECRET = 6
_ID = re.compile(r"[a-z0-9_]+[.:][a-z0-9_]+")


def masked_id(entity_id: str) -> str:
    """An entity's or statistic's id without the parts that may be numbers of a meter or account."""
    return _PART.sub(
        lambda part: "#" if sum(map(str.isdigit, part[0])) >= _DIGITS_OF_A_NUMBER else part[0],
        entity_id,
    )


def without(value: Any, secrets: Iterable[str]) -> Any:
    """Plain data in which no text and no key holds a secret or an id that identifies a meter."""
    known = tuple(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)
    if isinstance(value, str):
        return _text_without(value, known)
    if isinstance(value, Mapping):
        return {
            _text_without(key, known) if isinstance(key, str) else key: without(each, known)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [without(each, known) for each in value]
    return value


def _text_without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return masked_id(text) if _ID.fullmatch(text) else text
