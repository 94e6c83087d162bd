"""The fault campaign: seeded random days with everything that is known to go wrong."""
