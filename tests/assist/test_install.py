"""The action that puts the sentences where Assist reads them, and Assist in German."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.smart_battery_scheduler.actions.voice import ASSIST
from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.control.rules import Override
from custom_components.smart_battery_scheduler.planner.model import Action
from custom_components.smart_battery_scheduler.site.site import Site
from custom_components.smart_battery_scheduler.text.sentences import languages
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict

from ..languages import english_in
from .conftest import say


async def install(hass: HomeAssistant, *, overwrite: bool = False) -> None:
    """Run the action."""
    await hass.services.async_call(
        DOMAIN, "install_sentences", {"overwrite": overwrite}, blocking=True
    )


@pytest.fixture
def config(hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder; to load sentences again Home Assistant reads its configuration."""
    (tmp_path / "configuration.yaml").touch()
    monkeypatch.setattr(hass.config, "config_dir", str(tmp_path))
    return tmp_path / "custom_sentences"


async def test_one_call_and_assist_understands(
    hass: HomeAssistant, site: Site, config: Path
) -> None:
    """Nothing to copy, no restart."""
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done()
    assert not (await say(hass, "what is the battery doing")).startswith("The battery")
    await install(hass)
    assert (await say(hass, "what is the battery doing")).startswith("The battery is at")
    assert {path.parent.name for path in config.rglob(f"{DOMAIN}.yaml")} == set(languages())


async def test_what_a_person_changed_stays(hass: HomeAssistant, site: Site, config: Path) -> None:
    """Until they say otherwise."""
    await install(hass)
    await install(hass)
    mine = config / "en" / f"{DOMAIN}.yaml"
    mine.write_text("mine", "utf-8")
    (config / "de" / f"{DOMAIN}.yaml").unlink()
    with pytest.raises(ServiceValidationError) as raised:
        await install(hass)
    assert raised.value.translation_placeholders == {
        "files": "custom_sentences/en/smart_battery_scheduler.yaml"
    }
    assert mine.read_text("utf-8") == "mine"
    assert not (config / "de" / f"{DOMAIN}.yaml").exists()
    await install(hass, overwrite=True)
    assert mine.read_text("utf-8") == (ASSIST / "en.yaml").read_text("utf-8")


async def test_only_an_administrator_may(hass: HomeAssistant, site: Site, config: Path) -> None:
    """It writes files."""
    user = MockUser(is_owner=False, groups=[]).add_to_hass(hass)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, "install_sentences", {}, blocking=True, context=Context(user_id=user.id)
        )
    assert not config.exists()


def test_every_language_understands_the_same() -> None:
    """Each file has all intents, and says of which language it is."""
    files = {path.stem: load_yaml_dict(str(path)) for path in ASSIST.glob("*.yaml")}
    assert set(files) == set(languages())
    assert {name: file["language"] for name, file in files.items()} == {
        name: name for name in files
    }
    assert len({frozenset(file["intents"]) for file in files.values()}) == 1


@pytest.mark.parametrize(
    ("sentence", "begin"),
    [
        ("Was macht die Batterie gerade?", "Die Batterie steht bei"),
        ("Wie voll ist die Powerwall", "Die Batterie steht bei"),
        ("Wann lädt die Batterie wieder", "Die Batterie lädt um 22:00 Uhr bis 23:00 Uhr"),
        ("Warum lädt die Batterie nicht", "Laut Plan soll die Batterie das Haus versorgen"),
        ("Was kostet Strom jetzt", ""),
        ("Wie viel haben wir heute gespart", "Heute"),
    ],
)
async def test_questions_in_german(
    hass: HomeAssistant, night: Site, assist: None, sentence: str, begin: str
) -> None:
    """Asked in German, answered in German."""
    answer = await say(hass, sentence, "de")
    assert answer.startswith(begin)
    assert english_in(answer) == []


@pytest.mark.parametrize(
    ("sentence", "action"),
    [
        ("Halte die Batterie für zwei Stunden", Action.HOLD),
        ("Halte die Batterie für eine halbe Stunde", Action.HOLD),
        ("Nutze die Batterie für 45 Minuten", Action.USE),
        ("Lade die Batterie auf 80 Prozent", Action.CHARGE),
    ],
)
async def test_orders_in_german(
    hass: HomeAssistant, night: Site, assist: None, sentence: str, action: Action
) -> None:
    """Understood and done; taken back by another sentence."""
    answer = await say(hass, sentence, "de")
    assert english_in(answer) == []
    override: Override | None = night.orders.override
    assert override is not None
    assert override.action is action
    assert english_in(await say(hass, "Stelle die Batterie wieder auf Automatik", "de")) == []
    assert night.orders.override is None
