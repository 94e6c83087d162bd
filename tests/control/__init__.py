"""Tests of control: the pure judgement, and the controller behind the fake cloud."""
