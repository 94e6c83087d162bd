"""What a development home starts with: the demo home, its automations, and a dashboard."""

from . import DOMAIN
from .api import Entry, HomeAssistantApi
from .automations import automate
from .dashboard import save_dashboard
from .process import HomeAssistantError


async def furnish(api: HomeAssistantApi) -> str:
    """Add what is missing and return the path of the page to open."""
    entry = await demo_home(api)
    await automate(api, entry)
    return await save_dashboard(api, entry)


async def demo_home(api: HomeAssistantApi) -> Entry:
    """Return the demo home, added through the config flow that a person clicks through.

    Raises:
        HomeAssistantError: the flow ends in anything but a loaded home.
    """
    entries = await api.entries(DOMAIN)
    if entries:
        return entries[0]
    step = await api.start_flow(DOMAIN)
    step = await api.answer_flow(step, {"next_step_id": "demo"})
    if step["type"] == "form":
        step = await api.answer_flow(step, {})
    if step["type"] != "create_entry":
        raise HomeAssistantError(f"the demo home cannot be added: {step}")
    return step["result"]
