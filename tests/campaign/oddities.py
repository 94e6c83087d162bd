"""Which quirks a random day's clouds and hardware have: drawn from all of them, combined at random."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from custom_components.smart_battery_scheduler.powerwall.physics import Hardware

from ..cloud.quirks import Quirks, Refusal

ODD_SHARE = 0.5

type Draw = Callable[[Random, Quirks], Quirks]

# netzero#322: backup is refused as a bad request, or as a failure of theirs.
BACKUP_REFUSED = tuple(
    Refusal(field="operational_mode", value="backup", status=status) for status in (400, 500)
)
RESERVE_REFUSED = Refusal(field="backup_reserve_percent", status=400)
# netzero#255: time-based control without a rate plan.
MODE_REFUSED = Refusal(field="operational_mode", value="autonomous", status=400)


def _refusing(*refusals: Refusal) -> Draw:
    return lambda random, quirks: replace(
        quirks, refusals=(*quirks.refusals, random.choice(refusals))
    )


QUIRKS: dict[str, Draw] = {
    "gateway loses": lambda random, quirks: replace(
        quirks, gateway_loses_share=random.choice([0.1, 0.3])
    ),
    "gateway late": lambda random, quirks: replace(
        quirks, gateway_behind_s=random.choice([120.0, 480.0, 1200.0, 2400.0])
    ),
    "gateway one behind": lambda _, quirks: replace(quirks, gateway_one_behind=True),
    "only changes": lambda _, quirks: replace(quirks, gateway_hears_only_changes=True),
    "replicas": lambda random, quirks: replace(
        quirks,
        replica_share=random.choice([0.1, 0.3, 0.5]),
        replica_lag_s=random.choice([60.0, 240.0, 540.0]),
    ),
    "backup refused": _refusing(*BACKUP_REFUSED),
    "reserve refused": _refusing(RESERVE_REFUSED),
    "mode refused": _refusing(MODE_REFUSED),
    "other clients": lambda random, quirks: replace(
        quirks, others_per_minute=random.choice([1, 2, 4])
    ),
    "raw scale": lambda _, quirks: replace(quirks, reserve_in_raw_scale=True),
    "fractions": lambda random, quirks: replace(
        quirks, reserve_offset_percent=random.choice([-0.21, 0.3])
    ),
    "noughts": lambda random, quirks: replace(quirks, level_zero_every=random.choice([3, 7, 20])),
    "overshoots": lambda random, quirks: replace(
        quirks, level_offset_percent=random.choice([-0.4, 0.6])
    ),
    "nulls": lambda _, quirks: replace(quirks, null_values=("solar_power",)),
    "clocks": lambda random, quirks: replace(
        quirks, clock_ahead_s=random.choice([-720.0, -100.0, 200.0, 3600.0])
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A home's hardware as it is, and the number of units that its owner has entered."""

    hardware: Hardware
    entered_units: int


# What owners report of hardware that is not what its number of units says.
ODD_SITES: dict[str, Site] = {
    # core#110516: two units, one of them down.
    "unit down": Site(hardware=Hardware(), entered_units=2),
    # Powerwall-Dashboard#576, #632: a Powerwall 3 with three expansions is one inverter.
    "expansions": Site(
        hardware=Hardware(
            unit_capacity_kwh=54.0, unit_backup_charge_w=5000.0, unit_reserve_charge_w=1800.0
        ),
        entered_units=4,
    ),
    # TeslaPy#70: 98.6 or 88 % when full.
    "full at 98.6": Site(hardware=Hardware(full_percent=98.6), entered_units=1),
    "full at 88": Site(hardware=Hardware(full_percent=88.0), entered_units=1),
    # vlo/powerwall2#34: a supply that house, car and battery share.
    "import limit": Site(hardware=Hardware(import_limit_w=2400.0), entered_units=1),
}


def random_quirks(random: Random) -> Quirks:
    """None on half of the days, else one to three."""
    if random.random() >= ODD_SHARE:
        return Quirks()
    quirks = Quirks()
    for name in random.sample(sorted(QUIRKS), random.choice([1, 1, 2, 3])):
        quirks = QUIRKS[name](random, quirks)
    return quirks


def random_site(random: Random, usual: Hardware) -> Site:
    """The usual one, or on one day in four an odd one."""
    if random.random() < 0.25:
        return ODD_SITES[random.choice(sorted(ODD_SITES))]
    return Site(hardware=usual, entered_units=usual.units)
