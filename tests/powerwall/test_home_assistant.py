"""The Powerwall that Home Assistant already knows: found, read, written, and never believed too early."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    Islanding,
    OperatingMode,
    PowerwallConnectionError,
    PowerwallError,
    PowerwallReplyError,
    Purpose,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.home_assistant import (
    HomeAssistantPowerwall,
    KnownSite,
    known_sites,
)
from custom_components.smart_battery_scheduler.powerwall.tesla_entities import INTEGRATIONS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .tesla_site import (
    BATTERY,
    GRID,
    ISLAND,
    LEVEL,
    LOAD,
    MODE,
    RESERVE,
    SITE_ID,
    SOLAR,
    STORM,
    VPP,
    TeslaSite,
    refusal,
)

BACKUP = Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True)
OWN = Settings(
    operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=20, grid_charging=False
)


@pytest.fixture
def site(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> TeslaSite:
    """A site with solar panels, known to Tesla Fleet."""
    freezer.move_to("2026-11-26 22:00:00+00:00")
    return TeslaSite(hass, freezer)


def behind(site: TeslaSite) -> HomeAssistantPowerwall:
    """A back end that has run for a while."""
    powerwall = HomeAssistantPowerwall(site.hass, site.platform, site.site_id, clock=dt_util.utcnow)
    site.later(hours=1)
    site.fetch(battery_power="5.07")
    return powerwall


@pytest.mark.parametrize("platform", sorted(INTEGRATIONS))
async def test_each_integration_reads_the_same(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, platform: str
) -> None:
    """Core's own figures: sun and battery make the house; kW become W by the state's unit."""
    site = TeslaSite(hass, freezer, platform=platform)
    reading = await HomeAssistantPowerwall(hass, platform, SITE_ID, clock=dt_util.utcnow).read()
    assert reading.soc_percent == 95.5
    assert reading.battery_power_w == pytest.approx(5060.0)
    assert reading.solar_power_w == pytest.approx(1185.0)
    assert reading.house_power_w == pytest.approx(6245.0)
    assert reading.grid_power_w == 0.0
    assert reading.islanding is Islanding.ON_GRID
    assert reading.storm_watch_active is False
    assert reading.grid_services_active is False
    assert reading.settings == Settings(
        operating_mode=OperatingMode.SELF_POWERED,
        backup_reserve_percent=20,
        grid_charging=False,
        export_rule=ExportRule.SOLAR_ONLY,
    )
    assert known_sites(hass) == (
        KnownSite(integration=platform, site_id=site.site_id, name="Long Barn"),
    )


async def test_entities_are_found_by_unique_id_and_followed_through_renames(
    site: TeslaSite,
) -> None:
    """A person's names do not matter, before or after."""
    powerwall = behind(site)
    er.async_get(site.hass).async_update_entity(
        site.entity_id(BATTERY), new_entity_id="sensor.whatever_i_like"
    )
    site.show(BATTERY, "-3.3")
    assert (await powerwall.read()).battery_power_w == pytest.approx(-3300.0)
    er.async_get(site.hass).async_update_entity(
        site.entity_id(RESERVE), new_entity_id="number.my_own"
    )
    await powerwall.write(Settings(backup_reserve_percent=55))
    assert site.calls == [("backup_reserve_percent", 55)]


@pytest.mark.parametrize(
    ("value", "unit", "expected_w"),
    [
        ("5060", "W", 5060.0),
        ("5.06", "kW", 5060.0),
        ("0.00506", "MW", 5060.0),
        ("5.06", "bananas", None),
        ("unavailable", "kW", None),
        ("unknown", "kW", None),
        ("nan", "kW", None),
        ("inf", "kW", None),
        ("1e9", "kW", None),
        ("plenty", "kW", None),
    ],
)
async def test_a_power_is_read_by_its_own_unit_and_nonsense_is_missing(
    site: TeslaSite, value: str, unit: str, expected_w: float | None
) -> None:
    """Never a number that nobody measured."""
    site.show(BATTERY, value, unit)
    found_w = (await behind_now(site).read()).battery_power_w
    assert found_w == (None if expected_w is None else pytest.approx(expected_w))


def behind_now(site: TeslaSite) -> HomeAssistantPowerwall:
    """A back end over the entities as they stand."""
    return HomeAssistantPowerwall(site.hass, site.platform, site.site_id, clock=dt_util.utcnow)


async def test_a_level_of_exactly_0_is_a_missing_one(site: TeslaSite) -> None:
    """All three integrations show 0 where Tesla sends nothing."""
    site.show(LEVEL, "0")
    assert (await behind_now(site).read()).soc_percent is None


