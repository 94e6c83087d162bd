"""A home's sun: asked as often as its source likes, remembered, corrected."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smart_battery_scheduler.common.poll_interval import PollInterval
from custom_components.smart_battery_scheduler.common.serialisation import decode, encode
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.history.measurements import (
    Energies,
    MeasuredSlot,
    Measurements,
)
from custom_components.smart_battery_scheduler.site.solar_forecast import SiteSolar, SolarMemory
from custom_components.smart_battery_scheduler.solar import forecast_solar, open_meteo
from custom_components.smart_battery_scheduler.solar.model import (
    SolarAuthError,
    SolarError,
    SolarForecast,
    SolarRateLimitError,
    SolarReplyError,
    SolarRequestError,
    SolarSlot,
    SolarUnreachableError,
)
from custom_components.smart_battery_scheduler.solar.solcast import (
    CALLS_PER_DAY,
    DailyCalls,
    poll_interval as cadence_of_sites,
)
from custom_components.smart_battery_scheduler.sources.build import Roof
from custom_components.smart_battery_scheduler.sources.solar_sources import solcast
from custom_components.smart_battery_scheduler.tariff.model import SLOT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..wire import Wire

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
SLOT_OF_1 = SolarSlot(mean_kwh=1.0, p10_kwh=0.5, p50_kwh=1.0, p90_kwh=1.5)
SOLCAST_URL = (
    "https://api.solcast.com.au/rooftop_sites/0000-0001/forecasts"
    "?format=json&api_key=not-a-real-key&hours=96"
)
ROOF = Roof(made_for="this roof", most_kwh=1.84)


class Source:
    """A source that gives an even sun, or fails."""

    poll_interval = PollInterval(
        every=timedelta(minutes=90), jitter=timedelta(0), retry=timedelta(minutes=10)
    )

    def __init__(self, freezer: FrozenDateTimeFactory) -> None:
        """All is well, and nobody has asked."""
        self.freezer = freezer
        self.failure: SolarError | None = None
        self.asked = 0
        self.half_hours = 192
        self.slot = SLOT_OF_1

    async def fetch(self) -> SolarForecast:
        """Four days from midnight."""
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        now = self.freezer().replace(tzinfo=UTC)
        start = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return SolarForecast(
            made_at=now, slots={start + index * SLOT: self.slot for index in range(self.half_hours)}
        )


@pytest.fixture
def source(freezer: FrozenDateTimeFactory) -> Source:
    """A source at noon."""
    freezer.move_to(NOON)
    return Source(freezer)


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """A home's entry."""
    entry = MockConfigEntry(domain=DOMAIN, title="Home battery")
    entry.add_to_hass(hass)
    return entry


def sun_of(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source, memory: SolarMemory | None = None
) -> SiteSolar:
    """A sun with what it remembers."""
    return SiteSolar.of(hass, entry, source, ROOF, memory or SolarMemory(made_for="this roof"))


async def refresh(sun: SiteSolar) -> timedelta | None:
    """Ask; say when it will be asked again."""
    assert sun.coordinator is not None
    await sun.coordinator.async_refresh()
    return sun.coordinator.update_interval


