"""Both supported releases of Home Assistant."""

pytest_plugins = ["tests.e2e.fixtures"]
