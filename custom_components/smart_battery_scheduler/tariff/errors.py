"""Errors of the supplier's services. No message holds a key, token or address."""

from datetime import datetime
from enum import StrEnum


class TariffError(Exception):
    """What was asked for could not be had."""


class TariffUnreachableError(TariffError):
    """Not reached, timed out, or failing on its side: worth another try."""


class TariffBlockedError(TariffUnreachableError):
    """A firewall in front of the API answered. It says nothing about key or token: keep both."""


class TariffRateLimitError(TariffError):
    """Asked too often; ``retry_after_s`` says how long to wait."""

    def __init__(self, retry_after_s: float) -> None:
        """Keep the wait."""
        super().__init__(f"rate limited for {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class TariffAuthError(TariffError):
    """The API key was refused: a person must act."""


class TariffNotFoundError(TariffError):
    """There is no such product, tariff, meter or account (or it is somebody else's)."""


class TariffReplyError(TariffError):
    """Answered with something that cannot be understood."""


class NoRatesError(TariffError):
    """The price list knows the tariff and has no rate of it: a person should know which it is."""

    def __init__(self, tariff_code: str) -> None:
        """Name the tariff."""
        super().__init__(f"no rates are published for {tariff_code}")
        self.tariff_code = tariff_code


class SupplyLaterError(TariffError):
    """No agreement is in force yet; the first one begins at ``begins`` (aware)."""

    def __init__(self, begins: datetime) -> None:
        """Name the instant."""
        super().__init__(f"the supply begins at {begins:%Y-%m-%d %H:%M} UTC")
        self.begins = begins


class Unsupported(StrEnum):
    """Why a tariff cannot be planned for."""

    INTELLIGENT_FLUX = "intelligent_flux"
    NOT_ELECTRICITY = "not_electricity"
    UNKNOWN_FORM = "unknown_form"


class TariffNotSupportedError(TariffError):
    """We do not plan for this tariff; ``reason`` says why."""

    def __init__(self, tariff_code: str, reason: Unsupported) -> None:
        """Name the tariff and the reason."""
        super().__init__(f"{tariff_code}: {reason.value.replace('_', ' ')}")
        self.tariff_code = tariff_code
        self.reason = reason
