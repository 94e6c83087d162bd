"""NetZero's bodies to our words and back."""

from datetime import UTC, datetime, timedelta
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.smart_battery_scheduler.powerwall.base import (
    ExportRule,
    Islanding,
    OperatingMode,
    PowerwallReplyError,
    PowerwallState,
    Settings,
)
from custom_components.smart_battery_scheduler.powerwall.netzero_wire import (
    clock_ahead,
    parse_moment,
    parse_state,
    request_body,
)

from .bodies import config, live_status

READ_AT = datetime(2026, 1, 14, 2, 40, 30, tzinfo=UTC)


def parsed(body: object) -> PowerwallState:
    """Parse a body as if it had come over the wire."""
    return parse_state(json.loads(json.dumps(body)), READ_AT)


def test_a_whole_reply() -> None:
    """Everything is found, with the wire's own signs."""
    assert parsed(config()) == PowerwallState(
        read_at=READ_AT,
        measured_at=datetime(2026, 1, 14, 2, 40, 11, tzinfo=UTC),
        settings=Settings(
            operating_mode=OperatingMode.BACKUP,
            backup_reserve_percent=20,
            grid_charging=True,
            export_rule=ExportRule.SOLAR_ONLY,
        ),
        soc_percent=41.358024691358025,
        battery_power_w=-3210,
        solar_power_w=520,
        house_power_w=650,
        grid_power_w=3340,
        islanding=Islanding.ON_GRID,
        storm_watch_active=False,
        capacity_kwh=None,
    )


def test_the_pack_energy_of_older_replies_is_the_capacity() -> None:
    """Wh on the wire."""
    assert parsed(config(live_status=live_status(total_pack_energy=28097))).capacity_kwh == 28.097


def test_float_powers_and_null_lists() -> None:
    """An off-grid site as composed from owners' records."""
    live = live_status(
        battery_power=812.5,
        load_power=812.5,
        solar_power=0,
        grid_power=0,
        island_status="off_grid",
        grid_status="Inactive",
        storm_mode_active=True,
        wall_connectors=None,
    )
    state = parsed(config(grid_status="Inactive (off_grid)", live_status=live))
    assert state.battery_power_w == 812.5
    assert state.islanding is Islanding.OFF_GRID
    assert state.storm_watch_active is True


@pytest.mark.parametrize("live", [{}, None, "gone", []], ids=str)
def test_settings_and_level_without_live_status(live: object) -> None:
    """A reply to POST may carry an empty live_status: the top-level values still hold."""
    state = parsed(config(live_status=live, percentage_charged=98))
    assert state.soc_percent == 98
    assert state.settings.backup_reserve_percent == 20
    assert state.islanding is Islanding.ON_GRID
    assert (state.battery_power_w, state.house_power_w, state.measured_at) == (None, None, None)


def test_everything_null_is_a_reading_that_knows_nothing() -> None:
    """Not an error, and not zeros."""
    state = parsed(dict.fromkeys(config(), None))
    assert state == PowerwallState(read_at=READ_AT, settings=Settings())


@pytest.mark.parametrize(
    "body",
    [[], "OK", 7, None, True, {}, {"detail": "ok"}, {"live_status": live_status()}],
    ids=str,
)
def test_something_else_is_not_a_reply(body: object) -> None:
    """None of the settings: not our resource."""
    with pytest.raises(PowerwallReplyError):
        parsed(body)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("battery_power", 10_000_000),
        ("battery_power", float("nan")),
        ("battery_power", float("-inf")),
        ("battery_power", 10**400),
        ("battery_power", "-3210"),
        ("battery_power", True),
        ("battery_power", [1]),
        ("grid_power", -10_000_000),
        ("solar_power", -3000),
        ("load_power", -3000),
        ("load_power", {"w": 650}),
        ("total_pack_energy", 0),
        ("total_pack_energy", 1e12),
        ("storm_mode_active", "false"),
        ("storm_mode_active", 0),
        ("timestamp", "2026-01-14T02:40:11"),
        ("timestamp", "a minute ago"),
        ("timestamp", 1768358411),
        ("timestamp", "2027-01-14T02:40:11+00:00"),
        ("timestamp", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_an_absurd_live_value_is_not_reported(key: str, value: object) -> None:
    """Only that one field is lost."""
    names = {
        "battery_power": "battery_power_w",
        "grid_power": "grid_power_w",
        "solar_power": "solar_power_w",
        "load_power": "house_power_w",
        "total_pack_energy": "capacity_kwh",
        "storm_mode_active": "storm_watch_active",
        "timestamp": "measured_at",
    }
    whole, bent = parsed(config()), parsed(config(live_status=live_status(**{key: value})))
    for name in PowerwallState.__slots__:
        expected = None if name == names[key] else getattr(whole, name)
        assert getattr(bent, name) == expected


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("backup_reserve_percent", 101, "backup_reserve_percent"),
        ("backup_reserve_percent", -1, "backup_reserve_percent"),
        ("backup_reserve_percent", "20", "backup_reserve_percent"),
        ("backup_reserve_percent", True, "backup_reserve_percent"),
        ("operational_mode", "party", "operating_mode"),
        ("operational_mode", 1, "operating_mode"),
        ("operational_mode", ["backup"], "operating_mode"),
        ("energy_exports", "all", "export_rule"),
        ("grid_charging", "true", "grid_charging"),
        ("grid_charging", 1, "grid_charging"),
    ],
)
def test_an_absurd_setting_is_not_reported(key: str, value: object, name: str) -> None:
    """Unknown, never guessed."""
    settings = parsed(config(**{key: value})).settings
    assert getattr(settings, name) is None
    assert sum(getattr(settings, each) is None for each in Settings.__slots__) == 1


