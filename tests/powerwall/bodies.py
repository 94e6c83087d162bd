"""NetZero reply bodies in the form of its documentation and of owners' records."""


def live_status(**changes: object) -> dict[str, object]:
    """Powers of a site that charges from the grid: 520 - 3210 + 3340 = 650."""
    return {
        "solar_power": 520,
        "percentage_charged": 41.358024691358025,
        "battery_power": -3210,
        "load_power": 650,
        "grid_status": "Active",
        "grid_power": 3340,
        "generator_power": 0,
        "island_status": "on_grid",
        "storm_mode_active": False,
        "timestamp": "2026-01-14T02:40:11+00:00",
        "wall_connectors": [],
    } | changes


def config(**changes: object) -> dict[str, object]:
    """A whole reply to GET."""
    return {
        "backup_reserve_percent": 20,
        "operational_mode": "backup",
        "energy_exports": "pv_only",
        "grid_charging": True,
        "percentage_charged": 41.4,
        "grid_status": "Active (on_grid)",
        "live_status": live_status(),
    } | changes
