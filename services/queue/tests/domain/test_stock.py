"""The chance of seats, and how many may choose, held against simulated sales.

Nothing of the forecast is used in the simulation: people think, choose, hold, pay, let go, sleep
and leave by distributions of their own.
"""

import math
import random
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_queue.domain.forecast import Outflow, Sample, forecast
from tiketi_queue.domain.line import Facts
from tiketi_queue.domain.place import Outlook
from tiketi_queue.domain.stock import (
    EVIDENCE,
    PAID_SHARE,
    Behaviour,
    Stock,
    behaviour_since,
    behaviour_until_now,
    chance_of_seats,
    choosers,
    stock_of,
)
from tiketi_queue.domain.uptake import Share, Uptake
from tiketi_shared.ids import EventId
from tiketi_shared.sale import QueueSettings, Sale

HOLD_SECONDS = 120


@dataclass(frozen=True)
class Kind:
    """A kind of sale; shares are of the people, times in seconds."""

    people: int
    seats: int
    capacity: int
    pace: float
    groups: tuple[int, ...] = (1, 2, 2, 2, 3, 4)
    thinks: float = 15.0
    pays_in: float = 30.0
    pays: float = 0.85
    runs_out: float = 0.3
    """Of those who do not pay, who let the hold run out instead of giving it back."""
    chooses_again: float = 0.3
    """Of those who gave back, who choose again."""
    browses: float = 0.1
    """Enter and never hold anything."""
    gives_up: float = 0.1
    """Leave the line within ten minutes."""
    away: float = 0.05


@dataclass
class Buyer:
    wants: int
    acts_at: int
    leaves_at: int
    holds: int = 0
    held_until: int = 0
    had_seats: bool = False


