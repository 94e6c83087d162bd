"""Whether a refused token is retried or asked for anew."""

from custom_components.smart_battery_scheduler.powerwall.base import REFUSALS_UNTIL_REAUTH
from custom_components.smart_battery_scheduler.sources.token_refusals import Refusal, TokenRefusals


def test_a_token_that_has_never_worked_ends_set_up() -> None:
    """However often it is tried."""
    token = TokenRefusals(has_worked=False)
    assert [token.refused() for _ in range(4)] == [Refusal.SETUP_FAILED] * 4


def test_a_hiccup_asks_nobody_and_a_refusal_that_lasts_asks_again_and_again() -> None:
    """The third in a row asks, and so does every later one: the first question may have been lost."""
    token = TokenRefusals(has_worked=False)
    token.accepted()
    answers = [token.refused() for _ in range(REFUSALS_UNTIL_REAUTH + 3)]
    waits = REFUSALS_UNTIL_REAUTH - 1
    assert answers == [Refusal.WAIT] * waits + [Refusal.ASK] * 4


def test_refusals_are_counted_in_a_row() -> None:
    """One reading between them and they begin anew."""
    token = TokenRefusals(has_worked=False)
    token.accepted()
    for _ in range(5):
        for _ in range(REFUSALS_UNTIL_REAUTH - 1):
            assert token.refused() is Refusal.WAIT
        assert not token.accepted()


def test_refused_from_the_start_of_a_run_it_is_asked_for_at_once() -> None:
    """It worked in an earlier run: set-up is tried again by itself, and a person is asked meanwhile."""
    token = TokenRefusals(has_worked=True)
    assert token.refused() is Refusal.ASK
    assert token.refused() is Refusal.ASK


def test_a_question_may_be_open_when_the_token_works_again() -> None:
    """After it was asked, and before the first reading of a run, whoever asked it; not on other days."""
    token = TokenRefusals(has_worked=True)
    assert token.accepted()
    assert not token.accepted()
    for _ in range(REFUSALS_UNTIL_REAUTH):
        token.refused()
    assert token.accepted()
    assert not token.accepted()
