"""Deciding with a store that keeps, forgets, or is gone."""

import pytest

from tiketi_metrics.adapters.policy_file import load_policy
from tiketi_metrics.domain.board import Board, Depth, ScalingRecord
from tiketi_metrics.errors import StoreLost
from tiketi_metrics.ports import Lead
from tiketi_metrics.usecases import HISTORY, Deciding, next_record, remember, scale
from tiketi_shared.ids import EventId
from tiketi_shared.sale import Phase

POLICY = load_policy("")
NOW = 1_763_900_000.0


class MemoryStore:
    """Keeps one record; `leader` None: whoever asks leads."""

    def __init__(self) -> None:
        self.record: ScalingRecord | None = None
        self.leader: str | None = None
        self.lost = False
        self.refuses = False
        """The lease ran out between leading and saving."""

    async def lead(self, instance: str) -> Lead:
        if self.lost:
            raise StoreLost("gone")
        return Lead(self.leader in {None, instance}, self.record)

    async def save(self, instance: str, record: ScalingRecord) -> bool:
        if self.refuses:
            return False
        self.record = record
        return True


def depth(waiting: int, phase: Phase = "on_sale") -> Depth:
    """A line whose other numbers would each call for instances, were they taken for it."""
    return Depth(
        phase=phase, waiting=waiting, lobby=waiting if phase == "lobby" else 0, active=20_001,
        capacity=30_000, per_second=21_000, pace=20_900, admitted_total=70_000, passed_over=20_002,
        no_shows_total=20_003, oldest_wait_seconds=20_004,
    )  # fmt: skip


def board(*waiting: int, phase: Phase = "on_sale") -> Board:
    """A line for each number."""
    board = Board()
    board.depths.value = {
        EventId(f"e{index}"): depth(people, phase) for index, people in enumerate(waiting)
    }
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


async def test_a_store_that_came_back_with_an_older_decision_does_not_undo_the_newer() -> None:
    store, known = MemoryStore(), board(8_000)
    older = next_record(None, 0, NOW - 60, POLICY, "a")
    await scale(known, Deciding(store, POLICY, "a"), NOW)
    store.record = older
    known.depths.value = {EventId("e0"): depth(3_000)}  # calls for no change by itself
    await scale(known, Deciding(store, POLICY, "a"), NOW + 3)
    assert desired(known) == 4
    assert store.record is not None
    assert store.record.state.desired == 4


async def test_a_leader_that_lost_the_lease_while_deciding_does_not_serve_its_number() -> None:
    store, late = MemoryStore(), board(8_000)
    store.refuses = True
    await scale(late, Deciding(store, POLICY, "a"), NOW)
    assert late.scaling is None


async def test_a_store_that_came_back_empty_gets_the_number_again() -> None:
    store, known = MemoryStore(), board(8_000)
    await scale(known, Deciding(store, POLICY, "a"), NOW)
    store.record = None
    await scale(known, Deciding(store, POLICY, "a"), NOW + 3)
    assert store.record is not None
    assert desired(known) == 4


@pytest.mark.parametrize(("age", "instances"), [(14.9, 4), (15, 4), (15.1, 2), (20, 2)])
async def test_an_answer_of_the_queue_decides_for_fifteen_seconds(
    age: float, instances: int
) -> None:
    store, known = MemoryStore(), board(8_000)
    known.depths.at = NOW - age
    await scale(known, Deciding(store, POLICY, "a"), NOW)
    assert desired(known) == instances
    assert known.scaling is not None
    assert ("cannot be seen" in known.scaling.reason) == (instances == 2)


@pytest.mark.parametrize(("age", "waiting"), [(14.9, 8_000), (15, 8_000), (15.1, None)])
def test_an_old_answer_of_the_queue_is_not_drawn_as_a_new_one(
    age: float, waiting: int | None
) -> None:
    known = board(8_000)
    known.depths.at = NOW - age
    remember(known, NOW)
    (point,) = known.timeline.points
    assert point.events[EventId("e0")].waiting == waiting
    assert (point.events[EventId("e0")].active is None) == (waiting is None)


@pytest.mark.parametrize("phase", ["lobby", "on_sale", "paused"])
@pytest.mark.parametrize(
    ("lines", "instances"),
    [((5_000,), 2), ((5_001,), 4), ((2_500, 2_500), 2), ((2_500, 2_501), 4), ((), 2)],
)
async def test_people_who_wait_call_for_instances_each_counted_once(
    lines: tuple[int, ...], instances: int, phase: Phase
) -> None:
    """The first step is taken above 5,000 people, wherever they wait, in the lobby too."""
    known = board(*lines, phase=phase)
    await scale(known, Deciding(MemoryStore(), POLICY, "a"), NOW)
    assert known.people_in_line(NOW) == sum(lines)
    assert desired(known) == instances
    assert known.scaling is not None
    assert [change.waiting for change in known.scaling.history] == (
        [sum(lines)] if instances > 2 else []
    )


def test_every_change_is_kept_with_its_reason_and_the_oldest_are_dropped() -> None:
    record: ScalingRecord | None = None
    for step in range(2 * HISTORY):
        waiting = 60_000 if step % 20 == 0 else 0
        record = next_record(record, waiting, NOW + 600 * step, POLICY, "a")
    assert record is not None
    assert len(record.history) <= HISTORY
    assert record.history[0].at > record.history[-1].at
    assert all(change.before != change.after and change.reason for change in record.history)
