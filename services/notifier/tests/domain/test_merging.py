"""Changes of a tick become one message: nothing is lost, nothing waits longer than a tick."""

import itertools
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tiketi_notifier.domain.merging import MergeBuffer, SeatChanges, merged
from tiketi_shared.ids import EventId
from tiketi_shared.messages import SeatsChanged, SeatState

EVENT = EventId("e")
TICK = 0.25

states: st.SearchStrategy[SeatState] = st.sampled_from(["a", "h", "s", "x"])
seat_changes = st.lists(st.tuples(st.integers(0, 5), states), max_size=4)
left = st.dictionaries(st.sampled_from(["t1", "t2"]), st.integers(0, 9), max_size=2)


Content = tuple[list[tuple[int, SeatState]], dict[str, int]]


def changes(contents: list[Content]) -> list[SeatsChanged]:
    return [
        SeatsChanged(EVENT, version, seats, general)
        for version, (seats, general) in enumerate(contents, start=1)
    ]


@given(
    st.lists(st.tuples(seat_changes, left), min_size=1, max_size=10),
    st.integers(0, 12),
    st.randoms(use_true_random=False),
)
def test_the_last_state_of_each_seat_wins_whatever_the_order(
    contents: list[Content], after: int, chance: Random
) -> None:
    in_order = changes(contents)
    shuffled = chance.sample(in_order, len(in_order))
    result = merged(shuffled, after)
    fresh = [change for change in in_order if change.version > after]
    if not fresh:
        assert result is None
        return
    expected: dict[int, SeatState] = {}
    general: dict[str, int] = {}
    for change in fresh:
        expected.update(change.changes)
        general.update(change.general)
    assert result is not None
    assert (result.seats, result.general) == (expected, general)
    assert (result.first, result.last) == (fresh[0].version, fresh[-1].version)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_everything_goes_out_in_order_within_a_tick_and_not_oftener(gaps: list[int]) -> None:
    """Arrivals `gaps` milliseconds apart; the buffer is emptied whenever it says so."""
    buffer: MergeBuffer[tuple[int, float]] = MergeBuffer(TICK)
    taken: list[tuple[float, list[tuple[int, float]]]] = []
    arrivals, now = [], 0.0
    for index, gap in enumerate(gaps):
        now += gap / 1000
        arrivals.append((now, index))

    def drain(until: float) -> None:
        while (due := buffer.next_due()) is not None and due <= until:
            taken.append((due, buffer.take_due(due)[EVENT]))

    for at, index in arrivals:
        drain(at)
        buffer.add(EVENT, (index, at), at)
    drain(float("inf"))

    flat = [item for _, items in taken for item in items]
    assert [index for index, _ in flat] == list(range(len(gaps)))
    assert all(at - came <= TICK + 1e-9 for at, items in taken for _, came in items)
    times = [at for at, _ in taken]
    assert all(b - a >= TICK - 1e-9 for a, b in itertools.pairwise(times))


def test_the_first_change_after_a_quiet_time_goes_out_at_once() -> None:
    buffer: MergeBuffer[str] = MergeBuffer(TICK)
    buffer.add(EVENT, "change", 100.0)
    assert buffer.take_due(100.0) == {EVENT: ["change"]}


def test_what_could_not_be_published_goes_out_before_what_came_later() -> None:
    buffer: MergeBuffer[str] = MergeBuffer(TICK)
    buffer.add(EVENT, "first", 0.0)
    items = buffer.take_due(0.0)[EVENT]
    buffer.add(EVENT, "second", 0.1)
    buffer.put_back(EVENT, items, 0.2)
    assert buffer.take_due(0.2) == {}
    assert buffer.take_due(0.2 + TICK) == {EVENT: ["first", "second"]}


def test_events_do_not_wait_for_each_other() -> None:
    buffer: MergeBuffer[str] = MergeBuffer(TICK)
    buffer.add(EVENT, "one", 0.0)
    buffer.take_due(0.0)
    buffer.add(EVENT, "two", 0.1)
    buffer.add(EventId("other"), "three", 0.1)
    assert buffer.take_due(0.1) == {"other": ["three"]}


def test_merged_changes_keep_their_event_and_their_versions() -> None:
    of_one = [
        SeatsChanged(EVENT, 9, [(4, "s")], {"t2": 3}),
        SeatsChanged(EVENT, 7, [(4, "h"), (5, "h")], {"t1": 6}),
        SeatsChanged(EVENT, 8, [(5, "a")], {"t1": 7}),
    ]
    assert merged(of_one, 6) == SeatChanges(EVENT, 7, 9, {4: "s", 5: "a"}, {"t1": 7, "t2": 3})
    assert merged(of_one, 7) == SeatChanges(EVENT, 8, 9, {5: "a", 4: "s"}, {"t1": 7, "t2": 3})
    assert merged(of_one, 8) == SeatChanges(EVENT, 9, 9, {4: "s"}, {"t2": 3})
    assert merged(of_one, 9) is None


def test_a_change_waits_a_tick_after_the_last_message_of_its_event() -> None:
    buffer: MergeBuffer[str] = MergeBuffer(TICK)
    assert buffer.next_due() is None
    buffer.add(EVENT, "one", 10.0)
    assert buffer.next_due() == 10.0
    assert buffer.take_due(9.9) == {}
    assert buffer.take_due(10.0) == {EVENT: ["one"]}
    buffer.add(EVENT, "two", 10.1)
    assert buffer.next_due() == 10.25
    buffer.add(EventId("other"), "three", 10.2)
    assert buffer.next_due() == 10.2
    assert buffer.take_due(10.2) == {"other": ["three"]}
    assert buffer.take_due(10.25) == {EVENT: ["two"]}
    assert buffer.take_due(10.3) == {}
    buffer.add(EVENT, "four", 10.4)
    assert buffer.next_due() == 10.5


def test_an_event_that_was_quiet_for_a_tick_is_forgotten() -> None:
    buffer: MergeBuffer[str] = MergeBuffer(TICK)
    buffer.add(EVENT, "one", 10.0)
    buffer.take_due(10.0)
    buffer.take_due(10.1)
    assert buffer._published_at == {EVENT: 10.0}
    buffer.take_due(10.25)
    assert buffer._published_at == {}


def test_what_could_not_be_published_waits_for_the_next_tick_also_when_nothing_came() -> None:
    buffer: MergeBuffer[str] = MergeBuffer(TICK)
    buffer.put_back(EVENT, ["one", "two"], 10.0)
    assert buffer.next_due() == 10.25
    buffer.add(EVENT, "three", 10.1)
    assert buffer.take_due(10.25) == {EVENT: ["one", "two", "three"]}
