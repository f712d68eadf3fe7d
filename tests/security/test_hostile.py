"""A part of `make fuzz`, bounded: the dictionary of hostile values against every operation."""

from pathlib import Path

from tests.security import hostile
from tests.security.fuzz import deployed, dictionary

SECONDS = 60


def test_no_value_of_the_dictionary_breaks_an_operation(tmp_path: Path) -> None:
    with deployed(tmp_path) as place:
        found = dictionary(place, SECONDS, seed=1)
        print(f"{found.count:,} requests, {found.left_out:,} left out: {dict(found.statuses)}")
        assert not found.broken, "\n".join(found.broken[:50])
        assert hostile.tracebacks(place.logs) == []
        assert found.count > 1000
