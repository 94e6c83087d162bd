"""Take a screenshot of the running development home; `scripts/screenshot` starts this."""

import argparse
import asyncio
from pathlib import Path
import sys
from urllib.parse import urlsplit

from .address import running_home
from .browser import open_page

_SETTLE_MS = 3_000


async def take(chromium: str, address: str, target: Path, *, phone: bool, dark: bool) -> list[str]:
    """Write a PNG of the page and return what the browser's console complained about."""
    parts = urlsplit(address)
    url = f"{parts.scheme}://{parts.netloc}"
    complaints: list[str] = []
    async with open_page(chromium, url, phone=phone, dark=dark) as page:
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        await page.goto(address)
        await page.locator("hui-view, partial-panel-resolver").first.wait_for()
        # Charts and icons arrive after the view; nothing in the page says when the last one has.
        await page.wait_for_timeout(_SETTLE_MS)
        await page.screenshot(path=target, full_page=True)
    return complaints


def main() -> int:
    """Parse the command line and take the picture."""
    parser = argparse.ArgumentParser(prog="scripts/screenshot", description=__doc__)
    parser.add_argument("page", help="an address, or a path such as /demo-home/home")
    parser.add_argument("target", type=Path, help="the PNG to write")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--phone", action="store_true")
    parser.add_argument("--chromium", required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    address: str = arguments.page
    if address.startswith("/"):
        home = running_home()
        if home is None:
            print("No development home is running: start one with scripts/develop", file=sys.stderr)
            return 1
        address = home.url + address
    complaints = asyncio.run(
        take(
            arguments.chromium,
            address,
            arguments.target,
            phone=arguments.phone,
            dark=arguments.dark,
        )
    )
    for complaint in complaints:
        print(f"browser console: {complaint}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
