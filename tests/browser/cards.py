"""What the tests of the card share: where it stands, and what it must never be."""

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from scripts.devhome import DOMAIN
from scripts.devhome.api import Entry, HomeAssistantApi

PATH = "the-card"
PATIENCE_MS = 30_000

# Everything outside the chart that is wider than its place, and every control too small for a finger.
_CRAMPED = """
(card) => [...card.shadowRoot.querySelectorAll("*")]
  .filter((element) => !element.closest("svg") && element.checkVisibility())
  .filter((element) =>
    (getComputedStyle(element).display !== "inline" && element.scrollWidth > element.clientWidth + 1) ||
    (element.matches("button:not(.row), select") && element.offsetHeight < 36))
  .map((element) => `${element.localName}.${element.className}: ${element.textContent.slice(0, 40)}`)
"""


async def put_card(api: HomeAssistantApi) -> str:
    """A dashboard with nothing but the card; returns its path."""
    await api.command("lovelace/dashboards/create", url_path=PATH, title="Card", icon="mdi:battery")
    card = {"type": "custom:smart-battery-scheduler-card"}
    section = {"type": "grid", "column_span": 2, "cards": [card]}
    view = {"title": "Card", "path": "card", "type": "sections", "sections": [section]}
    await api.command("lovelace/config/save", url_path=PATH, config={"views": [view]})
    return f"/{PATH}/card"


async def card_on(page: Page) -> Locator:
    """The card, once it has drawn its chart."""
    card = page.locator("smart-battery-scheduler-card")
    await expect(card.locator(".chart svg")).to_be_visible(timeout=PATIENCE_MS)
    return card


async def plan_of(api: HomeAssistantApi, entry: Entry) -> list[dict[str, Any]]:
    """The plan as automations get it."""
    data = {"config_entry_id": entry["entry_id"]}
    plan = await api.act(f"{DOMAIN}.get_plan", data, response=True)
    slots: list[dict[str, Any]] = plan["slots"]
    return slots


async def manual_slots_of(api: HomeAssistantApi, entry: Entry) -> list[tuple[str, str, str]]:
    """What was asked by hand: (start, end, action)."""
    data = {"config_entry_id": entry["entry_id"]}
    listed = await api.act(f"{DOMAIN}.list_slots", data, response=True)
    return [(slot["start"], slot["end"], slot["action"]) for slot in listed["slots"]]


async def assert_no_barrier(page: Page) -> None:
    """axe-core finds nothing serious in the card."""
    results = await Axe().run(page)
    found = [
        (each["id"], node["target"], node["html"][:120])
        for each in results.response["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
        if "smart-battery-scheduler-card" in str(node["target"])
    ]
    assert found == []


async def assert_it_fits(page: Page, card: Locator) -> None:
    """Nothing is wider than the screen or than its place, nothing too small to touch."""
    wider = "element => element.scrollWidth - element.clientWidth"
    assert await page.locator("html").evaluate(wider) <= 0
    cramped = await card.evaluate(_CRAMPED)
    assert cramped == [], "\n".join(cramped)
