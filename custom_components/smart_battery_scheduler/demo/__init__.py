"""The demo home: prices, weather and load made by rule, the same for everybody at the same time."""

from .home import HARDWARE, ROOF, DemoSolar, demo_history, demo_powerwall
from .rates import DemoTariff, next_publication, published_until

__all__ = [
    "HARDWARE",
    "ROOF",
    "DemoSolar",
    "DemoTariff",
    "demo_history",
    "demo_powerwall",
    "next_publication",
    "published_until",
]
