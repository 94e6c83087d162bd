"""What must survive a restart: the state of control at once, everything else soon after."""

from __future__ import annotations

import logging
from typing import cast, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store

from ..common.serialisation import Json, decode, encode
from ..const import DOMAIN
from ..control.model import ControlState
from .records import Records
from .stored_names import from_version_1

_LOGGER = logging.getLogger(__name__)

VERSION = 2
# A kill loses so much of the ledger at most; the state of control it never loses.
RECORDS_DELAY_S = 300.0


class SiteStore(Store[dict[str, Json]]):
    """A file of one site, readable whichever earlier version wrote it."""

    @override
    async def _async_migrate_func(
        self, old_major_version: int, old_minor_version: int, old_data: dict[str, Json]
    ) -> dict[str, Json]:
        return (
            cast(dict[str, Json], from_version_1(old_data)) if old_major_version == 1 else old_data
        )


class SiteStorage:
    """The stored files of one home."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Name the files after the config entry."""
        self._hass = hass
        self._newest: Records | None = None
        self._control = SiteStore(
            hass, VERSION, f"{DOMAIN}.{entry_id}.control", private=True, atomic_writes=True
        )
        self._records = SiteStore(
            hass,
            VERSION,
            f"{DOMAIN}.{entry_id}.records",
            private=True,
            atomic_writes=True,
            # Some hundred kilobytes of immutable data: written out beside the event loop.
            serialize_in_event_loop=False,
        )

    async def async_load_control(self) -> ControlState:
        """The state of control as it was last stored."""
        return await _load(self._control, ControlState) or ControlState()

    async def async_load_records(self) -> Records:
        """Everything else as it was last stored."""
        return await _load(self._records, Records) or Records()

    async def async_save_control(self, state: ControlState) -> None:
        """Store the state of control now."""
        await self._control.async_save(cast(dict[str, Json], encode(state)))

    @callback
    def async_save_records_soon(self, records: Records) -> None:
        """Store everything else within minutes, or when Home Assistant stops if sooner."""
        self._newest = records
        self._records.async_delay_save(lambda: _encoded(records), RECORDS_DELAY_S)

    async def async_save_records(self, records: Records) -> None:
        """Store everything else now."""
        self._newest = records
        encoded = await self._hass.async_add_executor_job(_encoded, records)
        await self._records.async_save(encoded)
        if self._newest is not records:
            # Saving has taken the place of what was to be stored later, and is newer.
            self.async_save_records_soon(self._newest)

    async def async_remove(self) -> None:
        """Delete the files."""
        await self._control.async_remove()
        await self._records.async_remove()


def _encoded(records: Records) -> dict[str, Json]:
    return cast(dict[str, Json], encode(records, omit_defaults=True))


async def _load[T](store: Store[dict[str, Json]], kind: type[T]) -> T | None:
    """What is stored; fields it lacks take their defaults. Raises ConfigEntryError if it is newer."""
    try:
        data = await store.async_load()
    except UnsupportedStorageVersionError as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="stored_by_newer_version"
        ) from err
    if data is None:
        return None
    try:
        return decode(kind, cast(Json, data))
    except TypeError, ValueError:
        _LOGGER.exception("The stored file %s could not be read and is left out", store.key)
        return None
