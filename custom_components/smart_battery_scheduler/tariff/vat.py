"""Value added tax on domestic electricity in Great Britain, by our own schedule.

The prices "including VAT" that Octopus lists are reckoned at the rate of the day one asks, even
for times when another rate held; the prices without are right for all time. Exported energy is
paid without tax.

Sources: reduced rate 5 %, VAT Act 1994, schedule 7A; none from 1 October 2026 to 31 March 2027,
HMRC Revenue and Customs Brief 10 (2026). The return to 5 % after that is expected, not enacted.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class VatChange:
    """From ``start`` on tax is charged at ``rate`` (0.05 is 5 %)."""

    start: datetime
    rate: float


VAT_SCHEDULE = (
    VatChange(datetime.min.replace(tzinfo=UTC), 0.05),
    VatChange(datetime(2026, 9, 30, 23, tzinfo=UTC), 0.0),
    VatChange(datetime(2027, 3, 31, 23, tzinfo=UTC), 0.05),
)


def vat_rate(when: datetime) -> float:
    """The tax rate for energy used at ``when``."""
    return VAT_SCHEDULE[bisect_right(VAT_SCHEDULE, when, key=lambda change: change.start) - 1].rate


def with_vat(p_exc_vat: float, when: datetime) -> float:
    """A price with the tax of ``when``, to a millionth of a penny."""
    return round(p_exc_vat * (1.0 + vat_rate(when)), 6)
