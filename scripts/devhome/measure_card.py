"""What the card costs: bytes served, time to first paint after the data, cost of one update.

Needs a running development home (scripts/develop) and a Chromium:
    .dev/venv/bin/python -m scripts.devhome.measure_card /usr/bin/chromium
"""

import asyncio
import gzip
import json
import sys

from playwright.async_api import Page

from . import DOMAIN, ROOT
from .address import running_home
from .browser import open_page
from .scenes import put_dashboard

FOLDER = ROOT / "custom_components" / DOMAIN / "frontend" / "js"
ROUNDS = 30

# A fresh card is given the state of the one on the page; painted is when the second frame begins.
_FIRST_PAINT = """
async (card) => {
  const state = card.state;
  const fresh = document.createElement("smart-battery-scheduler-card");
  fresh.connect = () => {};
  fresh.setConfig({});
  fresh.hass = card._hass;
  fresh.home = card.home;
  card.after(fresh);
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  const began = performance.now();
  fresh.receive(state, null);
  const drawn = performance.now();
  await frame();
  await frame();
  const painted = performance.now();
  fresh.remove();
  return [drawn - began, painted - began];
}
"""
_UPDATE = """
(card, rounds) => {
  const costs = [];
  for (let round = 0; round < rounds; round += 1) {
    const reading = {...card.state.now.reading, battery_w: round * 10};
    const began = performance.now();
    card.line.received({patch: {now: {reading}}});
    card.clientHeight;
    costs.push(performance.now() - began);
  }
  return costs.sort((one, other) => one - other)[Math.floor(rounds / 2)];
}
"""


async def measure(page: Page) -> None:
    """Print the figures of the card on the page."""
    card = page.locator("smart-battery-scheduler-card")
    await card.locator(".chart svg").wait_for()
    await page.wait_for_timeout(2_000)
    runs = [await card.evaluate(_FIRST_PAINT) for _ in range(5)]
    drawn, painted = (sorted(each)[2] for each in zip(*runs, strict=True))
    state = json.dumps(await card.evaluate("card => card.state"), separators=(",", ":")).encode()
    print(f"first state: {len(state):,} bytes, {len(gzip.compress(state)):,} compressed")
    print(f"first paint after the data: drawn in {drawn:.1f} ms, painted by {painted:.1f} ms")
    print(f"one update: {await card.evaluate(_UPDATE, ROUNDS):.1f} ms")


async def main(chromium: str) -> int:
    """Measure against the running development home."""
    home = running_home()
    if home is None:
        print("No development home is running: start one with scripts/develop", file=sys.stderr)
        return 1
    files = [path.read_bytes() for path in FOLDER.glob("*.js")]
    packed = sum(len(gzip.compress(file)) for file in files)
    print(f"modules: {len(files)}, {sum(map(len, files)):,} bytes, {packed:,} compressed")
    path = await put_dashboard(home.url)
    async with open_page(chromium, home.url) as page:
        await page.goto(home.url + path)
        await measure(page)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
