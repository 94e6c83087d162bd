"""Problems of a home's supply that a person can solve or should know of."""

from enum import StrEnum

from ..const import MARKET_TIME_ZONE
from .agreement_rates import MovedOutError, NoImportError
from .errors import (
    NoRatesError,
    SupplyLaterError,
    TariffAuthError,
    TariffError,
    TariffNotFoundError,
    TariffNotSupportedError,
    Unsupported,
)
from .kraken_errors import FeatureGoneError


class SupplyProblem(StrEnum):
    """Each has one notice, by its key; faults that pass by themselves are not listed."""

    OCTOPUS_KEY = "octopus_key"
    MOVED_OUT = "moved_out"
    NO_IMPORT = "no_import"
    INTELLIGENT_FLUX = "intelligent_flux"
    TARIFF_UNKNOWN = "tariff_unknown"
    NO_RATES = "no_rates"
    SUPPLY_LATER = "supply_later"
    SESSIONS_GONE = "sessions_gone"
    FREE_GONE = "free_gone"
    DISPATCHES_GONE = "dispatches_gone"
    RATE_ENTITY = "rate_entity"


def supply_problem_of(error: TariffError) -> SupplyProblem | None:
    """The problem that an error means; None for one that may pass by itself."""
    match error:
        case TariffAuthError():
            return SupplyProblem.OCTOPUS_KEY
        case MovedOutError():
            return SupplyProblem.MOVED_OUT
        case NoImportError():
            return SupplyProblem.NO_IMPORT
        case TariffNotSupportedError(reason=Unsupported.INTELLIGENT_FLUX):
            return SupplyProblem.INTELLIGENT_FLUX
        case NoRatesError():
            return SupplyProblem.NO_RATES
        case SupplyLaterError():
            return SupplyProblem.SUPPLY_LATER
        case TariffNotSupportedError() | TariffNotFoundError():
            return SupplyProblem.TARIFF_UNKNOWN
        case FeatureGoneError():
            return SupplyProblem.SESSIONS_GONE
        case _:
            return None


def placeholders_of(error: TariffError | None) -> dict[str, str]:
    """What the sentence about an error names: the tariff, or the day by the market's calendar, as ISO 8601."""
    match error:
        case NoRatesError():
            return {"tariff": error.tariff_code}
        case SupplyLaterError():
            return {"day": error.begins.astimezone(MARKET_TIME_ZONE).date().isoformat()}
        case _:
            return {}
