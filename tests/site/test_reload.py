"""A change of an entry takes effect once, whenever it is made."""

from __future__ import annotations

import pytest

from custom_components.smart_battery_scheduler.site.site import Home

from ..days.stage import Day


@pytest.mark.parametrize(("kind", "set_ups"), [("options", 1), ("data", 2)])
async def test_what_is_changed_during_set_up_is_not_lost(
    day: Day, monkeypatch: pytest.MonkeyPatch, kind: str, set_ups: int
) -> None:
    """A preference is taken over at the end of set-up; connection data set the home up anew."""
    starts: list[Home] = []
    begin = Home.async_start

    async def start_meanwhile_changed(home: Home) -> None:
        """Somebody changes the entry while the home is being set up the first time."""
        await begin(home)
        starts.append(home)
        if len(starts) == 1:
            options = {**home.entry.options, "reserve_floor_percent": 44.0}
            data = {**home.entry.data, "units": 2}
            changed = {"options": options} if kind == "options" else {"data": data}
            home.hass.config_entries.async_update_entry(home.entry, **changed)  # type: ignore[arg-type]  # either

    monkeypatch.setattr(Home, "async_start", start_meanwhile_changed)
    await day.start()
    await day.settle()
    day.adopt()
    assert len(starts) == set_ups
    if kind == "options":
        assert day.home.preferences.reserve_floor_percent == 44.0
    else:
        assert day.home.units == 2
