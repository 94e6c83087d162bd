"""The physics, by hand-computed cases and by what must hold for any case."""

from math import exp, inf, sqrt

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    OperatingMode,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.physics import (
    Circumstances,
    Hardware,
    Meters,
    advance,
    flows,
)

# A round trip of 81 % makes one way 90 %: easy to reckon with.
EASY = Hardware(unit_capacity_kwh=10.0, round_trip_efficiency=0.81)
QUIET = Circumstances()


def self_powered(reserve: int, export_rule: ExportRule = ExportRule.SOLAR_ONLY) -> Settings:
    """Self-powered with a reserve."""
    return Settings(
        operating_mode=OperatingMode.SELF_POWERED,
        backup_reserve_percent=reserve,
        grid_charging=False,
        export_rule=export_rule,
    )


def backup(*, grid_charging: bool, reserve: int = 20) -> Settings:
    """Backup mode."""
    return Settings(
        operating_mode=OperatingMode.BACKUP,
        backup_reserve_percent=reserve,
        grid_charging=grid_charging,
    )


def after(
    settings: Settings,
    stored_kwh: float,
    house_w: float,
    available_solar_w: float,
    hours: float,
    *,
    hardware: Hardware = EASY,
    circumstances: Circumstances = QUIET,
) -> tuple[float, Meters]:
    """Advance by hours from zeroed meters."""
    return advance(
        hardware,
        settings,
        circumstances,
        stored_kwh,
        Meters(),
        house_w,
        available_solar_w,
        hours * 3600,
    )


@pytest.mark.parametrize(
    ("settings", "stored_kwh", "house_w", "available_solar_w", "battery_w", "grid_w"),
    [
        pytest.param(self_powered(20), 5, 800, 0, 800, 0, id="serves the house"),
        pytest.param(self_powered(20), 5, 7000, 0, 5000, 2000, id="no more than it can"),
        pytest.param(self_powered(20), 2, 800, 0, 0, 800, id="stops at the reserve"),
        pytest.param(self_powered(20), 2, 800, 1000, -200, 0, id="sun above the reserve"),
        pytest.param(self_powered(20), 1, 800, 0, -1800, 2600, id="tops up to the reserve"),
        pytest.param(self_powered(50), 2, 500, 900, -2200, 1800, id="sun on top of topping up"),
        pytest.param(self_powered(50), 2, 500, 9000, -5000, -3500, id="charge limit of all"),
        pytest.param(self_powered(20), 10, 500, 2500, 0, -2000, id="full: the sun goes out"),
        pytest.param(backup(grid_charging=True), 5, 500, 0, -3300, 3800, id="fast"),
        pytest.param(backup(grid_charging=True), 5, 500, 1500, -4300, 3300, id="fast with sun"),
        pytest.param(backup(grid_charging=True), 5, 0, 4000, -5000, 1000, id="fast, limited"),
        pytest.param(backup(grid_charging=True), 10, 500, 0, 0, 500, id="full in backup holds"),
        pytest.param(backup(grid_charging=False), 5, 500, 0, 0, 500, id="hold"),
        pytest.param(backup(grid_charging=False), 1, 500, 0, 0, 500, id="hold below reserve"),
        pytest.param(backup(grid_charging=False), 5, 500, 1500, -1000, 0, id="hold takes sun"),
    ],
)
def test_powers_by_mode(
    settings: Settings,
    stored_kwh: float,
    house_w: float,
    available_solar_w: float,
    battery_w: float,
    grid_w: float,
) -> None:
    """Each mode does what the documentation says."""
    now = flows(EASY, settings, QUIET, stored_kwh, house_w, available_solar_w)
    assert (now.battery_w, now.grid_w) == (battery_w, grid_w)
    assert now.solar_w == available_solar_w
    assert now.house_w == house_w


def test_time_based_acts_like_self_powered() -> None:
    """We do not see Tesla's rate plan: the simple model serves the house down to the reserve."""
    settings = Settings(operating_mode=OperatingMode.TIME_BASED).over(self_powered(20))
    assert flows(EASY, settings, QUIET, 5, 800, 0) == flows(
        EASY, self_powered(20), QUIET, 5, 800, 0
    )


