"""Back ends that can read and command a battery."""
