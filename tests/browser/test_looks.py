"""The card on every screen, in every dress, by mouse and by finger, and where it cannot run."""

from collections.abc import Sequence
from itertools import pairwise, zip_longest

from playwright.async_api import CDPSession, Locator, Page, Route, ViewportSize, expect
import pytest

from scripts.devhome import DOMAIN
from scripts.devhome.api import Entry, HomeAssistantApi
from scripts.devhome.demo import demo_home
from tests.e2e.stage import Stage, eventually

from .cards import (
    PATIENCE_MS,
    assert_it_fits,
    assert_no_barrier,
    card_on,
    manual_slots_of,
    plan_of,
    put_card,
)
from .looking import looking_at

SMALLEST = ViewportSize(width=320, height=640)
TABLET = ViewportSize(width=1024, height=768)
# As Home Assistant applies a theme: as variables of the page.
THEME = {
    "--card-background-color": "#fdf6e3",
    "--ha-card-background": "#fdf6e3",
    "--primary-text-color": "#073642",
    "--secondary-text-color": "#475b62",
    "--primary-color": "#7b1fa2",
}
_DRESS = (
    "theme => Object.entries(theme).forEach("
    "([name, value]) => document.documentElement.style.setProperty(name, value))"
)


async def test_it_fits_every_screen_and_dress(stage: Stage, chromium: str) -> None:
    """The smallest phone, a tablet, a page from right to left and a theme: all fit, none is a barrier."""
    async with stage.home_assistant() as api:
        await demo_home(api)
        path = await put_card(api)
        async with looking_at(stage, path, chromium, size=SMALLEST) as page:
            card = await card_on(page)
            await assert_it_fits(page, card)
            await page.locator("smart-battery-scheduler-card .chart").focus()
            await page.keyboard.press("ArrowRight")
            await expect(card.locator(".panel")).to_be_visible()
            await assert_it_fits(page, card)
            await card.get_by_role("button", name="As a table").click()
            await card.get_by_role("button", name=":30", exact=False).first.click()
            await expect(card.locator(".panel strong")).to_contain_text(":30")
            await assert_it_fits(page, card)
        async with looking_at(stage, path, chromium, size=TABLET, locale="he") as page:
            card = await card_on(page)
            assert await page.evaluate("document.documentElement.dir") == "rtl"
            await expect(card.locator(".headline")).to_have_css("direction", "ltr")
            await assert_it_fits(page, card)
        async with looking_at(stage, path, chromium, size=TABLET) as page:
            card = await card_on(page)
            await page.evaluate(_DRESS, THEME)
            await expect(card.locator(".headline")).to_have_css("color", "rgb(7, 54, 66)")
            await expect(card.locator("ha-card")).to_have_css(
                "background-color", "rgb(253, 246, 227)"
            )
            await assert_it_fits(page, card)
            await assert_no_barrier(page)


async def broken(route: Route) -> None:
    """A module in a language that the browser does not understand."""
    await route.fulfill(body="const = ;", content_type="text/javascript")


async def test_what_cannot_run_is_still_readable(stage: Stage, chromium: str) -> None:
    """Without the card's modules, and without a function they need, the plan is a plain table."""
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        path = await put_card(api)
        # The module that shows the dashboard before any reload says that it could not.
        async with looking_at(stage, "/", chromium, but="could not be loaded") as page:
            await page.route("**/bundle.js", broken)
            await page.goto(stage.folder.url + path)
            await assert_plain(page, api, entry)
        async with looking_at(stage, "/", chromium, but="findLast") as page:
            await page.add_init_script("delete Array.prototype.findLast")
            await page.goto(stage.folder.url + path)
            await assert_plain(page, api, entry)


async def assert_plain(page: Page, api: HomeAssistantApi, entry: Entry) -> None:
    """Under a heading the table has a row for each half-hour of the plan, with its action."""
    rows = page.locator("smart-battery-scheduler-card tr")

    async def published() -> list[tuple[str, str]]:
        planned = [slot["action"].title() for slot in await plan_of(api, entry)]
        return list(zip_longest(planned, (await rows.all_inner_texts())[1:], fillvalue=""))

    # Asked for together, again and again: the plan may change meanwhile.
    await eventually(
        published,
        lambda pairs: pairs != [] and all(action and action in row for action, row in pairs),
    )