@dataclass
class Simulation:
    """A sale second by second; `most_inside` and `chance` are those of the product."""

    kind: Kind
    chance_of: random.Random
    now: int = 0
    line: list[int] = field(default_factory=list)
    gives_up_at: dict[int, int] = field(default_factory=dict)
    wants: list[int] = field(default_factory=list)
    inside: dict[int, Buyer] = field(default_factory=dict)
    left: int = 0
    tokens: float = 0.0
    admitted: int = 0
    passed_over: int = 0
    freed: int = 0
    gave_up: int = 0
    paid: int = 0
    returned: int = 0
    taken_at: int = 0
    outflow: Outflow = field(default_factory=Outflow)
    uptake: Uptake = field(default_factory=lambda: Uptake(PAID_SHARE, EVIDENCE))
    had_seats: set[int] = field(default_factory=set)
    too_late: set[int] = field(default_factory=set)
    entered: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.line = list(range(self.kind.people))
        self.left = self.kind.seats
        for person in self.line:
            browses = self.chance_of.random() < self.kind.browses
            self.wants.append(0 if browses else self.chance_of.choice(self.kind.groups))
            if self.chance_of.random() < self.kind.gives_up:
                self.gives_up_at[person] = self.chance_of.randrange(600)

    @property
    def held(self) -> int:
        return sum(buyer.holds for buyer in self.inside.values())

    @property
    def open_holds(self) -> int:
        return sum(buyer.holds > 0 for buyer in self.inside.values())

    @property
    def stock(self) -> Stock:
        return Stock(self.left, self.held, self.open_holds)

    @property
    def sold(self) -> int:
        return self.kind.seats - self.left - self.held

    @property
    def behaviour(self) -> Behaviour:
        choosing = len(self.inside) - self.open_holds
        return Behaviour(
            self.sold, self.paid, self.holds_made, self.admitted - choosing, self.uptake.share()
        )

    @property
    def holds_made(self) -> int:
        return self.paid + self.returned + self.open_holds

    @property
    def over(self) -> bool:
        return not self.stock.unsold or (not self.line and not self.inside)

    def second(self) -> None:
        self.now += 1
        stay = [person for person in self.line if self.gives_up_at.get(person, 9**9) > self.now]
        self.gave_up += len(self.line) - len(stay)
        self.line = stay
        self._let_in()
        for person in self.chance_of.sample(list(self.inside), len(self.inside)):
            self._act(person, self.inside[person])
        if not self.left:
            self.taken_at = self.now
        self.uptake.add(self.now, self.holds_made, self.paid)
        self.outflow.add(
            Sample(
                float(self.now), self.admitted, self.passed_over, self.freed, self.gave_up,
                len(self.inside), len(self.line),
            )
        )  # fmt: skip

    def _let_in(self) -> None:
        choosing = choosers(self.stock, self.behaviour, self.now - self.taken_at)
        most = min(self.kind.capacity, self.open_holds + choosing)
        self.tokens = min(self.kind.pace + 1, self.tokens + self.kind.pace)
        while self.tokens >= 1 and self.line and len(self.inside) < most:
            person = self.line.pop(0)
            if self.chance_of.random() < self.kind.away:
                self.passed_over += 1
                continue
            self.tokens -= 1
            self.admitted += 1
            self.entered.add(person)
            self.inside[person] = Buyer(
                self.wants[person], self._in(self.kind.thinks), self.now + 300
            )

    def _act(  # noqa: PLR0911  one way out for each thing that a person may do
        self, person: int, buyer: Buyer
    ) -> None:
        if buyer.holds and self.now >= buyer.held_until:
            return self._end_hold(person, buyer, again=False)
        if self.now < buyer.acts_at:
            return None
        if buyer.holds:
            if self.chance_of.random() < self.kind.pays:
                self.paid += 1
                buyer.holds = 0
                return self._leave(person)
            if self.chance_of.random() < self.kind.runs_out:
                buyer.acts_at = 9**9
                return None
            return self._end_hold(
                person, buyer, again=self.chance_of.random() < self.kind.chooses_again
            )
        if not buyer.wants or self.now >= buyer.leaves_at:
            if buyer.wants and not buyer.had_seats:
                self.too_late.add(person)
            return self._leave(person)
        if self.left:
            buyer.holds = min(buyer.wants, self.left)
            buyer.had_seats = True
            self.had_seats.add(person)
            self.left -= buyer.holds
            self.taken_at = self.now
            buyer.held_until = self.now + HOLD_SECONDS
            buyer.acts_at = self._in(self.kind.pays_in)
        return None

    def _end_hold(self, person: int, buyer: Buyer, *, again: bool) -> None:
        self.left += buyer.holds
        self.returned += 1
        buyer.holds = 0
        if not again:
            return self._leave(person)
        buyer.acts_at = self._in(self.kind.thinks)
        return None

    def _leave(self, person: int) -> None:
        del self.inside[person]
        self.freed += 1

    def _in(self, mean: float) -> int:
        return self.now + max(1, round(self.chance_of.lognormvariate(0, 0.5) * mean / 1.13))

    def outlook(self) -> Outlook:
        active = len(self.inside)
        return Outlook(
            phase="on_sale",
            facts=Facts(active=active),
            forecast=forecast(
                self.outflow, pace=self.kind.pace, capacity=self.kind.capacity, active=active,
                admission_seconds=300,
            ),
            behaviour=self.behaviour,
            stock=self.stock,
            choosing=active - self.open_holds,
            opens_in=0.0,
        )  # fmt: skip


def drawn_kind(chance_of: random.Random) -> Kind:
    """Any kind of sale; none of the constants were chosen for these."""
    seats = chance_of.randint(60, 500)
    return Kind(
        people=int(seats * chance_of.uniform(0.8, 3)),
        seats=seats,
        capacity=int(seats * chance_of.uniform(0.1, 1)),
        pace=chance_of.uniform(3, 50),
        groups=chance_of.choice([(1, 2, 2, 2, 3, 4), (1, 1, 2), (2, 3, 4, 4), (1, 1, 1, 4)]),
        thinks=chance_of.uniform(5, 40),
        pays_in=chance_of.uniform(15, 90),
        pays=chance_of.uniform(0.5, 0.99),
        runs_out=chance_of.random(),
        chooses_again=chance_of.random(),
        browses=chance_of.uniform(0, 0.25),
        gives_up=chance_of.uniform(0, 0.4),
        away=chance_of.uniform(0, 0.2),
    )


