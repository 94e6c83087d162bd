"""Every tariff over the same days."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.history.backtest.balance import rebuild
from custom_components.smart_battery_scheduler.history.backtest.compare import (
    BacktestResult,
    Progress,
    Replay,
    run,
    tariff_result,
    usual_variants,
)
from custom_components.smart_battery_scheduler.history.backtest.known import (
    KnownThen,
    usual_forecast,
)
from custom_components.smart_battery_scheduler.history.backtest.model import (
    LeftOut,
    LivedDay,
    Past,
    ReplayedDay,
    ReplayedSlot,
)
from custom_components.smart_battery_scheduler.planner.model import Action

from .generated import FIRST, SITE, STANDING_P, metered, tariffs

MADE_AT = datetime(2026, 2, 1, tzinfo=UTC)
DAYS = 3
PAST = replace(rebuild(metered(FIRST, DAYS)), left_out={LeftOut.HOLES: 3})
BY_NAME = {tariff.name: tariff for tariff in tariffs(FIRST, DAYS)}
AGILE, GO, FLEXIBLE = BY_NAME["agile"], BY_NAME["go"], BY_NAME["flexible"]


def known_with(days: tuple[LivedDay, ...], roof_factor: float) -> KnownThen:
    """What was known then, for days of this roof."""
    del roof_factor
    return KnownThen(days, usual_forecast(days), SITE.annual_load_kwh)


REPLAY = Replay(
    past=PAST,
    tariffs=(FLEXIBLE, GO, AGILE),
    site=SITE,
    known=known_with(PAST.days, 1.0),
    known_with=known_with,
    present="go",
    variants=usual_variants(SITE, has_roof=True),
    sources={"import": {"octopus": 96}},
)


@pytest.fixture(scope="module")
def steps() -> list[Progress]:
    """A whole run."""
    return list(run(REPLAY, MADE_AT))


@pytest.fixture
def result(steps: list[Progress]) -> BacktestResult:
    """What it found."""
    found = steps[-1].result
    assert found is not None
    return found


def test_progress_goes_up_to_the_end(steps: list[Progress]) -> None:
    """Progress goes up day by day, and only the end has a result."""
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert len(shares) == DAYS * (3 * 2 + 5) + 1
    assert shares[-1] == 1.0
    assert all(step.result is None for step in steps[:-1])


def test_tariffs_are_ranked_with_standing_charges_and_what_is_left_to_gain(
    result: BacktestResult,
) -> None:
    """Tariffs are ranked, standing charges included, beside self-powered and the optimum."""
    costs = [each.gbp for each in result.tariffs]
    assert costs == sorted(costs)
    assert {each.name for each in result.tariffs} == {"agile", "go", "flexible"}
    for each in result.tariffs:
        assert each.standing_gbp == pytest.approx(DAYS * STANDING_P / 100)
        assert each.optimum_gbp <= each.gbp + 0.02
        assert each.gbp_per_year == pytest.approx(each.gbp / DAYS * 365.25)
    go = result.of("go")
    assert go is not None
    assert go.gbp < go.self_powered_gbp - 0.5, "cheap nights are worth something"


def test_what_was_paid_is_what_the_meters_say(result: BacktestResult) -> None:
    """What was really paid comes from the meters and the present tariff."""
    paid_p = sum(
        GO.cost_p(slot.start, slot.import_kwh, slot.export_kwh)
        for day in PAST.days
        for slot in day.slots
    )
    assert result.paid_gbp == pytest.approx(paid_p / 100 + DAYS * STANDING_P / 100)


def test_days_left_out_and_sources_are_said(result: BacktestResult) -> None:
    """Days left out are counted, sources named, dates and version kept."""
    assert (result.days, result.left_out) == (DAYS, {"holes": 3})
    assert result.sources == {"import": {"octopus": 96}}
    assert (result.first_day, result.last_day) == ("2026-01-12", "2026-01-14")
    assert (result.made_at, result.version) == (MADE_AT, 1)


def test_one_more_unit_and_a_larger_roof_are_among_the_variants(result: BacktestResult) -> None:
    """One more unit and a larger roof cost less than the home as it is, over a year."""
    go = result.of("go")
    assert go is not None
    variants = {each.name: each.gbp_per_year for each in result.variants}
    assert set(variants) == {"no_floor", "limit_80", "no_wear", "one_more_unit", "larger_roof"}
    assert variants["larger_roof"] < go.gbp_per_year
    assert variants["one_more_unit"] < go.gbp_per_year + 1
    assert variants["limit_80"] > go.gbp_per_year - 1


def test_the_half_hours_are_there_to_be_downloaded(result: BacktestResult) -> None:
    """Every half-hour is there as it was and as it would have been."""
    assert len(result.half_hours) == DAYS * 48
    first = result.half_hours[0]
    assert first.was_import_kwh == pytest.approx(PAST.days[0].slots[0].import_kwh, abs=0.001)
    assert first.import_p_per_kwh == 25.0


def test_a_tariff_whose_rates_do_not_cover_the_days_is_not_compared() -> None:
    """A tariff whose rates do not cover the days is named and not compared."""
    short = replace(AGILE, name="short", imports=type(AGILE.imports)(AGILE.imports.rates[:300]))
    *_, last = run(replace(REPLAY, tariffs=(GO, short), variants=()), MADE_AT)
    assert last.result is not None
    assert last.result.not_compared == ("short",)
    assert [each.name for each in last.result.tariffs] == ["go"]


def test_without_days_there_is_a_result_that_says_so() -> None:
    """Without a day that adds up the result has no tariffs and says how many days were left out."""
    past = Past(left_out={LeftOut.NO_EXPORT_METER: 12})
    (last,) = run(replace(REPLAY, past=past), MADE_AT)
    assert last.result is not None
    assert (last.result.days, last.result.tariffs, last.result.paid_gbp) == (0, (), None)
    assert last.result.left_out == {"no_export_meter": 12}


def test_the_result_survives_being_stored(result: BacktestResult) -> None:
    """The result survives being stored."""
    assert decode(BacktestResult, encode(result)) == result


def test_the_spread_is_over_weeks() -> None:
    """With two weeks or more the best and the worst week are said, standing charge included."""
    lived = [replace(PAST.days[0], day=FIRST + timedelta(days=each)) for each in range(14)]
    stored_kwh = SITE.start_percent / 100 * SITE.hardware.capacity_kwh

    def replayed(day: int) -> ReplayedDay:
        slot = ReplayedSlot(
            start=lived[day].slots[0].start,
            action=Action.USE,
            import_kwh=1.0,
            export_kwh=0.0,
            cost_p=100.0 if day < 7 else 300.0,
            end_percent=30.0,
        )
        return ReplayedDay(day=lived[day].day, slots=(slot,), stored_kwh=stored_kwh)

    planned = [replayed(day) for day in range(14)]
    found = tariff_result(lived, FLEXIBLE, SITE, planned, planned)
    standing = STANDING_P / 100
    assert found.best_week_gbp_per_year == pytest.approx((1.0 + standing) * 365.25)
    assert found.worst_week_gbp_per_year == pytest.approx((3.0 + standing) * 365.25)
    assert found.gbp_per_year == pytest.approx((2.0 + standing) * 365.25)
    short = tariff_result(lived[:13], FLEXIBLE, SITE, planned[:13], planned[:13])
    assert (short.best_week_gbp_per_year, short.worst_week_gbp_per_year) == (None, None)
