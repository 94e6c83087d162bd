"""The result of a replay in words, each phrase from the translations."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..history.backtest.compare import BacktestResult, TariffResult

# Home Assistant translates a flow's placeholders nowhere; a selector's options are loaded with it.
CATEGORY = "selector"


class Phrases:
    """The translated phrases by group and key; a key without a phrase stands for itself."""

    def __init__(self, translations: Mapping[str, str]) -> None:
        """``translations`` are Home Assistant's, by their whole keys."""
        self._translations = translations

    def of(self, group: str, key: str, **placeholders: str) -> str:
        """One phrase, its placeholders filled in."""
        full = f"component.{DOMAIN}.{CATEGORY}.backtest_{group}.options.{key}"
        return self._translations.get(full, key).format(**placeholders)

    def pounds(self, gbp: float | None, *, pence: bool = True) -> str:
        """A sum as people write it."""
        if gbp is None:
            return self.of("text", "unknown_sum")
        text = f"{abs(gbp):,.2f}" if pence else f"{abs(gbp):,.0f}"
        return f"-£{text}" if gbp < 0 else f"£{text}"


async def async_phrases(hass: HomeAssistant) -> Phrases:
    """In the language of this Home Assistant."""
    return Phrases(
        await async_get_translations(hass, hass.config.language, CATEGORY, integrations=[DOMAIN])
    )


def result_texts(result: BacktestResult, phrases: Phrases) -> dict[str, str]:
    """The figures of the page. The result has a tariff at least."""
    best, present = result.tariffs[0], result.of(result.present)
    return {
        "days": str(result.days),
        "first": result.first_day or "",
        "last": result.last_day or "",
        "paid": phrases.pounds(result.paid_gbp),
        "planned": phrases.pounds(present.gbp if present else None),
        "optimum": phrases.pounds(present.optimum_gbp if present else None),
        "best": phrases.of("tariff", best.name),
        "best_gbp": phrases.pounds(best.gbp),
        "tariffs": "\n".join(_line(each, phrases) for each in result.tariffs),
    }


def missing_texts(result: BacktestResult, phrases: Phrases) -> dict[str, str]:
    """Why days were left out, each reason with its number of days; who did not answer."""
    days = [
        phrases.of("text", "left_out", days=str(count), reason=phrases.of("left_out", reason))
        for reason, count in result.left_out.items()
    ]
    failed = [phrases.of("source", each) for each in result.failed]
    none = phrases.of("text", "none")
    return {"left_out": ", ".join(days) or none, "failed": ", ".join(failed) or none}


def _line(result: TariffResult, phrases: Phrases) -> str:
    low, high = result.best_week_gbp_per_year, result.worst_week_gbp_per_year
    has_spread = low is not None and high is not None
    return phrases.of(
        "text",
        "tariff_with_spread" if has_spread else "tariff",
        name=phrases.of("tariff", result.name),
        gbp=phrases.pounds(result.gbp),
        year=phrases.pounds(result.gbp_per_year, pence=False),
        low=phrases.pounds(low, pence=False),
        high=phrases.pounds(high, pence=False),
        alone=phrases.pounds(result.self_powered_gbp),
    )
