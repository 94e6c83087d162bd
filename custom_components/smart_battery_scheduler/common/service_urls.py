"""Where the services are: the real ones, or stand-ins on loopback for development."""

from ipaddress import ip_address
import os

from yarl import URL

NETZERO = "SBS_NETZERO_URL"
OCTOPUS = "SBS_OCTOPUS_URL"
OPEN_METEO = "SBS_OPEN_METEO_URL"
FORECAST_SOLAR = "SBS_FORECAST_SOLAR_URL"
SOLCAST = "SBS_SOLCAST_URL"
CARBON = "SBS_CARBON_URL"
OCTOPLUS = "SBS_OCTOPLUS_URL"


def endpoint(variable: str, real: str) -> str:
    """The service's address; an environment variable may name another, on loopback only.

    Any other address in the variable is ignored, so that tokens cannot be sent elsewhere.
    """
    other = os.environ.get(variable)
    return other if other and _on_loopback(other) else real


def _on_loopback(address: str) -> bool:
    try:
        host = URL(address).host or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
