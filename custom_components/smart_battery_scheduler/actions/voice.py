"""Installs the sentences that Assist understands: an integration cannot bring them along by itself.

Home Assistant's own agent reads ``custom_sentences/<language>/*.yaml`` of the configuration folder.
"""

from collections.abc import Mapping
from pathlib import Path

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service

from ..const import DOMAIN
from ..text.sentences import FOLDER
from .sites import problem

INSTALL_SENTENCES, OVERWRITE = "install_sentences", "overwrite"
ASSIST = FOLDER / "assist"
SCHEMA = vol.Schema({vol.Optional(OVERWRITE, default=False): cv.boolean})


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register it, for administrators: it writes into the configuration folder."""
    async_register_admin_service(hass, DOMAIN, INSTALL_SENTENCES, _async_install, schema=SCHEMA)


async def _async_install(call: ServiceCall) -> None:
    hass, overwrite = call.hass, bool(call.data[OVERWRITE])
    folder = Path(hass.config.path("custom_sentences"))
    changed = await hass.async_add_executor_job(install, folder, overwrite)
    if changed:
        raise problem("sentences_changed", files=", ".join(changed))
    if hass.services.has_service("conversation", "reload"):
        await hass.services.async_call("conversation", "reload", {}, blocking=True)


def install(folder: Path, overwrite: bool) -> list[str]:
    """Write the sentences of every language into ``custom_sentences``. Blocks; raises OSError.

    Returns the files that are there with other content, of which none is touched, nor is anything
    written then, unless ``overwrite`` says so.
    """
    wanted: Mapping[Path, str] = {
        folder / source.stem / f"{DOMAIN}.yaml": source.read_text("utf-8")
        for source in sorted(ASSIST.glob("*.yaml"))
    }
    changed = [
        path.relative_to(folder.parent).as_posix()
        for path, text in wanted.items()
        if path.exists() and path.read_text("utf-8") != text
    ]
    if changed and not overwrite:
        return changed
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return []
