"""Forecasts of the roof's solar energy."""