def test_rates_add_up_with_units() -> None:
    """Two units charge twice as fast."""
    two = Hardware(units=2)
    assert two.capacity_kwh == 27.0
    assert flows(two, backup(grid_charging=True), QUIET, 5, 0, 0).battery_w == -6600
    assert flows(two, self_powered(50), QUIET, 5, 0, 0).battery_w == -3600


def test_charging_stops_at_the_reserve_to_the_second() -> None:
    """From 20 to 30 % at 1.8 kW: 1 kWh stored takes 1/0.9 kWh, that is 37 min; then it holds."""
    stored_kwh, meters = after(self_powered(30), 2.0, 0, 0, 2.0)
    assert stored_kwh == 3.0
    assert meters.charged_kwh == pytest.approx(1 / 0.9)
    assert meters.imported_kwh == pytest.approx(1 / 0.9)


def test_discharging_stops_at_the_reserve() -> None:
    """1 kWh stored gives 0.9 kWh to a house of 1.8 kW; the grid gives the rest."""
    stored_kwh, meters = after(self_powered(20), 3.0, 1800, 0, 1.0)
    assert stored_kwh == 2.0
    assert meters.discharged_kwh == pytest.approx(0.9)
    assert meters.imported_kwh == pytest.approx(0.9)


def test_a_whole_round_trip_costs_its_efficiency() -> None:
    """What comes out is 81 % of what went in."""
    stored_kwh, meters = after(backup(grid_charging=True), 2.0, 0, 0, 1.0)
    stored_kwh, meters = advance(
        EASY, self_powered(20), QUIET, stored_kwh, meters, 5000, 0, 3600 * 2
    )
    assert stored_kwh == 2.0
    assert meters.discharged_kwh / meters.charged_kwh == pytest.approx(0.81)


def test_backup_fills_up_whatever_the_reserve() -> None:
    """The reserve does not stop it."""
    stored_kwh, _ = after(backup(grid_charging=True, reserve=30), 2.0, 0, 0, 5.0)
    assert stored_kwh == 10.0


def test_surplus_beyond_a_full_battery_goes_out() -> None:
    """2 kW for an hour: 0.9 kWh room takes 1 kWh, 1 kWh goes out."""
    stored_kwh, meters = after(self_powered(20), 9.1, 0, 2000, 1.0)
    assert stored_kwh == 10.0
    assert meters.exported_kwh == pytest.approx(1.0)
    assert meters.curtailed_kwh == 0.0


def test_export_rule_never_turns_the_sun_down() -> None:
    """Nothing goes out; the sun delivers only what the house takes."""
    stored_kwh, meters = after(self_powered(20, export_rule=ExportRule.NEVER), 10.0, 500, 2000, 1.0)
    assert stored_kwh == 10.0
    assert meters.exported_kwh == 0.0
    assert meters.curtailed_kwh == pytest.approx(1.5)
    assert meters.solar_kwh == pytest.approx(0.5)


def test_an_export_limit_turns_down_the_rest() -> None:
    """3.68 kW may go out."""
    limited = Hardware(export_limit_w=3680)
    now = flows(limited, self_powered(20), QUIET, limited.capacity_kwh, 0, 5000)
    assert (now.grid_w, now.curtailed_w, now.solar_w) == (-3680, 1320, 3680)


def test_taper_slows_grid_charging_linearly() -> None:
    """From 80 % down to half the rate at 100 %; the sun is not slowed."""
    tapering = Hardware(unit_capacity_kwh=10.0, taper_from_percent=80)
    by_backup = backup(grid_charging=True)
    assert flows(tapering, by_backup, QUIET, 8.0, 0, 0).battery_w == -3300
    assert flows(tapering, by_backup, QUIET, 9.0, 0, 0).battery_w == pytest.approx(-3300 * 0.75)
    assert flows(tapering, by_backup, QUIET, 9.0, 0, 1000).battery_w == pytest.approx(-3475)
    assert after(by_backup, 7.0, 0, 0, 6.0, hardware=tapering)[0] == 10.0


