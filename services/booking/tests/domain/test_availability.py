"""A picture of the seats, painted change by change."""

from tiketi_booking.domain.availability import Availability


def test_changes_are_painted_in_order() -> None:
    picture = Availability(4, bytearray(b"aaaa"), {"t": 5})
    assert picture.apply(5, [(1, "h"), (2, "h")], {"t": 3})
    assert (picture.version, bytes(picture.states), picture.general) == (5, b"ahha", {"t": 3})


def test_what_is_known_already_changes_nothing() -> None:
    picture = Availability(4, bytearray(b"s"), {})
    assert picture.apply(4, [(0, "a")], {})
    assert bytes(picture.states) == b"s"


def test_a_gap_is_told() -> None:
    picture = Availability(4, bytearray(b"a"), {})
    assert not picture.apply(6, [(0, "s")], {})
    assert (picture.version, bytes(picture.states)) == (4, b"a")


def test_a_change_is_painted_over_the_last_picture_alone() -> None:
    picture = Availability(4, bytearray(b"aaaa"), {"t": 5, "u": 7})
    assert picture.apply(3, [(0, "s")], {"t": 1})
    assert (picture.version, bytes(picture.states), picture.general["t"]) == (4, b"aaaa", 5)
    assert picture.apply(5, [(0, "s"), (3, "x")], {"t": 4})
    assert picture.apply(6, [(0, "a")], {})
    assert (picture.version, bytes(picture.states)) == (6, b"aaax")
    assert picture.general == {"t": 4, "u": 7}
