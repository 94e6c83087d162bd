"""The repair notice about chosen entities that are gone or disabled: there while that lasts."""

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN
from ..site.site import Site

GONE, DISABLED = "entity_gone", "entity_disabled"


class LostEntityIssues:
    """Keeps the notices in step with the registry and with what is chosen."""

    def __init__(self, site: Site) -> None:
        """Nothing is shown yet."""
        self._site = site
        self._hass = site.hass

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Check when all is set up and at every change; the returned call deletes the notices."""
        stops: list[CALLBACK_TYPE] = []

        @callback
        def started(_: HomeAssistant) -> None:
            stops.append(
                self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._changed)
            )
            stops.append(self._site.async_add_listener(self._look))
            self._look()

        stops.append(async_at_started(self._hass, started))

        @callback
        def stop() -> None:
            for each in stops:
                each()
            self._show(GONE, ())
            self._show(DISABLED, ())

        return stop

    @callback
    def _changed(self, _: Event[er.EventEntityRegistryUpdatedData]) -> None:
        self._look()

    @callback
    def _look(self) -> None:
        lost = self._site.grid_events.lost_entities
        self._show(GONE, lost.gone)
        self._show(DISABLED, lost.disabled)

    def _show(self, problem: str, names: tuple[str, ...]) -> None:
        issue_id = f"{self._site.entry.entry_id}_{problem}"
        if not names:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=problem,
            translation_placeholders={
                "home": self._site.entry.title,
                "entities": ", ".join(f"`{each}`" for each in names),
            },
        )
