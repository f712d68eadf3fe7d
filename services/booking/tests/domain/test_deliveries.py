from datetime import UTC, datetime, timedelta

import pytest

from tiketi_booking.domain.deliveries import PAUSES, NotDelivered, after_failure

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_the_pauses_grow_and_then_the_delivery_is_parked() -> None:
    pauses = []
    for attempt in range(1, len(PAUSES) + 1):
        due = after_failure(attempt, NOW, chance=0.5).next_attempt_at
        assert due is not None
        pauses.append((due - NOW).total_seconds())
    assert pauses == sorted(pauses) == list(PAUSES)
    assert after_failure(len(PAUSES) + 1, NOW, chance=0.5).status == "parked"


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 4), (0.5, 5), (1.0, 6)])
def test_a_pause_is_spread_by_a_fifth(chance: float, seconds: int) -> None:
    assert after_failure(1, NOW, chance).next_attempt_at == NOW + timedelta(seconds=seconds)


def test_what_cannot_succeed_is_parked_at_once() -> None:
    assert after_failure(1, NOW, 0.5, final=True).status == "parked"


def test_the_ninth_try_is_the_last() -> None:
    waits = after_failure(8, NOW, chance=0.5)
    assert (waits.status, waits.next_attempt_at) == ("pending", NOW + timedelta(hours=12))
    parked = after_failure(9, NOW, chance=0.5)
    assert (parked.status, parked.next_attempt_at) == ("parked", None)


@pytest.mark.parametrize("final", [True, False])
def test_a_failure_tells_why_and_whether_it_is_final(final: bool) -> None:
    failure = NotDelivered("the mailbox is full", final=final)
    assert (str(failure), failure.final) == ("the mailbox is full", final)
    assert not NotDelivered("later").final
