"""Who may see or command a home.

A home has no permission of its own: who may see any of its entities may see it; to command it, one
must be allowed to control every entity that commands. Control of one is not control of the home.
"""

from typing import Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import entity_registry as er

COMMANDING: Final = frozenset(
    {Platform.BUTTON, Platform.NUMBER, Platform.SELECT, Platform.SWITCH, Platform.TIME}
)


@callback
def may(hass: HomeAssistant, user: User, entry_id: str, policy: str) -> bool:
    """Whether a user may do so much (``POLICY_READ``, ``POLICY_CONTROL``) with a home."""
    if user.permissions.access_all_entities(policy):
        return True
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry_id)
    check = user.permissions.check_entity
    if policy != POLICY_CONTROL:
        return any(check(entity.entity_id, policy) for entity in entities)
    commanding = [entity.entity_id for entity in entities if entity.domain in COMMANDING]
    return bool(commanding) and all(check(entity_id, policy) for entity_id in commanding)


async def async_check(
    hass: HomeAssistant, context: Context | None, entry_id: str, policy: str
) -> None:
    """Raise Unauthorized unless the calling user may; calls without a user are allowed."""
    if context is None or context.user_id is None:
        return
    user = await hass.auth.async_get_user(context.user_id)
    if user is None or not may(hass, user, entry_id, policy):
        raise Unauthorized(context=context, config_entry_id=entry_id, permission=policy)
