"""The roads to a Powerwall through Home Assistant's own integrations, with those integrations."""
