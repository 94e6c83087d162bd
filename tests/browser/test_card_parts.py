"""The card's crosshair, sheet, request to be full, sorted table and small forms, in a real browser."""

from playwright.async_api import expect

from scripts.devhome.demo import demo_home
from tests.e2e.stage import Stage

from .cards import PATIENCE_MS, assert_it_fits, assert_no_barrier, card_on, put_card
from .looking import looking_at

# A card beside the first, in another form or for another home.
_BESIDE = """
(card, config) => {
  const other = document.createElement("smart-battery-scheduler-card");
  other.className = config.form ?? "other";
  other.setConfig(config);
  other.hass = card._hass;
  card.after(other);
}
"""
_MOVE = "(card, config) => card.setConfig(config)"


async def test_a_mouse_has_a_crosshair_and_the_table_sorts(stage: Stage, chromium: str) -> None:
    """Under the mouse stand the half-hour's figures; by rate the cheapest comes first."""
    async with stage.home_assistant() as api:
        await demo_home(api)
        path = await put_card(api)
        async with looking_at(stage, path, chromium) as page:
            card = await card_on(page)
            await card.locator("rect.rate:not(.past)").nth(8).hover()
            await expect(card.locator(".crosshair")).to_be_visible()
            await expect(card.locator(".tip")).to_contain_text("p/kWh")
            await card.locator(".headline").hover()
            await expect(card.locator(".tip")).to_be_hidden()
            await card.get_by_role("button", name="As a table").click()
            await expect(card.locator("tr.day-name")).not_to_have_count(0)
            await card.get_by_role("button", name="sort by rate").click()
            await expect(card.locator("tr.day-name")).to_have_count(0)
            shown = await card.locator("tr.slot .price").all_inner_texts()
            rates = [float(text.split()[0]) for text in shown if text[0] in "-0123456789"]
            assert rates == sorted(rates)
            await assert_no_barrier(page)
            # Nothing of the home before is left while another is looked for; it comes back whole.
            await card.evaluate(_MOVE, {"config_entry": "gone"})
            await expect(card.get_by_text("This home is not running")).to_be_visible()
            await expect(card.get_by_role("button", name="Charge now")).to_be_hidden()
            await card.evaluate(_MOVE, {})
            await expect(card.locator("tr.slot").first).to_be_visible(timeout=PATIENCE_MS)
            for form in ("compact", "tile"):
                await card.first.evaluate(_BESIDE, {"form": form})
                small = page.locator(f"smart-battery-scheduler-card.{form}")
                await expect(small.locator(".headline")).to_be_visible(timeout=PATIENCE_MS)
                await expect(small.locator(".chart")).to_be_hidden()
                await expect(
                    small.get_by_role("link", name="Open the battery plan")
                ).to_be_visible()
            await assert_no_barrier(page)


async def test_a_phone_has_a_sheet_and_the_battery_is_asked_to_be_full(
    stage: Stage, chromium: str
) -> None:
    """What is chosen opens in view, what is ordered there is undone there; a request is shown and withdrawn."""
    async with stage.home_assistant() as api:
        await demo_home(api)
        path = await put_card(api)
        async with looking_at(stage, path, chromium, phone=True) as page:
            card = await card_on(page)
            await card.locator("rect.rate:not(.past)").nth(6).tap()
            sheet = card.locator("[popover]")
            await expect(sheet).to_be_in_viewport()
            await assert_no_barrier(page)
            await sheet.get_by_role("button", name="Hold here").tap()
            await sheet.get_by_role("button", name="Undo").tap(timeout=PATIENCE_MS)
            await expect(card.locator(".manual.hold")).to_have_count(0, timeout=PATIENCE_MS)
            await sheet.get_by_role("button", name="Close").tap()
            await expect(sheet).to_have_count(0)
            await assert_it_fits(page, card)
            await card.locator("[data-order=ready_once]").tap()
            await expect(card.locator(".asked")).to_contain_text("100 %", timeout=PATIENCE_MS)
            await card.locator("[data-order=cancel_ready_once]").tap()
            await expect(card.locator("[data-order=ready_once]")).to_be_visible(timeout=PATIENCE_MS)
