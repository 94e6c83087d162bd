"""The card's modules as one file: complete, runnable by itself, served compressed and for long."""

from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.frontend.bundle import BUNDLE, ENTRIES, bundle
from custom_components.smart_battery_scheduler.frontend.card import FOLDER, content_hash
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

# Loaded apart: before the bundle, or in its place where it does not run.
APART = {"loader.js", "opener.js"}


def written(folder: Path, **modules: str) -> Path:
    """A folder with these modules, the entries among them."""
    for entry in ENTRIES:
        (folder / entry).write_text("")
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_every_module_is_in_it_once() -> None:
    """And nothing is left that a browser would fetch."""
    text = bundle(FOLDER)
    for file in FOLDER.glob("*.js"):
        if file.name not in APART | set(ENTRIES):
            assert text.count(f"const module_{file.stem} = ") == 1, file.name
    assert not re.search(r"^import\b", text, re.MULTILINE)
    assert re.findall(r"^export .*", text, re.MULTILINE) == ["export function start() {"]


def test_a_module_comes_before_those_that_need_it(tmp_path: Path) -> None:
    """Names are taken over, renamed ones too; a name may mean something else in each module."""
    folder = written(
        tmp_path,
        card='import { f as g, A } from "./one.js";\nconst B = 2;\ng(A, B);\n',
        one='import { B } from "./two.js";\nexport const A = B;\nexport async function f() {}\n',
        two="export const B = 1;\nexport class C {}\n",
    )
    text = bundle(folder)
    assert text.index("module_two = ") < text.index("module_one = ") < text.index("{ f: g, A }")
    assert "return { A, f };" in text
    assert "return { B, C };" in text


@pytest.mark.parametrize(
    "line",
    [
        'import x from "./one.js";',
        'import * as x from "./one.js";',
        'import { x } from "elsewhere";',
        "export default 1;",
        "export let x = 1;",
        'export { x } from "./one.js";',
    ],
)
def test_what_it_does_not_know_is_refused(tmp_path: Path, line: str) -> None:
    """With the file's name, in place of a bundle that a browser cannot run."""
    with pytest.raises(ValueError, match=r"card\.js: (im|ex)port"):
        bundle(written(tmp_path, card=f"{line}\n"))


def test_modules_that_need_each_other_are_refused(tmp_path: Path) -> None:
    """Neither could run first."""
    ring = {"card": "one", "one": "two", "two": "one"}
    modules = {name: f'import {{ x }} from "./{need}.js";\n' for name, need in ring.items()}
    with pytest.raises(ValueError, match="cycle"):
        bundle(written(tmp_path, **modules))


async def test_it_is_served_compressed_and_kept(
    hass: HomeAssistant, hass_client_no_auth: Any
) -> None:
    """Beside the files it is made of, without signing in as those."""
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    client = await hass_client_no_auth()
    reply = await client.get(f"/{DOMAIN}/{content_hash(FOLDER)}/{BUNDLE}")
    assert reply.status == 200
    assert await reply.text() == bundle(FOLDER)
    assert reply.headers["Content-Encoding"] in {"gzip", "deflate"}
    assert "max-age=2678400" in reply.headers["Cache-Control"]
    assert "javascript" in reply.headers["Content-Type"]
