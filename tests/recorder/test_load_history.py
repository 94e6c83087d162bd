"""A home's past on its first day, from what the recorder has kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from sqlalchemy.exc import OperationalError

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.history import recorder_statistics as recorded
from custom_components.smart_battery_scheduler.history.load_history import LoadHistory
from custom_components.smart_battery_scheduler.history.measurements import Energies, MeasuredSlot
from custom_components.smart_battery_scheduler.planner.load import Consumption
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from homeassistant.components.energy.data import SourceType, async_get_manager
from homeassistant.components.recorder.db_schema import Statistics, StatisticsShortTerm
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

HOUR = timedelta(hours=1)
LAST_HOUR = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
NOW = LAST_HOUR + timedelta(minutes=20)


def keep(
    hass: HomeAssistant,
    statistic_id: str,
    energies: Sequence[float],
    step: timedelta = HOUR,
    *,
    power: bool = False,
) -> None:
    """Let the recorder have kept these, the last one ending with the last hour."""
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC if power else StatisticMeanType.NONE,
        has_sum=not power,
        name=None,
        source="recorder",
        statistic_id=statistic_id,
        unit_class="power" if power else "energy",
        unit_of_measurement="W" if power else "Wh",
    )
    rows, total = [], 0.0
    for index, kwh in enumerate(energies):
        start = LAST_HOUR - (len(energies) - index) * step
        total += kwh * 1000
        if power:
            rows.append(StatisticData(start=start, mean=kwh * 1000 / (step / HOUR)))
        else:
            rows.append(StatisticData(start=start, sum=total, state=total))
    table = Statistics if step == HOUR else StatisticsShortTerm
    get_instance(hass).async_import_statistics(metadata, rows, table)


def site(hass: HomeAssistant, **options: object) -> LoadHistory:
    """A home's history that has read nothing yet."""
    entry = MockConfigEntry(
        domain=DOMAIN, unique_id="1234", data={"kind": "netzero"}, options=options
    )
    entry.add_to_hass(hass)
    return LoadHistory(hass, entry)


async def read(hass: HomeAssistant, load: LoadHistory) -> dict[datetime, float]:
    """Read, and give the history without readings of our own."""
    await async_wait_recording_done(hass)
    await load.async_refresh(NOW)
    return known(load.history((), NOW))


def known(history: Sequence[Consumption]) -> dict[datetime, float]:
    """The history by its starts, to a watt-hour."""
    return {each.start: round(each.kwh, 3) for each in history}


def last(*halves: float) -> dict[datetime, float]:
    """Half-hours up to the last full hour."""
    return {LAST_HOUR - (len(halves) - index) * SLOT: kwh for index, kwh in enumerate(halves)}


async def test_nothing_is_known_of_a_new_house(hass: HomeAssistant) -> None:
    """No statistic, no history; the planner has its typical home."""
    assert await read(hass, site(hass)) == {}


async def test_a_chosen_statistic(hass: HomeAssistant) -> None:
    """Hours in watt-hours become half-hours in kWh; the first row has no row before it."""
    keep(hass, "sensor.house", [1.0, 0.8, 0.6])
    load = site(hass, load_from="statistic", load_statistic="sensor.house")
    assert await read(hass, load) == last(0.4, 0.4, 0.3, 0.3)


async def test_five_minutes_make_true_half_hours(hass: HomeAssistant) -> None:
    """Where the recorder has them still."""
    keep(hass, "sensor.house", [1.0, 0.8, 0.6])
    keep(hass, "sensor.house", [0.02] * 7 + [0.01] * 6, timedelta(minutes=5))
    load = site(hass, load_from="statistic", load_statistic="sensor.house")
    assert await read(hass, load) == last(0.4, 0.4, 0.12, 0.06)


async def test_our_own_sensor_outlives_our_store(hass: HomeAssistant) -> None:
    """The house power's means are the house's energy."""
    registry = er.async_get(hass)
    sensor = registry.async_get_or_create("sensor", DOMAIN, "1234_house_power")
    keep(hass, sensor.entity_id, [1.0, 0.5], power=True)
    assert await read(hass, site(hass)) == last(0.5, 0.5, 0.25, 0.25)


