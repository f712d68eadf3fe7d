"""Shares are estimated well while most starts are unfinished, and are exact in the end."""

import random

import pytest

from tiketi_queue.domain.uptake import Uptake


def buying(share: float, delay: float, seed: int) -> tuple[list[float], list[float]]:
    """400 people begin, five a second; who buys does so after about `delay` seconds. When each
    began, and when each purchase was made."""
    chance_of = random.Random(seed)
    begun = [number / 5 for number in range(400)]
    bought = [
        at + chance_of.lognormvariate(0, 0.5) * delay / 1.13
        for at in begun
        if chance_of.random() < share
    ]
    return begun, bought


def measured(begun: list[float], bought: list[float], until: int) -> Uptake:
    uptake = Uptake(prior=0.8)
    for second in range(until + 1):
        uptake.add(
            float(second), sum(at <= second for at in begun), sum(at <= second for at in bought)
        )
    return uptake


@pytest.mark.parametrize("delay", [15.0, 40.0, 70.0])
@pytest.mark.parametrize("share", [0.35, 0.6, 0.95])
def test_the_share_is_found_while_many_are_still_at_it(share: float, delay: float) -> None:
    """Who will not buy stays: the quotient of purchases and those who have finished would be 1."""
    until = int(80 + 2.5 * delay)
    found = [measured(*buying(share, delay, seed), until).share().mean for seed in range(5)]
    assert sum(found) / len(found) == pytest.approx(share, abs=0.15)


@pytest.mark.parametrize("share", [0.0, 0.35, 0.6, 1.0])
def test_the_share_is_the_true_one_in_the_end(share: float) -> None:
    found = measured(*buying(share, 30, 1), until=500).share()
    assert found.mean == pytest.approx(share, abs=0.06)
    assert found.variance < 0.01


def test_before_anything_is_measured_it_is_the_prior_and_uncertain() -> None:
    share = Uptake(prior=0.8).share()
    assert share.mean == pytest.approx(0.8)
    assert share.variance > 0.02


def test_it_never_falls_below_what_was_bought_already() -> None:
    uptake = Uptake(prior=0.1)
    uptake.add(0.0, 10, 0)
    uptake.add(1.0, 10, 10)
    assert uptake.share().mean >= 0.1
