"""Opening a page so that a failing test leaves a picture behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, ViewportSize

from scripts.devhome import DEV
from scripts.devhome.api import PASSWORD, USER
from scripts.devhome.browser import open_page
from tests.e2e.stage import Stage

PICTURES = DEV / "failures"


@asynccontextmanager
async def looking_at(
    stage: Stage,
    path: str,
    chromium: str,
    *,
    phone: bool = False,
    dark: bool = False,
    size: ViewportSize | None = None,
    locale: str = "en-GB",
    user: str = USER,
    password: str = PASSWORD,
    but: str | None = None,
) -> AsyncIterator[Page]:
    """Open a path of the running Home Assistant; at the end its console must be free of errors.

    Errors that hold the text `but` are expected. When the test fails meanwhile, a screenshot is kept under .dev/failures.
    """
    errors: list[str] = []
    opened = open_page(
        chromium,
        stage.folder.url,
        phone=phone,
        dark=dark,
        size=size,
        locale=locale,
        user=user,
        password=password,
    )
    async with opened as page:
        page.on(
            "console",
            lambda message: errors.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(stage.folder.url + path)
        try:
            yield page
            errors = [error for error in errors if but is None or but not in error]
            assert not errors, "\n".join(["complaints in the console:", *errors])
        # A time-out's cancellation too deserves its picture; everything goes on up.
        except BaseException:
            name = stage.folder.path.parent.name
            await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
            raise
