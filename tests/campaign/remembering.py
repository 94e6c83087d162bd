"""Stores long rows without encoding all of them again: half of a simulated week would be that.

What is stored is the same, item by item: rows are tuples of frozen values that seldom change, and
the frozen clock of these days makes every date in them expensive.
"""

from collections.abc import Iterable
from dataclasses import replace

from custom_components.smart_battery_scheduler.common.serialisation import Json, encode
from custom_components.smart_battery_scheduler.site.records import Records
from custom_components.smart_battery_scheduler.tariff.model import RateTable


class RememberingEncode:
    """Stands in for ``encode`` where records are stored."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._known: dict[int, tuple[object, Json]] = {}

    def __call__(self, value: object, *, omit_defaults: bool = False) -> Json:
        """What ``encode`` would return."""
        if not (isinstance(value, Records) and omit_defaults):
            return encode(value, omit_defaults=omit_defaults)
        bare = replace(
            value, import_rates=RateTable(), export_rates=None, measured=(), decisions=()
        )
        encoded = encode(bare, omit_defaults=True)
        assert isinstance(encoded, dict)
        encoded["import_rates"] = {"rates": self._rows(value.import_rates.rates)}
        if value.export_rates is not None:
            encoded["export_rates"] = {"rates": self._rows(value.export_rates.rates)}
        encoded["measured"] = self._rows(value.measured)
        encoded["decisions"] = self._rows(value.decisions)
        return encoded

    def _rows(self, items: Iterable[object]) -> list[Json]:
        return [self._row(item) for item in items]

    def _row(self, item: object) -> Json:
        if id(item) not in self._known:
            self._known[id(item)] = (item, encode(item, omit_defaults=True))
        return self._known[id(item)][1]
