"""The card's folder is served and nothing else; no text from outside can become markup or code."""

from pathlib import Path
import re

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.frontend.card import FOLDER, content_hash
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

FILES = sorted(FOLDER.rglob("*.js"))
BASE = f"/{DOMAIN}/{content_hash(FOLDER)}"

# What makes markup or code of a text, or fetches from elsewhere.
SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|DOMParser|srcdoc"
    r"|document\.write|\beval\(|new Function|javascript:|\bimport\(\s*[^\"\s]|\bfetch\("
    r"|https?://(?!www\.w3\.org/2000/svg|github\.com/PG-code404/)"
)


@pytest.fixture(autouse=True)
async def served(hass: HomeAssistant) -> None:
    """The integration without any home: the card is served from the start."""
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()


async def test_each_file_of_the_card_is_served(hass_client_no_auth: ClientSessionGenerator) -> None:
    """As it lies in the folder."""
    client = await hass_client_no_auth()
    for file in FILES:
        reply = await client.get(f"{BASE}/{file.relative_to(FOLDER).as_posix()}")
        assert reply.status == 200
        assert await reply.text() == file.read_text("utf-8")


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/../manifest.json",
        f"{BASE}/%2e%2e/manifest.json",
        f"{BASE}/..%2fmanifest.json",
        f"{BASE}/%2e%2e%2fmanifest.json",
        f"{BASE}/..%5cmanifest.json",
        f"{BASE}/....//manifest.json",
        f"{BASE}//etc/passwd",
        f"{BASE}/%2fetc%2fpasswd",
        f"{BASE}/card.js%00.json",
        f"{BASE}/",
        BASE,
        f"/{DOMAIN}/manifest.json",
        f"/{DOMAIN}/translations/en.json",
        f"/{DOMAIN}/0000000000000000/card.js",
    ],
)
async def test_nothing_else_is_served(
    hass_client_no_auth: ClientSessionGenerator, path: str
) -> None:
    """No way out of the folder, no listing of it."""
    client = await hass_client_no_auth()
    reply = await client.get(URL(path, encoded=True))
    assert reply.status in {400, 403, 404}
    published = await reply.text()
    assert "codeowners" not in published
    assert "root:" not in published
    assert "card.js" not in published


def test_the_search_for_sinks_finds() -> None:
    """It would notice."""
    for bad in (
        "a.innerHTML = b",
        "fetch('/api')",
        "import(name)",
        "x = 'https://example.org/x.js'",
    ):
        assert SINKS.search(bad)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_text_becomes_markup(file: Path) -> None:
    """Elements are made one by one; a text is only ever a text node or an attribute's value."""
    assert SINKS.findall(file.read_text("utf-8")) == []
