"""The rules of the sale, by what people were told of their seats, their money and their tickets."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from tests.harness import Json
from tests.walk.facts import SLACK_SECONDS, Findings, History, Span


@dataclass(slots=True)
class Ticket:
    id: str
    code: str
    price: int
    seat: str | None
    order_id: str
    scans: list[float] = field(default_factory=list)
    """When each scan was sent."""
    used: float = inf
    """When a scan was answered that its holder may enter."""
    attempts: list[float] = field(default_factory=list)
    """When each request was sent that may refund it: a refund, or the event's cancellation."""
    refunded: float = inf
    """When an answer first showed its refund."""

    @property
    def taking_back(self) -> float:
        """When it may have been refunded at the earliest."""
        return min(self.attempts, default=inf)


@dataclass(slots=True)
class Hold:
    id: str
    who: str
    seats: tuple[str, ...]
    """Empty for general admission."""
    type_id: str
    quantity: int
    total: int
    prices: list[int]
    since: float
    ends: float
    giving_up: float = inf
    payments: int = 0
    """How many checkouts were sent that may have taken money, or still may."""
    order_id: str = ""
    gone: bool = False
    """Whether an answer told its owner that it has ended."""
    confirmed: bool = False
    """Whether it was live when its owner last fetched it."""

    def live(self, now: float) -> bool:
        """Whether it certainly keeps its seats: it is held or paid, and not given up."""
        return self.since <= now < min(self.ends, self.giving_up)


@dataclass(slots=True)
class Order:
    id: str
    who: str
    hold: Hold
    tickets: list[Ticket]
    told: float

    def taken(self, now: float) -> list[Ticket]:
        """The tickets that certainly keep their seats."""
        return [ticket for ticket in self.tickets if now < ticket.taking_back]


@dataclass(frozen=True, slots=True)
class Totals:
    orders: int
    sold: int
    used: int
    revenue: int
    refunds: int
    by_type: Counter[str]


