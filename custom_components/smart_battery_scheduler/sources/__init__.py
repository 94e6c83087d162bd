"""From a config entry to clients; the coordinators; entities of other integrations as sources."""
