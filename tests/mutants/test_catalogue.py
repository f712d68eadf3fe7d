"""Every planted fault can be planted: its entry moves along with the code."""

import pytest
from tests.mutants.catalogue import Mutant, load, unfit


@pytest.mark.parametrize("mutant", load(), ids=lambda mutant: f"{mutant.area}/{mutant.name}")
def test_each_fault_can_be_planted_where_its_entry_says(mutant: Mutant) -> None:
    assert unfit(mutant) is None


def test_there_are_enough_of_them_and_each_says_who_suffers() -> None:
    mutants = load()
    assert len(mutants) >= 80
    assert all(len(mutant.suffers) > 20 for mutant in mutants)
