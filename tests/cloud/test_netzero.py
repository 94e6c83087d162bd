"""The real client against the stand-in: every fault has its typed error, then it works again."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    Islanding,
    OperatingMode,
    PowerwallAuthError,
    PowerwallConnectionError,
    PowerwallError,
    PowerwallRateLimitError,
    PowerwallReplyError,
    PowerwallState,
    Purpose,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.budget import RequestBudget
from custom_components.smart_battery_scheduler.powerwall.netzero import NetZeroPowerwall
from custom_components.smart_battery_scheduler.powerwall.physics import Circumstances

from .faults import Endpoint, Fault
from .fixtures import netzero_client
from .server import Cloud

START = datetime(2026, 1, 14, 2, tzinfo=UTC)
BACKUP = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
READ, WRITE = Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE


@pytest.fixture(autouse=True)
def frozen(freezer: FrozenDateTimeFactory, cloud: Cloud) -> FrozenDateTimeFactory:
    """A winter night."""
    freezer.move_to(START)
    cloud.world.begin()
    return freezer


async def test_what_is_read_is_what_is(cloud: Cloud, netzero: NetZeroPowerwall) -> None:
    """Over the wire and back, to the watt."""
    truth = cloud.world.powerwall.reading()
    state = await netzero.read()
    assert state.settings == truth.settings
    assert state.soc_percent == truth.soc_percent
    assert state.measured_at == state.read_at == START
    assert state.islanding is Islanding.ON_GRID
    for name in ("battery_power_w", "grid_power_w", "house_power_w", "solar_power_w"):
        assert getattr(state, name) == pytest.approx(getattr(truth, name), abs=0.5)


async def test_a_write_arrives(cloud: Cloud, netzero: NetZeroPowerwall) -> None:
    """The reply shows it, the log has its body, the battery obeys."""
    reply = await netzero.write(BACKUP)
    assert reply.settings.operating_mode is OperatingMode.BACKUP
    (received,) = cloud.requests.writes
    assert received.body == {"operational_mode": "backup", "grid_charging": True}
    assert received.status == 200
    assert (await netzero.read()).battery_power_w == -3300


@pytest.mark.parametrize("site_id", ["6543210987654321", None])
async def test_a_wrong_token_or_site_is_refused(
    cloud: Cloud, session: aiohttp.ClientSession, site_id: str | None
) -> None:
    """403, as recorded."""
    token = "WrongToken" if site_id is None else None
    powerwall = netzero_client(cloud, session, token=token, site_id=site_id)
    with pytest.raises(PowerwallAuthError):
        await powerwall.read()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.DISCONNECT, PowerwallConnectionError),
        (Fault.CUT_SHORT, PowerwallConnectionError),
        (Fault.UNAUTHORISED, PowerwallAuthError),
        (Fault.FORBIDDEN, PowerwallAuthError),
        (Fault.FORBIDDEN_PAGE, PowerwallConnectionError),
        (Fault.NOT_FOUND, PowerwallAuthError),
        (Fault.SERVER_ERROR_PAGE, PowerwallConnectionError),
        (Fault.UNAVAILABLE, PowerwallConnectionError),
        (Fault.PAGE, PowerwallConnectionError),
        (Fault.PLAIN_TEXT, PowerwallReplyError),
        (Fault.EMPTY, PowerwallReplyError),
        (Fault.WRONG_SHAPE, PowerwallReplyError),
    ],
)
@pytest.mark.parametrize("endpoint", [READ, WRITE])
async def test_no_fault_gets_through_untyped(
    cloud: Cloud,
    netzero: NetZeroPowerwall,
    endpoint: Endpoint,
    fault: Fault,
    error: type[PowerwallError],
) -> None:
    """Once it fails with its type; the next request succeeds."""

    async def ask() -> PowerwallState:
        return await (netzero.read() if endpoint is READ else netzero.write(BACKUP))

    cloud.faults.add(fault, endpoint, times=1)
    with pytest.raises(PowerwallError) as caught:
        await ask()
    assert type(caught.value) is error
    assert (await ask()).soc_percent == 40.0
    assert [received.faults for received in cloud.requests] == [(fault,), ()]


async def test_the_third_next_request_fails(cloud: Cloud, netzero: NetZeroPowerwall) -> None:
    """And only that one."""
    cloud.faults.add(Fault.DISCONNECT, READ, skip=2, times=1)
    await netzero.read()
    await netzero.read()
    with pytest.raises(PowerwallConnectionError):
        await netzero.read()
    await netzero.write(BACKUP, Purpose.RESTORE)
    assert not list(cloud.faults)


async def test_a_429_carries_the_headers(
    cloud: Cloud, netzero: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """The client keeps quiet for as long as they say."""
    await netzero.read()
    frozen.tick(timedelta(seconds=10))
    cloud.faults.add(Fault.RATE_LIMITED, READ, times=1)
    with pytest.raises(PowerwallRateLimitError) as caught:
        await netzero.read()
    assert caught.value.retry_after_s == 50
    frozen.tick(timedelta(seconds=50))
    await netzero.read()


async def test_the_sixth_request_in_a_minute_is_refused(
    cloud: Cloud, session: aiohttp.ClientSession, frozen: FrozenDateTimeFactory
) -> None:
    """The limit is the site's: two clients spend the same five."""
    one, other = netzero_client(cloud, session), netzero_client(cloud, session)
    for powerwall in (one, one, one, other):
        await powerwall.read()
    # Readings leave the last one alone. The fifth says that none is left, and when there will be.
    with pytest.raises(PowerwallRateLimitError):
        await other.read()
    await other.read(Purpose.COMMAND)
    with pytest.raises(PowerwallRateLimitError) as caught:
        await other.read()
    assert caught.value.retry_after_s == 60
    # One client does not know what the other heard.
    with pytest.raises(PowerwallRateLimitError):
        await one.write(BACKUP, Purpose.RESTORE)
    assert [received.status for received in cloud.requests] == [200] * 5 + [429]
    frozen.tick(timedelta(seconds=60))
    await one.write(BACKUP, Purpose.RESTORE)
    assert cloud.requests.most_within(timedelta(seconds=60), READ, WRITE) == 6


