"""The switch itself."""

import pytest

from .faults import Endpoint, Fault, Faults, fitting

READ, WRITE = Endpoint.NETZERO_READ, Endpoint.NETZERO_WRITE


def struck(faults: Faults, endpoint: Endpoint = READ) -> list[Fault]:
    """The faults of the next request."""
    return [rule.fault for rule in faults.strike(endpoint)]


def test_a_rule_skips_strikes_and_is_spent() -> None:
    """The third and fourth next."""
    faults = Faults()
    faults.add(Fault.TIMEOUT, READ, skip=2, times=2)
    assert [struck(faults) for _ in range(6)] == [
        [],
        [],
        [Fault.TIMEOUT],
        [Fault.TIMEOUT],
        [],
        [],
    ]
    assert list(faults) == []


def test_a_rule_without_times_holds_until_it_is_cleared() -> None:
    """And clearing one kind leaves the others."""
    faults = Faults()
    faults.add(Fault.FORBIDDEN, READ)
    faults.add(Fault.STALE, READ)
    assert all(struck(faults) == [Fault.FORBIDDEN, Fault.STALE] for _ in range(5))
    faults.clear(Fault.FORBIDDEN)
    assert struck(faults) == [Fault.STALE]
    faults.clear()
    assert struck(faults) == []


def test_other_endpoints_do_not_count() -> None:
    """Writes do not use up a read's fault."""
    faults = Faults()
    faults.add(Fault.TIMEOUT, READ, skip=1, times=1)
    assert struck(faults, WRITE) == []
    assert struck(faults, READ) == []
    assert struck(faults, WRITE) == []
    assert struck(faults, READ) == [Fault.TIMEOUT]


def test_a_fault_without_endpoint_strikes_wherever_it_fits() -> None:
    """Everywhere, or at its only place."""
    faults = Faults()
    faults.add(Fault.DISCONNECT)
    faults.add(Fault.LOST)
    assert struck(faults, READ) == [Fault.DISCONNECT]
    assert struck(faults, WRITE) == [Fault.DISCONNECT, Fault.LOST]
    assert struck(faults, Endpoint.FORECAST) == [Fault.DISCONNECT]


def test_a_fault_that_cannot_strike_there_is_refused_whole() -> None:
    """Nothing is half armed."""
    faults = Faults()
    with pytest.raises(ValueError, match="stale cannot strike netzero_write"):
        faults.add(Fault.STALE, READ, WRITE)
    assert list(faults) == []


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_fits_somewhere(fault: Fault) -> None:
    """None is dead."""
    assert fitting(fault)
