"""What a Powerwall does with given settings, load and solar power: the physics, pure and exact.

Powers are W on the AC side with the back ends' signs (battery negative while charging, grid
positive while importing); ``stored_kwh`` is energy in the cells, so that charging stores less and
discharging takes more than what crosses the AC side.

Facts about the modes: NetZero documentation "Backup Mode", "Backup Reserve Update" and "Grid
Charging Issue"; rates by mode from the same and from owners' reports.
"""

from dataclasses import dataclass
from math import inf, sqrt

from ..const import (
    UNIT_BACKUP_CHARGE_W,
    UNIT_CAPACITY_KWH,
    UNIT_MAX_CHARGE_W,
    UNIT_MAX_DISCHARGE_W,
    UNIT_RESERVE_CHARGE_W,
)
from .base import ExportRule, OperatingMode, Settings

SECONDS_PER_HOUR = 3600.0
WH_PER_KWH = 1000.0
# While grid charging tapers the power changes all the time; it is held for this long at most.
TAPER_STEP_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """One home's battery and what its installer and firmware made of it.

    Rates are per unit. Grid charging slows linearly from ``taper_from_percent`` to
    ``taper_to_fraction`` of its rate at 100 %. Some sites charge up to the reserve only when grid
    charging is on (``tops_up_without_grid_charging`` False); some may not switch it on at all
    (``grid_charging_permitted`` False), and of those some charge in backup mode nevertheless.
    ``full_reserve_exists`` False is a site whose cloud caps a reserve of 100 like one of 90;
    ``backup_shows_full_reserve`` one that reports a reserve of 100 while in backup mode. ``full_percent``
    below 100 is a pack that takes no more there. ``import_limit_w`` is what house and grid charging may
    draw together.
    """

    units: int = 1
    unit_capacity_kwh: float = UNIT_CAPACITY_KWH
    unit_max_charge_w: float = UNIT_MAX_CHARGE_W
    unit_max_discharge_w: float = UNIT_MAX_DISCHARGE_W
    unit_backup_charge_w: float = UNIT_BACKUP_CHARGE_W
    unit_reserve_charge_w: float = UNIT_RESERVE_CHARGE_W
    unit_storm_w: float = 3000.0
    round_trip_efficiency: float = 0.90
    taper_from_percent: float = 100.0
    taper_to_fraction: float = 0.5
    highest_partial_reserve_percent: int = 80
    full_reserve_exists: bool = True
    export_limit_w: float = inf
    tops_up_without_grid_charging: bool = True
    grid_charging_permitted: bool = True
    backup_always_charges: bool = False
    backup_shows_full_reserve: bool = False
    full_percent: float = 100.0
    import_limit_w: float = inf

    @property
    def full_kwh(self) -> float:
        """The stored energy at which the pack takes no more."""
        return self.capacity_kwh * self.full_percent / 100.0

    @property
    def capacity_kwh(self) -> float:
        """Usable energy of all units."""
        return self.units * self.unit_capacity_kwh

    @property
    def one_way_efficiency(self) -> float:
        """The round trip's loss, split evenly between the ways in and out."""
        return sqrt(self.round_trip_efficiency)

    def settable(self, wanted: Settings) -> Settings:
        """The settings this hardware makes of wanted ones: reserves of 81-99 become 80."""
        reserve, highest = wanted.backup_reserve_percent, self.highest_partial_reserve_percent
        if reserve is None or reserve <= highest or (reserve == 100 and self.full_reserve_exists):
            return wanted
        return Settings(backup_reserve_percent=highest).over(wanted)

    def reported(self, settings: Settings) -> Settings:
        """The settings as this site's cloud shows them."""
        in_backup = settings.operating_mode is OperatingMode.BACKUP
        if self.backup_shows_full_reserve and in_backup:
            return Settings(backup_reserve_percent=100).over(settings)
        return settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What happens to the battery whatever its settings.

    ``forced_battery_w`` is a power set by somebody who outranks the settings: calibration (0 or
    a charge), grid services (a discharge). ``grid_services``: such a service says that it has the
    battery. ``charge_limit_w`` is what the packs take at the most: cold ones, or with a unit down.
    """

    on_grid: bool = True
    storm_watch: bool = False
    grid_services: bool = False
    forced_battery_w: float | None = None
    charge_limit_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Powers in W. ``solar + battery + grid == house``; ``unserved`` is load that is not met."""

    solar_w: float
    battery_w: float
    grid_w: float
    house_w: float
    curtailed_w: float
    unserved_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Meters:
    """Energies in kWh since the beginning, all on the AC side."""

    imported_kwh: float = 0.0
    exported_kwh: float = 0.0
    solar_kwh: float = 0.0
    house_kwh: float = 0.0
    charged_kwh: float = 0.0
    discharged_kwh: float = 0.0
    curtailed_kwh: float = 0.0
    unserved_kwh: float = 0.0

    def plus(self, flows: Flows, seconds: float) -> Meters:
        """These meters after flows of so many seconds."""
        kwh_per_w = seconds / SECONDS_PER_HOUR / WH_PER_KWH
        return Meters(
            imported_kwh=self.imported_kwh + max(flows.grid_w, 0.0) * kwh_per_w,
            exported_kwh=self.exported_kwh + max(-flows.grid_w, 0.0) * kwh_per_w,
            solar_kwh=self.solar_kwh + flows.solar_w * kwh_per_w,
            house_kwh=self.house_kwh + flows.house_w * kwh_per_w,
            charged_kwh=self.charged_kwh + max(-flows.battery_w, 0.0) * kwh_per_w,
            discharged_kwh=self.discharged_kwh + max(flows.battery_w, 0.0) * kwh_per_w,
            curtailed_kwh=self.curtailed_kwh + flows.curtailed_w * kwh_per_w,
            unserved_kwh=self.unserved_kwh + flows.unserved_w * kwh_per_w,
        )