async def test_asked_as_often_as_the_source_likes(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """The source's own cadence."""
    sun = sun_of(hass, entry, source)
    assert await refresh(sun) == timedelta(minutes=90)
    assert sun.forecast is not None
    assert sun.forecast.slots[NOON].mean_kwh == 1.0


async def test_a_restart_asks_nothing_new(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    source: Source,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A forecast of half an hour ago is fresh for another hour; then it is fetched again."""
    first = sun_of(hass, entry, source)
    await refresh(first)
    freezer.tick(timedelta(minutes=30))
    stored = decode(SolarMemory, encode(first.memory))
    again = sun_of(hass, entry, source, stored)
    assert await refresh(again) == timedelta(minutes=60)
    assert again.forecast == first.forecast
    assert source.asked == 1
    freezer.tick(timedelta(minutes=60))
    await refresh(again)
    assert source.asked == 2


async def test_a_stale_forecast_is_fetched_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    source: Source,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After a long stop, and where the clock was set back."""
    first = sun_of(hass, entry, source)
    await refresh(first)
    for elsewhen in (timedelta(hours=5), timedelta(hours=-2)):
        freezer.move_to(NOON + elsewhen)
        await refresh(sun_of(hass, entry, source, first.memory))
    assert source.asked == 3


async def test_another_roof_remembers_nothing_but_the_calls(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """What was learned and predicted belongs to the panels; the day's calls belong to the key."""
    calls = DailyCalls(day=NOON.replace(hour=0), made=4)
    memory = SolarMemory(made_for="another", calls=calls, predicted={NOON: 1.0})
    sun = sun_of(hass, entry, source, memory)
    assert sun.memory == SolarMemory(made_for="this roof", calls=calls)


@pytest.mark.parametrize("error", [SolarUnreachableError("away"), SolarReplyError("odd")])
async def test_a_passing_failure_is_tried_again_soon(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source, error: SolarError
) -> None:
    """The last good forecast is kept meanwhile."""
    sun = sun_of(hass, entry, source)
    await refresh(sun)
    source.failure = error
    assert await refresh(sun) == timedelta(minutes=10)
    assert sun.forecast is not None
    assert not ir.async_get(hass).issues


async def test_an_answer_that_foretells_nothing_is_a_failure(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """As a weather model's gap, or another integration that has just started."""
    sun = sun_of(hass, entry, source)
    await refresh(sun)
    source.half_hours = 0
    assert await refresh(sun) == timedelta(minutes=10)
    assert sun.raw is not None
    assert len(sun.raw.slots) == 192
    assert not ir.async_get(hass).issues


@pytest.mark.parametrize(
    ("error", "key"),
    [(SolarAuthError("the key"), "solar_key_refused"), (SolarRequestError("it"), "solar_refused")],
)
async def test_a_refusal_is_reported_once_until_it_ends(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source, error: SolarError, key: str
) -> None:
    """A repair notice, gone when the source answers; no hurry in between."""
    sun = sun_of(hass, entry, source)
    source.failure = error
    assert await refresh(sun) == timedelta(minutes=90)
    await refresh(sun)
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_key == key
    assert issue.translation_placeholders == {"home": "Home battery"}
    source.failure = None
    await refresh(sun)
    assert not ir.async_get(hass).issues


async def test_a_limit_is_kept(hass: HomeAssistant, entry: MockConfigEntry, source: Source) -> None:
    """The wait that the source asked for goes on to the coordinator."""
    sun = sun_of(hass, entry, source)
    source.failure = SolarRateLimitError(7200.0)
    await refresh(sun)
    assert sun.coordinator is not None
    error = sun.coordinator.last_exception
    assert getattr(error, "retry_after", None) == 7200.0


def half_hours(first: datetime, days: int, share: float, **slot: float) -> list[MeasuredSlot]:
    """Days on which the roof made this share of what was predicted, from nine to three UTC."""
    energies = Energies(pv_kwh=share, export_kwh=slot.get("export_kwh", 0.0))
    return [
        MeasuredSlot(
            start=first + timedelta(days=day, hours=9) + index * SLOT,
            energies=energies,
            observed_s=1800.0,
            soc_percent=slot.get("level", 50.0),
        )
        for day in range(days)
        for index in range(12)
    ]


LEARNING_DAYS = 14
BEGIN = NOON.replace(hour=0) - timedelta(days=LEARNING_DAYS)


async def corrected(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source, measured: list[MeasuredSlot]
) -> float:
    """What the noon's half-hour is corrected to after these days of one kWh predicted."""
    predicted = {slot.start: 1.0 for slot in measured}
    memory = SolarMemory(made_for="this roof", predicted=predicted)
    sun = sun_of(hass, entry, source, memory)
    await refresh(sun)
    sun.slot_began(NOON, Measurements(measured))
    assert sun.memory.learned_at == NOON
    assert sun.forecast is not None
    return sun.forecast.slots[NOON].mean_kwh


async def test_a_shaded_roof_is_learned(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """Two weeks of seven tenths bring the forecast most of the way."""
    found = await corrected(hass, entry, source, half_hours(BEGIN, LEARNING_DAYS, 0.7))
    assert 0.7 <= found < 0.8


async def test_a_better_roof_is_held_by_its_inverter(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """The correction never lifts a half-hour above what the inverters let through."""
    assert await corrected(hass, entry, source, half_hours(BEGIN, LEARNING_DAYS, 1.3)) > 1.2
    narrow = SiteSolar.of(
        hass, entry, source, Roof(made_for="r", most_kwh=0.9), SolarMemory(made_for="r")
    )
    await refresh(narrow)
    assert narrow.forecast is not None
    assert narrow.forecast.slots[NOON].mean_kwh == 0.9


async def test_a_full_battery_teaches_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """Curtailed: full, and the grid takes nothing. With exports it is a fair measurement."""
    full = half_hours(BEGIN, LEARNING_DAYS, 0.4, level=100.0)
    assert await corrected(hass, entry, source, full) == 1.0
    exporting = half_hours(BEGIN, LEARNING_DAYS, 0.4, level=100.0, export_kwh=0.3)
    assert await corrected(hass, entry, source, exporting) < 0.6


async def test_snow_teaches_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """Days under snow among good ones leave the correction where it was."""
    snowy = half_hours(BEGIN, 5, 0.02)
    good = half_hours(BEGIN + timedelta(days=5), LEARNING_DAYS - 5, 1.0)
    assert await corrected(hass, entry, source, [*snowy, *good]) == pytest.approx(1.0)


async def test_a_half_hour_is_noted_as_it_begins(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    source: Source,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Once, before the correction; four weeks after the day it is forgotten."""
    sun = sun_of(hass, entry, source)
    await refresh(sun)
    sun.slot_began(NOON, Measurements())
    sun.slot_began(NOON + timedelta(minutes=5), Measurements())
    assert sun.memory.predicted == {NOON: 1.0}
    assert sun.coordinator is not None
    sun.coordinator.data = SolarForecast(
        made_at=NOON, slots={NOON + index * SLOT: SLOT_OF_1 for index in range(48 * 31)}
    )
    for index in range(1, 48 * 31):
        sun.slot_began(NOON + index * SLOT, Measurements())
    assert NOON not in sun.memory.predicted
    assert NOON + timedelta(days=3) in sun.memory.predicted


async def test_a_clock_far_ahead_for_minutes_forgets_nothing_that_was_learned(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """Neither the roof's correction nor what it is learned from; and learning goes on."""
    measured = Measurements(half_hours(BEGIN, LEARNING_DAYS, 0.7))
    predicted = {slot.start: 1.0 for slot in measured.slots}
    sun = sun_of(hass, entry, source, SolarMemory(made_for="this roof", predicted=predicted))
    await refresh(sun)
    sun.slot_began(NOON, measured)
    learned = sun.correction
    assert min(learned.factors) < 0.8
    for minutes in (0, 30):
        sun.slot_began(NOON + timedelta(days=4000, minutes=minutes), measured)
    assert sun.correction == learned
    assert predicted.items() <= dict(sun.memory.predicted).items()
    sun.slot_began(NOON + SLOT, measured)
    assert sun.memory.learned_at == NOON + SLOT
    assert sun.correction == learned


async def test_no_panels(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """No source, no forecast, nothing to remember."""
    sun = SiteSolar.of(hass, entry, None, Roof(), SolarMemory())
    sun.slot_began(NOON, Measurements())
    assert sun.forecast is None
    assert sun.memory.predicted == {}


async def test_the_usual_solar_energy_where_nothing_is_forecast(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """A source that is silent for days, or that ends too soon, leaves what is usual."""
    measured = Measurements(half_hours(BEGIN, LEARNING_DAYS, 0.7))
    sun = sun_of(hass, entry, source)
    source.failure = SolarUnreachableError("away")
    await refresh(sun)
    sun.look_back(NOON, measured)
    assert at_noon(sun) == pytest.approx(0.7)
    source.failure = None
    await refresh(sun)
    assert at_noon(sun) == pytest.approx(1.0)
    assert sun.raw is not None
    assert sun.memory.forecast == sun.raw


def at_noon(sun: SiteSolar) -> float:
    """What is expected of the half-hour from noon."""
    assert sun.forecast is not None
    return sun.forecast.slots[NOON].mean_kwh


async def test_the_calls_of_a_frugal_source_survive(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A restart brings Solcast no new calls: those of the day are remembered."""
    freezer.move_to(NOON)
    made = DailyCalls(day=NOON.replace(hour=0), made=7)
    source = solcast(hass, "not-a-real-key", ["0000-0001"], made)
    sun = SiteSolar.of(hass, entry, source, ROOF, SolarMemory(made_for="this roof", calls=made))
    assert decode(SolarMemory, encode(sun.memory)).calls == made
    with Wire() as wire:
        wire.get(SOLCAST_URL, status=500)
        await refresh(sun)
    assert sun.memory.calls == DailyCalls(day=made.day, made=8)


async def test_two_homes_on_one_solcast_account_share_its_budget(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """A call of either is a call of the key, and both ask half as often; another key is another's."""
    freezer.move_to(NOON)
    made = DailyCalls(day=NOON.replace(hour=0), made=3)
    first = solcast(hass, "not-a-real-key", ["0000-0001"], made)
    assert first.poll_interval == cadence_of_sites(1)
    second = solcast(hass, "not-a-real-key", ["0000-0002"], DailyCalls(day=made.day, made=1))
    assert first.poll_interval == second.poll_interval == cadence_of_sites(2)
    assert first.calls == second.calls == made
    assert solcast(hass, "another-key", ["0000-0001"]).calls.left(NOON) == CALLS_PER_DAY


@pytest.mark.parametrize(
    ("poll_interval", "planes", "most_per_day"),
    [
        pytest.param(open_meteo.POLL_INTERVAL, 4, 24 * 4, id="Open-Meteo: not more than hourly"),
        pytest.param(forecast_solar.POLL_INTERVAL, 4, 24 * 12, id="Forecast.Solar: 12 an hour"),
        pytest.param(cadence_of_sites(1), 1, CALLS_PER_DAY, id="Solcast, one site"),
        pytest.param(cadence_of_sites(2), 2, CALLS_PER_DAY, id="Solcast, two sites"),
    ],
)
async def test_a_week_of_requests(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    source: Source,
    freezer: FrozenDateTimeFactory,
    poll_interval: PollInterval,
    planes: int,
    most_per_day: int,
    record_property: Callable[[str, object], None],
) -> None:
    """No day of a week has more requests than the service allows."""
    source.poll_interval = poll_interval
    sun = sun_of(hass, entry, source)
    days: Counter[int] = Counter()
    while (day := (freezer().replace(tzinfo=UTC) - NOON).days) < 7:
        wait = await refresh(sun)
        assert wait is not None
        days[day] += planes
        freezer.tick(wait)
    record_property("requests_per_day", list(days.values()))
    assert max(days.values()) <= most_per_day


async def test_a_roof_under_snow_is_not_counted_on(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """After two days of nearly nothing little is expected of the next; after the thaw all again."""
    snow = half_hours(NOON.replace(hour=0) - timedelta(days=2), 2, 0.03)
    predicted = {slot.start: 1.0 for slot in snow}
    sun = sun_of(hass, entry, source, SolarMemory(made_for="this roof", predicted=predicted))
    await refresh(sun)
    morning = NOON.replace(hour=7)
    sun.slot_began(morning, Measurements(snow))
    assert at_noon(sun) == pytest.approx(0.03)
    assert sun.forecast is not None
    assert sun.forecast.slots[NOON].p90_kwh > 0.3
    assert sun.forecast.slots[NOON + timedelta(days=1)].mean_kwh == 1.0
    thawed = half_hours(NOON.replace(hour=0), 1, 0.9)[:6]
    for slot in thawed:
        sun.slot_began(slot.start, Measurements(snow))
    sun.slot_began(NOON, Measurements([*snow, *thawed]))
    assert at_noon(sun) == 1.0


async def test_one_foggy_day_is_no_snow(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """A tenth of what was expected, once: the next day's forecast stands."""
    fair = half_hours(NOON.replace(hour=0) - timedelta(days=2), 1, 0.9)
    fog = half_hours(NOON.replace(hour=0) - timedelta(days=1), 1, 0.1)
    predicted = {slot.start: 1.0 for slot in (*fair, *fog)}
    sun = sun_of(hass, entry, source, SolarMemory(made_for="this roof", predicted=predicted))
    await refresh(sun)
    sun.slot_began(NOON.replace(hour=7), Measurements([*fair, *fog]))
    assert sun.under_cover_share is None
    assert at_noon(sun) == pytest.approx(1.0, abs=0.05)


async def test_the_usual_sun_does_not_count_curtailed_half_hours(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A full battery and nothing exported: what the roof made then says nothing of the sun."""
    fair = half_hours(NOON.replace(hour=0) - timedelta(days=8), 4, 0.8)
    held = half_hours(NOON.replace(hour=0) - timedelta(days=4), 4, 0.1, level=100.0)
    sun = SiteSolar.of(hass, entry, None, ROOF, SolarMemory(made_for="this roof"))
    sun.look_back(NOON, Measurements([*fair, *held]))
    assert at_noon(sun) == pytest.approx(0.8)


async def test_an_empty_day_of_a_source_is_not_planned_by(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """Zeros from a source that fails: the usual sun is planned by, and zero stays possible."""
    source.slot = SolarSlot(mean_kwh=0.0, p10_kwh=0.0, p50_kwh=0.0, p90_kwh=0.0)
    sun = sun_of(hass, entry, source)
    await refresh(sun)
    sun.look_back(NOON.replace(hour=6), Measurements(half_hours(BEGIN, LEARNING_DAYS, 0.7)))
    assert at_noon(sun) == pytest.approx(0.7)
    assert sun.forecast is not None
    assert sun.forecast.slots[NOON].p10_kwh == 0.0


async def test_a_full_battery_is_no_snow(
    hass: HomeAssistant, entry: MockConfigEntry, source: Source
) -> None:
    """The roof was not let: tomorrow's sun is counted on."""
    full = half_hours(NOON.replace(hour=0) - timedelta(days=2), 2, 0.03, level=100.0)
    predicted = {slot.start: 1.0 for slot in full}
    sun = sun_of(hass, entry, source, SolarMemory(made_for="this roof", predicted=predicted))
    await refresh(sun)
    sun.slot_began(NOON.replace(hour=7), Measurements(full))
    assert at_noon(sun) == 1.0