@pytest.mark.parametrize(
    ("shown", "reserve"), [(20.0, 20), (15.789473684210527, 16), (-0.4, 0), (100.6, 100)]
)
def test_a_reserve_may_come_as_a_fraction(shown: float, reserve: int) -> None:
    """pypowerwall#292: of a reserve of 20 the other scale makes 15.79. It is rounded, never unknown."""
    settings = parsed(config(backup_reserve_percent=shown)).settings
    assert settings.backup_reserve_percent == reserve


@pytest.mark.parametrize(("shown", "level"), [(-0.4, 0.0), (100.6, 100.0)])
def test_a_level_out_of_bounds_by_a_little_is_brought_back_within(
    shown: float, level: float
) -> None:
    """core#98470: the two scales again."""
    live = live_status(percentage_charged=shown)
    assert parsed(config(live_status=live)).soc_percent == level


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("solar_power", "solar_power_w"),
        ("load_power", "house_power_w"),
        ("grid_power", "grid_power_w"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_one_power_that_is_left_out_follows_from_the_others(
    name: str, field: str, is_there: bool
) -> None:
    """Null or missing: house = solar + battery + grid + generator."""
    powers = {"solar_power": 900, "battery_power": -2000, "grid_power": 1900, "load_power": 1000}
    live: dict[str, object] = {**live_status(), **powers, "generator_power": 200}
    if is_there:
        live[name] = None
    else:
        del live[name]
    assert getattr(parsed(config(live_status=live)), field) == powers[name]


def test_the_batterys_own_power_is_never_made_up() -> None:
    """It is the evidence."""
    live = live_status(battery_power=None)
    assert parsed(config(live_status=live)).battery_power_w is None


def test_a_power_that_cannot_follow_is_unknown() -> None:
    """A sun of minus three kilowatts."""
    live = live_status(solar_power=None, battery_power=3000, grid_power=1000, load_power=1000)
    assert parsed(config(live_status=live)).solar_power_w is None


def test_stamps_are_set_right_by_the_clock_they_come_from() -> None:
    """supervisor#7160: a host twelve minutes ahead takes every reading for an old one."""
    behind = timedelta(minutes=-12)
    stamp = (READ_AT + behind).isoformat()
    state = parse_state(config(live_status=live_status(timestamp=stamp)), READ_AT, behind)
    assert state.measured_at == READ_AT
    assert state.clock_ahead == behind


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Wed, 14 Jan 2026 02:28:30 GMT", timedelta(minutes=-12)),
        ("Wed, 14 Jan 2026 03:40:30 GMT", timedelta(hours=1)),
        ("Wed, 14 Jan 2026 02:41:20 GMT", None),
        ("the day before yesterday", None),
        (None, None),
    ],
)
def test_how_far_the_clocks_are_apart(date: str | None, ahead: timedelta | None) -> None:
    """A minute is none of our business, and what cannot be read says nothing."""
    assert clock_ahead(date, READ_AT) == ahead


@pytest.mark.parametrize("value", [150, -1, float("nan"), "41", None, True], ids=str)
def test_an_absurd_level_falls_back_on_the_rounded_one(value: object) -> None:
    """And to unknown if that is absurd too."""
    live = live_status(percentage_charged=value)
    assert parsed(config(live_status=live)).soc_percent == 41.4
    assert parsed(config(live_status=live, percentage_charged=value)).soc_percent is None


