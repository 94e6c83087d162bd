"""The real client against clouds and gateways as owners report them; the sources are in ``quirks.py``."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    OperatingMode,
    PowerwallConnectionError,
    PowerwallRateLimitError,
    PowerwallReplyError,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.budget import RequestBudget
from custom_components.smart_battery_scheduler.powerwall.netzero import NetZeroPowerwall
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances

from .fixtures import netzero_client
from .quirks import Quirks, Refusal
from .server import Cloud

START = datetime(2026, 1, 14, 2, tzinfo=UTC)
BACKUP = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
RESERVE = Settings(backup_reserve_percent=60)
BACK = Settings(operating_mode=OperatingMode.SELF_POWERED, grid_charging=False)


@pytest.fixture(autouse=True)
def frozen(freezer: FrozenDateTimeFactory, cloud: Cloud) -> FrozenDateTimeFactory:
    """A winter night."""
    freezer.move_to(START)
    cloud.world.begin()
    return freezer


@pytest.fixture
def eager(cloud: Cloud, session: aiohttp.ClientSession) -> NetZeroPowerwall:
    """A client that heeds no budget of its own."""
    return netzero_client(cloud, session, budget=RequestBudget(limit=100))


def battery_w(cloud: Cloud) -> float:
    """What the battery really does."""
    power_w = cloud.world.powerwall.reading().battery_power_w
    assert power_w is not None
    return power_w


async def test_a_lost_write_is_shown_and_not_obeyed(
    cloud: Cloud, netzero: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """The cloud shows backup for ever, the battery serves the house."""
    cloud.world.quirks = Quirks(gateway_loses_share=1.0)
    await netzero.write(BACKUP)
    frozen.tick(timedelta(hours=1))
    assert (await netzero.read()).settings.operating_mode is OperatingMode.BACKUP
    assert battery_w(cloud) > 0.0
    assert cloud.world.powerwall.state.obeyed == cloud.world.scenario.settings


async def test_a_share_of_the_writes_is_lost(cloud: Cloud, eager: NetZeroPowerwall) -> None:
    """Some come through, some do not, and the same ones every time the day is played."""
    cloud.world.quirks = Quirks(gateway_loses_share=0.5)
    received = []
    for reserve in (30, 31, 32, 33, 34):
        await eager.write(Settings(backup_reserve_percent=reserve))
        received.append(cloud.world.powerwall.state.obeyed.backup_reserve_percent == reserve)
    assert set(received) == {True, False}


async def test_a_late_gateway_obeys_minutes_after_the_cloud_shows_it(
    cloud: Cloud, netzero: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """Shown at once; at work after twenty minutes."""
    cloud.world.quirks = Quirks(gateway_behind_s=1200)
    await netzero.write(BACKUP)
    frozen.tick(timedelta(minutes=19))
    assert (await netzero.read()).settings.operating_mode is OperatingMode.BACKUP
    assert battery_w(cloud) > 0.0
    frozen.tick(timedelta(minutes=1))
    assert battery_w(cloud) == -3300


async def test_writes_never_overtake_one_another_on_their_way_to_the_gateway(
    cloud: Cloud, netzero: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """A quicker second one waits for the first."""
    cloud.world.quirks = Quirks(gateway_behind_s=1200)
    await netzero.write(BACKUP)
    frozen.tick(timedelta(minutes=1))
    cloud.world.quirks = Quirks(gateway_behind_s=60)
    await netzero.write(BACK)
    frozen.tick(timedelta(minutes=18))
    assert battery_w(cloud) > 0.0
    frozen.tick(timedelta(minutes=1))
    assert cloud.world.powerwall.state.obeyed.operating_mode is OperatingMode.SELF_POWERED


async def test_a_gateway_one_write_behind_hears_a_write_when_the_next_one_comes(
    cloud: Cloud, netzero: NetZeroPowerwall
) -> None:
    """Nothing, then the first."""
    cloud.world.quirks = Quirks(gateway_one_behind=True)
    await netzero.write(BACKUP)
    assert battery_w(cloud) > 0.0
    await netzero.write(Settings(backup_reserve_percent=21))
    assert battery_w(cloud) == -3300
    assert cloud.world.powerwall.state.obeyed.backup_reserve_percent == 20


async def test_a_write_that_changes_nothing_in_the_cloud_is_not_passed_on(
    cloud: Cloud, eager: NetZeroPowerwall
) -> None:
    """Once lost, the same body does nothing however often it is sent; another does."""
    cloud.world.quirks = Quirks(gateway_loses_share=1.0)
    await eager.write(RESERVE)
    cloud.world.quirks = Quirks(gateway_hears_only_changes=True)
    await eager.write(RESERVE)
    await eager.write(RESERVE)
    assert cloud.world.powerwall.state.obeyed.backup_reserve_percent == 20
    await eager.write(Settings(backup_reserve_percent=61))
    assert cloud.world.powerwall.state.obeyed.backup_reserve_percent == 61


async def test_some_answers_come_from_a_copy_minutes_old(
    cloud: Cloud, eager: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """Between fresh ones, with old settings and an old stamp."""
    await eager.read()
    await eager.write(BACKUP)
    cloud.world.quirks = Quirks(replica_share=0.5, replica_lag_s=240)
    frozen.tick(timedelta(minutes=4))
    modes, ages = set(), set()
    for _ in range(12):
        state = await eager.read()
        assert state.measured_at is not None
        modes.add(state.settings.operating_mode)
        ages.add(state.read_at - state.measured_at)
        frozen.tick(timedelta(seconds=15))
    assert modes == {OperatingMode.BACKUP, OperatingMode.SELF_POWERED}
    assert min(ages) == timedelta()
    assert max(ages) >= timedelta(minutes=4)


@pytest.mark.parametrize(
    ("refusal", "refused", "taken"),
    [
        (Refusal(field="operational_mode", value="backup", status=400), BACKUP, BACK),
        (Refusal(field="grid_charging", value="true", status=400), BACKUP, BACK),
        (Refusal(field="backup_reserve_percent", status=400), RESERVE, BACKUP),
    ],
    ids=str,
)
async def test_a_write_is_refused_for_what_it_holds(
    cloud: Cloud,
    netzero: NetZeroPowerwall,
    refusal: Refusal,
    refused: Settings,
    taken: Settings,
) -> None:
    """As a whole, and it changes nothing; another write is taken."""
    cloud.world.quirks = Quirks(refusals=(refusal,))
    with pytest.raises(PowerwallReplyError):
        await netzero.write(refused)
    assert cloud.world.powerwall.state.shown == cloud.world.scenario.settings
    await netzero.write(taken)
    assert taken.over(cloud.world.powerwall.state.shown) == cloud.world.powerwall.state.shown


async def test_a_refusal_may_look_like_a_failure_of_the_server(
    cloud: Cloud, netzero: NetZeroPowerwall
) -> None:
    """A page with status 500."""
    backup = Refusal(field="operational_mode", value="backup", status=500)
    cloud.world.quirks = Quirks(refusals=(backup,))
    with pytest.raises(PowerwallConnectionError):
        await netzero.write(BACKUP)


async def test_another_client_leaves_little_of_the_limit(
    cloud: Cloud, eager: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """Four of five a minute are somebody's else: of three in a minute one gets through."""
    cloud.world.quirks = Quirks(others_per_minute=4)
    await eager.read()
    frozen.tick(timedelta(minutes=5))
    got = 0
    for _ in range(15):
        frozen.tick(timedelta(seconds=20))
        eager.budget.back_off(START)
        try:
            await eager.read()
        except PowerwallRateLimitError:
            continue
        got += 1
    assert 4 <= got <= 6


