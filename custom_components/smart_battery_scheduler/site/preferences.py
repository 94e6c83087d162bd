"""What the household prefers: one typed view of the config entry's options.

The options are the only place these live; entities and the options flow both write them there.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import time
from typing import Any, Self

# An Agile unit rate cannot exceed 100 p/kWh including VAT, so this ceiling never binds.
NO_PRICE_CEILING_P_PER_KWH = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Everything a household can set, with the values it starts from.

    ``wear_p_per_kwh``: a Powerwall 2 is warranted for 37.8 MWh of throughput and loses most of its
    worth by age, not use; 1 p per kWh counts about £380 of its price as wear by use.
    ``annual_load_kwh``: Ofgem's typical domestic consumption value for electricity (2023).
    A ready-by percent of 0, a peak window of no length and an entity without a name are "none".
    ``charge_now_*``: where an override that names no end stops; no hours are "this half-hour".
    ``axle_p_per_kwh`` is what Axle Energy pays in its events; at 0 they do not count.
    ``power_setpoints``: fast charges and holds are powers that the gateway keeps on a lease.
    ``join_sessions``: join those Octoplus sessions that can be joined, without asking.
    """

    scheduler_enabled: bool = True
    dry_run: bool = False
    reserve_floor_percent: float = 20.0
    everyday_ceiling_percent: float = 100.0
    price_ceiling_p_per_kwh: float = NO_PRICE_CEILING_P_PER_KWH
    peak_start: time = time(16)
    peak_end: time = time(19)
    ready_by_percent: float = 0.0
    ready_by_time: time = time(16)
    wear_p_per_kwh: float = 1.0
    carbon_gbp_per_tonne: float = 0.0
    stability_p: float = 3.0
    annual_load_kwh: float = 2700.0
    charge_now_percent: float = 100.0
    charge_now_hours: float = 4.0
    join_sessions: bool = False
    carbon_forecast: bool = True
    car_charging_entity: str = ""
    axle_p_per_kwh: float = 0.0
    power_setpoints: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read what is set; the rest keeps its starting value."""
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in options.items() if key in known}
        for key in ("peak_start", "peak_end", "ready_by_time"):
            if key in values:
                values[key] = time.fromisoformat(values[key])
        return cls(**values)

    def as_options(self) -> dict[str, Any]:
        """The options that would read back as this."""
        return {
            key: value.isoformat() if isinstance(value, time) else value
            for key, value in asdict(self).items()
        }

    def in_peak(self, local: time) -> bool:
        """True inside the peak window, which may run over midnight."""
        if self.peak_start == self.peak_end:
            return False
        if self.peak_start < self.peak_end:
            return self.peak_start <= local < self.peak_end
        return local >= self.peak_start or local < self.peak_end

    def touches_peak(self, start: time, end: time) -> bool:
        """True if the peak window covers any of the time from ``start`` to ``end``, within a day."""
        if self.peak_start == self.peak_end:
            return False
        begins = start < self.peak_start and (self.peak_start < end or end < start)
        return self.in_peak(start) or begins
