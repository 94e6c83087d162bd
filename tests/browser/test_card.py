"""The card in a real browser: what it shows, what it takes, who may."""

from collections.abc import Sequence
import re
from typing import Any

from playwright.async_api import Locator, expect
import pytest

from scripts.devhome.demo import demo_home
from tests.e2e.fixtures import on_each_release
from tests.e2e.stage import Stage, eventually

from .cards import PATIENCE_MS, assert_it_fits, assert_no_barrier, card_on, plan_of, put_card
from .looking import looking_at

# The picker's preview of the map card asks for tiles, which a test cannot have.
OFFLINE = "net::ERR_NAME_NOT_RESOLVED"
# As a home's name: taken for markup, it would run.
HOSTILE = "<img src=x onerror='window.ran = true'>"

# Each tab of the ready dashboard, with a heading that only it has.
TABS = {
    "History": "How good the forecasts are",
    "Savings": "Paid and expected",
    "Settings": "Limits",
    "Today": "Energy flow",
}


@on_each_release
async def test_it_shows_the_plan_to_everybody(stage: Stage, chromium: str) -> None:
    """The same figures as get_plan, nothing wider than the screen, no serious barrier."""
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        path = await put_card(api)
        for phone in (False, True):
            async with looking_at(stage, path, chromium, phone=phone, dark=phone) as page:
                card = await card_on(page)
                await assert_no_barrier(page)
                await assert_it_fits(page, card)
                await card.get_by_role("button", name="As a table").click()
                rows = card.locator("tbody tr.slot")

                async def published(rows: Locator = rows) -> tuple[list[str], list[dict[str, Any]]]:
                    return await rows.all_inner_texts(), await plan_of(api, entry)

                # Asked for together, again and again: the plan may change meanwhile.
                await eventually(published, lambda both: same(*both))


def same(shown: Sequence[str], planned: Sequence[dict[str, Any]]) -> bool:
    """Row by row the action, the rate, and whether that is an estimate."""
    return 0 < len(shown) == len(planned) and all(map(reports, shown, planned, strict=True))


def reports(row: str, slot: dict[str, Any]) -> bool:
    """The row holds what the plan says of the half-hour."""
    rate = re.search(r"(-?[0-9.]+) p/kWh", row)
    return (
        rate is not None
        and slot["action"] in row.lower()
        and float(rate[1]) == pytest.approx(slot["import_p_per_kwh"], abs=0.051)
        and ("(estimate)" in row) is slot["rate_is_estimate"]
    )


async def test_it_changes_without_a_reload(stage: Stage, chromium: str) -> None:
    """A switch turned elsewhere shows at once, and so does a home that stops."""
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        path = await put_card(api)
        async with looking_at(stage, path, chromium) as page:
            card = await card_on(page)
            await page.evaluate("window.untouched = true")
            stood = await card.locator(".chart").bounding_box()
            await api.act("switch.turn_on", {"entity_id": "switch.demo_home_dry_run"})
            await expect(card.locator(".badge", has_text="Dry run")).to_be_visible()
            assert await card.locator(".chart").bounding_box() == stood
            disabled = {"entry_id": entry["entry_id"]}
            await api.command("config_entries/disable", disabled_by="user", **disabled)
            await expect(card.get_by_text("This home is not running")).to_be_visible(
                timeout=PATIENCE_MS
            )
            await api.command("config_entries/disable", disabled_by=None, **disabled)
            await expect(card.locator(".headline")).to_be_visible(timeout=PATIENCE_MS)
            assert await page.evaluate("window.untouched")


