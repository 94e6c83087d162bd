"""What is remembered is what would have been encoded."""

from dataclasses import replace
from datetime import UTC, datetime

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.control.model import (
    Decision,
    DecisionKind,
    DecisionReason,
)
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.site.records import Records
from custom_components.smart_battery_scheduler.tariff.model import SLOT, Rate, RateTable

from .remembering import RememberingEncode

START = datetime(2026, 1, 14, tzinfo=UTC)
RATES = tuple(Rate(START + SLOT * n, START + SLOT * (n + 1), 10.0 + n) for n in range(4))
MEASURED = MeasuredSlot(start=START, energies=Energies(load_kwh=0.2), observed_s=1800.0)
DECISION = Decision(at=START, kind=DecisionKind.SKIPPED, reason=DecisionReason.PRICE)


def test_records_are_encoded_as_ever() -> None:
    """The first time, again, and after some rows have changed."""
    remembering = RememberingEncode()
    full = Records(
        import_rates=RateTable(RATES),
        export_rates=RateTable(RATES[1:]),
        measured=(MEASURED,),
        decisions=(DECISION,),
    )
    for records in (Records(), full, replace(full, import_rates=RateTable(RATES[1:]))):
        for _ in range(2):
            assert decode(Records, remembering(records, omit_defaults=True)) == records
    assert remembering(full, omit_defaults=True) == encode(full, omit_defaults=True)
    assert remembering(DECISION) == encode(DECISION)
