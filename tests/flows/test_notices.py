"""The options page on which people say who is told of failures."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ..days.stage import Day


async def test_phones_and_the_evenings_lines_are_changed_later(
    hass: HomeAssistant, site: Day
) -> None:
    """What was chosen before stands in the form; phones taken out of it are told no more."""
    flows = hass.config_entries.options
    for chosen in (
        {"notify_entities": ["notify.phone"], "daily_digest": True, "digest_time": "20:30:00"},
        {"daily_digest": False, "digest_time": "21:00:00"},
    ):
        menu = await flows.async_init(site.entry.entry_id)
        form = await flows.async_configure(menu["flow_id"], {"next_step_id": "notices"})
        assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "notices")
        schema = form["data_schema"]
        assert schema is not None
        suggested = {
            str(key): key.description.get("suggested_value")
            for key in schema.schema
            if key.description
        }
        assert suggested.get("digest_time") == site.entry.options.get("digest_time")
        done = await flows.async_configure(form["flow_id"], chosen)
        assert done["type"] is FlowResultType.CREATE_ENTRY
        await site.settle()
        assert site.entry.options["daily_digest"] is chosen["daily_digest"]
        assert site.entry.options["notify_entities"] == chosen.get("notify_entities", [])
