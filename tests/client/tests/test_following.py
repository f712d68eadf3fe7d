"""However connections come and go, each change comes once and in order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_client.following import Following, Message

EVENT = "e"


class Server:
    """Instances of a notifier: each has told a part of the channel's history."""

    def __init__(self, kept: int) -> None:
        self.version = 0
        self.kept = kept

    def message(self, version: int) -> dict[str, Any]:
        data = {"event_id": EVENT, "epoch": "x", "version": version, "changes": [[version, "h"]]}
        return {"type": "seat-update", "data": data}

    def subscribed(self, request: dict[str, Any], lag: int) -> Message:
        """The answer of an instance that is `lag` versions behind, but not behind the client."""
        since = request.get("since", {"epoch": None, "version": 0})
        here = max(self.version - lag, since["version"] if since["epoch"] else 0)
        recovered = since["epoch"] == "x" and here - since["version"] <= self.kept
        missed = range(since["version"] + 1, here + 1) if recovered else ()
        data = {
            "event_id": EVENT, "epoch": "x", "version": here, "recovered": recovered,
            "missed": [self.message(version) for version in missed],
        }  # fmt: skip
        return Message("subscribed", data)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.integers(1, 4)),
        st.tuples(st.just("reconnect"), st.integers(0, 6)),
        st.tuples(st.just("repeat"), st.integers(0, 3)),
    ),
    max_size=40,
)


@given(steps)
def test_every_change_comes_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    server, following = Server(kept=1000), Following(EVENT)
    seen: list[Message] = []

    def take(message: Message) -> None:
        seen.extend(each for each in following.take(message) if each.type == "seat-update")

    take(server.subscribed(following.request(), lag=0))
    heard = 0
    for step, amount in steps:
        if step == "change":
            server.version += amount
            for version in range(heard + 1, server.version + 1):
                take(Message(**server.message(version)))
            heard = server.version
        elif step == "reconnect":
            request, lag = following.request(), amount // 2
            server.version += amount  # while there was no connection
            take(server.subscribed(request, lag=lag))
            for version in range(server.version - lag + 1, server.version + 1):
                take(Message(**server.message(version)))
            heard = server.version
        else:
            for version in range(max(1, heard - amount), heard + 1):
                take(Message(**server.message(version)))
    assert [each.data["version"] for each in seen] == list(range(1, heard + 1))


def test_after_a_gap_that_cannot_be_filled_it_goes_on_from_the_answer() -> None:
    server, following = Server(kept=2), Following(EVENT)
    list(following.take(server.subscribed(following.request(), lag=0)))
    server.version = 10
    following.epoch, following.version = "x", 3
    [answer] = following.take(server.subscribed(following.request(), lag=0))
    assert answer.data["recovered"] is False
    assert following.request()["since"] == {"epoch": "x", "version": 10}


def test_what_has_no_place_in_the_channel_always_comes_through() -> None:
    progress = Message("queue-progress", {"event_id": EVENT, "waiting": 3})
    assert list(Following(EVENT).take(progress)) == [progress]


def update(version: int, epoch: str = "x") -> Message:
    return Message("seat-update", {"event_id": EVENT, "epoch": epoch, "version": version})


def answer(version: int, *missed: Message, epoch: str = "x", recovered: bool = True) -> Message:
    listed = [{"type": each.type, "data": each.data} for each in missed]
    data = {"epoch": epoch, "version": version, "recovered": recovered, "missed": listed}
    return Message("subscribed", data)


def test_a_subscription_asks_for_what_came_after_the_last_change() -> None:
    following = Following(EVENT)
    assert (following.event_id, following.epoch, following.version) == (EVENT, None, 0)
    assert following.request() == {"event_id": EVENT}
    list(following.take(answer(4)))
    assert following.request() == {"event_id": EVENT, "since": {"epoch": "x", "version": 4}}


def test_a_change_of_another_epoch_is_new_whatever_its_version() -> None:
    following = Following(EVENT)
    list(following.take(answer(4)))
    assert list(following.take(update(4))) == []
    assert list(following.take(update(3, "y"))) == [update(3, "y")]
    assert (following.epoch, following.version) == ("y", 3)
    assert list(following.take(update(3, "y"))) == []
    assert list(following.take(update(4, "y"))) == [update(4, "y")]


def test_an_instance_that_is_behind_does_not_take_the_position_back() -> None:
    following = Following(EVENT)
    list(following.take(answer(4)))
    list(following.take(update(5)))
    behind = answer(3)
    assert list(following.take(behind)) == [behind]
    assert following.version == 5


@pytest.mark.parametrize("seen", [(), (4,), (3, 4)])
def test_what_was_missed_follows_the_answer_without_what_was_seen(seen: tuple[int, ...]) -> None:
    following = Following(EVENT)
    list(following.take(answer(4)))
    told = answer(7, *map(update, seen), update(5), update(7))
    assert list(following.take(told)) == [told, update(5), update(7)]
    assert following.version == 7


def test_an_answer_that_could_not_recover_sets_the_position_even_back() -> None:
    following = Following(EVENT)
    list(following.take(answer(9)))
    list(following.take(answer(2, epoch="y", recovered=False)))
    assert (following.epoch, following.version) == ("y", 2)
