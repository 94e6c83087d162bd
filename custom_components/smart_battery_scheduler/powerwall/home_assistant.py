"""The Powerwall that Home Assistant already knows, through another integration's entities.

Entities are found by the registry (platform and unique id), never by name, and looked up each time,
so that a renamed one is followed. What each integration calls things is a table in
``tesla_entities``.

An action call is one request per setting and not one for all: the order below keeps every step in
between safe. What an entity shows after a call is the value that was asked for, not one that was
read; until its integration has fetched anew, the setting counts as not reported.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from homeassistant.const import ATTR_RESTORED, EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .base import (
    Capabilities,
    OperatingMode,
    PowerwallAbsentError,
    PowerwallConnectionError,
    PowerwallError,
    PowerwallReplyError,
    PowerwallState,
    Purpose,
    Settings,
)
from .tesla_entities import INTEGRATIONS, LIVE, Fact, KnownLevel, Shown, reading_of

# An integration that has to wait for its cloud answers within this, or not at all.
CALL_TIMEOUT_S = 60.0
# Reading states costs no request; the integrations renew them every 30 to 60 s.
READ_EVERY = timedelta(seconds=30)
# Values unchanged for this long are requested again, which costs the integration a request.
STANDS_STILL = timedelta(minutes=4)
# A write of ours may come through this late: until then what is shown may not last.
LATE = timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSite:
    """A Powerwall site that an integration of Home Assistant has set up."""

    integration: str
    site_id: str
    name: str


@callback
def known_sites(hass: HomeAssistant) -> tuple[KnownSite, ...]:
    """The sites whose Powerwall can be read and commanded through entities, by name."""
    found = [
        KnownSite(
            integration=entity.platform, site_id=site_id, name=_site_name(hass, entity, site_id)
        )
        for entity in er.async_get(hass).entities.values()
        if (site_id := _site_of(entity)) is not None
    ]
    return tuple(sorted(found, key=lambda site: (site.name, site.integration, site.site_id)))


@callback
def async_when_shown(
    hass: HomeAssistant, integration: str, site_id: str, action: Callable[[], None]
) -> CALLBACK_TYPE:
    """Call ``action`` whenever a live figure of the site is shown; returns what ends that.

    Entities are looked up at each change, so that new and renamed ones count too.
    """
    table = INTEGRATIONS[integration]
    ids = frozenset(
        (table.entities[fact].domain, table.unique_id_of(fact, site_id)) for fact in LIVE
    )

    @callback
    def is_live(data: EventStateChangedData) -> bool:
        state = data["new_state"]
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return False
        entity = er.async_get(hass).async_get(data["entity_id"])
        return (
            entity is not None
            and entity.platform == integration
            and (entity.domain, entity.unique_id) in ids
        )

    @callback
    def shown(_: Event[EventStateChangedData]) -> None:
        action()

    return hass.bus.async_listen(EVENT_STATE_CHANGED, shown, event_filter=is_live)


def _site_of(entity: er.RegistryEntry) -> str | None:
    """The site whose backup reserve this entity is: every battery has one, and nothing else."""
    integration = INTEGRATIONS.get(entity.platform)
    if integration is None or entity.disabled_by is not None:
        return None
    key = integration.entities[Fact.BACKUP_RESERVE]
    if entity.domain != key.domain:
        return None
    site_id = entity.unique_id.removesuffix(integration.unique_id_of(Fact.BACKUP_RESERVE, ""))
    is_its = entity.unique_id == integration.unique_id_of(Fact.BACKUP_RESERVE, site_id)
    return site_id if site_id and is_its else None


def _site_name(hass: HomeAssistant, entity: er.RegistryEntry, site_id: str) -> str:
    device = dr.async_get(hass).async_get(entity.device_id) if entity.device_id else None
    name = None if device is None else device.name_by_user or device.name
    return name or site_id


@dataclass(frozen=True, slots=True)
class _Call:
    """One action call for one setting."""

    fact: Fact
    service: str
    data: Mapping[str, str | int]


class HomeAssistantPowerwall:
    """A Powerwall behind the entities of one of Home Assistant's Tesla integrations.

    It remembers what it wrote and when, and the last level it believed: nothing that has to
    survive a restart.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        integration: str,
        site_id: str,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Nothing is asked yet. ``integration`` is a domain in ``INTEGRATIONS``."""
        self._hass = hass
        self._platform = integration
        self._integration = INTEGRATIONS[integration]
        self._site_id = site_id
        self._clock = clock
        self._begun_at = clock()
        self._written: dict[Fact, tuple[object, datetime]] = {}
        self._level: KnownLevel | None = None
        self._renewed_at: datetime | None = None

    def __repr__(self) -> str:
        """Without the site id, which is private."""
        return f"<{type(self).__name__} {self._platform}>"

    @property
    def capabilities(self) -> Capabilities:
        """Readings are states, which cost nothing."""
        return Capabilities(name=self._integration.name, free_reading_every=READ_EVERY)

    async def read(self, purpose: Purpose = Purpose.READ) -> PowerwallState:
        """What the entities show; requested again when it has not changed for long.

        Raises PowerwallAbsentError when they show nothing of the battery.
        """
        reading = self._reading()
        if reading is None or self._stands_still(reading):
            await self._renew()
            reading = self._reading()
        if reading is None:
            raise PowerwallAbsentError(f"{self._integration.name} shows no readings")
        if reading.soc_percent is not None:
            self._level = KnownLevel(percent=reading.soc_percent, at=reading.read_at)
        return reading

    async def write(self, change: Settings, purpose: Purpose = Purpose.COMMAND) -> PowerwallState:
        """Call one action per setting that differs, what draws less from the grid first.

        A failure there does not keep the rest of those from being tried, but nothing is raised after
        one; what must be restored is tried whole. Raises a PowerwallError after that, or ValueError
        for a change of nothing.
        """
        if change.is_empty:
            raise ValueError("nothing to change")
        before = self._reading()
        shown = Settings() if before is None else before.settings
        failures = list[PowerwallError]()
        for call, lowers in self._in_order(change, shown, purpose):
            if failures and not lowers and purpose is not Purpose.RESTORE:
                break
            try:
                await self._call(call, change)
            except PowerwallError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return PowerwallState(read_at=self._clock(), settings=change.over(shown))

    async def keep(self, change: Settings, ends_at: datetime) -> None:
        """Nothing to do: what was written stays."""

    # --- reading ---------------------------------------------------------------------------

    def _reading(self) -> PowerwallState | None:
        """A reading, or None while the entities show neither level nor power."""
        shown = self._shown()
        if not any(fact in shown for fact in LIVE):
            return None
        return reading_of(
            self._integration,
            shown,
            self._clock(),
            written={fact: at for fact, (_, at) in self._written.items()},
            last_level=self._level,
        )

    def _shown(self) -> dict[Fact, Shown]:
        return {fact: item for fact in Fact if (item := self._state(fact)) is not None}

    def _state(self, fact: Fact) -> Shown | None:
        entity_id = self._entity_id(fact)
        state = None if entity_id is None else self._hass.states.get(entity_id)
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return None
        unit = state.attributes.get("unit_of_measurement")
        return Shown(
            value=state.state,
            unit=unit if isinstance(unit, str) else None,
            reported_at=state.last_reported,
            changed_at=state.last_changed,
        )

    def _entity_id(self, fact: Fact) -> str | None:
        key = self._integration.entities[fact]
        return er.async_get(self._hass).async_get_entity_id(
            key.domain, self._platform, self._integration.unique_id_of(fact, self._site_id)
        )

    def _loaded_id(self, fact: Fact) -> str | None:
        """An entity that its integration has set up: before that it only has a restored state."""
        entity_id = self._entity_id(fact)
        state = None if entity_id is None else self._hass.states.get(entity_id)
        return None if state is None or state.attributes.get(ATTR_RESTORED) else entity_id

    def _stands_still(self, reading: PowerwallState) -> bool:
        measured_at = reading.measured_at or reading.read_at
        return reading.read_at - measured_at > STANDS_STILL

    async def _renew(self) -> None:
        """Ask the integration for fresh values and settings, at limited intervals."""
        now = self._clock()
        if self._renewed_at is not None and now - self._renewed_at < STANDS_STILL:
            return
        renewed = (Fact.BATTERY_POWER, Fact.BACKUP_RESERVE)
        entity_ids = [each for fact in renewed if (each := self._loaded_id(fact)) is not None]
        if not entity_ids or not self._hass.services.has_service("homeassistant", "update_entity"):
            return
        self._renewed_at = now
        await self._async_act("homeassistant", "update_entity", {"entity_id": entity_ids})

    # --- writing ---------------------------------------------------------------------------

    def _in_order(
        self, change: Settings, shown: Settings, purpose: Purpose
    ) -> list[tuple[_Call, bool]]:
        """The calls that are needed: those that lower what is drawn from the grid, then the others.

        The mode acts at once and on everything: to lower it is written first, to raise last.
        """
        due = [
            (call, _lowers(call.fact, change, shown))
            for call in self._calls(change)
            if not self._stands(call.fact, change, shown, purpose)
        ]
        lowering = [each for each in due if each[1]]
        raising = [each for each in due if not each[1]]
        return lowering + sorted(raising, key=lambda each: each[0].fact is Fact.OPERATING_MODE)

    def _calls(self, change: Settings) -> Iterator[_Call]:
        if change.operating_mode is not None:
            option = self._integration.option(change.operating_mode)
            yield _Call(Fact.OPERATING_MODE, "select_option", {"option": option})
        if change.grid_charging is not None:
            service = "turn_on" if change.grid_charging else "turn_off"
            yield _Call(Fact.GRID_CHARGING, service, {})
        if change.backup_reserve_percent is not None:
            value = change.backup_reserve_percent
            yield _Call(Fact.BACKUP_RESERVE, "set_value", {"value": value})
        if change.export_rule is not None:
            option = self._integration.option(change.export_rule)
            yield _Call(Fact.EXPORT_RULE, "select_option", {"option": option})

    def _stands(self, fact: Fact, change: Settings, shown: Settings, purpose: Purpose) -> bool:
        """Whether a setting need not be written: it is shown, and no earlier write of ours can still change it.

        A restart forgets what was written before it; then what must be restored is written whole.
        """
        now, value = self._clock(), _value(change, fact)
        if _value(shown, fact) != value:
            return False
        written, at = self._written.get(fact, (value, None))
        if at is None:
            return purpose is not Purpose.RESTORE or now - self._begun_at >= LATE
        return written == value or now - at >= LATE

    async def _call(self, call: _Call, change: Settings) -> None:
        entity_id = self._entity_id(call.fact)
        if entity_id is None:
            raise PowerwallReplyError(f"{self._integration.name} has no entity for {call.fact}")
        domain = self._integration.entities[call.fact].domain
        data = {"entity_id": entity_id, **call.data}
        try:
            await self._async_act(domain, call.service, data)
        finally:
            # The write may have been passed on even where the call failed.
            self._written[call.fact] = (_value(change, call.fact), self._clock())

    async def _async_act(self, domain: str, service: str, data: Mapping[str, object]) -> None:
        """Call an action of Home Assistant. Raises PowerwallConnectionError or -ReplyError.

        Only kinds and keys of failures are passed on: their texts may name a site or a token.
        """
        name = self._integration.name
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await self._hass.services.async_call(domain, service, dict(data), blocking=True)
        except TimeoutError as error:
            raise PowerwallConnectionError(f"{name} did not answer in time") from error
        except HomeAssistantError as error:
            reason = error.translation_key or type(error).__name__
            raise PowerwallReplyError(f"{name} refused {domain}.{service} ({reason})") from error
        except Exception as error:
            # Another integration's code may raise anything.
            reason = type(error).__name__
            raise PowerwallReplyError(f"{name} failed at {domain}.{service} ({reason})") from error


def _value(settings: Settings, fact: Fact) -> object:
    """The setting of the same name as an entity's role."""
    value: object = getattr(settings, fact.value)
    return value


def _lowers(fact: Fact, change: Settings, shown: Settings) -> bool:
    """Whether writing this setting can only draw less from the grid, or send less to it."""
    match fact:
        case Fact.OPERATING_MODE:
            leaves_backup = shown.operating_mode is OperatingMode.BACKUP
            return change.operating_mode is OperatingMode.SELF_POWERED or (
                leaves_backup and change.operating_mode is not OperatingMode.BACKUP
            )
        case Fact.GRID_CHARGING:
            return change.grid_charging is False
        case Fact.BACKUP_RESERVE:
            wanted, present = change.backup_reserve_percent, shown.backup_reserve_percent
            return wanted is not None and present is not None and wanted <= present
    return False
