"""Whether seats will be left, and how many people may choose among those that are free.

A seat is gone for good only when it is sold. So the chance of somebody in the line is the chance
that the people in front of them buy fewer seats than are not sold yet, whether those are free now
or held: of the seats in open holds some are paid for, the others come back.
"""

import math
from typing import NamedTuple

from tiketi_queue.domain.line import Facts
from tiketi_queue.domain.uptake import Share
from tiketi_shared.sale import Sale

SEATS_A_HOLD = 1.8
HOLDS_A_PERSON = 0.9
PAID_SHARE = 0.8
EVIDENCE = 6.0
"""What is assumed before anything is measured (the seats of a hold; the holds that somebody who
enters makes; of the holds, how many end with an order), and how many measured cases that is
worth."""

SPREAD = 1.25
"""The mean square of the seats that buyers take, as a multiple of their mean squared."""

SETTLE = 0.2
"""Once nothing is free, returned seats come one or two at a time, and who wanted more takes what
there is: by so much less."""

LEAST_CHANCE_OF = 100.0
"""While anything can come back, nobody is told a chance below 1 in 100, or, once so many people
have been through the sale, below one in all of them: less cannot have been measured."""

IDLE_SECONDS = 20.0
"""Free seats that nobody has taken for this long admit twice as many people to choose, and so on:
those who are inside may be asleep."""


class Behaviour(NamedTuple):
    """What people of the line did at the till, as far as it was measured."""

    seats_sold: int = 0
    holds_paid: int = 0
    holds_made: int = 0
    chose: int = 0
    """People who entered and are past choosing: they hold seats, bought, or left without."""
    paid: Share = Share(PAID_SHARE, PAID_SHARE * (1 - PAID_SHARE) / EVIDENCE)
    """Of the holds, how many end with an order."""

    @property
    def holds_a_person(self) -> float:
        """How many holds somebody who enters makes."""
        return (self.holds_made + HOLDS_A_PERSON * EVIDENCE) / (max(0, self.chose) + EVIDENCE)

    @property
    def buying_share(self) -> float:
        """Of those who enter, how many buy."""
        return min(1.0, self.holds_a_person * self.paid.mean)


def behaviour_since(earlier: Behaviour, now: Behaviour, paid: Share) -> Behaviour:
    """What people did between two moments of a sale."""
    return Behaviour(
        max(0, now.seats_sold - earlier.seats_sold),
        max(0, now.holds_paid - earlier.holds_paid),
        max(0, now.holds_made - earlier.holds_made),
        max(0, now.chose - earlier.chose),
        paid,
    )


def behaviour_until_now(sale: Sale, facts: Facts) -> Behaviour:
    """Since the beginning of the sale and of the line."""
    choosing = max(0, facts.active - sale.open_holds)
    return Behaviour(
        seats_sold=sale.seats_sold,
        holds_paid=sale.holds_paid,
        holds_made=sale.holds_paid + sale.holds_returned + sale.open_holds,
        chose=max(0, facts.admitted_total - facts.no_shows_total - choosing),
    )


class Stock(NamedTuple):
    """What is not sold yet."""

    left: int
    """Neither sold, held nor blocked."""
    held: int = 0
    open_holds: int = 0

    @property
    def unsold(self) -> int:
        return self.left + self.held

    def seats_a_hold(self, behaviour: Behaviour) -> float:
        """Of those that were paid for and those that are open."""
        holds = behaviour.holds_paid + self.open_holds + EVIDENCE
        return max(1.0, (behaviour.seats_sold + self.held + SEATS_A_HOLD * EVIDENCE) / holds)

    def seats_a_person(self, behaviour: Behaviour) -> float:
        """How many of those who enter buy, times how much."""
        return behaviour.buying_share * self.seats_a_hold(behaviour)


def stock_of(sale: Sale) -> Stock:
    return Stock(max(0, sale.seats_left), max(0, sale.seats_held), max(0, sale.open_holds))


def chance_of_seats(stock: Stock, people_ahead: float, behaviour: Behaviour) -> float:
    """0 to 1: that the holders and the people ahead leave at least one seat unsold.

    `people_ahead` are those who come to choose before this person: who are inside without a hold,
    and who will enter before. 0 only when nothing is left and nothing is held.
    """
    if stock.unsold <= 0:
        return 0.0
    mean, deviation = _bought(stock, people_ahead, behaviour)
    z = (stock.unsold - 0.5 - mean) / max(deviation, 0.01)
    chance = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    least = 1 / (LEAST_CHANCE_OF + max(0, behaviour.chose))
    return round(min(1.0, max(chance, least, 0.001)), 3)


def _bought(stock: Stock, people: float, behaviour: Behaviour) -> tuple[float, float]:
    """Mean and standard deviation of the seats that the holders and these people buy.

    A holder whose hold ends without an order chooses again like anyone else. How far the measured
    means may be off counts too: for everybody in the same direction.
    """
    size = stock.seats_a_hold(behaviour)
    seats = stock.seats_a_person(behaviour)
    open_ = _paid_of_the_open(stock, behaviour)
    held_size = stock.held / max(1, stock.open_holds)
    of_a_person = max(0.25, seats * (SPREAD * size - seats))
    doubt = behaviour.paid.variance / behaviour.paid.mean**2 + 0.25 / (behaviour.chose + EVIDENCE)
    wanted = people * seats
    settled_for = wanted - SETTLE * max(0.0, wanted - stock.left)
    mean = stock.held * open_.mean + settled_for
    variance = (
        stock.held * held_size * open_.mean * (1 - open_.mean)
        + stock.held**2 * open_.variance
        + people * of_a_person
        + settled_for**2 * doubt
    )
    return mean, math.sqrt(variance)


def _paid_of_the_open(stock: Stock, behaviour: Behaviour) -> Share:
    """How many of the open holds will be paid for: what all holds together should come to, less
    what has been paid. The longer holds stay open, the fewer buyers are among them."""
    if not stock.open_holds:
        return behaviour.paid
    paid, variance = behaviour.paid
    to_come = paid * behaviour.holds_made - behaviour.holds_paid
    share = min(paid, max(0.05, to_come / stock.open_holds))
    return Share(share, min(0.06, variance * (behaviour.holds_made / stock.open_holds) ** 2))


def choosers(stock: Stock, behaviour: Behaviour, idle_seconds: float) -> int:
    """How many people without a hold may be inside at once, so that nobody enters to find nothing.

    `idle_seconds`: for how long no free seat has been taken. As long as few holds are measured they
    may be larger than assumed, by one standard error: whoever is let in too late loses a second,
    whoever is let in too early finds nothing.
    """
    if stock.left <= 0:
        return 0
    measured = behaviour.holds_paid + stock.open_holds + EVIDENCE
    doubt = 1 + 1 / math.sqrt(measured)
    takes = max(0.25, min(1.0, behaviour.holds_a_person)) * stock.seats_a_hold(behaviour) * doubt
    patience = 2 ** min(10.0, max(0.0, idle_seconds) / IDLE_SECONDS)
    return math.ceil(stock.left / takes * patience)
