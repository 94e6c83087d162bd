"""The configuration folder of a Home Assistant for development or tests."""

from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import socket

from . import DOMAIN, ROOT

LOOPBACK = "127.0.0.1"

# Small on purpose: `default_config` would bring Bluetooth, cloud, update checks and other things
# that need hardware or the internet and fill the log with their absence.
INTEGRATIONS = ("config", "conversation", "energy", "frontend", "history", "logbook")

_CONFIGURATION = """\
homeassistant:
  name: Demo home
  latitude: 51.5
  longitude: -0.12
  elevation: 20
  unit_system: metric
  currency: GBP
  country: GB
  language: en
  time_zone: Europe/London

automation: !include automations.yaml
script: !include scripts.yaml

logger:
  default: warning
  logs:
    custom_components.{domain}: {level}
    # Tools of the operating system that cameras and speech would use; no home here has either.
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
"""


def free_port(first: int = 8123) -> int:
    """Return the first port from `first` on that loopback can listen on.

    Raises:
        OSError: none of the next hundred is free.
    """
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {first} to {first + 99}")


@dataclass(frozen=True, slots=True)
class ConfigFolder:
    """Where one Home Assistant keeps its configuration, and the port it is told to use."""

    path: Path
    port: int
    integration: Path = ROOT / "custom_components" / DOMAIN
    """The code of the integration that is linked into it."""

    @property
    def url(self) -> str:
        """The address of the running Home Assistant."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        """What the process printed since its last start, a crash before logging included."""
        return self.path / "console.log"

    def prepare(self, *, log_level: str = "info") -> None:
        """Write what must be there before Home Assistant starts; keep everything else."""
        storage = self.path / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        self._write_configuration(log_level)
        for name in ("automations.yaml", "scripts.yaml"):
            (self.path / name).touch()
        shutil.copytree(ROOT / "docs" / "blueprints", self.path / "blueprints", dirs_exist_ok=True)
        self._write_sentences()
        self._link_integration()
        # An `http:` section in YAML, or a changed one, raises a confirmation dialog over the whole
        # page. The stored settings of version 1 are taken over without a question.
        _store(storage / "http", 1, {"server_host": [LOOPBACK], "server_port": self.port})
        # Home Assistant itself makes the first user, over REST. The other steps are marked as done
        # because finishing them there would start integrations that need the internet.
        if not (storage / "onboarding").exists():
            _store(storage / "onboarding", 4, {"done": ["analytics", "core_config", "integration"]})

    def _write_sentences(self) -> None:
        """As the action of the integration does."""
        for source in (ROOT / "custom_components" / DOMAIN / "sentences" / "assist").glob("*.yaml"):
            folder = self.path / "custom_sentences" / source.stem
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / f"{DOMAIN}.yaml")

    def _write_configuration(self, log_level: str) -> None:
        text = _CONFIGURATION.format(domain=DOMAIN, level=log_level)
        text += "".join(f"\n{name}:" for name in INTEGRATIONS) + "\n"
        (self.path / "configuration.yaml").write_text(text, "utf-8")

    def _link_integration(self) -> None:
        custom = self.path / "custom_components"
        custom.mkdir(exist_ok=True)
        link = custom / DOMAIN
        if not link.is_symlink() or link.resolve() != self.integration.resolve():
            link.unlink(missing_ok=True)
            link.symlink_to(self.integration, target_is_directory=True)


def _store(path: Path, version: int, data: object) -> None:
    path.write_text(json.dumps({"version": version, "key": path.name, "data": data}), "utf-8")
