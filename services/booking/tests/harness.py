"""Booking as its tests see it: `Client` and `Person` call the whole application on real stores over
HTTP; `BoxOffice` works on its stores alone, by a clock that a test can set. The fixtures are in
`conftest.py`."""

import asyncio
import email
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import asyncpg
import msgspec
from aiohttp import ClientResponse, ClientSession, web

from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.deliveries import PostgresDeliveries
from tiketi_booking.adapters.postgres.holds import PostgresHolds
from tiketi_booking.adapters.postgres.orders import PostgresOrders
from tiketi_booking.adapters.postgres.tickets import PostgresTickets
from tiketi_booking.adapters.postgres.waiting_list import PostgresWaitingList
from tiketi_booking.adapters.postgres.watch import Watch
from tiketi_booking.domain.accounts import session_hash
from tiketi_booking.domain.availability import Availability
from tiketi_booking.domain.catalogue import Event, NewEvent, NewLayout, NewTicketType
from tiketi_booking.domain.door import Scanner
from tiketi_booking.domain.holds import Decision, HoldOrder, Quantity, Seats
from tiketi_booking.domain.layout import Section
from tiketi_booking.domain.orders import Order
from tiketi_booking.domain.payments import Begun
from tiketi_booking.domain.ticket_codes import TicketCode, TicketCodes
from tiketi_booking.settings import Settings
from tiketi_booking.usecases.catalogue import Catalogue, Organising
from tiketi_booking.usecases.checkin import CheckIn
from tiketi_shared.ids import AdmissionId, EventId, HoldId, OrderId, TicketId, UserId, new_id
from tiketi_shared.tokens import Admission, Identity, KeyRing

Json = dict[str, Any]

IDENTITY = KeyRing("dev:tiketi-development-identity-key-0")

ADMISSION = KeyRing("dev:tiketi-development-admission-key")

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: Any