async def test_a_level_of_exactly_0_is_believed_of_a_battery_just_seen_empty(
    site: TeslaSite,
) -> None:
    """Else an empty battery would never be charged; but not for ever on one old word."""
    powerwall = behind_now(site)
    site.show(LEVEL, "0.8")
    await powerwall.read()
    site.later(minutes=10)
    site.show(LEVEL, "0")
    assert (await powerwall.read()).soc_percent == 0.0
    site.show(LEVEL, "64")
    await powerwall.read()
    site.show(LEVEL, "0")
    assert (await powerwall.read()).soc_percent is None


@pytest.mark.parametrize("gone", [SOLAR, GRID, LOAD, ISLAND, STORM, VPP, MODE, RESERVE])
async def test_a_value_that_is_missing_is_missing(site: TeslaSite, gone: tuple[str, str]) -> None:
    """And takes nothing else with it."""
    powerwall = behind(site)
    before = await powerwall.read()
    site.show(gone, "unavailable")
    after = await powerwall.read()
    assert after != before
    assert after.soc_percent == before.soc_percent


@pytest.mark.parametrize("text", ["off_grid", "off_grid_intentional", "off_grid_unintentional"])
async def test_every_kind_of_island_is_one(site: TeslaSite, text: str) -> None:
    """And a text that says nothing is unknown."""
    site.show(ISLAND, text)
    assert (await behind_now(site).read()).islanding is Islanding.OFF_GRID
    site.show(ISLAND, "island_status_unknown")
    assert (await behind_now(site).read()).islanding is None


async def test_grid_services_and_storm_watch_are_read(site: TeslaSite) -> None:
    """Both outrank us."""
    site.show(VPP, "on")
    site.show(STORM, "on")
    reading = await behind_now(site).read()
    assert reading.grid_services_active is True
    assert reading.storm_watch_active is True


async def test_no_readings_is_a_failure_and_not_a_reading(site: TeslaSite) -> None:
    """While the integration is away nothing is known."""
    for kind in (LEVEL, BATTERY, SOLAR, LOAD, GRID):
        site.show(kind, "unavailable")
    with pytest.raises(PowerwallConnectionError):
        await behind_now(site).read()
    with pytest.raises(PowerwallConnectionError):
        await HomeAssistantPowerwall(
            site.hass, "tessie", "no such site", clock=dt_util.utcnow
        ).read()


async def test_what_stands_after_a_call_is_not_a_reading_of_it(site: TeslaSite) -> None:
    """All three show the wanted value at once: it counts when the integration has fetched anew."""
    powerwall = behind(site)
    accepted = await powerwall.write(Settings(backup_reserve_percent=80))
    assert accepted.settings.backup_reserve_percent == 80
    assert (await powerwall.read()).settings.backup_reserve_percent is None
    assert (await powerwall.read()).settings.operating_mode is OperatingMode.SELF_POWERED
    site.later(seconds=40)
    site.fetch()
    assert (await powerwall.read()).settings.backup_reserve_percent == 20
    site.later(seconds=40)
    site.fetch(backup_reserve_percent="80")
    assert (await powerwall.read()).settings.backup_reserve_percent == 80


async def test_figures_that_are_only_repeated_are_old(site: TeslaSite) -> None:
    """``tesla_fleet`` writes its old figures again when it is asked to be quiet."""
    powerwall = behind(site)
    measured_at = dt_util.utcnow()
    site.later(minutes=3)
    site.fetch(battery_power="5.07")
    assert (await powerwall.read()).measured_at == measured_at
    site.fetch(battery_power="5.08")
    assert (await powerwall.read()).measured_at == dt_util.utcnow()


async def test_figures_that_stand_still_are_asked_for_anew_and_not_too_often(
    site: TeslaSite,
) -> None:
    """It costs the integration a request each time."""
    asked: list[Any] = []
    site.hass.services.async_register(
        "homeassistant", "update_entity", lambda call: asked.append(call.data["entity_id"])
    )
    powerwall = behind(site)
    await powerwall.read()
    assert asked == []
    site.later(minutes=5)
    await powerwall.read()
    await powerwall.read()
    assert asked == [[site.entity_id(BATTERY), site.entity_id(RESERVE)]]
    site.later(minutes=5)
    await powerwall.read()
    assert len(asked) == 2


async def test_only_what_differs_is_written(site: TeslaSite) -> None:
    """A reserve and a mode written together can lose the mode (seen on a Powerwall 3)."""
    powerwall = behind(site)
    await powerwall.write(
        Settings(
            operating_mode=OperatingMode.SELF_POWERED, backup_reserve_percent=80, grid_charging=True
        )
    )
    assert [key for key, _ in site.calls] == [
        "components_disallow_charge_from_grid_with_solar_installed",
        "backup_reserve_percent",
    ]
    assert site.calls[0][1] == "on"


async def test_a_fast_charge_begins_with_the_mode_last(site: TeslaSite) -> None:
    """Until then nothing is drawn."""
    await behind(site).write(BACKUP)
    assert site.calls[-1] == ("default_real_mode", "backup")