def test_meter_noise_is_no_consumption() -> None:
    """Small negative values at rest are zero."""
    state = parsed(config(live_status=live_status(solar_power=-12, load_power=-3)))
    assert state.solar_power_w == state.house_power_w == 0


@pytest.mark.parametrize(
    ("island", "grid", "summary", "expected"),
    [
        ("on_grid", "Active", "Active (on_grid)", Islanding.ON_GRID),
        ("off_grid", "Inactive", "Inactive (off_grid)", Islanding.OFF_GRID),
        ("off_grid_intentional", "Active", None, Islanding.OFF_GRID),
        ("off_grid_unintentional", None, None, Islanding.OFF_GRID),
        ("island_status_unknown", "Unknown", "Unknown (off_grid)", Islanding.OFF_GRID),
        (None, None, "Active (on_grid)", Islanding.ON_GRID),
        (None, "Inactive", None, Islanding.OFF_GRID),
        (None, "Active", "Active", None),
        ("island_status_unknown", "Unknown", None, None),
        (7, 7, 7, None),
    ],
)
def test_islanding(island: object, grid: object, summary: object, expected: Islanding) -> None:
    """The precise text first, then the summary, then whether the grid is there."""
    live = live_status(island_status=island, grid_status=grid)
    assert parsed(config(live_status=live, grid_status=summary)).islanding is expected


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["backup", "on_grid", "pv_only", "Active (on_grid)", "2026-01-14T02:40Z"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*config(), *live_status(), "other"]), inner)
    ),
    max_leaves=20,
)


@given(body=json_values | st.fixed_dictionaries(dict.fromkeys(config(), json_values)))
def test_no_body_breaks_it_or_lets_nonsense_through(body: object) -> None:
    """Any JSON is a reading with plausible numbers or a typed error."""
    try:
        state = parse_state(body, READ_AT)
    except PowerwallReplyError:
        return
    level = state.soc_percent
    assert level is None or 0 <= level <= 100
    powers = (state.battery_power_w, state.grid_power_w, state.solar_power_w, state.house_power_w)
    assert all(power is None or abs(power) <= 100_000 for power in powers)
    reserve = state.settings.backup_reserve_percent
    assert reserve is None or 0 <= reserve <= 100
    assert isinstance(state.storm_watch_active, bool | None)


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (
            Settings(operating_mode=OperatingMode.BACKUP, grid_charging=True),
            {"operational_mode": "backup", "grid_charging": True},
        ),
        (
            Settings(
                operating_mode=OperatingMode.SELF_POWERED,
                backup_reserve_percent=0,
                grid_charging=False,
                export_rule=ExportRule.NEVER,
            ),
            {
                "operational_mode": "self_consumption",
                "backup_reserve_percent": 0,
                "grid_charging": False,
                "energy_exports": "never",
            },
        ),
    ],
)
def test_a_request_holds_what_is_given(change: Settings, body: dict[str, object]) -> None:
    """Zero and False are given; None is not."""
    assert json.loads(json.dumps(request_body(change))) == body


@pytest.mark.parametrize(
    "change",
    [Settings(), Settings(backup_reserve_percent=101), Settings(backup_reserve_percent=-1)],
)
def test_an_impossible_request_is_a_mistake(change: Settings) -> None:
    """It never reaches the wire."""
    with pytest.raises(ValueError):
        request_body(change)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1768358460", datetime(2026, 1, 14, 2, 41, tzinfo=UTC)),
        ("1768358460.5", datetime(2026, 1, 14, 2, 41, 0, 500_000, tzinfo=UTC)),
        ("37", READ_AT + timedelta(seconds=37)),
        ("2026-01-14T02:41:00Z", datetime(2026, 1, 14, 2, 41, tzinfo=UTC)),
        ("2026-01-14T03:41:00+01:00", datetime(2026, 1, 14, 2, 41, tzinfo=UTC)),
        ("Wed, 14 Jan 2026 02:41:00 GMT", datetime(2026, 1, 14, 2, 41, tzinfo=UTC)),
        ("2026-01-14T02:41:00", None),
        ("-5", None),
        ("nan", None),
        ("1e300", None),
        ("soon", None),
        ("", None),
    ],
)
def test_moments_in_headers(text: str, expected: datetime | None) -> None:
    """The format is not documented: all likely ones are read."""
    assert parse_moment(text, READ_AT) == expected
