"""For how long returned seats had no buyer."""

import pytest

from tiketi_rehearsal.domain.idle import hold_seconds, longest_idle, wanted_until
from tiketi_rehearsal.domain.records import Ended, Held, Seen


def seen(*states: str) -> list[Seen]:
    """A look each second, from second 10 on."""
    return [Seen(10.0 + second, each) for second, each in enumerate(states)]


@pytest.mark.parametrize(
    ("looks", "idle"),
    [
        ((), 0),
        (("a", "a", "a", "h", "s"), 0),
        (("h", "a", "h", "s"), 1),
        (("h", "a", "a", "a", "s"), 3),
        (("hh", "ah", "aa", "ha", "ha", "hs"), 3),
        (("h", "a", "h", "a", "a", "h"), 2),
        (("s", "a", "a", "h"), 2),
        (("h", "a", "a"), 4),
        (("h", "x", "x", "x"), 0),
    ],
    ids=[
        "nothing seen", "not yet sold for the first time", "at once", "after three seconds",
        "another seat", "twice", "refunded", "to the end", "taken off sale",
    ],
)  # fmt: skip
def test_a_returned_seat_is_idle_until_somebody_has_it(looks: tuple[str, ...], idle: float) -> None:
    assert longest_idle(seen(*looks), 15.0) == idle


def test_what_is_free_when_nobody_wants_any_more_is_not_idle() -> None:
    looks = seen("h", "a", "a", "a", "a", "a")
    assert longest_idle(looks, 13.5) == 2.5
    assert longest_idle(looks, 10.5) == 0.0


def test_people_want_seats_until_the_last_of_them_holds_some_or_leaves_without() -> None:
    held = [Held(5.0, 1, 65.0), Held(9.0, 2, 69.5)]
    ended = [Ended(12.0, 3, "sold_out"), Ended(40.0, 1, "bought")]
    assert wanted_until(held, ended, ("sold_out",)) == 12.0
    assert wanted_until(held, ended, ()) == 9.0
    assert wanted_until([], [], ()) == 0.0
    assert hold_seconds(held) == 60.5
    assert hold_seconds([]) == 0.0
