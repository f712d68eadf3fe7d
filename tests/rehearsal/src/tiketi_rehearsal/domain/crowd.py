"""Who comes, when, and how they behave: decided before anything is sent, from a seed.

The same plan and seed give the same crowd, so that two rehearsals can be compared.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Arrivals = Literal["flash", "ramp", "lobby"]
Payment = Literal["tok_ok", "tok_declined", "tok_timeout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Shares of the crowd, each 0 to 1; somebody may have several habits."""

    refreshes: float = 0.30
    """Ask for their place again and again by hand."""
    loses_network: float = 0.10
    """Are cut off for a while in the line, and come back."""
    second_device: float = 0.05
    """Join again with the same account from elsewhere."""
    leaves: float = 0.05
    """Give up in the line."""
    hesitates: float = 0.20
    """Let their hold run for a while before they pay, or let it go and choose again."""
    card_declined: float = 0.05
    """Pay with a card that is declined first, then with one that is not."""
    bank_is_slow: float = 0.03
    """Pay at a provider whose answer comes late."""
    abandons: float = 0.05
    """Hold seats and never pay."""
    wants_the_best: float = 0.50
    """Go for the first seats of the map, as everybody else does."""
    live: float = 0.30
    """Have a live connection and hear at once that they may enter; the others ask."""
    takes_the_nearest: float = 0.90
    """Agree to the nearest seats where theirs are gone, and to what comes back."""
    bots: float = 0.02
    """Join over and over and hold as many seats as they can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is played. Times are seconds after the start of the arrivals."""

    users: int
    seats: int
    arrivals: Arrivals = "flash"
    arrive_within: float = 10.0
    patience: float = 600.0
    """Nobody goes on longer than this after they arrived."""
    habits: Habits = Habits()
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    number: int
    arrives_at: float
    tickets: int
    payments: tuple[Payment, ...]
    """What they try at the till, in order; empty: they hold and never pay."""
    refreshes: bool = False
    cut_off: tuple[float, float] | None = None
    """When after joining they lose the network, and for how long."""
    second_device_after: float | None = None
    leaves_after: float | None = None
    hesitates_for: float = 0.0
    wants_the_best: bool = False
    live: bool = False
    bot: bool = False
    takes_the_nearest: bool = False


def crowd(plan: Plan) -> Iterator[Person]:
    """Everybody, in order of arrival."""
    chance = random.Random(plan.seed)
    times = sorted(_arrival(plan, chance) for _ in range(plan.users))
    agreeing = random.Random(
        f"nearest {plan.seed}"
    )  # apart, so that older seeds give the same people
    for number, arrives_at in enumerate(times):
        person = _person(number, arrives_at, plan.habits, chance)
        agrees = agreeing.random() < plan.habits.takes_the_nearest
        yield replace(person, takes_the_nearest=agrees)


def _arrival(plan: Plan, chance: random.Random) -> float:
    """`flash`: most in the first moments; `ramp`: ever more; `lobby`: spread before the opening."""
    spread = chance.random()
    if plan.arrivals == "flash":
        return float(plan.arrive_within * spread**3)
    if plan.arrivals == "ramp":
        return float(plan.arrive_within * spread**0.5)
    return plan.arrive_within * spread


def _person(number: int, arrives_at: float, habits: Habits, chance: random.Random) -> Person:
    def has(share: float) -> bool:
        return chance.random() < share

    bot = has(habits.bots)
    cut_off = (chance.uniform(1, 20), chance.uniform(2, 15)) if has(habits.loses_network) else None
    return Person(
        number=number,
        arrives_at=arrives_at,
        tickets=4 if bot else chance.choices((1, 2, 3, 4), (3, 5, 1, 1))[0],
        payments=_payments(habits, chance),
        refreshes=has(habits.refreshes),
        cut_off=cut_off,
        second_device_after=chance.uniform(1, 30) if has(habits.second_device) else None,
        leaves_after=chance.uniform(2, 60) if has(habits.leaves) and not bot else None,
        hesitates_for=chance.uniform(1, 10) if has(habits.hesitates) else 0.0,
        wants_the_best=bot or has(habits.wants_the_best),
        live=has(habits.live),
        bot=bot,
    )


def _payments(habits: Habits, chance: random.Random) -> tuple[Payment, ...]:
    draw = chance.random()
    if draw < habits.abandons:
        return ()
    if draw < habits.abandons + habits.card_declined:
        return ("tok_declined", "tok_ok")
    if draw < habits.abandons + habits.card_declined + habits.bank_is_slow:
        return ("tok_timeout",)
    return ("tok_ok",)