def play(sale: Simulation) -> list[tuple[float, bool]]:
    """Plays it to the end: what people of the line were told every ten seconds, and whether they
    could buy. Who gave up by themselves, or wanted nothing, proves nothing."""
    told: list[tuple[int, float]] = []
    while not sale.over and sale.now < 7200:
        sale.second()
        if sale.now % 10 or not sale.line or sale.over:
            continue
        outlook = sale.outlook()
        for _ in range(8):
            ahead = sale.chance_of.randrange(min(len(sale.line), 2 * sale.stock.unsold + 5))
            low, high = outlook.forecast.wait(ahead)
            told.append((sale.line[ahead], outlook.chance(ahead, (low + high) / 2)))
    return [
        (chance, person in sale.had_seats)
        for person, chance in told
        if sale.wants[person] and (person in sale.entered or person in sale.line)
    ]


SALES = 40


@pytest.fixture(scope="module")
def sales() -> list[tuple[Simulation, list[tuple[float, bool]]]]:
    """So many sales of kinds drawn at random, played."""
    found = []
    for seed in range(7000, 7000 + SALES):
        sale = Simulation(drawn_kind(random.Random(seed)), random.Random(seed))
        found.append((sale, play(sale)))
    return found


Sales = list[tuple[Simulation, list[tuple[float, bool]]]]


def test_a_chance_comes_true_as_often_as_it_says(sales: Sales) -> None:
    """In each tenth. The bounds are wider than the accuracy (within 0.05 over hundreds of sales),
    since everybody of one sale is right or wrong together, and these are few sales."""
    off = []
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for _, told in sales:
        for chance, could in told:
            tenths[min(9, int(chance * 10))].append((chance, could))
    assert set(tenths) == set(range(10))
    for tenth, told in sorted(tenths.items()):
        said = sum(chance for chance, _ in told) / len(told)
        true = sum(could for _, could in told) / len(told)
        print(f"{tenth / 10:.1f} told {len(told):5} times, on average {said:.3f}, true {true:.3f}")
        off.append(abs(said - true))
    assert max(off) < 0.16
    assert sum(off) / len(off) < 0.08


def test_nobody_is_told_that_there_is_no_chance_while_there_is_one(sales: Sales) -> None:
    assert all(chance > 0 for _, told in sales for chance, _ in told)


def test_every_seat_is_sold_while_people_wait(sales: Sales) -> None:
    for sale, _ in sales:
        assert not sale.line or sale.stock.unsold == 0


def test_hardly_anybody_enters_to_find_nothing(sales: Sales) -> None:
    entered = sum(len(sale.entered) for sale, _ in sales)
    too_late = sum(len(sale.too_late) for sale, _ in sales)
    print(f"{too_late} of {entered} people inside never had a seat to choose")
    assert too_late < 0.01 * entered


def test_there_is_no_chance_once_nothing_can_come_back() -> None:
    assert chance_of_seats(Stock(left=0), 0, Behaviour()) == 0.0


@pytest.mark.parametrize("stock", [Stock(1), Stock(0, 1, 1), Stock(3, 5, 2)])
def test_there_is_a_chance_while_something_can(stock: Stock) -> None:
    assert chance_of_seats(stock, 10_000, Behaviour()) > 0


def test_the_least_chance_told_is_what_was_measured() -> None:
    """After 900 people have chosen, one in a thousand; nobody can know of less."""
    few, many = Behaviour(), Behaviour(1000, 600, 700, 900, Share(0.85, 0.001))
    assert chance_of_seats(Stock(3), 5000, few) == 0.01
    assert chance_of_seats(Stock(3), 5000, many) == 0.001


def test_the_first_in_line_is_all_but_certain_of_a_seat() -> None:
    assert chance_of_seats(Stock(100), 0, Behaviour()) > 0.99


def test_held_seats_count_by_how_many_of_them_come_back() -> None:
    """The same 60 seats in 30 baskets: with few payers, and with none but payers."""
    held = Stock(left=0, held=60, open_holds=30)
    few = Behaviour(200, 100, 330, 320, Share(0.33, 0.001))
    all_pay = Behaviour(200, 100, 130, 120, Share(0.99, 0.00001))
    assert chance_of_seats(held, 5, few) > 0.95
    assert chance_of_seats(held, 5, all_pay) < 0.05


