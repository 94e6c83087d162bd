"""The action that replays the home's past and answers with what it would have cost."""

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)

from ..common.serialisation import Json
from ..const import DOMAIN
from ..history.backtest.compare import BacktestResult, TariffResult
from ..site.backtest import MOST_DAYS, USUAL_DAYS, BacktestFailedError, BacktestStoppedError
from .fields import in_range, number
from .sites import SITE_FIELDS, async_site, problem

BACKTEST = "backtest"
DAYS, STOP = "days", "stop"

SCHEMA = vol.Schema(
    {
        **SITE_FIELDS,
        vol.Optional(DAYS, default=USUAL_DAYS): number,
        vol.Optional(STOP, default=False): bool,
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register it."""
    hass.services.async_register(
        DOMAIN,
        BACKTEST,
        _async_backtest,
        schema=SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_backtest(call: ServiceCall) -> ServiceResponse:
    """Begin a run and answer when it has ended, or stop the one under way."""
    site = await async_site(call)
    if call.data[STOP]:
        await site.backtest.async_stop()
        return None if site.backtest.result is None else backtest_as_dict(site.backtest.result)
    days = round(in_range(call.data, DAYS, 1, MOST_DAYS) or USUAL_DAYS)
    site.backtest.start(days)
    if not call.return_response:
        return None
    try:
        return backtest_as_dict(await site.backtest.async_result())
    except BacktestStoppedError as err:
        raise problem("backtest_stopped") from err
    except BacktestFailedError as err:
        raise problem("backtest_failed") from err


def backtest_as_dict(result: BacktestResult) -> dict[str, Json]:
    """A result without its half-hours, money in pounds to the penny."""
    return {
        "made_at": result.made_at.isoformat(),
        "first_day": result.first_day,
        "last_day": result.last_day,
        "days": result.days,
        "days_left_out": dict(result.left_out),
        "sources": {kind: dict(each) for kind, each in result.sources.items()},
        "sources_failed": list(result.failed),
        "paid_gbp": _pounds(result.paid_gbp),
        "tariffs": [_tariff(each) for each in result.tariffs],
        "not_compared": list(result.not_compared),
        "variants": [
            {
                "name": each.name,
                "gbp": _pounds(each.gbp),
                "gbp_per_year": _pounds(each.gbp_per_year),
            }
            for each in result.variants
        ],
    }


def _tariff(result: TariffResult) -> Json:
    return {
        "name": result.name,
        "gbp": _pounds(result.gbp),
        "self_powered_gbp": _pounds(result.self_powered_gbp),
        "optimum_gbp": _pounds(result.optimum_gbp),
        "standing_gbp": _pounds(result.standing_gbp),
        "gbp_per_year": _pounds(result.gbp_per_year),
        "best_week_gbp_per_year": _pounds(result.best_week_gbp_per_year),
        "worst_week_gbp_per_year": _pounds(result.worst_week_gbp_per_year),
    }


def _pounds(gbp: float | None) -> float | None:
    return None if gbp is None else round(gbp, 2)
