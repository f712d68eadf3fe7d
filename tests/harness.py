"""People and answers for the tests across services, and the types of the fixtures.

The fixtures are in `conftest.py`. Import this module as `tests.harness`.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import aiohttp

Json = dict[str, Any]
Socket = aiohttp.ClientWebSocketResponse

PASSWORD = "correct horse battery"


class Answer:
    """An answer of the API: `status`, `headers`, and `body`, decoded if it is JSON, else bytes."""

    def __init__(self, status: int, headers: Mapping[str, str], body: object) -> None:
        self.status = status
        self.headers = headers
        self.body: Any = body

    def __getitem__(self, key: str) -> Any:
        return self.body[key]

    def __repr__(self) -> str:
        return f"<{self.status} {self.body}>"


class Person:
    """A client of one gateway, with an account or without."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str) -> None:
        self.http = http
        self.base_url = base_url
        self.headers: dict[str, str] = {}

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request. Write the hyphens of header names as underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(
            method, self.base_url + path, json=body, headers={**self.headers, **sent}
        ) as answer:
            if "json" in answer.content_type:
                return Answer(answer.status, answer.headers, await answer.json(content_type=None))
            return Answer(answer.status, answer.headers, await answer.read())

    async def sign_up(self) -> "Person":
        """Make an account and use it."""
        email = f"{secrets.token_hex(8)}@example.com"
        account = {"email": email, "password": PASSWORD, "name": "Kim Min-jun"}
        answer = await self.call("POST", "/api/auth/signup", account)
        assert answer.status == 201, answer
        self.headers = {"Authorization": f"Bearer {answer['token']}"}
        return self

    async def sign_in(self, email: str, password: str = PASSWORD) -> "Person":
        credentials = {"email": email, "password": password}
        answer = await self.call("POST", "/api/auth/login", credentials)
        assert answer.status == 200, answer
        self.headers = {"Authorization": f"Bearer {answer['token']}"}
        return self

    async def join(self, event_id: str) -> Answer:
        return await self.call("POST", f"/api/events/{event_id}/queue")

    async def place(self, event_id: str) -> Answer:
        return await self.call("GET", f"/api/events/{event_id}/queue")

    async def enter(self, event_id: str) -> str:
        """Join the line and poll until admitted. Returns the admission's token."""
        answer = await self.join(event_id)
        deadline = time.monotonic() + 20
        while answer["status"] != "admitted":
            assert time.monotonic() < deadline, answer
            await asyncio.sleep(0.2)
            answer = await self.place(event_id)
        token: str = answer["admission"]["token"]
        return token

    async def seats(self, event_id: str) -> list[Json]:
        """Return the event's seats in layout order."""
        answer = await self.call("GET", f"/api/events/{event_id}/seatmap")
        assert answer.status == 200, answer
        seats: list[Json] = answer["seats"]
        return seats

    async def hold(self, event_id: str, admission: str, body: Json) -> Answer:
        path = f"/api/events/{event_id}/holds"
        key = secrets.token_hex(8)
        return await self.call("POST", path, body, Queue_Admission=admission, Idempotency_Key=key)

    async def pay(self, hold_id: str, token: str = "tok_ok") -> Answer:
        payment = {"payment": {"provider": "sandbox", "token": token}}
        path = f"/api/holds/{hold_id}/checkout"
        return await self.call("POST", path, payment, Idempotency_Key=secrets.token_hex(8))

    def live(self) -> AbstractAsyncContextManager[Socket]:
        """Open the WebSocket of this person's gateway."""
        return self.http.ws_connect(self.base_url + "/ws", headers=self.headers)


class NewVisitor(Protocol):
    """The fixture `visitor`."""

    def __call__(self, gateway: int = 0) -> Person: ...


class NewFan(Protocol):
    """The fixture `fan`."""

    async def __call__(self, gateway: int = 0) -> Person: ...


class NewStaff(Protocol):
    """The fixture `staff`."""

    async def __call__(self) -> Person: ...


class NewEvent(Protocol):
    """The fixture `new_event`."""

    async def __call__(self, *, capacity: int = 1000, per_second: float = 50) -> Json: ...


def concert(*, capacity: int, per_second: float) -> Json:
    """The content of a new event: 40 seats and 10 standing, on sale now."""
    now = datetime.now(UTC)
    return {
        "name": f"Concert {secrets.token_hex(4)}",
        "venue": "Seoul Arts Hall",
        "starts_at": stamp(now + timedelta(days=30)),
        "sale_opens_at": stamp(now - timedelta(seconds=5)),
        "sale_closes_at": stamp(now + timedelta(days=29)),
        "currency": "KRW",
        "max_per_user": 4,
        "ticket_types": [
            {"name": "Stalls", "price": 120_000, "kind": "seated", "capacity": 40},
            {"name": "Standing", "price": 66_000, "kind": "general", "capacity": 10},
        ],
        "layout": {
            "sections": [{"name": "A", "rows": 4, "seats_per_row": 10, "ticket_type": "Stalls"}]
        },
        "queue": {"capacity": capacity, "per_second": per_second, "admission_seconds": 300},
    }


async def wait_for_line(person: Person, event_id: str) -> None:
    """Return when every queue instance knows the new event.

    Each of them learns of it within two seconds, and the status comes from only one of them.
    """
    known_everywhere = time.monotonic() + 2
    deadline = time.monotonic() + 10
    path = f"/api/events/{event_id}/queue/status"
    while (answer := await person.call("GET", path)).status != 200 or (
        answer["phase"] != "on_sale"
    ):
        assert time.monotonic() < deadline, answer
        await asyncio.sleep(0.1)
    await asyncio.sleep(max(0.0, known_everywhere - time.monotonic()))


def stamp(moment: datetime) -> str:
    """The moment as the API writes times."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
