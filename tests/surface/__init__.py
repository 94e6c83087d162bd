"""Tests of what people and automations touch."""
