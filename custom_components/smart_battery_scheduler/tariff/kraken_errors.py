"""What the error codes of Octopus' GraphQL API mean.

It answers with status 200 even when it refuses; the reason is in ``errors``. Error texts may quote
what was sent, so only codes are repeated. Codes: Octopus' "error codes" pages, and what users of
other clients met.
"""

from collections.abc import Mapping
import re

from .errors import TariffAuthError, TariffError, TariffRateLimitError, TariffReplyError
from .json_shape import JsonObject

BAD_KEY = "KT-CT-1139"
TOO_MANY_REQUESTS = "KT-CT-1199"
FIELD_GONE = "KT-CT-1113"
# OE-1308 is any criterion that is not met, "already signed up" among them, also where the account is
# not (HomeAssistant-OctopusEnergy#1865): the list of sessions says who takes part.
NOT_JOINABLE = frozenset({"OE-1305", "OE-1308", "KT-GB-5117"})
PLANNED_UNAVAILABLE = "KT-CT-4340"
COMPLETED_UNAVAILABLE = "KT-CT-4341"
TOKEN_REFUSED = frozenset(
    {
        # Expired or not valid.
        "KT-CT-1120",
        "KT-CT-1124",
        "KT-CT-1128",
        # Not authenticated, or not authorised with this one.
        "KT-CT-1111",
        "KT-CT-1134",
        "KT-CT-1135",
        "KT-CT-1143",
        "OE-0103",
    }
)

# Blocks of token requests lasted for hours, and each further request may prolong one.
TOKEN_BLOCKED_S = 3600.0
QUERY_BLOCKED_S = 600.0

_CODE = re.compile(r"[A-Z]{2}(-[A-Z]{2})?-\d+")


class TokenRefusedError(TariffError):
    """The token was refused; another one may do."""


class FeatureGoneError(TariffError):
    """The API has switched this off: go on without it."""


class NotForThisKeyError(FeatureGoneError):
    """A token that was just made is refused for this one query: go on without its answer.

    It does not mean that the key is refused: that is judged where a token is made, and where the account
    is read (HomeAssistant-OctopusEnergy#885).
    """


class SessionNotJoinableError(TariffError):
    """There is no such session, or not for this account."""


class DispatchesUnavailableError(TariffError):
    """The dispatches cannot be read at present: what was last reported may still hold."""


def error_codes(body: JsonObject) -> tuple[str, ...]:
    """The codes of a reply's errors; ``?`` for one without."""
    errors = body.get("errors")
    if not errors:
        return ()
    return tuple(map(_code, errors)) if isinstance(errors, list) else ("?",)


def _code(error: object) -> str:
    if not isinstance(error, Mapping):
        return "?"
    extensions = error.get("extensions")
    code = extensions.get("errorCode") if isinstance(extensions, Mapping) else None
    if isinstance(code, str) and _CODE.fullmatch(code):
        return code
    # A field that was taken out of the schema is reported in GraphQL's own words, without a code.
    return FIELD_GONE if str(error.get("message")).startswith("Cannot query field") else "?"


def error_for(codes: tuple[str, ...], *, minting: bool) -> TariffError:
    """The most serious error among a reply's codes.

    ``minting``: a token was asked for.
    """
    if TOO_MANY_REQUESTS in codes:
        return TariffRateLimitError(TOKEN_BLOCKED_S if minting else QUERY_BLOCKED_S)
    if BAD_KEY in codes:
        return TariffAuthError("Octopus refused the API key")
    if TOKEN_REFUSED.intersection(codes):
        return TokenRefusedError("Octopus refused the token")
    if NOT_JOINABLE.intersection(codes):
        return SessionNotJoinableError("the session cannot be joined")
    if PLANNED_UNAVAILABLE in codes:
        return DispatchesUnavailableError("the dispatches cannot be read at present")
    if FIELD_GONE in codes:
        return FeatureGoneError("Octopus has switched this off")
    return TariffReplyError(f"Octopus refused the query ({', '.join(sorted(set(codes)))})")
