"""The pictures of the card: real frontend, real card, given states. `scripts/screenshot --scenes` starts this.

Each scene is the running demo home's own state with a few things changed, so that prices below zero or a
fault need not be waited for. The pictures are cropped to the card.
"""

import asyncio
import sys

from . import ROOT
from .address import running_home
from .api import connect
from .browser import open_page

PATH = "card-scenes"
IMAGES = ROOT / "docs/images"

# Name: (phone, dark, the change as JavaScript on `state`).
SCENES = {
    "card-light": (False, False, ""),
    "card-dark": (False, True, ""),
    "card-phone": (True, False, ""),
    "card-phone-dark": (True, True, ""),
    "card-negative": (
        False,
        False,
        """
        const near = Object.values(state.plan.slots).slice(4, 14);
        near.forEach((slot, n) => {
          slot.import_p_per_kwh = -6.2 + Math.abs(n - 5) * 1.4;
          if (slot.import_p_per_kwh < 0) {
            slot.action = "charge";
            slot.target_percent = 100;
            slot.reason = {code: "paid_to_charge", rate_p_per_kwh: slot.import_p_per_kwh};
          }
        });
        """,
    ),
    "card-fault": (
        False,
        False,
        """
        state.now.fault_until = new Date(Date.now() + 25 * 60000).toISOString();
        state.now.phase = "fault";
        """,
    ),
}

_SHOW = """
(card, change) => {
  const state = structuredClone(card.state);
  new Function("state", change)(state);
  card.line.close();
  card.told(state, null);
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
            await page.goto(url + path)
            shown = page.locator("smart-battery-scheduler-card")
            await shown.locator(".chart svg").wait_for()
            await shown.evaluate(_SHOW, change)
            # Home Assistant's bar lies over a card that is taller than the window.
            height = (await shown.bounding_box() or {"height": 900})["height"]
            width = page.viewport_size["width"] if page.viewport_size else 1280
            await page.set_viewport_size({"width": width, "height": int(height) + 160})
            await shown.screenshot(path=IMAGES / f"{name}.png")
            print(name, (IMAGES / f"{name}.png").stat().st_size)


def main() -> int:
    """Take the pictures of the running development home; the argument is the browser's path."""
    home = running_home()
    if home is None:
        print("No development home is running: start one with scripts/develop", file=sys.stderr)
        return 1
    asyncio.run(take_all(sys.argv[1], home.url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
