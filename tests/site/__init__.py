"""Tests of the site package."""
