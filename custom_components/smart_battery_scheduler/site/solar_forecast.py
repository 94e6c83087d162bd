"""A site's solar forecast: as it was fetched, and corrected by what this roof made.

What was predicted for a half-hour is kept until it can be held against the measurement; from that
the roof's own correction is learned. What was learned belongs to one source and one set of planes:
it is forgotten when they change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..common.retention import too_old
from ..history.curtailment import may_have_been_curtailed
from ..history.measurements import Measurements
from ..solar.doubt import believable
from ..solar.learning import (
    COVERED_BY,
    LEAST_FORECAST_KWH,
    REMEMBERED,
    Correction,
    Observation,
    covered_share,
    learn,
    under_cover,
)
from ..solar.model import SolarForecast, SolarSlot, SolarSource
from ..solar.open_meteo import ATTRIBUTION, OpenMeteo
from ..solar.solcast import DailyCalls, Solcast
from ..solar.usual_solar import usual_solar
from ..sources.build import Roof
from ..sources.solar_coordinator import SolarCoordinator
from ..tariff.model import floor_slot

LEARN_EVERY = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarMemory:
    """What survives a restart.

    ``made_for`` names the source and the roof that the rest belongs to. ``predicted`` is what was
    predicted for a half-hour when it began, in kWh by its UTC start, before any correction.
    ``calls`` are those of a source that has few.
    """

    made_for: str = ""
    forecast: SolarForecast | None = None
    calls: DailyCalls | None = None
    predicted: Mapping[datetime, float] = field(default_factory=dict)
    correction: Correction = field(default_factory=Correction)
    learned_at: datetime | None = None

    def only_for(self, made_for: str) -> SolarMemory:
        """This memory for the source and roof so named; a new one for any other."""
        if made_for == self.made_for:
            return self
        return SolarMemory(made_for=made_for, calls=self.calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Snow on the roof, or an inverter that is off: for a day ahead little is expected."""

    since: datetime
    share: float

    def over(self, slots: Mapping[datetime, SolarSlot]) -> dict[datetime, SolarSlot]:
        """The half-hours, those of the next day under the cover."""
        until = self.since + COVERED_BY
        return {
            start: under_cover(slot, self.share) if self.since <= start < until else slot
            for start, slot in slots.items()
        }


class SiteSolar:
    """The roof's forecast, corrected by what the roof did."""

    def __init__(
        self,
        coordinator: SolarCoordinator | None,
        memory: SolarMemory,
        most_kwh: float | None = None,
    ) -> None:
        """Go on from what was remembered."""
        self.coordinator = coordinator
        self._memory = memory
        self._most_kwh = most_kwh
        self._predicted = dict(memory.predicted)
        self._usual = SolarForecast(made_at=datetime.min.replace(tzinfo=UTC), slots={})
        self._cover: Cover | None = None
        self._made_of: tuple[object, ...] = ()
        self._forecast: SolarForecast | None = None

    @classmethod
    def of(
        cls,
        hass: HomeAssistant,
        entry: ConfigEntry,
        source: SolarSource | None,
        roof: Roof,
        stored: SolarMemory,
    ) -> Self:
        """The solar forecast of an entry; what was stored for another source or roof is forgotten."""
        memory = stored.only_for(roof.made_for)
        coordinator = SolarCoordinator(hass, entry, source, memory.forecast) if source else None
        return cls(coordinator, memory, roof.most_kwh)

    @property
    def correction(self) -> Correction:
        """The learned correction, by the hour of the UTC day."""
        return self._memory.correction

    @property
    def attribution(self) -> str | None:
        """Whom to credit for the forecast, where the licence asks for it."""
        source = self.coordinator.source if self.coordinator else None
        return ATTRIBUTION if isinstance(source, OpenMeteo) else None

    @property
    def under_cover_share(self) -> float | None:
        """The share of its forecast that the roof makes under snow or with its inverter off; else None."""
        return self._cover.share if self._cover else None

    @property
    def raw(self) -> SolarForecast | None:
        """The forecast as it was fetched."""
        return self.coordinator.data if self.coordinator else None

    @property
    def forecast(self) -> SolarForecast | None:
        """The forecast by which to plan: corrected, weighed, and the usual energy where there is none.

        None if nothing is known of any solar energy.
        """
        made_of = (self.raw, self.correction, self._usual, self._cover)
        if made_of != self._made_of:
            self._made_of, self._forecast = made_of, self._put_together()
        return self._forecast

    def _put_together(self) -> SolarForecast | None:
        raw, usual = self.raw, self._usual
        if raw is None:
            return usual if usual.slots else None
        corrected = self.correction.apply(raw, most_kwh=self._most_kwh)
        slots = believable(corrected.slots, usual.slots)
        return SolarForecast(
            made_at=raw.made_at, slots=self._cover.over(slots) if self._cover else slots
        )

    @property
    def memory(self) -> SolarMemory:
        """What to store."""
        source = self.coordinator.source if self.coordinator else None
        return replace(
            self._memory,
            forecast=self.raw,
            calls=source.calls if isinstance(source, Solcast) else self._memory.calls,
            predicted=dict(self._predicted),
        )

    def slot_began(self, now: datetime, measurements: Measurements) -> None:
        """Keep what is predicted for the half-hour that begins; learn twice a day."""
        self.look_back(now, measurements)
        start, raw = floor_slot(now), self.raw
        slot = raw.slots.get(start) if raw else None
        if slot is not None and slot.mean_kwh >= LEAST_FORECAST_KWH:
            self._predicted.setdefault(start, round(slot.mean_kwh, 4))
        for old in too_old(self._predicted, REMEMBERED, now):
            del self._predicted[old]
        self._learn(now, measurements)

    def _learn(self, now: datetime, measurements: Measurements) -> None:
        """Twice a day, and at once where a clock was ahead; never from a time without any past."""
        learned_at = self._memory.learned_at
        if learned_at is not None and timedelta(0) <= now - learned_at < LEARN_EVERY:
            return
        observations = tuple(self.observations(measurements))
        known = any(now - REMEMBERED <= each.start < now for each in observations)
        correction = learn(observations, now) if known or not observations else self.correction
        self._memory = replace(self._memory, correction=correction, learned_at=now)

    def look_back(self, now: datetime, measurements: Measurements) -> None:
        """Work out the usual energy, for hours that no source forecasts, and whether snow lies."""
        whole = [slot for slot in measurements.slots if slot.is_whole]
        usual = usual_solar(
            {slot.start: slot.energies.pv_kwh for slot in whole},
            now,
            {slot.start for slot in whole if may_have_been_curtailed(slot, measurements)},
        )
        self._usual = SolarForecast(made_at=now, slots=usual)
        share = covered_share(self.observations(measurements), now)
        self._cover = None if share is None else Cover(since=floor_slot(now), share=share)

    def observations(self, measurements: Measurements) -> Iterator[Observation]:
        """Every half-hour that was predicted and measured."""
        for start, forecast_kwh in self._predicted.items():
            slot = measurements.slot(start)
            if slot is None or not slot.is_whole:
                continue
            yield Observation(
                start=start,
                forecast_kwh=forecast_kwh,
                measured_kwh=slot.energies.pv_kwh,
                curtailed=may_have_been_curtailed(slot, measurements),
            )
