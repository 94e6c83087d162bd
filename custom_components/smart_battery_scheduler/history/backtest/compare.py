"""The same days on every tariff: what would have been paid, ranked, with what is left to gain."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

from ...planner.model import Battery
from ...powerwall.physics import Hardware
from .known import Knowledge, KnowsEverything
from .model import VERSION, LivedDay, Past, ReplayedDay, ReplaySite, Tariff
from .walk import walk, walk_self_powered

DAYS_PER_YEAR = 365.25
DAYS_PER_WEEK = 7
P_PER_GBP = 100.0
# With perfect knowledge a new plan is due only when half its horizon of two days is over.
OPTIMUM_REPLANS_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffResult:
    """One tariff over the days replayed, in pounds.

    Costs are energy and standing charge, corrected by what the battery holds more or less at the
    end. ``standing_gbp`` None: the standing charge is not known and not in the costs.
    ``gbp_per_year`` takes all days of a year to be like these; the spread is the same for the
    cheapest and the most expensive week (None with less than two weeks).
    """

    name: str
    gbp: float
    self_powered_gbp: float
    optimum_gbp: float
    standing_gbp: float | None
    gbp_per_year: float
    best_week_gbp_per_year: float | None = None
    worst_week_gbp_per_year: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantResult:
    """The present tariff with something else about the home: what a year would cost."""

    name: str
    gbp: float
    gbp_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfHourRow:
    """A half-hour as it was and as it would have been on the present tariff."""

    start: datetime
    load_kwh: float
    pv_kwh: float
    import_p_per_kwh: float
    was_import_kwh: float
    was_export_kwh: float
    action: str
    import_kwh: float
    export_kwh: float
    cost_p: float
    end_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestResult:
    """What a replay found. ``tariffs`` are the cheapest first.

    ``paid_gbp`` is what the meters and the present tariff came to, None where that is not known;
    ``left_out`` counts days by reason; ``sources`` says how many half-hours of each kind of figure
    came from where;
    ``not_compared`` names tariffs whose rates do not cover the days, ``failed`` the sources that did
    not answer.
    """

    made_at: datetime
    version: int = VERSION
    first_day: str | None = None
    last_day: str | None = None
    days: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    present: str | None = None
    paid_gbp: float | None = None
    tariffs: tuple[TariffResult, ...] = ()
    variants: tuple[VariantResult, ...] = ()
    not_compared: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    half_hours: tuple[HalfHourRow, ...] = ()

    def of(self, name: str | None) -> TariffResult | None:
        """One tariff's result."""
        return next((each for each in self.tariffs if each.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Something else about the home. ``sun_factor`` is the size of its roof."""

    name: str
    site: ReplaySite
    roof_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """All that a replay needs. ``present`` names the tariff that the home has had.

    ``known_with`` makes the knowledge for other days; ``not_had`` names tariffs without rates.
    """

    past: Past
    tariffs: tuple[Tariff, ...]
    site: ReplaySite
    known: Knowledge
    known_with: Callable[[tuple[LivedDay, ...], float], Knowledge]
    present: str | None = None
    variants: tuple[Variant, ...] = ()
    sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    not_had: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay is, 0 to 1, and its result when it is done."""

    share: float
    result: BacktestResult | None = None


def run(replay: Replay, made_at: datetime) -> Iterator[Progress]:
    """Go through everything, one day of one tariff between two steps; the last has the result."""
    days = replay.past.days
    compared = [each for each in replay.tariffs if days and each.covers(days)]
    present = next((each for each in compared if each.name == replay.present), None)
    found: list[tuple[TariffResult, Sequence[ReplayedDay]]] = []
    others: list[VariantResult] = []
    work = [_tariff_work(replay, tariff, found) for tariff in compared]
    if present is not None:
        work += [_variant_work(replay, variant, present, others) for variant in replay.variants]
    steps = len(days) * (len(work) + len(compared))
    for done, _ in enumerate(chain.from_iterable(work), 1):
        yield Progress(done / steps)
    yield Progress(1.0, _result(replay, made_at, compared, found, others))


def _tariff_work(
    replay: Replay, tariff: Tariff, found: list[tuple[TariffResult, Sequence[ReplayedDay]]]
) -> Iterator[None]:
    """One tariff, planned and at its optimum, which is of the bill alone."""
    days, site = replay.past.days, replay.site
    unworn = replace(site, rules=replace(site.rules, wear_p_per_kwh=0.0))
    planned: list[ReplayedDay] = []
    best: list[ReplayedDay] = []
    yield from _collected(walk(days, tariff, site, replay.known), planned)
    optimum = walk(days, tariff, unworn, KnowsEverything(days), OPTIMUM_REPLANS_AFTER)
    yield from _collected(optimum, best)
    found.append((tariff_result(days, tariff, site, planned, best), planned))


def _variant_work(
    replay: Replay, variant: Variant, tariff: Tariff, found: list[VariantResult]
) -> Iterator[None]:
    days = with_roof(replay.past.days, variant.roof_factor)
    known = replay.known_with(days, variant.roof_factor)
    planned: list[ReplayedDay] = []
    yield from _collected(walk(days, tariff, variant.site, known), planned)
    found.append(_variant_result(variant, tariff, days, planned))


def _collected(days: Iterator[ReplayedDay], into: list[ReplayedDay]) -> Iterator[None]:
    for day in days:
        into.append(day)
        yield


def _result(
    replay: Replay,
    made_at: datetime,
    compared: Sequence[Tariff],
    found: Sequence[tuple[TariffResult, Sequence[ReplayedDay]]],
    variants: Sequence[VariantResult],
) -> BacktestResult:
    days = replay.past.days
    present = next((each for each in compared if each.name == replay.present), None)
    names = {each.name for each in compared}
    planned = next((each for result, each in found if result.name == replay.present), ())
    return BacktestResult(
        made_at=made_at,
        first_day=days[0].day.isoformat() if days else None,
        last_day=days[-1].day.isoformat() if days else None,
        days=len(days),
        left_out={reason.value: count for reason, count in replay.past.left_out.items()},
        sources=replay.sources,
        present=replay.present,
        paid_gbp=None if present is None else paid_gbp(days, present),
        tariffs=tuple(sorted((result for result, _ in found), key=lambda each: each.gbp)),
        variants=tuple(variants),
        not_compared=(
            *replay.not_had,
            *(each.name for each in replay.tariffs if each.name not in names),
        ),
        failed=replay.failed,
        half_hours=() if present is None else _rows(days, present, planned),
    )


def paid_gbp(days: Sequence[LivedDay], tariff: Tariff) -> float:
    """What the meters' energy came to, with the standing charge where it is known."""
    energy_p = sum(
        tariff.cost_p(slot.start, slot.import_kwh, slot.export_kwh)
        for day in days
        for slot in day.slots
    )
    return energy_p / P_PER_GBP + (standing_gbp(days, tariff) or 0.0)


def tariff_result(
    days: Sequence[LivedDay],
    tariff: Tariff,
    site: ReplaySite,
    planned: Sequence[ReplayedDay],
    best: Sequence[ReplayedDay],
) -> TariffResult:
    """One tariff's figures from its replayed days."""
    alone = list(walk_self_powered(days, tariff, site))
    marginal_p = next(
        (day.marginal_p_per_kwh for day in reversed(planned) if day.marginal_p_per_kwh is not None),
        0.0,
    )
    fixed_gbp = standing_gbp(days, tariff)

    def gbp(replayed: Sequence[ReplayedDay]) -> float:
        return _energy_gbp(replayed, _begin_kwh(site), marginal_p) + (fixed_gbp or 0.0)

    total = gbp(planned)
    weeks = [
        (each / DAYS_PER_WEEK + (fixed_gbp or 0.0) / len(days)) * DAYS_PER_YEAR
        for each in _weeks_gbp(planned, site, marginal_p)
    ]
    return TariffResult(
        name=tariff.name,
        gbp=total,
        self_powered_gbp=gbp(alone),
        # What is left in the battery has one price for all; that may blur the bound by pennies.
        optimum_gbp=min(gbp(best), total),
        standing_gbp=fixed_gbp,
        gbp_per_year=total / len(days) * DAYS_PER_YEAR,
        best_week_gbp_per_year=min(weeks) if len(weeks) > 1 else None,
        worst_week_gbp_per_year=max(weeks) if len(weeks) > 1 else None,
    )


def _begin_kwh(site: ReplaySite) -> float:
    return site.start_percent / 100 * site.hardware.capacity_kwh


def _energy_gbp(replayed: Sequence[ReplayedDay], begin_kwh: float, marginal_p: float) -> float:
    """The energy of some days, less what the battery holds more at their end than before them."""
    gained_kwh = replayed[-1].stored_kwh - begin_kwh
    return (sum(day.cost_p for day in replayed) - gained_kwh * marginal_p) / P_PER_GBP


def standing_gbp(days: Sequence[LivedDay], tariff: Tariff) -> float | None:
    """The days' standing charges; None if one is not known."""
    found = [tariff.standing_p(day) for day in days]
    known = [each for each in found if each is not None]
    return sum(known) / P_PER_GBP if len(known) == len(found) else None


def _weeks_gbp(
    planned: Sequence[ReplayedDay], site: ReplaySite, marginal_p: float
) -> Iterator[float]:
    """The energy of each run of seven replayed days."""
    begin_kwh = _begin_kwh(site)
    for first in range(0, len(planned) - DAYS_PER_WEEK + 1, DAYS_PER_WEEK):
        week = planned[first : first + DAYS_PER_WEEK]
        yield _energy_gbp(week, begin_kwh, marginal_p)
        begin_kwh = week[-1].stored_kwh


def _variant_result(
    variant: Variant, tariff: Tariff, days: Sequence[LivedDay], planned: Sequence[ReplayedDay]
) -> VariantResult:
    result = tariff_result(days, tariff, variant.site, planned, planned)
    return VariantResult(name=variant.name, gbp=result.gbp, gbp_per_year=result.gbp_per_year)


def with_roof(days: Sequence[LivedDay], factor: float) -> tuple[LivedDay, ...]:
    """The same days under another roof."""
    if factor == 1.0:
        return tuple(days)
    return tuple(
        replace(day, slots=tuple(replace(slot, pv_kwh=slot.pv_kwh * factor) for slot in day.slots))
        for day in days
    )


def usual_variants(site: ReplaySite, *, has_roof: bool) -> tuple[Variant, ...]:
    """Changes that owners consider: floor, charge limit, wear, one more unit, a larger roof."""
    rules = site.rules
    more = replace(site.hardware, units=site.hardware.units + 1)
    found = [
        Variant(
            name="no_floor", site=replace(site, rules=replace(rules, reserve_floor_percent=0.0))
        ),
        Variant(
            name="limit_80",
            site=replace(site, rules=replace(rules, everyday_ceiling_percent=80.0)),
        ),
        Variant(name="no_wear", site=replace(site, rules=replace(rules, wear_p_per_kwh=0.0))),
        Variant(
            name="one_more_unit",
            site=replace(site, hardware=more, battery=scaled(site.battery, site.hardware, more)),
        ),
    ]
    if has_roof:
        found.append(Variant(name="larger_roof", site=site, roof_factor=1.5))
    return tuple(found)


def scaled(battery: Battery, hardware: Hardware, more: Hardware) -> Battery:
    """A battery with another number of the same units."""
    factor = more.units / hardware.units
    return replace(
        battery,
        capacity_kwh=battery.capacity_kwh * factor,
        max_charge_w=battery.max_charge_w * factor,
        max_discharge_w=battery.max_discharge_w * factor,
        methods=tuple(replace(each, power_w=each.power_w * factor) for each in battery.methods),
    )


def _rows(
    days: Sequence[LivedDay], tariff: Tariff, planned: Sequence[ReplayedDay]
) -> tuple[HalfHourRow, ...]:
    return tuple(
        HalfHourRow(
            start=was.start,
            load_kwh=round(was.load_kwh, 3),
            pv_kwh=round(was.pv_kwh, 3),
            import_p_per_kwh=round(rate.p_per_kwh, 3),
            was_import_kwh=round(was.import_kwh, 3),
            was_export_kwh=round(was.export_kwh, 3),
            action=would.action.value,
            import_kwh=round(would.import_kwh, 3),
            export_kwh=round(would.export_kwh, 3),
            cost_p=round(would.cost_p, 2),
            end_percent=round(would.end_percent, 1),
        )
        for lived, replayed in zip(days, planned, strict=True)
        for was, would in zip(lived.slots, replayed.slots, strict=True)
        if (rate := tariff.imports.at(was.start)) is not None
    )
