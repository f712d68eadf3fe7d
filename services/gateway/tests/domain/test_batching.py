import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_gateway.domain.batching import EARLY, MAX_CALLS, PATIENCE, may_send

COUNT = st.integers(0, 2000)


def test_the_first_request_is_sent_at_once() -> None:
    assert may_send(pending=1, largest=512, calls=0, waited=0.0)


def test_requests_gather_while_a_call_is_in_progress() -> None:
    assert not may_send(pending=100, largest=512, calls=1, waited=0.0)


def test_a_slow_call_holds_nobody_up() -> None:
    assert may_send(pending=1, largest=512, calls=1, waited=PATIENCE)


def test_a_full_batch_does_not_wait() -> None:
    assert may_send(pending=512, largest=512, calls=1, waited=0.0)


@given(COUNT, st.integers(0, 20), st.floats(0, 1))
def test_never_nothing_and_never_too_many_calls(pending: int, calls: int, waited: float) -> None:
    leaves = may_send(pending=pending, largest=512, calls=calls, waited=waited)
    assert not (leaves and (pending == 0 or calls >= MAX_CALLS))


@pytest.mark.parametrize(
    ("pending", "calls", "waited", "leaves"),
    [
        (0, 0, 1.0, False),
        (1, 0, 0.0, True),
        (2, 0, 0.0, True),
        (1, 1, 0.008, False),
        (1, 1, PATIENCE - EARLY, True),
        (1, 1, 0.010, True),
        (511, 1, 0.0, False),
        (512, 1, 0.0, True),
        (513, 1, 0.0, True),
        (512, 7, 0.0, True),
        (512, 8, 1.0, False),
        (512, 9, 1.0, False),
    ],
)
def test_a_batch_is_sent_from_each_bound_on(
    pending: int, calls: int, waited: float, leaves: bool
) -> None:
    assert may_send(pending=pending, largest=512, calls=calls, waited=waited) is leaves
