"""How long a cold browser takes from a deep link to the plan, and which part of that is ours.

Needs a running development home (scripts/develop) and a Chromium:
    .dev/venv/bin/python -m scripts.devhome.measure_paint /usr/bin/chromium

Each round is a fresh profile with an empty cache that opens the dashboard's own address. Printed are medians in
ms since the navigation began: when Home Assistant's own page for dashboards was there, when our first file was
asked for, when our last was there, when the chart was painted; and our part, from Home Assistant's page to the
chart. Once on loopback, once with a network delay as between rooms and over a VPN.
"""

import asyncio
from statistics import median
import sys
from typing import Any

from . import BATTERY_PLAN, DOMAIN
from .address import running_home
from .browser import open_page

ROUNDS = 5
LATENCIES_MS = (0, 40)

_PAINTED = """
async (domain) => {
  const card = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.localName === "smart-battery-scheduler-card") return element;
      const found = element.shadowRoot && card(element.shadowRoot);
      if (found) return found;
    }
    return undefined;
  };
  const frame = () => new Promise(requestAnimationFrame);
  let panel;
  while (!card(document)?.shadowRoot?.querySelector(".chart svg")) {
    if (panel === undefined && customElements.get("ha-panel-lovelace")) panel = performance.now();
    await frame();
  }
  await frame();
  const painted = performance.now();
  const ours = performance.getEntriesByType("resource").filter((each) =>
    new URL(each.name).pathname.startsWith(`/${domain}/`));
  return {
    files: ours.length,
    first: Math.min(...ours.map((each) => each.startTime)),
    last: Math.max(...ours.map((each) => each.responseEnd)),
    panel,
    painted,
  };
}
"""


async def one(chromium: str, url: str, latency_ms: int) -> dict[str, float]:
    """One cold start."""
    async with open_page(chromium, url) as page:
        line = await page.context.new_cdp_session(page)
        await line.send("Network.enable")
        await line.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": latency_ms,
                "downloadThroughput": -1,
                "uploadThroughput": -1,
            },
        )
        await page.goto(url + BATTERY_PLAN, wait_until="commit")
        found: dict[str, Any] = await page.evaluate(_PAINTED, DOMAIN)
        return {
            **{name: float(value) for name, value in found.items()},
            "ours": float(found["painted"] - found["panel"]),
        }


async def main(chromium: str) -> int:
    """Measure against the running development home."""
    home = running_home()
    if home is None:
        print("No development home is running: start one with scripts/develop", file=sys.stderr)
        return 1
    for latency_ms in LATENCIES_MS:
        rounds = [await one(chromium, home.url, latency_ms) for _ in range(ROUNDS)]
        files, panel, first, last, painted, ours = (
            median(each[name] for each in rounds)
            for name in ("files", "panel", "first", "last", "painted", "ours")
        )
        print(
            f"{latency_ms:2} ms delay: Home Assistant's page at {panel:.0f}; {files:.0f} files of ours, asked for at"
            f" {first:.0f}, all there at {last:.0f}; the chart painted at {painted:.0f}, our part {ours:.0f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