def test_baskets_that_stay_open_hold_fewer_and_fewer_buyers() -> None:
    """Of 100 holds six in ten are paid for. Sixty were: nobody of the last forty will."""
    young = Behaviour(20, 10, 100, 100, Share(0.6, 0.001))
    old = Behaviour(120, 60, 100, 100, Share(0.6, 0.001))
    assert chance_of_seats(Stock(0, 180, 90), 200, young) < 0.1
    assert chance_of_seats(Stock(0, 80, 40), 20, old) > 0.9


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 9000), st.integers(0, 9000))
def test_more_people_ahead_never_make_a_better_chance(
    left: int, held: int, one: int, two: int
) -> None:
    fewer, more = sorted((one, two))
    stock = Stock(left, held, held // 2)
    assert chance_of_seats(stock, more, Behaviour()) <= chance_of_seats(stock, fewer, Behaviour())


def test_as_many_may_choose_as_the_free_seats_serve() -> None:
    behaviour = Behaviour(seats_sold=400, holds_paid=200, holds_made=240, chose=240)
    assert choosers(Stock(left=0, held=90, open_holds=45), behaviour, 0) == 0
    assert choosers(Stock(left=1), behaviour, 0) == 1
    assert choosers(Stock(left=100), behaviour, 0) == 47


def test_fewer_may_choose_while_hardly_anything_is_measured() -> None:
    """Holds may be larger than assumed, and whoever finds nothing was let in for nothing."""
    assert choosers(Stock(left=100), Behaviour(), 0) == 44
    few = Behaviour(seats_sold=18, holds_paid=10, holds_made=10, chose=10)
    many = Behaviour(seats_sold=1800, holds_paid=1000, holds_made=1000, chose=1000)
    assert choosers(Stock(left=100), few, 0) < choosers(Stock(left=100), many, 0)


def test_seats_that_nobody_takes_admit_more_people() -> None:
    """Those inside may be asleep: twice as many every 20 s."""
    behaviour = Behaviour(seats_sold=400, holds_paid=200, holds_made=240, chose=240)
    assert [choosers(Stock(left=10), behaviour, idle) for idle in (0, 20, 40)] == [5, 10, 19]


def test_the_chance_is_that_of_a_normal_distribution() -> None:
    """Worked out by hand: 24 seats held in 12 baskets of which 40 are still to be paid of 100."""
    behaviour = Behaviour(110, 50, 100, 94, Share(0.6, 0.01))
    stock = Stock(left=10, held=24, open_holds=12)
    size = (110 + 24 + 1.8 * 6) / (50 + 12 + 6)
    buying = (100 + 0.9 * 6) / (94 + 6) * 0.6
    seats = buying * size
    still = min(0.6, (0.6 * 100 - 50) / 12)
    wanted = 20 * seats
    taken = wanted - 0.2 * (wanted - 10)
    mean = 24 * still + taken
    variance = (
        24 * 2 * still * (1 - still)
        + 24**2 * 0.06
        + 20 * max(0.25, seats * (1.25 * size - seats))
        + taken**2 * (0.01 / 0.36 + 0.25 / 100)
    )
    expected = NormalDist(mean, math.sqrt(variance)).cdf(34 - 0.5)
    assert 0.2 < expected < 0.8
    assert chance_of_seats(stock, 20, behaviour) == round(expected, 3)


def test_what_people_did_is_the_difference_of_two_moments_and_never_negative() -> None:
    earlier, now = Behaviour(7, 5, 11, 3), Behaviour(19, 9, 31, 20)
    paid = Share(0.7, 0.02)
    assert behaviour_since(earlier, now, paid) == Behaviour(12, 4, 20, 17, paid)
    assert behaviour_since(now, earlier, paid) == Behaviour(0, 0, 0, 0, paid)


def test_what_people_did_is_counted_from_the_sale_and_the_line() -> None:
    """Of 40 admitted three never came, and of the 12 inside five choose still."""
    sale = Sale(
        event_id=EventId("e"), name="A show", version=1, sale_opens_at=0, sale_closes_at=9,
        queue=QueueSettings(), seats_total=100, seats_left=31, seats_held=17, open_holds=7,
        seats_sold=52, holds_paid=23, holds_returned=4,
    )  # fmt: skip
    facts = Facts(active=12, admitted_total=40, no_shows_total=3)
    assert behaviour_until_now(sale, facts) == Behaviour(52, 23, 34, 32)
    assert stock_of(sale) == Stock(31, 17, 7)


@pytest.mark.parametrize("left", [-3, 0])
def test_seats_that_were_taken_twice_over_are_none(left: int) -> None:
    assert Stock(left=max(0, left)).unsold == 0
    assert choosers(Stock(left=left), Behaviour(), 60) == 0
