"""The development dashboard, as a person finds it."""

from playwright.async_api import expect

from scripts.devhome.demo import furnish
from tests.e2e.stage import Stage

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
