"""What survives: stored apart, small and twice, read part by part, kept aside where unreadable."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.model import (
    ControlState,
    Decision,
    DecisionKind,
    DecisionReason,
    OwnerSettings,
    Phase,
    Restore,
)
from custom_components.smart_battery_scheduler.powerwall.base import OperatingMode, Settings
from custom_components.smart_battery_scheduler.site.records import Records
from custom_components.smart_battery_scheduler.site.storage import SiteStorage
from homeassistant.core import HomeAssistant

NOW = datetime(2026, 1, 14, 2, tzinfo=UTC)
OWN = Settings(
    operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=20, grid_charging=False
)
STATE = ControlState(
    phase=Phase.RESTORING,
    owner=OwnerSettings(settings=OWN, origin="read", saved_at=NOW),
    sent=(Settings(operating_mode=OperatingMode.BACKUP),),
    restore=Restore(begun_at=NOW),
)
LINE = Decision(at=NOW, kind=DecisionKind.SKIPPED, reason=DecisionReason.PRICE)


def key(name: str) -> str:
    """A file of the home under test."""
    return f"{DOMAIN}.entry.{name}"


async def test_whose_settings_stand_is_stored_twice_before_the_state_of_control(
    hass: HomeAssistant, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two small files, whole before the third is begun."""
    order: list[str] = []
    storage = SiteStorage(hass, "entry")
    for store in (*storage._owner_files, storage._control):
        save = store.async_save

        async def noted(data: Any, name: str = store.key, save: Any = save) -> None:
            await save(data)
            order.append(name)

        monkeypatch.setattr(store, "async_save", noted)
    await storage.async_save_control(STATE)
    assert order == [key("owner"), key("owner_copy"), key("control")]
    assert hass_storage[key("owner")]["data"] == hass_storage[key("owner_copy")]["data"]
    assert len(json.dumps(hass_storage[key("owner")]["data"])) < 1000
    await storage.async_save_control(STATE)
    assert order[3:] == [key("control")], "nothing new about the owner's settings"


@pytest.mark.parametrize("lost", [["control"], ["control", "owner"], ["control", "owner_copy"]])
async def test_a_lost_file_costs_nobody_their_settings(
    hass: HomeAssistant, hass_storage: dict[str, Any], lost: list[str]
) -> None:
    """One of three is enough."""
    await SiteStorage(hass, "entry").async_save_control(STATE)
    for name in lost:
        del hass_storage[key(name)]
    loaded = await SiteStorage(hass, "entry").async_load()
    assert loaded.control.phase is Phase.RESTORING
    assert loaded.control.owner is not None
    assert loaded.control.owner.settings == OWN
    assert not loaded.control.owner_is_unknown


async def test_a_word_that_nobody_knows_costs_nobody_their_settings(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """As after a downgrade: a phase of tomorrow."""
    await SiteStorage(hass, "entry").async_save_control(STATE)
    hass_storage[key("control")]["data"]["phase"] = "levitating"
    loaded = await SiteStorage(hass, "entry").async_load()
    assert loaded.control.owner == STATE.owner
    assert loaded.control.phase is Phase.RESTORING


async def test_a_word_that_nobody_knows_costs_one_line_of_the_records(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """The rest is there."""
    await SiteStorage(hass, "entry").async_save_records(
        Records(decisions=(LINE, LINE), tariff_mark="mark")
    )
    hass_storage[key("records")]["data"]["decisions"][0]["reason"] = "moonshine"
    loaded = await SiteStorage(hass, "entry").async_load()
    assert loaded.records == Records(decisions=(LINE,), tariff_mark="mark")


async def test_what_cannot_be_read_is_kept_aside_and_not_overwritten(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The next save writes over the file, a later loss adds to what is kept."""
    storage = SiteStorage(hass, "entry")
    await storage.async_save_records(Records(decisions=(LINE,), tariff_mark="mark"))
    hass_storage[key("records")]["data"]["tariff_mark"] = 5
    loaded = await storage.async_load()
    await storage.async_save_records(loaded.records)
    hass_storage[key("records")]["data"]["learned"] = "much"
    await storage.async_load()
    kept = hass_storage[key("unreadable")]["data"]
    assert list(kept.values()) == [{"tariff_mark": 5}, {"learned": "much"}]
    assert "left out (tariff_mark) is kept in" in caplog.text


async def test_nothing_is_stored_after_the_end(
    hass: HomeAssistant, hass_storage: dict[str, Any], freezer: FrozenDateTimeFactory
) -> None:
    """A removed file does not come back by what ended late."""
    storage = SiteStorage(hass, "entry")
    await storage.async_save_control(STATE)
    storage.async_save_records_soon(Records(tariff_mark="mark"))
    await storage.async_close()
    assert hass_storage[key("records")]["data"]["tariff_mark"] == "mark"
    await SiteStorage(hass, "entry").async_remove()
    await storage.async_save_control(STATE)
    await storage.async_save_records(Records())
    storage.async_save_records_soon(Records())
    freezer.tick(timedelta(hours=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not [name for name in hass_storage if name.startswith(key(""))]
