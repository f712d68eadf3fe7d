from tiketi_shared.ids import is_id, new_id


def test_an_id_is_twenty_characters_of_its_alphabet() -> None:
    assert is_id(new_id())


def test_ids_sort_by_their_time_of_creation() -> None:
    first = new_id()
    later = [new_id() for _ in range(100)]
    assert all(first[:9] <= identifier[:9] for identifier in later)


def test_a_hundred_thousand_ids_differ() -> None:
    assert len({new_id() for _ in range(100_000)}) == 100_000


def test_other_texts_are_no_ids() -> None:
    for text in ("", "x" * 19, "U" * 20, "../" * 7, new_id() + "0"):
        assert not is_id(text)
