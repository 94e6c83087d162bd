"""A newcomer's path, timed: from "Add integration" to the first plan, with an account and two planes."""

from collections.abc import AsyncIterator
from dataclasses import replace
import sys
from time import monotonic

import pytest

from scripts.devhome import DOMAIN

from ..cloud.world import API_KEY
from .cloud import CloudProcess, running_cloud
from .fixtures import on_each_release
from .stage import Stage

MOST_SECONDS = 60.0
MOST_SCREENS = 6


@pytest.fixture
async def cloud() -> AsyncIterator[CloudProcess]:
    """The clouds on a winter's day."""
    async with running_cloud("winter") as process:
        yield process


@on_each_release
async def test_from_add_integration_to_the_first_plan(
    stage: Stage, cloud: CloudProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under a minute of machine time and at most five screens, with default options."""
    home = replace(stage, environment=cloud.environment)
    answers: tuple[dict[str, object], ...] = (
        {"next_step_id": "netzero"},
        {"token": cloud.token, "site_id": cloud.site_id, "units": 1},
        {"next_step_id": "account"},
        {"api_key": API_KEY},
        {
            "source": "open_meteo",
            "plane_1": {"peak_kw": 4, "declination": 35, "azimuth": 180},
            "plane_2": {"peak_kw": 2.5, "declination": 35, "azimuth": 90},
        },
        {},
    )
    async with home.home_assistant() as api:
        begun = monotonic()
        step = await api.start_flow(DOMAIN)
        screens = 1
        for answer in answers:
            step = await api.answer_flow(step, answer)
            assert not step.get("errors"), step
            screens += step["type"] in ("form", "menu")
        assert step["type"] == "create_entry", step
        plan = await api.act(
            f"{DOMAIN}.get_plan", {"config_entry_id": step["result"]["entry_id"]}, response=True
        )
        seconds = monotonic() - begun
    assert plan["slots"]
    assert any(not slot["rate_is_estimate"] for slot in plan["slots"])
    assert seconds < MOST_SECONDS
    assert screens <= MOST_SCREENS
    with capsys.disabled():
        sys.stdout.write(f"\nadd integration to first plan: {seconds:.1f} s, {screens} screens\n")
