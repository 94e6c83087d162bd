"""A real Home Assistant process on this machine, set up and driven from outside.

Shared by `scripts/develop`, the process-level tests and the browser tests. Nothing in here imports
`homeassistant` except `requirements`, so one interpreter can drive another that holds a different release.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

DEV = ROOT / ".dev"
"""What is set up for development; never committed."""

DOMAIN = "smart_battery_scheduler"

BATTERY_PLAN = "/battery-plan"
"""Where the integration's own dashboard is, under the address of Home Assistant."""
