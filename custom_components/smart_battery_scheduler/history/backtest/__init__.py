"""Replays the home's own past: what it would have paid by plans, on each tariff. Pure."""
