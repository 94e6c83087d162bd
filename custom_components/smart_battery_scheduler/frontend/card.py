"""Serves the card and has the frontend load it."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

FOLDER = Path(__file__).parent / "js"
# Where the folder is served, while Home Assistant runs.
CARD_URL: Final[HassKey[str]] = HassKey(f"{DOMAIN}_card_url")


async def async_setup_card(hass: HomeAssistant) -> None:
    """Serve the folder under an address that changes with its content, and load it everywhere.

    The address may be cached for a month; modules that a module imports stay beside it, so a
    hash in the folder's name renews them all.
    """
    fingerprint = await hass.async_add_executor_job(content_hash, FOLDER)
    url = f"/{DOMAIN}/{fingerprint}"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(url, str(FOLDER), cache_headers=True)]
    )
    hass.data[CARD_URL] = url
    add_extra_js_url(hass, f"{url}/loader.js")
    # The build for old browsers loads it as a script: it imports nothing before it runs.
    add_extra_js_url(hass, f"{url}/loader.js", es5=True)


def content_hash(folder: Path) -> str:
    """Short hash over names and contents of a folder's files."""
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
