"""How wide the band of the house-load forecast has to be."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from custom_components.smart_battery_scheduler.planner.load import forecast_load
from custom_components.smart_battery_scheduler.planner.load_band import (
    NARROWEST,
    WIDEST,
    LoadWidths,
    learned_widths,
    part_of_day,
    widened,
)
from custom_components.smart_battery_scheduler.planner.model import Spread

BAND = Spread(mean=0.5, p10=0.3, p50=0.5, p90=0.9)


@pytest.mark.parametrize(
    ("hour", "part"), [(0, 0), (5, 0), (6, 1), (9, 1), (10, 2), (15, 2), (16, 3), (21, 3), (22, 0)]
)
def test_parts_of_the_day(hour: int, part: int) -> None:
    """Night, morning, midday, evening."""
    assert part_of_day(hour) == part


def test_a_wider_band_keeps_its_middle() -> None:
    """And never falls below nothing."""
    wide = widened(BAND, 2.0)
    assert (wide.mean, wide.p50) == (BAND.mean, BAND.p50)
    assert (wide.p10, wide.p90) == pytest.approx((0.1, 1.3))
    assert widened(BAND, 4.0).p10 == 0.0
    assert widened(BAND, 1.0) == BAND


def evenings(sigma: float, count: int = 400) -> list[tuple[int, Spread, float]]:
    """Evenings that scatter around the middle."""
    chance = Random(3)
    even = Spread(mean=0.5, p10=0.4, p50=0.5, p90=0.6)
    return [(19, even, 0.5 + chance.gauss(0.0, sigma)) for _ in range(count)]


def test_a_site_whose_evenings_are_wild_gets_its_wider_band_by_itself() -> None:
    """Twice the scatter that the band is made for; the other parts of the day stay."""
    widths = learned_widths(evenings(2 * 0.1 / 1.2816))
    assert widths.evening == pytest.approx(2.0, abs=0.25)
    assert (widths.night, widths.morning, widths.midday) == (1.0, 1.0, 1.0)


def test_a_band_that_holds_four_of_five_stays() -> None:
    """Nothing to learn."""
    assert learned_widths(evenings(0.1 / 1.2816)).evening == pytest.approx(1.0, abs=0.12)


def test_few_half_hours_move_it_little_and_many_within_bounds() -> None:
    """One wild evening is no rule."""
    assert learned_widths(evenings(0.3, count=6)).evening < 1.5
    assert learned_widths(evenings(9.0)).evening == WIDEST
    assert learned_widths(evenings(0.0)).evening == NARROWEST
    assert learned_widths([]) == LoadWidths()


def test_the_forecast_is_widened_where_the_home_needs_it() -> None:
    """In the evening of the local day."""
    now = datetime(2026, 7, 6, tzinfo=UTC)
    starts = [now + timedelta(hours=hour) for hour in (12, 18)]
    zone = ZoneInfo("Europe/London")
    plain, wide = (
        forecast_load([], starts, now=now, zone=zone, annual_kwh=2700.0, widths=widths)
        for widths in (LoadWidths(), LoadWidths(evening=1.5))
    )
    assert wide[0] == plain[0]
    assert wide[1].mean == plain[1].mean
    assert wide[1].p90 > plain[1].p90
