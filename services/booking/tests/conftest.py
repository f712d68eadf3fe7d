"""Booking as its callers see it: the whole application on real stores, asked over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer

from tiketi_booking.app import create_app
from tiketi_booking.domain.accounts import session_hash
from tiketi_booking.migrate import migrate
from tiketi_booking.settings import Settings
from tiketi_booking.web import keys
from tiketi_shared.ids import AdmissionId, EventId, UserId, new_id
from tiketi_shared.tokens import Admission, Identity, KeyRing

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
    """Calls one instance; `app` is that instance's insides."""

    app: web.Application
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
            await self.app[keys.DATABASE].execute(
                "UPDATE users SET role = $2 WHERE id = $1", user_id, role
            )
        return Person(self, user_id, role, email, answer.body["token"])

    async def known(self, count: int) -> list[Person]:
        """Accounts made without the cost of a password."""
        ids = [new_id() for _ in range(count)]
        await self.app[keys.DATABASE].execute_many(
            """
            INSERT INTO users (id, email, name, password_hash)
            VALUES ($1, $1 || '@x.org', 'X', '')
            """,
            [(id_,) for id_ in ids],
        )
        return [Person(self, UserId(id_), "customer", f"{id_}@x.org", "none") for id_ in ids]

    async def event(self, **changes: Any) -> Any:
        """One of 4 rows of 10 seats, and 20 standing; on sale now, 6 tickets a person."""
        admin = Person(self, UserId(new_id()), "admin", "", "none")
        answer = await admin.call("POST", "/api/admin/events", new_event(**changes))
        assert answer.status == 201, answer.body
        return answer.body


def new_event(**changes: Any) -> dict[str, Any]:
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


@pytest.fixture
async def settings(postgres_dsn: str, redis_url: str) -> Settings:
    """Of an instance that finds no RabbitMQ; tests of the relay bring theirs."""
    await migrate(postgres_dsn)
    return Settings(
        environment="test",
        postgres_dsn=postgres_dsn,
        redis_url=redis_url,
        amqp_url="amqp://guest:guest@127.0.0.1:9/",
        admin_password="admin-password",
        password_memory_mib=8,
    )


Start = Callable[[Settings], Awaitable[Client]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts instances, stopped at the end."""
    servers: list[TestServer] = []
    async with ClientSession() as session:

        async def start_one(settings: Settings) -> Client:
            app = create_app(settings)
            server = TestServer(app)
            await server.start_server()
            servers.append(server)
            return Client(app, str(server.make_url("")).rstrip("/"), session)

        yield start_one
        await asyncio.gather(*(server.close() for server in servers))


@pytest.fixture
async def client(start: Start, settings: Settings) -> Client:
    return await start(settings)


async def _decoded(response: ClientResponse) -> Any:
    content = await response.read()
    if "json" in response.content_type and content:
        return msgspec.json.decode(content)
    return content