def test_tapered_charging_matches_the_exact_solution() -> None:
    """dE/dt = e P (1 - (E - 8) / 4): an exponential, met within 0.2 %."""
    tapering = Hardware(
        unit_capacity_kwh=10.0,
        taper_from_percent=80,
        round_trip_efficiency=1.0,
        unit_backup_charge_w=2000,
    )
    stored_kwh, _ = after(backup(grid_charging=True), 8.0, 0, 0, 0.75, hardware=tapering)
    exact_kwh = 8 + 4 * (1 - exp(-2.0 * 0.75 / 4))
    assert stored_kwh == pytest.approx(exact_kwh, rel=2e-3)


@pytest.mark.parametrize(
    ("hardware", "settings", "battery_w"),
    [
        pytest.param(
            Hardware(tops_up_without_grid_charging=False), self_powered(50), 0, id="no top-up"
        ),
        pytest.param(
            Hardware(tops_up_without_grid_charging=False),
            Settings(grid_charging=True).over(self_powered(50)),
            -1800,
            id="top-up with grid charging",
        ),
        pytest.param(
            Hardware(backup_always_charges=True), backup(grid_charging=False), -3300, id="hazard"
        ),
    ],
)
def test_sites_differ(hardware: Hardware, settings: Settings, battery_w: float) -> None:
    """Some sites follow other rules about grid charging."""
    assert flows(hardware, settings, QUIET, 2.0, 0, 0).battery_w == battery_w


class TestCircumstances:
    """What outranks the settings."""

    def test_an_outage_uses_the_reserve_and_leaves_the_rest_unserved(self) -> None:
        """Islanded: down to nothing, even in backup mode."""
        outage = Circumstances(on_grid=False)
        stored_kwh, meters = after(
            backup(grid_charging=True), 1.0, 1800, 0, 1.0, circumstances=outage
        )
        assert stored_kwh == 0.0
        assert meters.house_kwh == pytest.approx(0.9)
        assert meters.unserved_kwh == pytest.approx(0.9)
        assert meters.imported_kwh == 0.0

    def test_an_outage_with_sun_charges_then_curtails(self) -> None:
        """No grid to send to."""
        outage = Circumstances(on_grid=False)
        stored_kwh, meters = after(self_powered(20), 9.1, 0, 2000, 1.0, circumstances=outage)
        assert stored_kwh == 10.0
        assert meters.curtailed_kwh == pytest.approx(1.0)
        assert meters.exported_kwh == 0.0

    def test_storm_watch_fills_up_and_ignores_settings(self) -> None:
        """About 3 kW per unit from the grid, no discharge."""
        storm = Circumstances(storm_watch=True)
        assert flows(EASY, self_powered(20), storm, 5.0, 800, 0).battery_w == -3000
        assert flows(EASY, self_powered(20), storm, 10.0, 800, 0).battery_w == 0

    @pytest.mark.parametrize(
        ("forced_w", "stored_kwh", "battery_w", "grid_w"),
        [
            pytest.param(0.0, 5.0, 0, 800, id="calibration idles"),
            pytest.param(-5000.0, 5.0, -5000, 5800, id="calibration charges"),
            pytest.param(5000.0, 5.0, 5000, -4200, id="grid services"),
            pytest.param(9000.0, 5.0, 5000, -4200, id="no more than it can"),
            pytest.param(5000.0, 0.0, 0, 800, id="not from an empty battery"),
            pytest.param(-5000.0, 10.0, 0, 800, id="not into a full battery"),
        ],
    )
    def test_somebody_else_has_the_battery(
        self, forced_w: float, stored_kwh: float, battery_w: float, grid_w: float
    ) -> None:
        """A forced power outranks mode and reserve."""
        forced = Circumstances(forced_battery_w=forced_w)
        now = flows(EASY, self_powered(20), forced, stored_kwh, 800, 0)
        assert (now.battery_w, now.grid_w) == (battery_w, grid_w)


@pytest.mark.parametrize(
    ("reserve", "becomes"), [(0, 0), (80, 80), (81, 80), (90, 80), (99, 80), (100, 100)]
)
def test_reserves_of_81_to_99_become_80(reserve: int, becomes: int) -> None:
    """Since July 2025."""
    settable = Hardware().settable(Settings(backup_reserve_percent=reserve))
    assert settable == Settings(backup_reserve_percent=becomes)


def test_some_sites_know_no_full_reserve() -> None:
    """There 100 becomes 80 too."""
    capped = Hardware(full_reserve_exists=False)
    assert capped.settable(Settings(backup_reserve_percent=100)).backup_reserve_percent == 80