@pytest.mark.parametrize("phone", [False, True], ids=["mouse", "finger"])
async def test_a_range_is_chosen_by_dragging(stage: Stage, chromium: str, *, phone: bool) -> None:
    """From one half-hour to another; held there, exactly that time is asked, and undone."""
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        path = await put_card(api)
        async with looking_at(stage, path, chromium, phone=phone) as page:
            card = await card_on(page)
            if phone:
                await scroll_and_tap(page, card)
            await set_manual_slots_by_dragging(page, card, api, entry, phone=phone)


async def set_manual_slots_by_dragging(
    page: Page, card: Locator, api: HomeAssistantApi, entry: Entry, *, phone: bool
) -> None:
    """Drag over the sixth to the ninth half-hour of the plan and hold there; then undo."""
    ahead = (await plan_of(api, entry))[5:9]
    at = [await middle(card, number) for number in range(5, 9)]
    await (drag_finger(page, at) if phone else drag_mouse(page, at))
    await expect(card.locator(".panel")).to_contain_text("4 half-hours")
    await card.get_by_role("button", name="Hold here").click()
    await expect(card.locator(".order")).to_contain_text("done", timeout=PATIENCE_MS)
    assert await manual_slots_of(api, entry) == [(ahead[0]["start"], ahead[-1]["end"], "hold")]
    await expect(card.locator(".manual.hold")).to_have_count(4)
    await card.get_by_role("button", name="Undo").click()

    async def rules() -> list[tuple[str, str, str]]:
        return await manual_slots_of(api, entry)

    assert await eventually(rules, lambda found: not found) == []
    await expect(card.locator(".manual")).to_have_count(0, timeout=PATIENCE_MS)


async def middle(card: Locator, number: int) -> tuple[float, float]:
    """Where the n-th half-hour from now on is drawn."""
    box = await card.locator("rect.rate:not(.past)").nth(number).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def drag_mouse(page: Page, at: Sequence[tuple[float, float]]) -> None:
    """Press at the first place, move over the others, release."""
    await page.mouse.move(*at[0])
    await page.mouse.down()
    for place in at[1:]:
        await page.mouse.move(*place)
    await page.mouse.up()


async def drag_finger(page: Page, at: Sequence[tuple[float, float]]) -> None:
    """The same with a finger on the screen."""
    screen = await page.context.new_cdp_session(page)
    await touch(screen, "touchStart", at[0])
    for before, after in pairwise(at):
        await touch(screen, "touchMove", ((before[0] + after[0]) / 2, after[1]))
        await touch(screen, "touchMove", after)
    await touch(screen, "touchEnd")


async def touch(screen: CDPSession, kind: str, *places: tuple[float, float]) -> None:
    """One event of a touch screen."""
    points = [{"x": x, "y": y} for x, y in places]
    await screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


async def scroll_and_tap(page: Page, card: Locator) -> None:
    """A finger that scrolls over the chart chooses nothing; one that taps chooses one."""
    x, y = await middle(card, 6)
    await drag_finger(page, [(x, y), (x + 1, y - 40), (x + 2, y - 120)])
    await expect(card.locator(".hint")).to_be_visible()
    await page.touchscreen.tap(*await middle(card, 6))
    await expect(card.locator(".panel")).to_be_visible()
    await expect(card.locator(".panel")).not_to_contain_text("half-hours")
    await card.get_by_role("button", name="Close").click()
    await expect(card.locator(".hint")).to_be_visible()


async def test_a_removed_home_says_what_to_do(stage: Stage, chromium: str) -> None:
    """Nothing is left, and the open card says where to begin; a home set up then is shown.

    The dashboard is gone as well.
    """
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        path = await put_card(api)
        assert "battery-plan" in await api.command("get_panels")
        async with looking_at(stage, path, chromium) as page:
            card = await card_on(page)
            await api.request("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")
            assert await api.entries(DOMAIN) == []
            assert "battery-plan" not in await api.command("get_panels")
            await expect(card.get_by_text("No home is set up yet")).to_be_visible(
                timeout=PATIENCE_MS
            )
            await demo_home(api)
            await expect(card.locator(".chart svg")).to_be_visible(timeout=PATIENCE_MS)
