"""The result of a replay in words."""

from datetime import date

from ..history.backtest.compare import BacktestResult, TariffResult
from ..text.sentences import Sentences


def result_texts(result: BacktestResult, words: Sentences) -> dict[str, str]:
    """The figures of the page."""
    best, present = result.tariffs[0], result.of(result.present)
    return {
        "days": str(result.days),
        "first": _day(result.first_day, words),
        "last": _day(result.last_day, words),
        "paid": _sum(result.paid_gbp, words),
        "planned": _sum(present.gbp if present else None, words),
        "optimum": _sum(present.optimum_gbp if present else None, words),
        "best": words.say_or(f"backtest.{best.name}", best.name),
        "best_gbp": _sum(best.gbp, words),
        "tariffs": "\n".join(_line(tariff, words) for tariff in result.tariffs),
    }


def _line(result: TariffResult, words: Sentences) -> str:
    low, high = result.best_week_gbp_per_year, result.worst_week_gbp_per_year
    spread = ""
    if low and high:
        low_text, high_text = words.pounds(low, 0), words.pounds(high, 0)
        spread = words.say("backtest.spread", low=low_text, high=high_text)
    return words.say(
        "backtest.line",
        name=words.say_or(f"backtest.{result.name}", result.name),
        sum=_sum(result.gbp, words),
        year=_sum(result.gbp_per_year, words, decimals=0),
        spread=spread,
        alone=_sum(result.self_powered_gbp, words),
    )


def missing_texts(result: BacktestResult, words: Sentences) -> dict[str, str]:
    """Why days were left out, each reason with its number of days; who did not answer."""
    days = [
        words.say(
            "backtest.left_out", days=str(count), why=words.say_or(f"backtest.{reason}", reason)
        )
        for reason, count in result.left_out.items()
    ]
    failed = [words.say_or(f"backtest.source_{each}", each) for each in result.failed]
    none = words.say("backtest.none")
    return {"left_out": ", ".join(days) or none, "failed": ", ".join(failed) or none}


def _day(day: str | None, words: Sentences) -> str:
    return words.day(date.fromisoformat(day)) if day else ""


def _sum(gbp: float | None, words: Sentences, *, decimals: int = 2) -> str:
    return words.say("backtest.unknown_sum") if gbp is None else words.pounds(gbp, decimals)
