"""The Carbon Intensity API."""
