"""The pictures of the card: real frontend, real card, given states. `scripts/screenshot --scenes` starts this.

Most show the running demo home as it is; the fault is put into its state, because it need not be waited for.
The days of the fake cloud run in a Home Assistant of their own. The pictures are cropped to the card.
"""

import asyncio
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from playwright.async_api import Page

from tests.e2e.cloud import running_cloud
from tests.e2e.test_powerwall import add_home

from . import ROOT
from .address import running_home
from .api import connect
from .browser import open_page
from .folder import ConfigFolder, free_port
from .process import HomeAssistantProcess, running

PATH = "card-scenes"
IMAGES = ROOT / "docs/images"

# Name: (phone, dark, the change as JavaScript on `state`).
SCENES = {
    "card-light": (False, False, ""),
    "card-dark": (False, True, ""),
    "card-phone": (True, False, ""),
    "card-phone-dark": (True, True, ""),
    "card-fault": (
        False,
        False,
        """
        state.now.fault_until = new Date(Date.now() + 25 * 60000).toISOString();
        state.now.phase = "fault";
        """,
    ),
}

# Scenarios of the fake cloud that are worth a picture.
DAYS = ("negative", "winter")

_SHOW = """
(card, change) => {
  const state = structuredClone(card.state);
  new Function("state", change)(state);
  card.line.close();
  card.receive(state, null);
}
"""


async def put_dashboard(url: str) -> str:
    """Store a dashboard with nothing but the card, and return its path."""
    async with connect(url) as api:
        dashboards = await api.command("lovelace/dashboards/list")
        if PATH not in {dashboard["url_path"] for dashboard in dashboards}:
            await api.command(
                "lovelace/dashboards/create", url_path=PATH, title="Scenes", show_in_sidebar=False
            )
        card = {"type": "custom:smart-battery-scheduler-card"}
        section = {"type": "grid", "column_span": 3, "cards": [card]}
        view = {"path": "card", "type": "sections", "max_columns": 3, "sections": [section]}
        await api.command("lovelace/config/save", url_path=PATH, config={"views": [view]})
    return f"/{PATH}/card"


async def take_all(chromium: str, url: str) -> None:
    """Write every picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = await put_dashboard(url)
    for name, (phone, dark, change) in SCENES.items():
        async with open_page(chromium, url, phone=phone, dark=dark) as page:
            await take(page, url + path, name, change)


async def take(page: Page, address: str, name: str, change: str = "") -> None:
    """Write one picture."""
    await page.goto(address)
    shown = page.locator("smart-battery-scheduler-card")
    await shown.locator(".chart svg").wait_for(timeout=60_000)
    if change:
        await shown.evaluate(_SHOW, change)
    # Home Assistant's bar lies over a card that is taller than the window.
    height = (await shown.bounding_box() or {"height": 900})["height"]
    width = page.viewport_size["width"] if page.viewport_size else 1280
    await page.set_viewport_size({"width": width, "height": int(height) + 160})
    await shown.screenshot(path=IMAGES / f"{name}.png")
    print(name, (IMAGES / f"{name}.png").stat().st_size)


async def take_days(chromium: str) -> None:
    """Write the pictures of the fake cloud's days, each in a fresh Home Assistant."""
    for scenario in DAYS:
        with TemporaryDirectory() as folder:
            home = ConfigFolder(Path(folder) / "config", free_port(8300))
            home.prepare()
            async with running_cloud(scenario) as cloud:
                process = HomeAssistantProcess(
                    home, python=Path(sys.executable), environment=cloud.environment
                )
                async with running(process), connect(home.url) as api:
                    await add_home(api, cloud)
                    path = await put_dashboard(home.url)
                    async with open_page(chromium, home.url) as page:
                        await take(page, home.url + path, f"card-{scenario}")


def main() -> int:
    """Take the pictures of the running development home; the argument is the browser's path."""
    home = running_home()
    if home is None:
        print("No development home is running: start one with scripts/develop", file=sys.stderr)
        return 1
    asyncio.run(take_all(sys.argv[1], home.url))
    asyncio.run(take_days(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