async def use_dashboard(hass: HomeAssistant) -> None:
    """Let the owner name the meters in the Energy dashboard."""
    hass.config.components.add("energy")
    sources: list[dict[str, Any]] = [
        {"type": "solar", "stat_energy_from": "sensor.sun", "config_entry_solar_forecast": None},
        {"type": "battery", "stat_energy_from": "sensor.out", "stat_energy_to": "sensor.in"},
        {
            "type": "grid",
            "stat_energy_from": "sensor.import",
            "stat_energy_to": "sensor.export",
            "cost_adjustment_day": 0.0,
        },
    ]
    manager = await async_get_manager(hass)
    await manager.async_update(
        {"energy_sources": cast(list[SourceType], sources), "device_consumption": []}
    )


async def dashboard(hass: HomeAssistant) -> None:
    """The owner's meters, in the Energy dashboard, and three hours of them."""
    await use_dashboard(hass)
    keep(hass, "sensor.import", [0.0, 1.0, 2.0])
    keep(hass, "sensor.export", [0.0, 0.0, 0.4])
    keep(hass, "sensor.sun", [0.0, 0.6, 1.2])
    keep(hass, "sensor.out", [0.0, 0.4, 0.0])
    keep(hass, "sensor.in", [0.0, 0.0, 1.8])


async def test_the_dashboards_meters_by_themselves(hass: HomeAssistant) -> None:
    """Nothing needs to be chosen: the balance of the meters is the house."""
    await dashboard(hass)
    assert await read(hass, site(hass)) == last(1.0, 1.0, 0.5, 0.5)


@pytest.mark.parametrize(("load_from", "expected"), [("automatic", 0.7), ("dashboard", 0.5)])
async def test_own_readings_and_meters(
    hass: HomeAssistant, load_from: str, expected: float
) -> None:
    """Our own readings come first, unless the owner trusts the meters more."""
    await dashboard(hass)
    load = site(hass, load_from=load_from)
    await read(hass, load)
    ours = MeasuredSlot(start=LAST_HOUR - SLOT, energies=Energies(load_kwh=0.7), observed_s=1800.0)
    assert known(load.history([ours], NOW)) == last(1.0, 1.0, 0.5, expected)


async def test_the_car_is_not_the_house(hass: HomeAssistant) -> None:
    """Its meter is subtracted; the hour that its meter does not know is left out."""
    await dashboard(hass)
    keep(hass, "sensor.car", [0.0, 0.6])
    assert await read(hass, site(hass, car_statistics=["sensor.car"])) == last(0.2, 0.2)


async def test_only_the_new_is_read_again(hass: HomeAssistant) -> None:
    """The second look adds a row; a change of the owner's choice reads all anew."""
    keep(hass, "sensor.house", [1.0, 0.8, 0.6])
    load = site(hass, load_from="statistic", load_statistic="sensor.house")
    await read(hass, load)
    keep(hass, "sensor.house", [1.0, 0.8, 0.9])
    assert await read(hass, load) == last(0.4, 0.4, 0.45, 0.45)


async def test_meters_named_later_are_read_from_the_beginning(hass: HomeAssistant) -> None:
    """The Energy dashboard is often set up, or completed, after the battery's home."""
    load = site(hass)
    past = [0.0] * 6
    keep(hass, "sensor.import", [*past, 1.0])
    keep(hass, "sensor.export", [*past, 0.0])
    keep(hass, "sensor.sun", [0.0, 1.2, 1.2, 0.8, 0.8, 0.8, 0.0])
    keep(hass, "sensor.out", [*past, 0.0])
    keep(hass, "sensor.in", [*past, 0.0])
    assert await read(hass, load) == {}
    await use_dashboard(hass)
    assert await read(hass, load) == last(0.6, 0.6, 0.6, 0.6, *[0.4] * 6, 0.5, 0.5)


async def test_a_broken_recorder_stops_nobody(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is known stays known; it is told once, and read when the recorder is back."""
    keep(hass, "sensor.house", [1.0, 0.8, 0.6])
    load = site(hass, load_from="statistic", load_statistic="sensor.house")
    await async_wait_recording_done(hass)

    def broken(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    with monkeypatch.context() as context:
        context.setattr(recorded, "statistics_during_period", broken)
        for _ in range(2):
            await load.async_refresh(NOW)
    assert known(load.history((), NOW)) == {}
    assert caplog.text.count("The recorder cannot say") == 1
    assert await read(hass, load) == last(0.4, 0.4, 0.3, 0.3)