@pytest.mark.parametrize(
    ("quirks", "shown"),
    [
        (Quirks(reserve_in_raw_scale=True), 24),
        (Quirks(reserve_offset_percent=-4.2), 15.8),
        (Quirks(reserve_in_raw_scale=True, reserve_offset_percent=0.21), 24.21),
    ],
    ids=["raw", "fraction", "both"],
)
async def test_a_reserve_is_shown_in_another_scale(
    cloud: Cloud, session: aiohttp.ClientSession, quirks: Quirks, shown: float
) -> None:
    """It is 20."""
    cloud.world.quirks = quirks
    assert (await body_of(cloud, session))["backup_reserve_percent"] == pytest.approx(shown)
    assert cloud.world.powerwall.state.obeyed.backup_reserve_percent == 20


async def test_a_level_drops_to_nought_in_one_reading_of_three(
    cloud: Cloud, eager: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """And is right in the others."""
    cloud.world.quirks = Quirks(level_zero_every=3)
    levels = []
    for _ in range(6):
        levels.append((await eager.read()).soc_percent)
        frozen.tick(timedelta(seconds=15))
    assert levels.count(0.0) == 2
    assert sum(level is not None and level > 35.0 for level in levels) == 4


@pytest.mark.parametrize(("level", "offset", "shown"), [(0, -0.4, -0.4), (100, 0.6, 100.6)])
async def test_a_level_overshoots(
    cloud: Cloud, session: aiohttp.ClientSession, level: float, offset: float, shown: float
) -> None:
    """Out of bounds by a little."""
    cloud.world.powerwall.set_soc(level)
    cloud.world.quirks = Quirks(level_offset_percent=offset)
    body = await body_of(cloud, session)
    assert body["live_status"]["percentage_charged"] == pytest.approx(shown)


async def test_a_live_value_may_be_null(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """The others are there."""
    cloud.world.quirks = Quirks(null_values=("solar_power",))
    live = (await body_of(cloud, session))["live_status"]
    assert live["solar_power"] is None
    assert live["load_power"] is not None


async def test_the_clouds_clock_is_not_the_houses(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """Stamp, date and limit are all of the cloud's time."""
    cloud.world.quirks = Quirks(clock_ahead_s=-720)
    async with session.get(url(cloud), headers=token(cloud)) as response:
        body, headers = await response.json(), response.headers
    there = START - timedelta(minutes=12)
    assert datetime.fromisoformat(body["live_status"]["timestamp"]) == there
    assert parsedate_to_datetime(headers["Date"]) == there
    assert float(headers["X-RateLimit-Reset"]) == (there + timedelta(minutes=1)).timestamp()


async def test_a_cold_pack_or_one_with_a_unit_down_takes_less(
    cloud: Cloud, netzero: NetZeroPowerwall
) -> None:
    """From the grid and from the sun."""
    cloud.world.powerwall.meet(Circumstances(charge_limit_w=900.0))
    await netzero.write(BACKUP)
    assert battery_w(cloud) == -900


async def test_a_pack_may_take_no_more_below_100(
    cloud: Cloud, netzero: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """TeslaPy#70: 88 % when full. It rests there, and comes down again."""
    world = cloud.world
    world.scenario = replace(
        world.scenario, hardware=replace(world.scenario.hardware, full_percent=88.0)
    )
    world.begin()
    await netzero.write(BACKUP)
    frozen.tick(timedelta(hours=6))
    assert world.powerwall.soc_percent == pytest.approx(88.0)
    assert battery_w(cloud) == 0.0
    await netzero.write(BACK)
    assert battery_w(cloud) > 0.0


async def test_house_and_battery_share_what_the_site_may_import(
    cloud: Cloud, netzero: NetZeroPowerwall
) -> None:
    """vlo/powerwall2#34: what the house takes the battery does not get."""
    world = cloud.world
    world.scenario = replace(
        world.scenario, hardware=replace(world.scenario.hardware, import_limit_w=2000.0)
    )
    world.begin()
    await netzero.write(BACKUP)
    grid_w = world.powerwall.reading().grid_power_w
    assert grid_w == pytest.approx(2000.0)
    assert -2000.0 < battery_w(cloud) < -1500.0


def url(cloud: Cloud) -> str:
    """The one resource."""
    return f"{cloud.url}/api/v1/{cloud.world.site_id}/config"


def token(cloud: Cloud) -> dict[str, str]:
    """The headers of one who may ask."""
    return {"Authorization": f"Bearer {cloud.world.token}"}


async def body_of(cloud: Cloud, session: aiohttp.ClientSession) -> dict[str, Any]:
    """A reading as it is on the wire."""
    async with session.get(url(cloud), headers=token(cloud)) as response:
        body: dict[str, Any] = await response.json()
        return body
