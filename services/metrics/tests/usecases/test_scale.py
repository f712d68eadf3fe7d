"""Deciding with a store that keeps, forgets, or is gone."""

import pytest

from tiketi_metrics.adapters.policy_file import load_policy
from tiketi_metrics.domain.board import Board, Depth, ScalingRecord
from tiketi_metrics.errors import StoreLost
from tiketi_metrics.ports import Lead
from tiketi_metrics.usecases import HISTORY, Deciding, next_record, scale
from tiketi_shared.ids import EventId

POLICY = load_policy("")
NOW = 1_763_900_000.0


class MemoryStore:
    """Keeps one record; `leader` None: whoever asks leads."""

    def __init__(self) -> None:
        self.record: ScalingRecord | None = None
        self.leader: str | None = None
        self.lost = False

    async def lead(self, instance: str) -> Lead:
        if self.lost:
            raise StoreLost("gone")
        return Lead(self.leader in {None, instance}, self.record)

    async def save(self, instance: str, record: ScalingRecord) -> bool:
        self.record = record
        return True


def board(waiting: int) -> Board:
    board = Board()
    board.depths.value = {
        EventId("e"): Depth(
            phase="on_sale", waiting=waiting, lobby=0, active=0, capacity=1000, per_second=50,
            pace=50, admitted_total=0, passed_over=0, no_shows_total=0, oldest_wait_seconds=0,
        )
    }  # fmt: skip
    board.depths.at = NOW
    return board


def desired(board: Board) -> int:
    assert board.scaling is not None
    return board.scaling.state.desired


async def test_a_restart_goes_on_with_the_number_and_the_cooldown() -> None:
    store, before, after = MemoryStore(), board(8_000), board(8_000)
    await scale(before, Deciding(store, POLICY, "a"), NOW)
    await scale(after, Deciding(store, POLICY, "a"), NOW + 10)
    assert desired(after) == desired(before) == 4


async def test_a_follower_serves_the_leaders_number() -> None:
    store, follower = MemoryStore(), board(60_000)
    await scale(board(8_000), Deciding(store, POLICY, "a"), NOW)
    store.leader = "a"
    await scale(follower, Deciding(store, POLICY, "b"), NOW + 1)
    assert desired(follower) == 4
    assert not follower.leading


async def test_a_lost_store_leaves_the_number_as_it_was() -> None:
    store, known = MemoryStore(), board(8_000)
    await scale(known, Deciding(store, POLICY, "a"), NOW)
    store.lost = True
    with pytest.raises(StoreLost):
        await scale(known, Deciding(store, POLICY, "a"), NOW + 1)
    assert desired(known) == 4


async def test_a_store_that_came_back_empty_gets_the_number_again() -> None:
    store, known = MemoryStore(), board(8_000)
    await scale(known, Deciding(store, POLICY, "a"), NOW)
    store.record = None
    await scale(known, Deciding(store, POLICY, "a"), NOW + 3)
    assert store.record is not None
    assert desired(known) == 4


async def test_an_old_answer_of_the_queue_decides_nothing() -> None:
    store, known = MemoryStore(), board(8_000)
    known.depths.at = NOW - 20
    await scale(known, Deciding(store, POLICY, "a"), NOW)
    assert desired(known) == 2
    assert known.scaling is not None
    assert "cannot be seen" in known.scaling.reason


def test_every_change_is_kept_with_its_reason_and_the_oldest_are_dropped() -> None:
    record: ScalingRecord | None = None
    for step in range(2 * HISTORY):
        waiting = 60_000 if step % 20 == 0 else 0
        record = next_record(record, waiting, NOW + 600 * step, POLICY, "a")
    assert record is not None
    assert len(record.history) <= HISTORY
    assert record.history[0].at > record.history[-1].at
    assert all(change.before != change.after and change.reason for change in record.history)
