"""What may tell whose meter or account it is, taken out of what leaves the house."""

import pytest

from custom_components.smart_battery_scheduler.common.redaction import masked_id, without

from ..cloud.world import IMPORT_MPAN, METER_SERIAL


@pytest.mark.parametrize(
    ("entity_id", "masked"),
    [
        (
            f"event.octopus_energy_electricity_{METER_SERIAL.lower()}_{IMPORT_MPAN}_current_day_rates",
            "event.octopus_energy_electricity_#_#_current_day_rates",
        ),
        (
            "octopus_energy:electricity_21l4212345_consumption",
            "octopus_energy:electricity_#_consumption",
        ),
        ("sensor.octopus_energy_a_1234abcd_rate", "sensor.octopus_energy_a_#_rate"),
        ("sensor.nordpool_kwh_gbp_3_10_02", "sensor.nordpool_kwh_gbp_3_10_02"),
    ],
)
def test_an_id_keeps_its_words_and_loses_its_numbers(entity_id: str, masked: str) -> None:
    """Enough is left to know which kind of entity it was."""
    assert masked_id(entity_id) == masked


def test_a_secret_is_taken_out_wherever_it_stands() -> None:
    """In keys, in lists, within sentences; times and numbers stay."""
    published = {
        "A-1234ABCD": ["account A-1234ABCD moved", 3, None],
        "at": "2026-11-22T17:30:00+00:00",
        "rates": "event.electricity_21l4212345_rates",
    }
    assert without(published, ["A-1234ABCD", "x", ""]) == {
        "**REDACTED**": ["account **REDACTED** moved", 3, None],
        "at": "2026-11-22T17:30:00+00:00",
        "rates": "event.electricity_#_rates",
    }