async def test_our_budget_never_meets_the_limit(
    cloud: Cloud, session: aiohttp.ClientSession, frozen: FrozenDateTimeFactory
) -> None:
    """However eager the caller."""
    netzero = netzero_client(cloud, session, budget=RequestBudget())
    for _ in range(200):
        frozen.tick(timedelta(seconds=3))
        with suppress(PowerwallRateLimitError):
            await netzero.read()
        with suppress(PowerwallRateLimitError):
            await netzero.write(BACKUP, Purpose.RESTORE)
    assert cloud.requests.most_within(timedelta(seconds=60), READ, WRITE) == 4
    assert {received.status for received in cloud.requests} == {200}


@pytest.mark.parametrize(
    ("fault", "settings_known", "level_known", "powers_known"),
    [
        (Fault.NO_LIVE_STATUS, True, True, False),
        (Fault.EMPTY_LIVE_STATUS, True, True, False),
        (Fault.NULLS, False, False, False),
        (Fault.WRONG_TYPES, False, False, False),
        (Fault.ABSURD_NUMBERS, True, False, False),
        (Fault.UNKNOWN_WORDS, False, True, True),
    ],
)
async def test_readings_that_tell_little(
    cloud: Cloud,
    netzero: NetZeroPowerwall,
    fault: Fault,
    settings_known: bool,
    level_known: bool,
    powers_known: bool,
) -> None:
    """What cannot be understood is unknown; nothing absurd comes through."""
    cloud.faults.add(fault, READ)
    state = await netzero.read()
    assert (state.settings.operating_mode is not None) is settings_known
    assert (state.soc_percent is not None) is level_known
    assert (state.battery_power_w is not None) is powers_known


async def test_fractions_and_null_lists_are_read(cloud: Cloud, netzero: NetZeroPowerwall) -> None:
    """Seen on real sites; only the export rule is unknown."""
    truth = cloud.world.powerwall.reading()
    cloud.faults.add(Fault.UNROUNDED, READ)
    state = await netzero.read()
    assert state.battery_power_w == pytest.approx(truth.battery_power_w, abs=1)
    assert state.settings == replace(truth.settings, export_rule=None)


