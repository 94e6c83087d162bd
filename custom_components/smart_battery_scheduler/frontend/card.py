"""Serves the card and has the frontend load it."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from aiohttp import web

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.components.http.static import CACHE_HEADERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from .bundle import BUNDLE, bundle

FOLDER = Path(__file__).parent / "js"
# Where the folder is served, while Home Assistant runs.
CARD_URL: Final[HassKey[str]] = HassKey(f"{DOMAIN}_card_url")


class BundleView(HomeAssistantView):
    """The card's modules as one file. Its address changes with its content, so it may be kept for a month."""

    name = f"{DOMAIN}:bundle"
    requires_auth = False

    def __init__(self, url: str, text: str) -> None:
        """Serve a text."""
        self.url = url
        self._text = text

    async def get(self, request: web.Request) -> web.Response:
        """The file, compressed for whoever takes that."""
        response = web.Response(
            text=self._text, content_type="text/javascript", headers=CACHE_HEADERS
        )
        response.enable_compression()
        return response


async def async_setup_card(hass: HomeAssistant) -> None:
    """Serve the folder and the bundle under an address that changes with their content, and load them everywhere.

    The address may be cached for a month; files that a file imports stay beside it, so a hash in the
    folder's name renews them all.
    """
    fingerprint, text = await hass.async_add_executor_job(_prepared, FOLDER)
    url = f"/{DOMAIN}/{fingerprint}"
    hass.http.register_view(BundleView(f"{url}/{BUNDLE}", text))
    await hass.http.async_register_static_paths(
        [StaticPathConfig(url, str(FOLDER), cache_headers=True)]
    )
    hass.data[CARD_URL] = url
    add_extra_js_url(hass, f"{url}/loader.js")
    # The build for old browsers loads it as a script: it imports nothing before it runs.
    add_extra_js_url(hass, f"{url}/loader.js", es5=True)


def _prepared(folder: Path) -> tuple[str, str]:
    return content_hash(folder), bundle(folder)


def content_hash(folder: Path) -> str:
    """Short hash over names and contents of a folder's files."""
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
