"""Rates beyond publication: whole recent days as the courses the next ones may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from .model import PriceScenario

DAYS = 7

type RateAt = Callable[[datetime], float | None]


def price_scenarios(
    starts: Sequence[datetime], imports: RateAt, exports: RateAt
) -> tuple[PriceScenario, ...]:
    """One course per recent day whose rates are known for every unpublished half-hour."""
    found = []
    for days in range(1, DAYS + 1):
        import_p = [_rate(imports, start, days) for start in starts]
        export_p = [_rate(exports, start, days) for start in starts]
        if all(value is not None for value in import_p):
            found.append(
                PriceScenario(
                    weight=1.0,
                    import_p_per_kwh=tuple(value for value in import_p if value is not None),
                    export_p_per_kwh=tuple(value or 0.0 for value in export_p),
                )
            )
    return tuple(found)


def _rate(rates: RateAt, start: datetime, days: int) -> float | None:
    """The rate then, else that of the same half-hour so many days before (or twice as many)."""
    for back in (0, days, 2 * days):
        value = rates(start - timedelta(days=back))
        if value is not None:
            return value
    return None