async def test_powers_may_be_renewed_only_so_often(
    cloud: Cloud, netzero: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """New settings, and powers from before them."""
    cloud.world.live_every = timedelta(seconds=60)
    await netzero.read()
    await netzero.write(BACKUP)
    frozen.tick(timedelta(seconds=50))
    state = await netzero.read()
    assert state.settings.operating_mode is OperatingMode.BACKUP
    assert state.battery_power_w == state.house_power_w
    assert state.measured_at == START
    frozen.tick(timedelta(seconds=10))
    assert (await netzero.read()).battery_power_w == -3300


async def test_meters_may_be_rough(cloud: Cloud, netzero: NetZeroPowerwall) -> None:
    """Off by up to the noise, the same at the same time."""
    truth = cloud.world.powerwall.reading()
    cloud.world.meter_noise_w = 100.0
    one, other = await netzero.read(), await netzero.read()
    assert one == other
    assert one.house_power_w != pytest.approx(truth.house_power_w, abs=1)
    assert one.house_power_w == pytest.approx(truth.house_power_w, abs=101)


async def test_a_429_may_last_as_long_as_a_test_wants(
    cloud: Cloud, netzero: NetZeroPowerwall
) -> None:
    """By the fault's detail."""
    cloud.faults.add(Fault.RATE_LIMITED, READ, times=1, detail="300")
    with pytest.raises(PowerwallRateLimitError) as caught:
        await netzero.read()
    assert caught.value.retry_after_s == 300


async def test_not_a_number_comes_through_as_unknown(
    cloud: Cloud, netzero: NetZeroPowerwall
) -> None:
    """Python's JSON knows NaN; ours must not."""
    cloud.faults.add(Fault.ABSURD_NUMBERS, READ, detail="nan")
    state = await netzero.read()
    assert state.soc_percent is None
    assert state.settings.backup_reserve_percent is None


async def test_a_stale_reading_tells_of_the_past(
    cloud: Cloud, netzero: NetZeroPowerwall, frozen: FrozenDateTimeFactory
) -> None:
    """Old settings and an old stamp, until it is over."""
    await netzero.read()
    await netzero.write(BACKUP)
    cloud.faults.add(Fault.STALE, READ)
    frozen.tick(timedelta(minutes=10))
    stale = await netzero.read()
    assert stale.settings.operating_mode is OperatingMode.SELF_POWERED
    assert stale.measured_at == START
    assert stale.read_at == START + timedelta(minutes=10)
    cloud.faults.clear(Fault.STALE)
    assert (await netzero.read()).settings.operating_mode is OperatingMode.BACKUP


@pytest.mark.parametrize(
    ("fault", "detail", "mode_shown", "charging_shown", "battery_w"),
    [
        (Fault.LOST, None, OperatingMode.SELF_POWERED, False, None),
        (Fault.NOT_OBEYED, None, OperatingMode.BACKUP, True, None),
        (Fault.FIELD_LOST, "grid_charging", OperatingMode.BACKUP, False, 0),
        (Fault.FIELD_LOST, "operational_mode", OperatingMode.SELF_POWERED, True, None),
        (Fault.LATE, "3600", OperatingMode.SELF_POWERED, False, None),
        (Fault.LATE, "60", OperatingMode.BACKUP, True, -3300),
    ],
)
async def test_an_accepted_write_may_come_to_nothing(
    cloud: Cloud,
    netzero: NetZeroPowerwall,
    frozen: FrozenDateTimeFactory,
    fault: Fault,
    detail: str | None,
    mode_shown: OperatingMode,
    charging_shown: bool,
    battery_w: float | None,
) -> None:
    """The reply says yes; five minutes later the settings or the battery say something else."""
    cloud.faults.add(fault, WRITE, times=1, detail=detail)
    assert (await netzero.write(BACKUP)).settings == BACKUP.over(cloud.world.scenario.settings)
    frozen.tick(timedelta(minutes=5))
    state = await netzero.read()
    assert state.settings.operating_mode is mode_shown
    assert state.settings.grid_charging is charging_shown
    # Without obedience the battery serves the house.
    assert state.battery_power_w == (state.house_power_w if battery_w is None else battery_w)
    # The next write is obeyed again.
    await netzero.write(BACKUP)
    assert (await netzero.read()).battery_power_w == -3300


@pytest.mark.parametrize("fault", [Fault.DONE_THEN_ERROR, Fault.DONE_THEN_DISCONNECT])
async def test_a_failed_write_may_have_been_done(
    cloud: Cloud, netzero: NetZeroPowerwall, fault: Fault
) -> None:
    """The client hears of a failure, the battery charges."""
    cloud.faults.add(fault, WRITE, times=1)
    with pytest.raises(PowerwallConnectionError):
        await netzero.write(BACKUP)
    assert (await netzero.read()).battery_power_w == -3300


async def test_a_reserve_of_90_comes_back_as_80(netzero: NetZeroPowerwall) -> None:
    """In the reply and in readings."""
    reply = await netzero.write(Settings(backup_reserve_percent=90))
    assert reply.settings.backup_reserve_percent == 80
    assert (await netzero.read()).settings.backup_reserve_percent == 80


async def test_outage_storm_watch_and_the_owner(cloud: Cloud, netzero: NetZeroPowerwall) -> None:
    """What happens to the battery is seen on the wire."""
    cloud.world.powerwall.meet(Circumstances(on_grid=False))
    assert (await netzero.read()).islanding is Islanding.OFF_GRID
    cloud.world.powerwall.meet(Circumstances(storm_watch=True))
    storm = await netzero.read()
    assert storm.storm_watch_active is True
    assert storm.battery_power_w == -3000
    cloud.world.powerwall.set_in_app(Settings(backup_reserve_percent=55))
    assert (await netzero.read()).settings.backup_reserve_percent == 55


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"backup_reserve_percent": 101},
        {"backup_reserve_percent": "20"},
        {"backup_reserve_percent": True},
        {"operational_mode": "party"},
        {"grid_charging": "true"},
        {"energy_exports": "all"},
        {"reserve": 20},
    ],
    ids=str,
)
async def test_the_stand_in_refuses_what_it_does_not_understand(
    cloud: Cloud, session: aiohttp.ClientSession, body: object
) -> None:
    """A client that sends nonsense shall not pass for one that works."""
    before = cloud.world.powerwall.state
    response = await session.post(
        f"{cloud.url}/api/v1/{cloud.world.site_id}/config",
        headers={"Authorization": f"Bearer {cloud.world.token}"},
        json=body,
    )
    assert response.status == 400
    assert cloud.world.powerwall.state == before


async def test_a_request_without_a_token_is_not_authorised(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    """401 in the style of the framework."""
    response = await session.get(f"{cloud.url}/api/v1/{cloud.world.site_id}/config")
    assert response.status == 401
    assert "detail" in await response.json()