async def test_a_ban_changes_the_plan_and_can_be_undone(stage: Stage, chromium: str) -> None:
    """Keys choose the first planned charge; forbidden, it is planned no more."""
    async with stage.home_assistant() as api:
        entry = await demo_home(api)
        path = await put_card(api)
        async with looking_at(stage, path, chromium) as page:
            card = await card_on(page)
            slots = await plan_of(api, entry)
            index = next(
                number
                for number, slot in enumerate(slots)
                if number > 1 and slot["action"] == "charge"
            )
            start = slots[index]["start"]
            await card.locator(".chart").focus()
            for _ in range(index + 1):
                await page.keyboard.press("ArrowRight")
            await expect(card.locator(".panel")).to_contain_text("Charge")
            await card.get_by_role("button", name="Don't charge").click()
            await expect(card.locator(".order")).to_contain_text("done", timeout=PATIENCE_MS)

            async def action() -> str:
                found = [s["action"] for s in await plan_of(api, entry) if s["start"] == start]
                return str(found[0])

            await eventually(action, lambda found: found != "charge")
            await expect(card.locator(".manual.do_not_charge")).to_have_count(1)
            await card.get_by_role("button", name="Undo").click()
            await expect(card.locator(".manual.do_not_charge")).to_have_count(
                0, timeout=PATIENCE_MS
            )


async def test_a_reader_may_only_look(stage: Stage, chromium: str) -> None:
    """A user of the read-only group sees the plan and no button that orders."""
    async with stage.home_assistant() as api:
        await demo_home(api)
        path = await put_card(api)
        created = await api.command(
            "config/auth/create", name="Reader", group_ids=["system-read-only"], local_only=False
        )
        await api.command(
            "config/auth_provider/homeassistant/create",
            user_id=created["user"]["id"],
            username="reader",
            password="reader",
        )
        async with looking_at(stage, path, chromium, user="reader", password="reader") as page:
            card = await card_on(page)
            await expect(card.get_by_text("Read only")).to_be_visible()
            await expect(card.get_by_role("button", name="Charge now")).to_be_hidden()


async def test_the_picker_offers_it(stage: Stage, chromium: str) -> None:
    """Among the cards to add it appears, drawn; chosen, it is set up in the standard form."""
    async with stage.home_assistant() as api:
        await demo_home(api)
        path = await put_card(api)
        async with looking_at(stage, path + "?edit=1", chromium, but=OFFLINE) as page:
            await card_on(page)
            await page.get_by_role("button", name="Add card").first.click()
            await page.get_by_text("By card").click()
            picker = page.locator("hui-card-picker")
            await picker.locator("input").first.fill("Smart Battery")
            preview = picker.locator("smart-battery-scheduler-card")
            await expect(preview.locator(".chart svg")).to_be_visible(timeout=PATIENCE_MS)
            # The preview lies under a layer that takes the click.
            await picker.get_by_text("Smart Battery Scheduler").first.click(force=True)
            form = page.locator("hui-dialog-edit-card ha-form")
            for label in ("Home", "Title", "Hours shown", "Show controls"):
                await expect(form.get_by_text(label).first).to_be_visible(timeout=PATIENCE_MS)


async def test_the_ready_dashboard(stage: Stage, chromium: str) -> None:
    """In the sidebar after set-up: the plan, then a tab for what was, what was saved and the settings.

    A home's name is text, whatever somebody has written into it.
    """
    async with stage.home_assistant() as api:
        entry = (await demo_home(api))["entry_id"]
        await api.command("config_entries/update", entry_id=entry, title=HOSTILE)
        await api.request("POST", f"/api/config/config_entries/entry/{entry}/reload")
        async with looking_at(stage, "/", chromium) as page:
            await page.get_by_text("Battery plan").first.click()
            await page.wait_for_url(re.compile("/battery-plan"))
            card = await card_on(page)
            await expect(card.locator(".title")).to_contain_text(HOSTILE)
            await expect(page.locator("img[src=x]")).to_have_count(0)
            assert not await page.evaluate("'ran' in window")
            for tab, heading in TABS.items():
                await page.get_by_role("tab", name=tab).click()
                await expect(page.get_by_text(heading, exact=True).first).to_be_visible()
            await expect(page.get_by_text("Entity not found")).to_have_count(0)
