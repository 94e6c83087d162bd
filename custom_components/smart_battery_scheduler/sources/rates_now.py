"""A tariff's rates at this moment, for the last page of set-up, where the owner can check them."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..const import (
    CONF_API_KEY,
    CONF_EXPORT_ENTITIES,
    CONF_EXPORT_TARIFF,
    CONF_IMPORT_TARIFF,
    CONF_RATE_ENTITIES,
)
from ..tariff.codes import TariffCode
from ..tariff.errors import TariffError
from ..tariff.model import RateTable
from .price_lists import RateEntityError, rates_of
from .supplier import octopus


async def async_rates_now(
    hass: HomeAssistant, tariff: Mapping[str, Any]
) -> tuple[float | None, float | None]:
    """Import and export rate in p/kWh; None where there is none, or where it could not be had."""
    bought = await _now(hass, tariff, CONF_IMPORT_TARIFF, CONF_RATE_ENTITIES, taxed=True)
    sold = await _now(hass, tariff, CONF_EXPORT_TARIFF, CONF_EXPORT_ENTITIES, taxed=False)
    return bought, sold


async def _now(
    hass: HomeAssistant, tariff: Mapping[str, Any], code: str, entities: str, *, taxed: bool
) -> float | None:
    now = dt_util.utcnow()
    if tariff.get(entities):
        table = _of_entities(hass, tariff[entities])
    elif tariff.get(code):
        client = octopus(hass, tariff.get(CONF_API_KEY))
        try:
            parsed = TariffCode.parse(tariff[code])
            table = await client.rates(parsed, now, now + timedelta(hours=1), taxed=taxed)
        except TariffError:
            # The page shows the rate as not known; the running site asks again.
            return None
    else:
        return None
    rate = table.at(now)
    return None if rate is None else rate.p_per_kwh


def _of_entities(hass: HomeAssistant, entity_ids: Iterable[str]) -> RateTable:
    table, now = RateTable(), dt_util.utcnow()
    for entity_id in entity_ids:
        try:
            table = table.merged(rates_of(hass.states.get(entity_id), entity_id, now))
        except RateEntityError:
            continue
    return table