@dataclass(frozen=True, slots=True)
class _Stance:
    """Where settings and circumstances put the battery, in stored kWh and W.

    It serves the house down to ``floor_kwh`` and draws ``from_grid_w`` up to ``fill_to_kwh``.
    """

    floor_kwh: float
    fill_to_kwh: float
    from_grid_w: float


def flows(
    hardware: Hardware,
    settings: Settings,
    circumstances: Circumstances,
    stored_kwh: float,
    house_w: float,
    available_solar_w: float,
) -> Flows:
    """The powers at one instant. ``house_w`` is what the house wants, ``sun_w`` what PV offers."""
    battery_w = _battery_w(
        hardware, settings, circumstances, stored_kwh, house_w, available_solar_w
    )
    grid_w = house_w - available_solar_w - battery_w
    if not circumstances.on_grid:
        curtailed_w, unserved_w, grid_w = max(-grid_w, 0.0), max(grid_w, 0.0), 0.0
    else:
        never = settings.export_rule is ExportRule.NEVER
        limit_w = 0.0 if never else hardware.export_limit_w
        # Only solar power can be curtailed; the export of a forced discharge cannot be stopped.
        curtailed_w = min(max(-grid_w - limit_w, 0.0), available_solar_w)
        unserved_w, grid_w = 0.0, grid_w + curtailed_w
    return Flows(
        solar_w=available_solar_w - curtailed_w,
        battery_w=battery_w,
        grid_w=grid_w,
        house_w=house_w - unserved_w,
        curtailed_w=curtailed_w,
        unserved_w=unserved_w,
    )


def advance(
    hardware: Hardware,
    settings: Settings,
    circumstances: Circumstances,
    stored_kwh: float,
    meters: Meters,
    house_w: float,
    available_solar_w: float,
    seconds: float,
) -> tuple[float, Meters]:
    """Stored energy and meters after a time of constant load and solar power.

    Exact: the time is split where the battery becomes full, empty or reaches its reserve.
    """
    remaining_s = seconds
    while remaining_s > 0.0:
        now = flows(hardware, settings, circumstances, stored_kwh, house_w, available_solar_w)
        slope = _stored_kwh_per_s(hardware, now.battery_w)
        bound_kwh = _next_bound(
            hardware, _stance(hardware, settings, circumstances), stored_kwh, slope
        )
        until_bound_s = inf if slope == 0.0 else (bound_kwh - stored_kwh) / slope
        longest_s = remaining_s
        if stored_kwh >= _taper_from_kwh(hardware) and slope > 0.0:
            longest_s = min(remaining_s, TAPER_STEP_S)
        if until_bound_s <= longest_s:
            step_s, stored_kwh = until_bound_s, bound_kwh
        else:
            step_s, stored_kwh = longest_s, stored_kwh + slope * longest_s
        meters = meters.plus(now, step_s)
        remaining_s -= step_s
    return stored_kwh, meters


