"""The planner: pure functions from PlanInputs to Plan; no Home Assistant, no clock, no I/O."""
