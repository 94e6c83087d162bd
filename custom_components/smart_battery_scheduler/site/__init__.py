"""One running site: its parts, storage, preferences and planner inputs."""