async def test_putting_back_ends_the_charge_first(site: TeslaSite) -> None:
    """The mode, then the switch, then the rest."""
    powerwall = behind(site)
    await powerwall.write(BACKUP)
    site.later(minutes=5)
    site.fetch(
        default_real_mode="backup",
        components_disallow_charge_from_grid_with_solar_installed="on",
    )
    site.calls.clear()
    await powerwall.write(OWN, Purpose.RESTORE)
    assert [key for key, _ in site.calls] == [
        "default_real_mode",
        "components_disallow_charge_from_grid_with_solar_installed",
    ]


async def test_a_failure_on_the_way_down_does_not_stop_the_way_down(site: TeslaSite) -> None:
    """Each step makes it safer; the failure is told all the same."""
    powerwall = behind(site)
    await powerwall.write(BACKUP)
    site.calls.clear()
    site.fails["default_real_mode"] = refusal("command_failed")
    with pytest.raises(PowerwallReplyError, match="command_failed"):
        await powerwall.write(OWN, Purpose.RESTORE)
    key = "components_disallow_charge_from_grid_with_solar_installed"
    assert (key, "off") in site.calls


async def test_a_failure_on_the_way_up_stops_there(site: TeslaSite) -> None:
    """Where the switch may not be turned on, backup mode is not asked for."""
    site.fails["components_disallow_charge_from_grid_with_solar_installed"] = refusal(
        "missing_scope_energy_cmds"
    )
    with pytest.raises(PowerwallReplyError, match="missing_scope_energy_cmds"):
        await behind(site).write(BACKUP)
    assert site.calls == []


async def test_old_figures_do_not_save_a_write_that_may_be_undone(site: TeslaSite) -> None:
    """The cloud still shows the reserve from before: ours, on its way, would come through later."""
    powerwall = behind(site)
    await powerwall.write(Settings(backup_reserve_percent=80))
    site.later(seconds=40)
    site.fetch()
    site.calls.clear()
    await powerwall.write(Settings(backup_reserve_percent=20), Purpose.RESTORE)
    assert site.calls == [("backup_reserve_percent", 20)]


async def test_after_a_restart_what_is_restored_is_written_whole(site: TeslaSite) -> None:
    """What the process before has written is not known any more."""
    await behind_now(site).write(OWN, Purpose.RESTORE)
    assert len(site.calls) == 3
    site.calls.clear()
    await behind(site).write(OWN, Purpose.RESTORE)
    assert site.calls == []


@pytest.mark.parametrize(
    "error",
    [refusal("command_exception"), ValueError(SITE_ID), TimeoutError(), KeyError("response")],
)
async def test_every_failure_is_ours_and_names_no_site(site: TeslaSite, error: Exception) -> None:
    """Whatever another integration raises."""
    site.fails["backup_reserve_percent"] = error
    with pytest.raises(PowerwallError) as caught:
        await behind(site).write(Settings(backup_reserve_percent=80))
    assert "secret" not in str(caught.value)
    assert SITE_ID not in str(caught.value)
    assert SITE_ID not in repr(behind(site))


async def test_a_change_of_nothing_is_a_mistake(site: TeslaSite) -> None:
    """Of the caller's."""
    with pytest.raises(ValueError, match="nothing"):
        await behind(site).write(Settings())


async def test_a_site_without_panels_has_no_switch_and_works(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Rule and switch are not reported and cannot be written; mode and reserve can."""
    site = TeslaSite(hass, freezer, with_solar=False)
    powerwall = behind(site)
    reading = await powerwall.read()
    assert reading.settings.grid_charging is None
    assert reading.settings.export_rule is None
    await powerwall.write(Settings(operating_mode=OperatingMode.BACKUP))
    assert site.calls == [("default_real_mode", "backup")]
    with pytest.raises(PowerwallReplyError, match="no entity"):
        await powerwall.write(Settings(grid_charging=True))


async def test_capacity_follows_from_what_is_stored(site: TeslaSite) -> None:
    """``total_pack_energy`` is disabled by default; 38.89 kWh at 95.5 % are 40.7."""
    assert (await behind_now(site).read()).capacity_kwh == pytest.approx(40.7)
    site.show(LEVEL, "3")
    assert (await behind_now(site).read()).capacity_kwh is None


async def test_sites_are_offered_whose_battery_can_be_set(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Every site of each integration, by name; none whose reserve a person has disabled."""
    first = TeslaSite(hass, freezer, name="Mill")
    TeslaSite(hass, freezer, platform="teslemetry", site_id="77", name="Abbey")
    assert [(site.name, site.integration) for site in known_sites(hass)] == [
        ("Abbey", "teslemetry"),
        ("Mill", "tesla_fleet"),
    ]
    er.async_get(hass).async_update_entity(
        first.entity_id(RESERVE), disabled_by=er.RegistryEntryDisabler.USER
    )
    assert [site.name for site in known_sites(hass)] == ["Abbey"]
