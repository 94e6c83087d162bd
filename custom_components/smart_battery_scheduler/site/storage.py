"""What must survive a restart: the state of control at once, everything else soon after."""

from dataclasses import dataclass
import logging
from typing import cast, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryError,
    HomeAssistantError,
    UnsupportedStorageVersionError,
)
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..common.serialisation import Json, decode_parts, encode
from ..const import DOMAIN
from ..control.model import ControlState
from .records import Records
from .recovery import OwnerRecord, StoredControl, recovered
from .stored_names import from_version_1

_LOGGER = logging.getLogger(__name__)

VERSION = 2
# A crash loses at most this much of the decision log; the state of control is written at once.
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


# This many unreadable parts are kept for diagnosis; the oldest are closest to what was stored.
MOST_KEPT_ASIDE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was stored, as far as it could be read."""

    control: ControlState
    records: Records


class SiteStorage:
    """The stored files of one home."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Name the files after the config entry."""
        self._hass = hass
        self._newest: Records | None = None
        self._is_saved = True
        self._owner: OwnerRecord | None = None
        self._is_closed = False

        def store(name: str, *, in_loop: bool = True) -> SiteStore:
            return SiteStore(
                hass,
                VERSION,
                f"{DOMAIN}.{entry_id}.{name}",
                private=True,
                atomic_writes=True,
                serialize_in_event_loop=in_loop,
            )

        self._control = store("control")
        self._owner_files = (store("owner"), store("owner_copy"))
        self._unreadable = store("unreadable")
        # Some hundred kilobytes of immutable data: written out beside the event loop.
        self._records = store("records", in_loop=False)

    async def async_load(self) -> Loaded:
        """All of it, part by part. Raises ConfigEntryError if it was stored by a newer version."""
        control, records = await _stored(self._control), await _stored(self._records)
        found, lost = decode_parts(Records, {} if records is None else records)
        await self._async_keep_aside("records", lost)
        stored = StoredControl()
        if control is not None:
            part, unreadable = decode_parts(ControlState, control)
            await self._async_keep_aside("control", unreadable)
            stored = StoredControl(state=part, known=tuple(control), unreadable=tuple(unreadable))
        owner = await self._async_load_owner()
        state = recovered(stored, owner, found.decisions, dt_util.utcnow())
        return Loaded(control=state, records=found)

    async def _async_load_owner(self) -> OwnerRecord | None:
        """From whichever of its two files can be read."""
        for store in self._owner_files:
            try:
                data = await _stored(store)
            except HomeAssistantError:
                # The other copy is read then.
                _LOGGER.exception("The stored file %s could not be read", store.key)
                continue
            if data is None:
                continue
            owner, unreadable = decode_parts(OwnerRecord, data)
            if not unreadable:
                return owner
            await self._async_keep_aside("owner", unreadable)
        return None

    async def _async_keep_aside(self, file: str, unreadable: dict[str, Json]) -> None:
        """Keep what cannot be read: the next save would overwrite it."""
        if not unreadable:
            return
        _LOGGER.error(
            "The stored file %s could not be read whole: what was left out (%s) is kept in %s",
            f"{self._control.key.rsplit('.', 1)[0]}.{file}",
            ", ".join(name or "all of it" for name in sorted(unreadable)),
            self._unreadable.key,
        )
        kept = await _stored(self._unreadable)
        kept = kept if isinstance(kept, dict) else {}
        label = f"{dt_util.utcnow().isoformat()} {file}"
        if len(kept) < MOST_KEPT_ASIDE:
            await self._unreadable.async_save({**kept, label: unreadable})

    async def async_save_control(self, state: ControlState) -> None:
        """Store the state of control now, and first, apart and twice, whose settings were there."""
        if self._is_closed:
            return
        owner = OwnerRecord.of(state)
        if owner != self._owner:
            for store in self._owner_files:
                await store.async_save(cast(dict[str, Json], encode(owner)))
            self._owner = owner
        await self._control.async_save(cast(dict[str, Json], encode(state)))

    @callback
    def async_save_records_soon(self, records: Records) -> None:
        """Store everything else within minutes, or when Home Assistant stops if sooner."""
        if self._is_closed:
            return
        self._newest, self._is_saved = records, False
        self._records.async_delay_save(lambda: _encoded(records), RECORDS_DELAY_S)

    async def async_save_records(self, records: Records) -> None:
        """Store everything else now."""
        if self._is_closed:
            return
        self._newest = records
        encoded = await self._hass.async_add_executor_job(_encoded, records)
        await self._records.async_save(encoded)
        self._is_saved = self._newest is records
        if not self._is_saved:
            # Saving has taken the place of what was to be stored later, and is newer.
            self.async_save_records_soon(self._newest)

    async def async_close(self) -> None:
        """Store what is pending, then nothing more: a task that ends late must not write a removed file."""
        if self._newest is not None and not self._is_saved:
            await self.async_save_records(self._newest)
        self._is_closed = True

    async def async_remove(self) -> None:
        """Delete the files."""
        for store in (self._control, *self._owner_files, self._unreadable, self._records):
            await store.async_remove()


def _encoded(records: Records) -> dict[str, Json]:
    return cast(dict[str, Json], encode(records, omit_defaults=True))


async def _stored(store: Store[dict[str, Json]]) -> dict[str, Json] | None:
    """What a file holds. Raises ConfigEntryError if a newer version has written it."""
    try:
        return await store.async_load()
    except UnsupportedStorageVersionError as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="stored_by_newer_version"
        ) from err
