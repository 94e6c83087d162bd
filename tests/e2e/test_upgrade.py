"""An installation made by an earlier version goes on with this one, in a real Home Assistant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import subprocess
from typing import Any

import pytest

from scripts.devhome import DOMAIN, ROOT
from scripts.devhome.api import Entry, HomeAssistantApi

from .cloud import CloudProcess
from .stage import Stage, eventually
from .test_powerwall import add_home, charge_now

# The last commit that wrote version 1 of the stored files.
VERSION_1 = "5ec888b"


@pytest.fixture
def old_integration(tmp_path: Path) -> Path:
    """The integration as that commit has it."""
    folder = tmp_path / "old"
    folder.mkdir()
    archive = subprocess.run(
        ["git", "archive", VERSION_1, f"custom_components/{DOMAIN}"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    subprocess.run(["tar", "--extract"], cwd=folder, input=archive, check=True)
    return folder / "custom_components" / DOMAIN


async def _plan(api: HomeAssistantApi, entry: Entry) -> dict[str, Any]:
    answer: dict[str, Any] = await api.act(
        f"{DOMAIN}.get_plan", {"config_entry_id": entry["entry_id"]}, response=True
    )
    return answer


async def _slots(api: HomeAssistantApi, entry: Entry) -> list[dict[str, Any]]:
    answer: dict[str, Any] = await api.act(
        f"{DOMAIN}.list_slots", {"config_entry_id": entry["entry_id"]}, response=True
    )
    slots: list[dict[str, Any]] = answer["slots"]
    return slots


async def _decisions(api: HomeAssistantApi, entry: Entry) -> list[dict[str, Any]]:
    answer: dict[str, Any] = await api.act(
        f"{DOMAIN}.get_decisions", {"config_entry_id": entry["entry_id"]}, response=True
    )
    decisions: list[dict[str, Any]] = answer["decisions"]
    return decisions


async def test_a_charge_in_force_settings_slots_and_entities_outlive_the_upgrade(
    stage: Stage, cloud: CloudProcess, old_integration: Path
) -> None:
    """The old version is cut off in mid-charge; the new one knows all of it and restores."""
    site = replace(stage, environment=cloud.environment)
    old = replace(site, folder=replace(stage.folder, integration=old_integration))
    owner = await cloud.settings()
    in_a_month = (datetime.now(UTC) + timedelta(days=30)).date()
    async with old.home_assistant(power_cut=True) as api:
        entry = await add_home(api, cloud)
        await api.act(
            "number.set_value", {"entity_id": "number.home_battery_reserve_floor", "value": 25}
        )
        await charge_now(api, cloud)
        decisions = await _decisions(api, entry)
        # A slot is stored at once, and with it all that is known by then.
        await api.act(
            f"{DOMAIN}.add_slot",
            {
                "config_entry_id": entry["entry_id"],
                "start": f"{in_a_month} 02:00:00",
                "end": f"{in_a_month} 03:00:00",
                "action": "do_not_charge",
            },
        )
        slots, before = await _slots(api, entry), await _plan(api, entry)
        # Others' entities, such as the person's, may not have been stored when the power went.
        entities = {entity for entity in await api.states() if ".home_battery_" in entity}
        assert entities
        await site.until_stored()
    assert await cloud.settings() != owner
    await cloud.forget_requests()
    await cloud.change("time", advance_s=60)
    async with site.home_assistant() as api:
        (entry,) = await eventually(
            lambda: api.entries(DOMAIN), lambda entries: entries[0]["state"] == "loaded"
        )
        states = await api.states()
        assert entities <= set(states), entities - set(states)
        assert float(states["number.home_battery_reserve_floor"]["state"]) == 25
        assert await _slots(api, entry) == slots
        after = await _plan(api, entry)
        assert before["override"] is not None
        assert after["override"] == before["override"]
        known = await _decisions(api, entry)
        assert [one for one in decisions if one in known] == decisions
        await api.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by="user")
        await eventually(cloud.settings, lambda shown: shown == owner, within_s=30)
