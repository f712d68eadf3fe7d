"""Estimates whether seats will be left, and how many people may choose among the free ones.

Only a sold seat is gone for good. So a person's chance is the chance that the people in front buy
fewer seats than are unsold now, free or held: some of the open holds will be paid for, the seats of
the others become free again.
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
"""Assumptions before anything is measured: the seats of a hold, the holds of a person who enters,
the share of holds that end with an order, and how many measured cases they are worth."""

SPREAD = 1.25
"""The mean square of the seats of a buyer, divided by the square of their mean."""

SETTLE = 0.2
"""When nothing is free, seats come back one or two at a time, and people who wanted more take what
there is: they buy this share less."""

LEAST_CHANCE_OF = 100.0
"""While seats can come back, the chance that is shown is at least 1 in 100, or 1 in the number of
people who have been through the sale: a smaller one cannot have been measured."""

IDLE_SECONDS = 20.0
"""When nobody has taken a free seat for this long, twice as many people may choose, and so on: the
people inside may be inactive."""


class Behaviour(NamedTuple):
    """What people of the line did in the sale, as far as it was measured."""

    seats_sold: int = 0
    holds_paid: int = 0
    holds_made: int = 0
    chose: int = 0
    """People who entered and have finished choosing: they hold seats, bought, or left without."""
    paid: Share = Share(PAID_SHARE, PAID_SHARE * (1 - PAID_SHARE) / EVIDENCE)
    """The share of holds that end with an order."""

    @property
    def holds_a_person(self) -> float:
        """Return how many holds a person who enters makes."""
        return (self.holds_made + HOLDS_A_PERSON * EVIDENCE) / (max(0, self.chose) + EVIDENCE)

    @property
    def buying_share(self) -> float:
        """Return the share of people who buy, of those who enter."""
        return min(1.0, self.holds_a_person * self.paid.mean)


def behaviour_since(earlier: Behaviour, now: Behaviour, paid: Share) -> Behaviour:
    """Return what people did between two times of a sale."""
    return Behaviour(
        max(0, now.seats_sold - earlier.seats_sold),
        max(0, now.holds_paid - earlier.holds_paid),
        max(0, now.holds_made - earlier.holds_made),
        max(0, now.chose - earlier.chose),
        paid,
    )


def behaviour_until_now(sale: Sale, facts: Facts) -> Behaviour:
    """Return what people did since the start of the sale and of the line."""
    choosing = max(0, facts.active - sale.open_holds)
    return Behaviour(
        seats_sold=sale.seats_sold,
        holds_paid=sale.holds_paid,
        holds_made=sale.holds_paid + sale.holds_returned + sale.open_holds,
        chose=max(0, facts.admitted_total - facts.no_shows_total - choosing),
    )


class Stock(NamedTuple):
    """The seats that are not sold yet."""

    left: int
    """Seats that are neither sold, held nor blocked."""
    held: int = 0
    open_holds: int = 0

    @property
    def unsold(self) -> int:
        return self.left + self.held

    def seats_a_hold(self, behaviour: Behaviour) -> float:
        """Return the mean seats of a hold, of paid and open ones."""
        holds = behaviour.holds_paid + self.open_holds + EVIDENCE
        return max(1.0, (behaviour.seats_sold + self.held + SEATS_A_HOLD * EVIDENCE) / holds)

    def seats_a_person(self, behaviour: Behaviour) -> float:
        """Return the seats that a person who enters buys on average, none included."""
        return behaviour.buying_share * self.seats_a_hold(behaviour)


def stock_of(sale: Sale) -> Stock:
    return Stock(max(0, sale.seats_left), max(0, sale.seats_held), max(0, sale.open_holds))


def chance_of_seats(stock: Stock, people_ahead: float, behaviour: Behaviour) -> float:
    """Return the chance, 0 to 1, that the holders and the people ahead leave at least one seat.

    `people_ahead` are the people who choose before this person: those inside without a hold, and
    those who will enter before. The chance is 0 only when no seat is free or held.
    """
    if stock.unsold <= 0:
        return 0.0
    mean, deviation = _bought(stock, people_ahead, behaviour)
    z = (stock.unsold - 0.5 - mean) / max(deviation, 0.01)
    chance = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    least = 1 / (LEAST_CHANCE_OF + max(0, behaviour.chose))
    return round(min(1.0, max(chance, least, 0.001)), 3)


def _bought(stock: Stock, people: float, behaviour: Behaviour) -> tuple[float, float]:
    """Return mean and standard deviation of the seats that the holders and these people buy.

    A person whose hold ends without an order chooses again like everybody else. The error of the
    measured means is included: it has the same direction for everybody.
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
    """Return the share of open holds that will be paid for: the expected purchases of all holds,
    minus those made. The longer holds stay open, the fewer of them belong to buyers."""
    if not stock.open_holds:
        return behaviour.paid
    paid, variance = behaviour.paid
    to_come = paid * behaviour.holds_made - behaviour.holds_paid
    share = min(paid, max(0.05, to_come / stock.open_holds))
    return Share(share, min(0.06, variance * (behaviour.holds_made / stock.open_holds) ** 2))


def choosers(stock: Stock, behaviour: Behaviour, idle_seconds: float) -> int:
    """Return how many people without a hold may be inside, so that everybody finds free seats.

    `idle_seconds`: for how long nobody has taken a free seat. While few holds are measured they are
    taken to be larger than assumed, by one standard error: a person who enters too late loses a
    second, a person who enters too early finds nothing.
    """
    if stock.left <= 0:
        return 0
    measured = behaviour.holds_paid + stock.open_holds + EVIDENCE
    doubt = 1 + 1 / math.sqrt(measured)
    takes = max(0.25, min(1.0, behaviour.holds_a_person)) * stock.seats_a_hold(behaviour) * doubt
    patience = 2 ** min(10.0, max(0.0, idle_seconds) / IDLE_SECONDS)
    return math.ceil(stock.left / takes * patience)
