"""A Chromium page that is logged in to a running Home Assistant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
import time

from playwright.async_api import Page, ViewportSize, async_playwright

from .api import PASSWORD, USER, Tokens, log_in

WIDE = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)

# Debian's Chromium runs as root only without its sandbox; the rest keeps it from talking to the internet
# by itself. Pages come from loopback only.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def open_page(
    chromium: str,
    url: str,
    *,
    phone: bool = False,
    dark: bool = False,
    size: ViewportSize | None = None,
    locale: str = "en-GB",
    user: str = USER,
    password: str = PASSWORD,
) -> AsyncIterator[Page]:
    """Yield an empty page in a fresh profile; whatever it opens at `url` is logged in.

    Args:
        chromium: path of the browser.
        url: address of Home Assistant, without a path.
        phone: a narrow touch screen instead of a desktop window.
        dark: ask for dark colours, which Home Assistant's default theme follows.
        size: of the window, where it is not that of a phone or a desktop.
        locale: the browser's language and region, which Home Assistant's own follow.
        user: who is logged in.
        password: the user's.
    """
    tokens = await log_in(url, user, password)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        context = await browser.new_context(
            viewport=size or (PHONE if phone else WIDE),
            device_scale_factor=2 if phone else 1,
            has_touch=phone,
            is_mobile=phone,
            color_scheme="dark" if dark else "light",
            locale=locale,
            timezone_id="Europe/London",
        )
        await context.add_init_script(_remember(url, tokens))
        try:
            yield await context.new_page()
        finally:
            await browser.close()


def _remember(url: str, tokens: Tokens) -> str:
    """Return a script that stores the tokens where the frontend looks for its own."""
    stored = {
        **tokens,
        "hassUrl": url,
        "clientId": f"{url}/",
        "expires": int((time.time() + tokens["expires_in"]) * 1000),
    }
    return f"localStorage.hassTokens = {json.dumps(json.dumps(stored))};"
