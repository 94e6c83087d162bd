"""A change of an entry takes effect once, whenever it is made."""

import pytest

from custom_components.smart_battery_scheduler.site.site import Site

from ..days.stage import Day


@pytest.mark.parametrize(("kind", "set_ups"), [("options", 1), ("data", 2)])
async def test_what_is_changed_during_set_up_is_not_lost(
    day: Day, monkeypatch: pytest.MonkeyPatch, kind: str, set_ups: int
) -> None:
    """A preference is taken over at the end of set-up; connection data set the home up anew."""
    starts: list[Site] = []
    begin = Site.async_start

    async def start_meanwhile_changed(site: Site) -> None:
        """Somebody changes the entry while the home is being set up the first time."""
        await begin(site)
        starts.append(site)
        if len(starts) == 1:
            options = {**site.entry.options, "reserve_floor_percent": 44.0}
            data = {**site.entry.data, "units": 2}
            changed = {"options": options} if kind == "options" else {"data": data}
            site.hass.config_entries.async_update_entry(site.entry, **changed)  # type: ignore[arg-type]  # either

    monkeypatch.setattr(Site, "async_start", start_meanwhile_changed)
    await day.start()
    await day.settle()
    day.adopt()
    assert len(starts) == set_ups
    if kind == "options":
        assert day.site.preferences.reserve_floor_percent == 44.0
    else:
        assert day.site.units == 2