any_settings = st.builds(
    Settings,
    operating_mode=st.sampled_from(OperatingMode),
    backup_reserve_percent=st.integers(0, 100),
    grid_charging=st.booleans(),
    export_rule=st.none() | st.sampled_from(ExportRule),
)
any_hardware = st.builds(
    Hardware,
    units=st.integers(1, 4),
    unit_capacity_kwh=st.floats(5, 15),
    round_trip_efficiency=st.floats(0.7, 1.0),
    taper_from_percent=st.floats(50, 100),
    export_limit_w=st.sampled_from([0.0, 3680.0, inf]),
    tops_up_without_grid_charging=st.booleans(),
    backup_always_charges=st.booleans(),
)
any_circumstances = st.builds(
    Circumstances,
    on_grid=st.booleans(),
    storm_watch=st.booleans(),
    forced_battery_w=st.none() | st.floats(-20_000, 20_000),
)


@given(
    hardware=any_hardware,
    settings=any_settings,
    circumstances=any_circumstances,
    level=st.floats(0, 100),
    house_w=st.floats(0, 20_000),
    available_solar_w=st.floats(0, 10_000),
    seconds=st.floats(0, 14_400),
)
def test_energy_is_neither_made_nor_lost(
    hardware: Hardware,
    settings: Settings,
    circumstances: Circumstances,
    level: float,
    house_w: float,
    available_solar_w: float,
    seconds: float,
) -> None:
    """Whatever happens, both the AC bus and the battery balance, within their limits."""
    before_kwh = hardware.capacity_kwh * level / 100
    after_kwh, meters = advance(
        hardware, settings, circumstances, before_kwh, Meters(), house_w, available_solar_w, seconds
    )
    hours_k = seconds / 3600 / 1000
    into_bus = meters.solar_kwh + meters.imported_kwh + meters.discharged_kwh
    out_of_bus = meters.house_kwh + meters.exported_kwh + meters.charged_kwh
    assert into_bus == pytest.approx(out_of_bus, abs=1e-6)
    efficiency = sqrt(hardware.round_trip_efficiency)
    stored = meters.charged_kwh * efficiency - meters.discharged_kwh / efficiency
    assert after_kwh - before_kwh == pytest.approx(stored, abs=1e-6)
    assert -1e-9 <= after_kwh <= hardware.capacity_kwh + 1e-9
    assert meters.solar_kwh + meters.curtailed_kwh == pytest.approx(
        available_solar_w * hours_k, abs=1e-6
    )
    assert meters.house_kwh + meters.unserved_kwh == pytest.approx(house_w * hours_k, abs=1e-6)
    assert meters.charged_kwh <= hardware.unit_max_charge_w * hardware.units * hours_k + 1e-6
    if not circumstances.on_grid:
        assert meters.imported_kwh == meters.exported_kwh == 0


@given(
    settings=any_settings,
    level=st.floats(0, 100),
    house_w=st.floats(0, 8000),
    available_solar_w=st.floats(0, 6000),
    seconds=st.floats(60, 7200),
    cut=st.floats(0.01, 0.99),
)
def test_the_way_does_not_depend_on_the_stops(
    settings: Settings,
    level: float,
    house_w: float,
    available_solar_w: float,
    seconds: float,
    cut: float,
) -> None:
    """Advancing in two parts is advancing at once (without taper, whose power is stepped)."""
    hardware = Hardware()
    begin_kwh = hardware.capacity_kwh * level / 100
    whole_kwh, whole = advance(
        hardware, settings, QUIET, begin_kwh, Meters(), house_w, available_solar_w, seconds
    )
    part_kwh, part = advance(
        hardware, settings, QUIET, begin_kwh, Meters(), house_w, available_solar_w, seconds * cut
    )
    part_kwh, part = advance(
        hardware, settings, QUIET, part_kwh, part, house_w, available_solar_w, seconds * (1 - cut)
    )
    assert part_kwh == pytest.approx(whole_kwh, abs=1e-6)
    assert part.imported_kwh == pytest.approx(whole.imported_kwh, abs=1e-6)
    assert part.exported_kwh == pytest.approx(whole.exported_kwh, abs=1e-6)