def _stance(hardware: Hardware, settings: Settings, circumstances: Circumstances) -> _Stance:
    full_kwh = hardware.full_kwh
    if not circumstances.on_grid:
        # Islanded, the battery serves the house below its reserve as well.
        return _Stance(0.0, 0.0, 0.0)
    if circumstances.storm_watch:
        return _Stance(full_kwh, full_kwh, hardware.unit_storm_w * hardware.units)
    if settings.operating_mode is OperatingMode.BACKUP:
        charges = settings.grid_charging or hardware.backup_always_charges
        return _Stance(
            full_kwh, full_kwh, hardware.unit_backup_charge_w * hardware.units * bool(charges)
        )
    # Tesla's decisions in time-based mode follow a rate plan that is not known here: taken as self-powered.
    reserve_kwh = hardware.capacity_kwh * (settings.backup_reserve_percent or 0) / 100.0
    tops_up = settings.grid_charging or hardware.tops_up_without_grid_charging
    reserve_charge_w = hardware.unit_reserve_charge_w * hardware.units * bool(tops_up)
    return _Stance(reserve_kwh, min(reserve_kwh, full_kwh), reserve_charge_w)


def _battery_w(
    hardware: Hardware,
    settings: Settings,
    circumstances: Circumstances,
    stored_kwh: float,
    house_w: float,
    available_solar_w: float,
) -> float:
    max_charge_w = hardware.unit_max_charge_w * hardware.units
    if circumstances.charge_limit_w is not None:
        max_charge_w = min(max_charge_w, circumstances.charge_limit_w)
    max_discharge_w = hardware.unit_max_discharge_w * hardware.units
    full, empty = stored_kwh >= hardware.full_kwh, stored_kwh <= 0.0
    forced_w = circumstances.forced_battery_w
    if forced_w is not None and circumstances.on_grid:
        lowest_w, highest_w = 0.0 if full else -max_charge_w, 0.0 if empty else max_discharge_w
        return min(max(forced_w, lowest_w), highest_w)
    stance = _stance(hardware, settings, circumstances)
    deficit_w = house_w - available_solar_w
    if deficit_w > 0.0 and stored_kwh > stance.floor_kwh:
        return min(deficit_w, max_discharge_w)
    if full:
        return 0.0
    from_solar_w = min(max(-deficit_w, 0.0), max_charge_w)
    from_grid_w = 0.0
    if stored_kwh < stance.fill_to_kwh:
        from_grid_w = stance.from_grid_w * _taper(hardware, stored_kwh)
        from_grid_w = min(from_grid_w, max(hardware.import_limit_w - max(deficit_w, 0.0), 0.0))
    return -min(from_solar_w + from_grid_w, max_charge_w)


def _taper_from_kwh(hardware: Hardware) -> float:
    return hardware.capacity_kwh * hardware.taper_from_percent / 100.0


def _taper(hardware: Hardware, stored_kwh: float) -> float:
    """The fraction of its rate that grid charging has at this level."""
    from_kwh = _taper_from_kwh(hardware)
    if stored_kwh <= from_kwh:
        return 1.0
    setpoint = (stored_kwh - from_kwh) / (hardware.capacity_kwh - from_kwh)
    return 1.0 - setpoint * (1.0 - hardware.taper_to_fraction)


def _stored_kwh_per_s(hardware: Hardware, battery_w: float) -> float:
    efficiency = hardware.one_way_efficiency
    stored_w = -battery_w * efficiency if battery_w < 0.0 else -battery_w / efficiency
    return stored_w / SECONDS_PER_HOUR / WH_PER_KWH


def _next_bound(hardware: Hardware, stance: _Stance, stored_kwh: float, slope: float) -> float:
    """The stored energy at which the flows change next, in the direction of ``slope``."""
    bounds_kwh = (
        0.0,
        stance.floor_kwh,
        stance.fill_to_kwh,
        _taper_from_kwh(hardware),
        hardware.full_kwh,
        hardware.capacity_kwh,
    )
    if slope > 0.0:
        return min(bound for bound in bounds_kwh if bound > stored_kwh)
    return max((bound for bound in bounds_kwh if bound < stored_kwh), default=0.0)
