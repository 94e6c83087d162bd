"""A newcomer's first ten minutes in the browser, by the README's words."""

from dataclasses import replace

from playwright.async_api import Locator, Page, expect

from tests.cloud.faults import Endpoint
from tests.cloud.world import API_KEY
from tests.e2e.cloud import CloudProcess
from tests.e2e.stage import Stage
from tests.e2e.test_powerwall import PEAK_END

from .cards import PATIENCE_MS, card_on
from .looking import looking_at

# "Usually within three minutes the card says seen."
PROOF_MS = 180_000
# Brand pictures of Home Assistant's own integrations come from the internet.
OFFLINE = "Failed to load resource"


async def test_the_first_ten_minutes(stage: Stage, cloud: CloudProcess, chromium: str) -> None:
    """Add it, open the dashboard in the same page, watch a dry run, then charge now and see it."""
    await cloud.change("level", percent=70)
    home = replace(stage, environment=cloud.environment)
    async with (
        home.home_assistant(but="target_percent is 50 %") as api,
        looking_at(home, "/config/integrations", chromium, but=OFFLINE) as page,
    ):
        await add_integration(page, cloud)
        # Whatever the time of day is here, a charge may be ordered.
        await api.act("time.set_value", {"entity_id": PEAK_END, "time": "16:00:00"})
        await page.get_by_text("Battery plan").first.click()
        card = await card_on(page)
        await watch_a_dry_run(page, card, cloud)
        await refuse_what_is_reached(card)
        await charge_and_see(card, cloud)


async def add_integration(page: Page, cloud: CloudProcess) -> None:
    """Settings > Devices & services > Add integration, to its last screen."""
    await page.get_by_role("button", name="Add integration").first.click()
    await page.get_by_placeholder("Search").last.fill("Smart Battery")
    await page.get_by_text("Smart Battery Scheduler").first.click()
    await page.get_by_text("My Powerwall (NetZero)").click()
    await field(page, "API token").fill(cloud.token)
    await field(page, "Site id").fill(cloud.site_id)
    await submit(page)
    await page.get_by_text("My Octopus account").click()
    await field(page, "API key").fill(API_KEY)
    await submit(page)
    await expect(page.get_by_text("Solar forecast")).to_be_visible(timeout=PATIENCE_MS)
    await submit(page)
    await expect(page.get_by_text("This forecast needs the details of your panels")).to_be_visible()
    await field(page, "Size of the panels").first.fill("4")
    await submit(page)
    await expect(page.get_by_text("Is this your home?")).to_be_visible(timeout=PATIENCE_MS)
    await submit(page)
    await expect(page.get_by_text("The first plan is being made")).to_be_visible(
        timeout=PATIENCE_MS
    )
    await page.get_by_role("button", name="Skip and finish").click()


def field(page: Page, label: str) -> Locator:
    """What is typed into under a label of the set-up's form."""
    return page.locator("ha-selector").filter(has_text=label).locator("input")


async def submit(page: Page) -> None:
    """Go on to the set-up's next screen."""
    await page.get_by_role("button", name="Submit").click()


async def watch_a_dry_run(page: Page, card: Locator, cloud: CloudProcess) -> None:
    """What is ordered is said to be dry, and the Powerwall hears nothing of it."""
    switch = page.locator("hui-toggle-entity-row").filter(has_text="Dry run")
    toggle = switch.locator("ha-entity-toggle")
    before = await cloud.settings()
    await toggle.click()
    await expect(card.locator(".badge", has_text="Dry run")).to_be_visible()
    await card.get_by_role("button", name="Charge now").click()
    await expect(card.locator(".order")).to_contain_text("dry run, nothing is sent")
    await expect(card.locator(".headline")).to_contain_text("Dry run, would be: Charging")
    await card.get_by_role("button", name="Back to plan").click()
    await expect(card.locator(".headline")).not_to_contain_text("as you asked")
    asked = [request["endpoint"] for request in await cloud.requests()]
    assert Endpoint.NETZERO_READ in asked
    assert Endpoint.NETZERO_WRITE not in asked
    assert await cloud.settings() == before
    await toggle.click()
    await expect(card.locator(".badge", has_text="Dry run")).to_have_count(0)


async def refuse_what_is_reached(card: Locator) -> None:
    """A charge to less than is stored is refused in plain words."""
    await card.get_by_label("Charge to how much").select_option("50")
    await card.get_by_role("button", name="Charge now").click()
    refused = card.locator(".order.failed")
    await expect(refused).to_contain_text("Charge now failed: ")
    await expect(refused).to_contain_text("70")
    await card.get_by_label("Charge to how much").select_option("")


async def charge_and_see(card: Locator, cloud: CloudProcess) -> None:
    """Charge now with a short time: seen, with how many kilowatts."""
    await card.get_by_label("For how long").select_option("30 min")
    await card.get_by_role("button", name="Charge now").click()
    await expect(card.locator(".headline")).to_contain_text("Charging", timeout=PATIENCE_MS)
    seen = card.locator(".order.seen")
    await expect(seen).to_contain_text("confirmed", timeout=PROOF_MS)
    await expect(seen).to_contain_text("kW")
    assert (await cloud.state())["reading"]["battery_power_w"] < -1000
    await card.get_by_role("button", name="Back to plan").click()
    # Accepted at once; done when the Powerwall shows the owner's settings again.
    await expect(card.locator(".order")).to_contain_text("done", timeout=PROOF_MS)
