from datetime import UTC, datetime, timedelta

import pytest

from tiketi_booking.domain.deliveries import PAUSES, after_failure

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
