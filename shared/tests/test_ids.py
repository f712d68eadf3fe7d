import subprocess
import sys
import time

import pytest

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


def test_an_id_begins_with_its_time_in_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_123_999_999)
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    milliseconds = 0
    for character in new_id()[:9]:
        milliseconds = milliseconds * 32 + alphabet.index(character)
    assert milliseconds == 1_700_000_000_123
    assert len({new_id() for _ in range(100)}) == 100


def test_every_character_behind_the_time_is_random() -> None:
    ids = [new_id() for _ in range(2_000)]
    for place in range(9, 20):
        assert len({identifier[place] for identifier in ids}) == 32


FORKED = """
import os
from tiketi_shared.ids import new_id

new_id()
reading, writing = os.pipe()
for _ in range(2):
    if os.fork() == 0:
        os.write(writing, new_id()[9:].encode())
        os._exit(0)
    os.wait()
print(os.read(reading, 22).decode() + new_id()[9:])
"""


def test_processes_that_were_forked_make_ids_of_their_own() -> None:
    """The random part: two workers may make their first id in the same millisecond."""
    parts = subprocess.run(
        [sys.executable, "-c", FORKED], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert len({parts[:11], parts[11:22], parts[22:]}) == 3
