"""Whatever a cloud replies, its parser gives a value of its type or its own kind of error."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.smart_battery_scheduler.carbon.client import (
    CarbonError,
    parse_rows as carbon,
)
from custom_components.smart_battery_scheduler.powerwall.base import PowerwallError
from custom_components.smart_battery_scheduler.powerwall.netzero_wire import parse_state
from custom_components.smart_battery_scheduler.solar.forecast_solar import half_hour_energies
from custom_components.smart_battery_scheduler.solar.model import SolarError
from custom_components.smart_battery_scheduler.solar.open_meteo import plane_weather
from custom_components.smart_battery_scheduler.solar.solcast import parse_forecasts
from custom_components.smart_battery_scheduler.solar.wh_hours import energies
from custom_components.smart_battery_scheduler.tariff.account import parse_account
from custom_components.smart_battery_scheduler.tariff.dispatches import (
    parse_devices,
    parse_dispatches,
)
from custom_components.smart_battery_scheduler.tariff.errors import TariffError
from custom_components.smart_battery_scheduler.tariff.products import parse_products
from custom_components.smart_battery_scheduler.tariff.rows import parse_rows
from custom_components.smart_battery_scheduler.tariff.sessions import (
    parse_free_electricity,
    parse_sessions,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

# Words the parsers look for: without them, arbitrary JSON seldom gets past the first line.
KEYS = st.sampled_from(
    [
        "value_exc_vat",
        "value_inc_vat",
        "valid_from",
        "valid_to",
        "payment_method",
        "live_status",
        "percentage_charged",
        "battery_power",
        "backup_reserve_percent",
        "operational_mode",
        "timestamp",
        "island_status",
        "solar_power",
        "number",
        "properties",
        "id",
        "electricity_meter_points",
        "mpan",
        "meters",
        "serial_number",
        "agreements",
        "tariff_code",
        "moved_in_at",
        "moved_out_at",
        "is_export",
        "consumption",
        "interval_start",
        "interval_end",
        "results",
        "code",
        "direction",
        "brand",
        "minutely_15",
        "time",
        "global_tilted_irradiance",
        "temperature_2m",
        "hourly",
        "forecasts",
        "period_end",
        "period",
        "pv_estimate",
        "pv_estimate10",
        "pv_estimate90",
        "result",
        "data",
        "intensity",
        "forecast",
        "from",
        "to",
        "index",
        "devices",
        "plannedDispatches",
        "completedDispatches",
        "flexPlannedDispatches",
        "start",
        "end",
        "startDt",
        "endDt",
        "savingSessions",
        "events",
        "account",
        "joinedEvents",
        "startAt",
        "endAt",
        "status",
        "type",
        "edges",
        "node",
        "customerFlexibilityCampaignEvents",
        "name",
        "rewardPerKwhInOctoPoints",
    ]
)
MOMENTS = st.sampled_from(
    ["2026-11-21T12:00:00Z", "2026-11-21T12:30:00+00:00", "2026-11-21 13:00:00",
     "2026-11-21T12:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "PT30M", "nan"]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(10**400), 1e308])
    | MOMENTS
    | st.text(max_size=8)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS | MOMENTS | st.text(max_size=4), inner, max_size=8)
    ),
    max_leaves=40,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=10)

type Parser = Callable[[Any], object]

ANYTHING: list[tuple[str, Parser, type[Exception]]] = [
    ("netzero", lambda body: parse_state(body, NOW), PowerwallError),
    ("account", parse_account, TariffError),
    ("open_meteo", plane_weather, SolarError),
    ("forecast_solar", half_hour_energies, SolarError),
    ("wh_hours", energies, SolarError),
    ("carbon", carbon, CarbonError),
]
LISTS: list[tuple[str, Parser, type[Exception]]] = [
    ("rows", parse_rows, TariffError),
    ("products", parse_products, TariffError),
]
MAPPINGS: list[tuple[str, Parser, type[Exception]]] = [
    ("sessions", parse_sessions, TariffError),
    ("free_electricity", parse_free_electricity, TariffError),
    ("devices", parse_devices, TariffError),
    ("dispatches", parse_dispatches, TariffError),
    ("solcast", parse_forecasts, SolarError),
]


@pytest.fixture(autouse=True)
def custom_integrations() -> None:
    """Nothing to load."""


def _parse(parser: Parser, body: object, error: type[Exception]) -> None:
    with suppress(error):
        assert parser(body) is not None


@pytest.mark.parametrize(
    ("parser", "error"), [pytest.param(*case[1:], id=case[0]) for case in ANYTHING]
)
@settings(max_examples=60, deadline=None)
@given(body=JSON | OBJECTS)
def test_any_body(parser: Parser, error: type[Exception], body: object) -> None:
    """Parsers of a whole body expect nothing of it."""
    _parse(parser, body, error)


@pytest.mark.parametrize(
    ("parser", "error"), [pytest.param(*case[1:], id=case[0]) for case in LISTS]
)
@settings(max_examples=60, deadline=None)
@given(body=st.lists(JSON | OBJECTS, max_size=4))
def test_any_rows(parser: Parser, error: type[Exception], body: object) -> None:
    """Parsers of a page's rows expect nothing of a row."""
    _parse(parser, body, error)


@pytest.mark.parametrize(
    ("parser", "error"), [pytest.param(*case[1:], id=case[0]) for case in MAPPINGS]
)
@settings(max_examples=60, deadline=None)
@given(body=OBJECTS)
def test_any_object(parser: Parser, error: type[Exception], body: object) -> None:
    """Parsers of an object expect nothing of its values."""
    _parse(parser, body, error)
