"""Tests of the tariff clients."""
