"""The development dashboard, as a person finds it."""

import re

from playwright.async_api import expect

from scripts.devhome.demo import demo_home, furnish
from tests.e2e.fixtures import on_each_release
from tests.e2e.stage import Stage

from .cards import PATIENCE_MS, card_on
from .looking import looking_at


async def test_it_shows_the_home(stage: Stage, chromium: str) -> None:
    """The charge level and the scheduler's switch are there, without an error in the console."""
    async with stage.home_assistant() as api:
        path = await furnish(api)
        for phone in (False, True):
            async with looking_at(stage, path, chromium, phone=phone) as page:
                await expect(page.get_by_text("Charge level").first).to_be_visible(timeout=30_000)
                await expect(page.get_by_text("Scheduler").first).to_be_visible()
                await expect(page.get_by_text("Entity not found")).to_have_count(0)


@on_each_release
async def test_the_first_click_after_set_up_opens_it(stage: Stage, chromium: str) -> None:
    """In the page that was open meanwhile, without a reload; "back" leads back to that page."""
    async with (
        stage.home_assistant() as api,
        looking_at(stage, "/config/integrations", chromium, but="Failed to load resource") as page,
    ):
        await expect(page.get_by_text("Add integration").first).to_be_visible(timeout=PATIENCE_MS)
        await demo_home(api)
        await page.get_by_text("Battery plan").first.click(timeout=PATIENCE_MS)
        await card_on(page)
        await page.wait_for_url(re.compile("/battery-plan-view"))
        await page.go_back()
        await page.wait_for_url(re.compile("/config/integrations"))
