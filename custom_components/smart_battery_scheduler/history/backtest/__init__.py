"""The home's own past, lived through again: what a plan would have paid, on which tariff. Pure."""