class Sale:
    def __init__(self, findings: Findings, event: Json) -> None:
        self._find = findings.add
        self._findings, self._terms = findings, findings.terms
        kinds = event["ticket_types"]
        self.seats_total = sum(kind["capacity"] for kind in kinds if kind["kind"] == "seated")
        standing = next(kind for kind in kinds if kind["kind"] == "general")
        self.standing_type: str = standing["id"]
        self.standing, self.blocked = History(standing["capacity"]), History(0)
        self.cancelling = inf
        self.holds: dict[str, Hold] = {}
        self.orders: dict[str, Order] = {}
        self.tickets: dict[str, Ticket] = {}
        """By code."""
        self.refunds = 0
        self._void: dict[str, float] = {}
        """Admissions that no longer allow holds, and since when."""

    def holding(self, admission: str, expires_at: float | None, told: Span, hold: Json) -> None:
        """Check a hold that was made with an admission that expires at `expires_at`."""
        if self._void.get(admission, inf) <= told.sent:
            self._find("admission", f"hold {hold['id']} was made with an admission given up")
        if expires_at is not None and told.sent > expires_at + 1 + SLACK_SECONDS:
            self._find("admission", f"hold {hold['id']} was made with an admission that ended")

    def held(self, who: str, told: Span, hold: Json) -> Hold:
        """Record an answer that shows a person's hold, for the first time or again."""
        ends = self._findings.clock(hold["expires_at"]) - SLACK_SECONDS
        known = self.holds.get(hold["id"])
        if known is not None:
            if known.who != who:
                self._find("owner", f"{who} is shown the hold {known.id} of {known.who}")
            known.ends = max(known.ends, ends)
            return known
        seats = tuple(seat["id"] for seat in hold["seats"] if seat["id"] is not None)
        prices = [seat["price"] for seat in hold["seats"]]
        new = Hold(
            hold["id"], who, seats, hold["seats"][0]["ticket_type_id"], len(prices),
            hold["total"], prices, told.received, ends,
        )  # fmt: skip
        if sum(prices) != hold["total"]:
            self._find("money", f"hold {new.id} costs {hold['total']}, its seats {sum(prices)}")
        self.holds[new.id] = new
        self._check_claims(new, new.since)
        return new

    def _claims(self, now: float) -> Iterator[tuple[Hold, set[str], int]]:
        """Who certainly has which seats now, and how many standing places."""
        for hold in self.holds.values():
            order = self.orders.get(hold.order_id)
            if order is not None:
                taken = order.taken(now)
                yield hold, {ticket.seat for ticket in taken if ticket.seat}, len(taken)
            elif hold.live(now):
                yield hold, set(hold.seats), hold.quantity

    def taken_by(self, who: str) -> int:
        """How many places a person may have taken, with holds that may be over."""
        return sum(
            hold.quantity
            if hold.order_id == ""
            else sum(ticket.refunded == inf for ticket in self.orders[hold.order_id].tickets)
            for hold in self.holds.values()
            if hold.who == who and not hold.gone
        )

    def _check_claims(self, new: Hold, now: float) -> None:
        """Check that no seat has two holders, and that nobody has more than the limit."""
        taken: Counter[str] = Counter()
        mine = 0
        for hold, seats, quantity in self._claims(now):
            taken[hold.type_id] += quantity
            mine += quantity if hold.who == new.who else 0
            if hold is not new and (both := seats & set(new.seats)):
                self._find("seat", f"{both} is of {hold.who} ({hold.id}) and {new.who} ({new.id})")
        if mine > self._terms.max_per_user:
            self._find("limit", f"{new.who} has {mine} tickets")
        most = self._findings.most(self.standing, now - self._terms.settings, now)
        if not new.seats and taken[new.type_id] > most:
            self._find("seat", f"{taken[new.type_id]} standing places of {most} are taken")

    def hold_gone(self, hold_id: str, told: Span) -> None:
        """Record an answer that a person's hold has ended."""
        hold = self.holds.get(hold_id)
        if hold is None or hold.giving_up < inf or hold.order_id or hold.payments:
            return
        if self.cancelling < inf:
            return
        if told.received < hold.ends:
            self._find("seat", f"hold {hold_id} ended {hold.ends - told.received:.1f} s early")

    def giving_up(self, hold_id: str, sent: float) -> None:
        if hold := self.holds.get(hold_id):
            hold.giving_up = min(hold.giving_up, sent)

    def kept(self, hold_id: str) -> None:
        """Record that the hold was not given up, because its payment is in progress."""
        if hold := self.holds.get(hold_id):
            hold.giving_up = inf

    def paying(self, hold_id: str) -> None:
        self.holds[hold_id].payments += 1

    def not_paid(self, hold_id: str) -> None:
        """Record that one checkout certainly takes no money."""
        self.holds[hold_id].payments -= 1

    def ordered(self, who: str, told: Span, hold_id: str | None, order: Json) -> None:
        """Record an answer that shows a paid order, from the checkout or later."""
        known = self.orders.get(order["id"])
        if known is not None:
            if known.who != who:
                self._find("owner", f"{who} is shown the order {known.id} of {known.who}")
            if hold_id is not None and known.hold.id != hold_id:
                self._find("money", f"{hold_id} and {known.hold.id} are one order {known.id}")
            return
        hold = self.holds[hold_id] if hold_id else self._hold_of(who, order)
        if hold is None:
            self._find("money", f"{who} has an order that nobody paid for: {order}")
            return
        if hold.order_id:
            self._find("money", f"{hold.id} was paid by {hold.order_id} and {order['id']}")
        tickets = [
            Ticket(one["id"], one["code"], one["price"], _seat_of(one), order["id"])
            for one in order["tickets"]
        ]
        seats = sorted(ticket.seat for ticket in tickets if ticket.seat)
        if seats != sorted(hold.seats) or len(tickets) != hold.quantity:
            self._find("seat", f"the order {order['id']} has other seats than hold {hold.id}")
        if (order["total"], sum(ticket.price for ticket in tickets)) != (hold.total, hold.total):
            self._find("money", f"the order {order['id']} costs something else than {hold.total}")
        hold.order_id = order["id"]
        made = Order(order["id"], who, hold, tickets, told.received)
        self.orders[made.id] = made
        self.tickets |= {ticket.code: ticket for ticket in tickets}
        if self.cancelling < inf:
            self.refunding(tickets, self.cancelling)
        self._check_claims(hold, made.told)

    def _hold_of(self, who: str, order: Json) -> Hold | None:
        """Find the hold of an order that its checkout's answer did not show."""
        wanted = sorted(seat for seat in map(_seat_of, order["tickets"]) if seat)
        for hold in self.holds.values():
            may_be = hold.who == who and hold.payments > 0 and not hold.order_id
            if may_be and sorted(hold.seats) == wanted and hold.quantity == len(order["tickets"]):
                return hold
        return None

    def void(self, admission: str, since: float) -> None:
        """Record that the admission was given up, or used for a purchase."""
        self._void.setdefault(admission, since)

    def refunding(self, tickets: list[Ticket], sent: float) -> None:
        """Record that a request is sent that may refund these tickets."""
        for ticket in tickets:
            ticket.attempts.append(sent)

    def refunded(self, told: Span, order: Json, tickets: list[Ticket], *, by_owner: bool) -> None:
        """Record the answer to a refund of `tickets`: the order as it is now."""
        self.refunds += 1
        if all(ticket.refunded < inf for ticket in tickets):
            self._find("money", f"the tickets of order {order['id']} were refunded twice")
        for ticket in tickets:
            if by_owner and ticket.used <= told.sent and ticket.refunded == inf:
                self._find("door", f"ticket {ticket.id} was used, and its price given back")
            ticket.refunded = min(ticket.refunded, told.received)
        known = self.orders[order["id"]]
        least = sum(t.price for t in known.tickets if t.refunded <= told.received)
        most = sum(t.price for t in known.tickets if t.taking_back <= told.received)
        if not least <= order["refunded"] <= most:
            self._find(
                "money", f"order {known.id}: {order['refunded']} given back, not {least} to {most}"
            )

    def not_refunded(self, tickets: list[Ticket], sent: float) -> None:
        """Record a refused refund. The tickets are kept, unless another refund was requested."""
        for ticket in tickets:
            ticket.attempts.remove(sent)

    def cancel(self, sent: float) -> None:
        self.cancelling = sent
        for order in self.orders.values():
            self.refunding(order.tickets, sent)

    def order_seen(self, who: str, told: Span, order: Json) -> None:
        """Check a person's order as it is shown while no other request of theirs is open."""
        self.ordered(who, told, None, order)
        if (known := self.orders.get(order["id"])) is None:
            return
        tickets = {ticket.id: ticket for ticket in known.tickets}
        by_cancelling = False
        for one in order["tickets"]:
            ticket = tickets[one["id"]]
            if one["state"] == "refunded" and ticket.refunded == inf:
                if self.cancelling == inf:
                    self._find("money", f"ticket {ticket.id} is refunded, as nobody was told")
                ticket.refunded, by_cancelling = told.received, True
            state = (
                "refunded" if ticket.refunded < inf else "used" if ticket.used < inf else "valid"
            )
            if one["state"] != state:
                self._find("door", f"ticket {ticket.id} is {state}, and told to be {one['state']}")
        self.refunds += by_cancelling
        given_back = sum(ticket.price for ticket in known.tickets if ticket.refunded < inf)
        if order["refunded"] != given_back:
            self._find("money", f"{order['refunded']} of {known.id} is given back: {given_back}")

    # --- the door

    def scanning(self, code: str, sent: float) -> None:
        if ticket := self.tickets.get(code):
            ticket.scans.append(sent)

    def scanned(self, code: str, told: Span, outcome: str) -> None:
        """Record the answer to a scan: `admitted`, or the code of the refusal."""
        ticket = self.tickets.get(code)
        if ticket is None:
            if outcome != "unknown_ticket":
                self._find("door", f"a ticket that nobody bought: {outcome}")
            return
        if outcome == "admitted":
            if ticket.used < inf:
                self._find("door", f"ticket {ticket.id} let in two people")
            if ticket.refunded <= told.sent:
                self._find("door", f"ticket {ticket.id} was refunded, and let somebody in")
            ticket.used = told.received
        elif outcome == "already_used":
            if not any(sent < told.received for sent in ticket.scans if sent != told.sent):
                self._find("door", f"ticket {ticket.id} is new, and told to be used")
        elif outcome == "ticket_cancelled":
            if ticket.taking_back > told.received:
                self._find("door", f"ticket {ticket.id} is valid, and told to be cancelled")
        else:
            self._find("door", f"ticket {ticket.id} was bought, and is told to be {outcome}")

    # --- sold out

    def sold_out(self, told: Span, to: str) -> None:
        """Record an answer that the sale is sold out, and check it."""
        if self.cancelling < inf:
            return
        since = told.sent - self._terms.fresh
        places = self.seats_total + min(self.standing.possible(since, told.received, 0))
        places -= max(self.blocked.possible(since, told.received, 0))
        sold = self.most_sold(since)
        if sold < places:
            self._find("sold_out", f"told to {to} while at most {sold} of {places} were sold")

    def most_sold(self, since: float) -> int:
        """How many tickets may have been sold at any time from `since` on."""
        most = 0
        for hold in self.holds.values():
            order = self.orders.get(hold.order_id)
            if order is not None:
                most += sum(ticket.refunded >= since for ticket in order.tickets)
            elif hold.payments > 0:
                most += hold.quantity
        return most

    # --- what all of it comes to

    def totals(self) -> Totals:
        """Add up the sale from the answers that people got, when no request is open."""
        live = [ticket for ticket in self.tickets.values() if ticket.refunded == inf]
        by_type: Counter[str] = Counter()
        for order in self.orders.values():
            by_type[order.hold.type_id] += sum(t.refunded == inf for t in order.tickets)
        return Totals(
            orders=len(self.orders),
            sold=len(live),
            used=sum(ticket.used < inf for ticket in live),
            revenue=sum(ticket.price for ticket in live),
            refunds=self.refunds,
            by_type=by_type,
        )

    def sold_seats(self) -> set[str]:
        return {
            ticket.seat
            for ticket in self.tickets.values()
            if ticket.seat and ticket.refunded == inf
        }


def _seat_of(ticket: Json) -> str | None:
    return ticket["seat"]["id"] if ticket["seat"] else None
