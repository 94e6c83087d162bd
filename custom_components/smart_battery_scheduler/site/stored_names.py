"""The names that earlier versions gave to what is stored."""

from collections.abc import Mapping

from ..common.serialisation import Json

# Version 1 of both files: what a field was called, and what it is called now.
NAMES_OF_VERSION_1: Mapping[str, str] = {
    "account_home": "account_address",
    "banned": "blocked",
    "charge_level_percent": "soc_percent",
    "evidence": "command_status",
    "fast": "by_backup",
    "foretold": "predicted",
    "gentle": "by_reserve",
    "home": "owner",
    "lever": "method",
    "seen_at": "confirmed_at",
    "seen_w": "confirmed_w",
    "sun": "solar",
    "twin_kwh": "baseline_kwh",
    "way": "setpoint",
    "ways": "setpoints",
    "yielded": "suspension",
}


def from_version_1(data: Json) -> Json:
    """The same data under today's names; ``data`` itself is left as it is.

    Values are not touched: words such as ``gentle`` are stored and published as they always were.
    """
    match data:
        case dict():
            return {
                NAMES_OF_VERSION_1.get(name, name): from_version_1(value)
                for name, value in data.items()
            }
        case list():
            return [from_version_1(item) for item in data]
        case _:
            return data
