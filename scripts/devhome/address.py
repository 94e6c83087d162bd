"""Where the running development home can be reached, for tools beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
import fcntl
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
    """Let `running_home` find it meanwhile, and no longer, even if this process is killed."""
    with _FILE.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(asdict(address), file)
        file.flush()
        try:
            yield
        finally:
            _FILE.unlink(missing_ok=True)


def running_home() -> Address | None:
    """Return the development home that runs now, if there is one."""
    try:
        with _FILE.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return Address(**json.loads(_FILE.read_text("utf-8")))
    return None
