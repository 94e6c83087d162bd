"""Where the running development home can be reached, for tools beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
import json

from . import DEV

_FILE = DEV / "develop.json"


@dataclass(frozen=True, slots=True)
class Address:
    """A running development home: its address and the page to open."""

    url: str
    page: str


@contextmanager
def announced(address: Address) -> Iterator[None]:
    """Let `running_home` find it meanwhile."""
    _FILE.write_text(json.dumps(asdict(address)), "utf-8")
    try:
        yield
    finally:
        _FILE.unlink(missing_ok=True)


def running_home() -> Address | None:
    """Return the running development home, if there is one."""
    try:
        stored: dict[str, str] = json.loads(_FILE.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return Address(url=stored["url"], page=stored["page"])