@dataclass
class Person:
    """Someone signed in, as the gateway would pass their calls on."""

    client: "Client"
    id: UserId
    role: str
    email: str
    token: str

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        identity = Identity(self.id, self.role, int(time.time()) + 60)
        sent = {
            "X-Tiketi-Identity": IDENTITY.sign(identity),
            "X-Tiketi-Session": session_hash(self.token),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return await self.client.call(method, path, body, sent)

    def admission(self, event_id: str, *, seconds: int = 300, id_: str | None = None) -> str:
        now = int(time.time())
        return ADMISSION.sign(
            Admission(EventId(event_id), self.id, AdmissionId(id_ or new_id()), now, now + seconds)
        )

    async def hold(self, event_id: str, body: Any, **headers: str) -> Answer:
        headers.setdefault("Queue_Admission", self.admission(event_id))
        return await self.call("POST", f"/api/events/{event_id}/holds", body, **headers)

    async def pay(self, hold_id: str, token: str = "tok_ok", **headers: str) -> Answer:
        body = {"payment": {"provider": "sandbox", "token": token}}
        return await self.call("POST", f"/api/holds/{hold_id}/checkout", body, **headers)

    async def buy(self, event_id: str, body: Any) -> Any:
        held = await self.hold(event_id, body)
        assert held.status == 201, held.body
        paid = await self.pay(held.body["hold"]["id"])
        assert paid.status == 201, paid.body
        return paid.body["order"]


@dataclass
class Client:
    """Calls one instance; `app` is that instance's insides, `database` what it works on."""

    app: web.Application
    database: Database
    url: str
    session: ClientSession
    people: int = field(default=0)

    async def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        data = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        async with self.session.request(
            method, self.url + path, data=data, headers=headers
        ) as response:
            return Answer(response.status, response.headers, await _decoded(response))

    async def service(self, method: str, path: str, body: Any = None) -> Answer:
        identity = Identity(UserId("gateway"), "service", int(time.time()) + 60)
        return await self.call(method, path, body, {"X-Tiketi-Identity": IDENTITY.sign(identity)})

    async def person(self, role: str = "customer") -> Person:
        """A fresh account."""
        email = f"{new_id()}@example.org"
        body = {"email": email, "password": PASSWORD, "name": "Kim Narae"}
        answer = await self.call("POST", "/api/auth/signup", body)
        assert answer.status == 201, answer.body
        user_id = UserId(answer.body["user"]["id"])
        if role != "customer":
            await self.database.execute("UPDATE users SET role = $2 WHERE id = $1", user_id, role)
        return Person(self, user_id, role, email, answer.body["token"])

    async def signed_in(self, email: str, role: str = "customer") -> Person:
        """Somebody who has an account already, with the password of `person`."""
        answer = await self.call("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
        assert answer.status == 200, answer.body
        return Person(self, UserId(answer.body["user"]["id"]), role, email, answer.body["token"])

    async def known(self, count: int) -> list[Person]:
        """Accounts made without the cost of a password."""
        ids = [new_id() for _ in range(count)]
        await self.database.execute_many(
            """
            INSERT INTO users (id, email, name, password_hash)
            VALUES ($1, $1 || '@x.org', 'X', '')
            """,
            [(id_,) for id_ in ids],
        )
        return [Person(self, UserId(id_), "customer", f"{id_}@x.org", "none") for id_ in ids]

    async def event(self, **changes: Any) -> Json:
        """One of 4 rows of 10 seats, and 20 standing; on sale now, 6 tickets a person."""
        admin = Person(self, UserId(new_id()), "admin", "", "none")
        answer = await admin.call("POST", "/api/admin/events", new_event(**changes))
        assert answer.status == 201, answer.body
        made: Json = answer.body
        return made


def new_event(**changes: Any) -> Json:
    now = datetime.now(UTC)
    return {
        "name": "Winter Song",
        "venue": "Blue Hall",
        "starts_at": now + timedelta(days=10),
        "sale_opens_at": now - timedelta(hours=1),
        "sale_closes_at": now + timedelta(days=9),
        "currency": "KRW",
        "max_per_user": 6,
        "ticket_types": [
            {"name": "R", "price": 100_000, "kind": "seated"},
            {"name": "Standing", "price": 50_000, "kind": "general", "capacity": 20},
        ],
        "layout": {"sections": [{"name": "A", "rows": 4, "seats_per_row": 10, "ticket_type": "R"}]},
        **changes,
    }


Start = Callable[[Settings], Awaitable[Client]]
"""What the fixture `start` gives: another instance."""

NewEventBody = Callable[..., Json]
"""What the fixture `event_body` gives."""

CODES = TicketCodes("a-secret-of-at-least-32-characters")


class Clock:
    """The database's clock on the connections of `office`: `now()` and `clock_timestamp()` give the
    moment it is set to. Their search path finds its functions before those of Postgres."""

    _MAKE = """
        CREATE SCHEMA IF NOT EXISTS clock;
        CREATE TABLE IF NOT EXISTS clock.hand (at timestamptz);
        TRUNCATE clock.hand;
        CREATE OR REPLACE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
            'SELECT coalesce((SELECT at FROM clock.hand), pg_catalog.now())';
        CREATE OR REPLACE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
            'SELECT coalesce((SELECT at FROM clock.hand), pg_catalog.clock_timestamp())';
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, postgres_dsn: str) -> AsyncIterator["Clock"]:
        """It runs until it is set."""
        connection = await asyncpg.connect(postgres_dsn)
        await connection.execute(cls._MAKE)
        yield cls(connection)
        await connection.close()

    @staticmethod
    def dsn(postgres_dsn: str) -> str:
        """Connections to it follow the clock."""
        separator = "&" if "?" in postgres_dsn else "?"
        return f"{postgres_dsn}{separator}search_path=clock,pg_catalog,public"

    async def set(self, moment: datetime) -> None:
        """It stands at this moment, until it is set again or the test is over."""
        await self._connection.execute(
            f"TRUNCATE clock.hand; INSERT INTO clock.hand VALUES ('{moment.isoformat()}')"
        )


class ListOfOne(PostgresWaitingList):
    """The waiting list of one event, without those that other tests leave."""

    def __init__(self, database: Database, event: Event) -> None:
        super().__init__(database)
        self._event_id = event.id

    async def events(self) -> list[EventId]:
        return [event_id for event_id in await super().events() if event_id == self._event_id]


@dataclass
class BoxOffice:
    """Makes events, holds seats and takes orders as the application does, without its loops."""

    clock: Clock
    database: Database
    catalogue: Catalogue
    watch: Watch
    organising: Organising
    holds: PostgresHolds
    orders: PostgresOrders
    tickets: PostgresTickets
    waiting: PostgresWaitingList
    deliveries: PostgresDeliveries
    codes: TicketCodes
    check_in: CheckIn

    async def event(self, *, rows: int = 1, seats_per_row: int = 4, standing: int = 0) -> Event:
        """On sale now; `R` is seated at 100,000, `S` (if any) standing at 50,000."""
        now = datetime.now(UTC)
        types: tuple[NewTicketType, ...] = (NewTicketType(name="R", price=100_000),)
        if standing:
            types += (NewTicketType(name="S", price=50_000, kind="general", capacity=standing),)
        return await self.organising.create(
            NewEvent(
                name="첫눈 First Snow",
                venue="KSPO DOME",
                starts_at=now + timedelta(days=5),
                sale_opens_at=now - timedelta(hours=1),
                sale_closes_at=now + timedelta(days=4),
                ticket_types=types,
                max_per_user=8,
                layout=NewLayout(
                    (Section(name="A", rows=rows, seats_per_row=seats_per_row, ticket_type="R"),)
                ),
            )
        )

    async def hall(self) -> Event:
        """Of every kind, and no number of it is another: `R` is 2 rows of 3 seats (0 to 5) at
        110,000, `B` a row of 4 (6 to 9) at 70,000, `S` has 7 standing places at 30,000. On sale
        from an hour ago, for 4 days; 5 tickets a person."""
        now = datetime.now(UTC)
        return await self.organising.create(
            NewEvent(
                name="Winter Song",
                venue="Blue Hall",
                starts_at=now + timedelta(days=5),
                sale_opens_at=now - timedelta(hours=1),
                sale_closes_at=now + timedelta(days=4),
                ticket_types=(
                    NewTicketType(name="R", price=110_000),
                    NewTicketType(name="B", price=70_000),
                    NewTicketType(name="S", price=30_000, kind="general", capacity=7),
                ),
                max_per_user=5,
                layout=NewLayout(
                    (
                        Section(name="Front", rows=2, seats_per_row=3, ticket_type="R"),
                        Section(name="Back", rows=1, seats_per_row=4, ticket_type="B"),
                    )
                ),
            )
        )

    def list_of(self, event: Event) -> PostgresWaitingList:
        return ListOfOne(self.database, event)

    async def user(self, name: str = "Narae") -> UserId:
        user_id = UserId(new_id())
        await self.database.execute(
            "INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, $3, 'x')",
            user_id, f"{user_id}@example.com", name,
        )  # fmt: skip
        return user_id

    async def ask(
        self, event: Event, user_id: UserId, wanted: Sequence[int] | int, seconds: float = 300
    ) -> Decision:
        """For seats by index, or for so many standing places."""
        number = event.type_names["S"].number if isinstance(wanted, int) else 0
        wish = Quantity(number, wanted) if isinstance(wanted, int) else Seats(tuple(wanted))
        order = HoldOrder(HoldId(new_id()), user_id, wish)
        (decision,) = await self.holds.take(event.id, [order], seconds)
        self.watch.touched()
        return decision

    async def hold(
        self, event: Event, user_id: UserId, wanted: Sequence[int] | int, seconds: float = 300
    ) -> HoldId:
        decision = await self.ask(event, user_id, wanted, seconds)
        assert decision.outcome == "held"
        return decision.hold_id

    async def sweep(self) -> None:
        """Frees everything that is past its time, as the worker does."""
        while await self.holds.expire(2000):
            pass

    async def ends(self, hold_id: HoldId) -> datetime:
        """When the hold ends, as it is recorded now."""
        moment: datetime = await self.database.value(
            "SELECT expires_at FROM holds WHERE id = $1", hold_id
        )
        return moment

    async def begin(self, hold_id: HoldId, user_id: UserId) -> Begun:
        return await self.orders.begin(hold_id, user_id, "sandbox", "", cap=600, check_after=30)

    async def pay(self, hold_id: HoldId, user_id: UserId) -> Order:
        begun = await self.begin(hold_id, user_id)
        assert await self.orders.settle(begun.payment_id, "sb_1") == "order"
        return await self.order(begun.order_id)

    async def order(self, order_id: OrderId) -> Order:
        """As it is now."""
        found = await self.orders.order(order_id)
        assert found is not None
        return found

    async def buy(self, event: Event, user_id: UserId, wanted: Sequence[int] | int) -> Order:
        return await self.pay(await self.hold(event, user_id, wanted), user_id)

    async def refund(self, order_id: OrderId) -> None:
        outcome, _ = await self.orders.refund(order_id, None, "requested", forced=True)
        assert outcome == "refunded"

    async def use(self, event: Event, ticket_id: TicketId) -> None:
        """Lets the holder of the ticket in."""
        door = Scanner(UserId("staff"), "north", datetime.now(UTC))
        assert await self.tickets.use(TicketCode(event.id, ticket_id), door)

    async def picture(self, event: Event) -> Availability:
        """What is told of the seats now."""
        self.watch.touched()
        return await self.watch.picture(event.id)

    async def left(self, event: Event) -> tuple[int, int]:
        """Seats and standing places that can be had, as everybody is told."""
        picture = await self.picture(event)
        return picture.states.count(b"a"), sum(picture.general.values())


class Mailbox:
    """A real SMTP server; `answer` replaces its consent to an address, `after_data` that to a mail
    it has kept."""

    def __init__(self) -> None:
        self.url = ""
        self.mails: list[EmailMessage] = []
        self.answer = ""
        self.after_data = "250 OK"

    async def handle_RCPT(  # noqa: N802  the name aiosmtpd calls
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  the name aiosmtpd calls
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return self.after_data


AUDIT = {
    "a seat has at most one live holder": """
        SELECT event_id, idx FROM (
            SELECT event_id, seat AS idx FROM tickets WHERE state <> 'refunded' AND seat IS NOT NULL
            UNION ALL SELECT event_id, idx FROM seats WHERE state = 'h'
        ) AS holders GROUP BY event_id, idx HAVING count(*) > 1""",
    "a seat is sold exactly when a live ticket is for it": """
        SELECT s.event_id, s.idx FROM seats s LEFT JOIN tickets t
            ON t.event_id = s.event_id AND t.seat = s.idx AND t.state <> 'refunded'
        WHERE (s.state = 's') <> (t.id IS NOT NULL)""",
    "a paid order has all its tickets": """
        SELECT o.id FROM orders o JOIN holds h ON h.id = o.hold_id
        WHERE cardinality(h.types) <> (SELECT count(*) FROM tickets t WHERE t.order_id = o.id)""",
    "an order's live tickets are worth what was paid and kept": """
        SELECT o.id FROM orders o WHERE o.total - o.refunded <> (
            SELECT coalesce(sum(price), 0) FROM tickets t
            WHERE t.order_id = o.id AND t.state <> 'refunded')""",
    "a charged payment has an order or goes back whole": """
        SELECT p.id FROM payments p WHERE p.status = 'charged'
        AND NOT EXISTS (SELECT FROM orders o WHERE o.payment_id = p.id)
        AND p.amount <> (SELECT coalesce(sum(amount), 0) FROM refunds r
                         WHERE r.payment_id = p.id)""",
    "what was given back is what the refunds say": """
        SELECT p.id FROM payments p
        WHERE p.refunded <> (SELECT coalesce(sum(amount), 0) FROM refunds r
                             WHERE r.payment_id = p.id)""",
    "the provider's charges are known, and as high": """
        SELECT c.payment_id FROM sandbox_charges c LEFT JOIN payments p ON p.id = c.payment_id
        WHERE c.status = 'charged' AND (p.status IS DISTINCT FROM 'charged'
                                        OR p.amount <> c.amount)""",
    "the provider gave back what was asked": """
        SELECT r.id FROM refunds r LEFT JOIN sandbox_refunds s ON s.refund_id = r.id
        WHERE r.status = 'done' AND r.amount IS DISTINCT FROM s.amount""",
    "a live hold has all its seats": """
        SELECT h.id FROM holds h WHERE h.state = 'live' AND h.expires_at > clock_timestamp()
        AND cardinality(h.seats) <> (SELECT count(*) FROM seats s WHERE s.event_id = h.event_id
                                     AND s.idx = ANY (h.seats) AND s.hold_id = h.id)""",
    "nobody has more than the limit": """
        SELECT e.id, u.user_id FROM events e JOIN (
            SELECT event_id, user_id FROM holds UNION SELECT event_id, user_id FROM tickets
        ) AS u ON u.event_id = e.id
        WHERE taken_by(e.id, u.user_id, clock_timestamp()) > e.max_per_user""",
    "the counters are what the rows say": """
        SELECT s.event_id FROM stock s,
        LATERAL (SELECT count(*) FILTER (WHERE state = 'a') AS a,
            count(*) FILTER (WHERE state = 'h') AS h, count(*) FILTER (WHERE state = 's') AS s,
            count(*) FILTER (WHERE state = 'x') AS x
            FROM seats WHERE event_id = s.event_id) AS c,
        LATERAL (SELECT coalesce(sum(capacity - held - sold), 0) AS a,
            coalesce(sum(held), 0) AS h, coalesce(sum(sold), 0) AS s
            FROM ticket_types WHERE event_id = s.event_id AND kind = 'general') AS g
        WHERE (s.available, s.held, s.sold, s.blocked) <> (c.a + g.a, c.h + g.h, c.s + g.s, c.x)
        OR s.open_holds <> (SELECT count(*) FROM holds
                            WHERE event_id = s.event_id AND state = 'live')
        OR s.revenue <> (SELECT coalesce(sum(total - refunded), 0) FROM orders
                         WHERE event_id = s.event_id)""",
    "general admission sold is what its tickets say": """
        SELECT k.id FROM ticket_types k WHERE k.kind = 'general' AND k.sold <> (
            SELECT count(*) FROM tickets t WHERE t.event_id = k.event_id AND t.type = k.number
            AND t.state <> 'refunded')""",
    "general admission held is what its live holds say": """
        SELECT k.id FROM ticket_types k WHERE k.kind = 'general' AND k.held <> (
            SELECT coalesce(sum(cardinality(h.types)), 0) FROM holds h
            WHERE h.event_id = k.event_id AND h.state = 'live' AND h.seats = '{}'
            AND h.types[1] = k.number)""",
    "the outbox has every version once": """
        SELECT event_id, version FROM outbox WHERE version IS NOT NULL
        GROUP BY event_id, version HAVING count(*) > 1""",
}
"""What must hold at any moment when nothing is under way; each query finds what breaks it."""

Broken = dict[str, list[Any]]
"""Which rules do not hold, and by which rows."""

Audit = Callable[[Database], Awaitable[Broken]]
"""What the fixture `audit` gives."""


async def broken_rules(fetch: Callable[[str], Awaitable[list[Any]]]) -> Broken:
    found = {rule: await fetch(query) for rule, query in AUDIT.items()}
    return {rule: [tuple(row) for row in rows] for rule, rows in found.items() if rows}


async def _decoded(response: ClientResponse) -> Any:
    content = await response.read()
    if "json" in response.content_type and content:
        return msgspec.json.decode(content)
    return content


async def wait_until(ask: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    """What `ask` answers as soon as that is something."""
    async with asyncio.timeout(seconds):
        while not (found := await ask()):  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.05)
    return found


Until = Callable[..., Awaitable[Any]]
"""What the fixture `until` gives."""
