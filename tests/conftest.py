"""For tests across services: two instances of each on real stores, and people who use them.

A person talks to one gateway, as a browser behind a sticky balancer would. With TIKETI_URL,
ADMIN_EMAIL and ADMIN_PASSWORD set, people use the deployment that runs there instead.
"""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tiketi_local.deployment import PORTS, Deployment, private_stores
from tiketi_local.keys import Keys, load_or_make

Json = dict[str, Any]

PASSWORD = "correct horse battery"


class Answer:
    """One answer of the API: `status`, `headers`, and the decoded `body`."""

    def __init__(self, status: int, headers: Any, body: Any) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def __getitem__(self, key: str) -> Any:
        return self.body[key]

    def __repr__(self) -> str:
        return f"<{self.status} {self.body}>"


class Person:
    """Somebody at one gateway, signed up or not."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str) -> None:
        self.http = http
        self.base_url = base_url
        self.headers: dict[str, str] = {}

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Header names have underscores for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(
            method, self.base_url + path, json=body, headers={**self.headers, **sent}
        ) as answer:
            if "json" in answer.content_type:
                return Answer(answer.status, answer.headers, await answer.json(content_type=None))
            return Answer(answer.status, answer.headers, await answer.read())

    async def sign_up(self) -> "Person":
        email = f"{secrets.token_hex(8)}@example.com"
        account = {"email": email, "password": PASSWORD, "name": "Kim Min-jun"}
        answer = await self.call("POST", "/api/auth/signup", account)
        assert answer.status == 201, answer
        self.headers = {"Authorization": f"Bearer {answer['token']}"}
        return self

    async def sign_in(self, email: str) -> "Person":
        credentials = {"email": email, "password": PASSWORD}
        answer = await self.call("POST", "/api/auth/login", credentials)
        assert answer.status == 200, answer
        self.headers = {"Authorization": f"Bearer {answer['token']}"}
        return self

    async def join(self, event_id: str) -> Answer:
        return await self.call("POST", f"/api/events/{event_id}/queue")

    async def place(self, event_id: str) -> Answer:
        return await self.call("GET", f"/api/events/{event_id}/queue")

    async def enter(self, event_id: str) -> str:
        """Join, and come back until admitted; the admission's token."""
        answer = await self.join(event_id)
        deadline = time.monotonic() + 20
        while answer["status"] != "admitted":
            assert time.monotonic() < deadline, answer
            await asyncio.sleep(0.2)
            answer = await self.place(event_id)
        token: str = answer["admission"]["token"]
        return token

    async def seats(self, event_id: str) -> list[Json]:
        """The event's seats in layout order."""
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

    def live(self) -> Any:
        """The WebSocket of this person's gateway, as a context."""
        return self.http.ws_connect(self.base_url + "/ws", headers=self.headers)


WEB_ROOT = Path(__file__).resolve().parents[1] / "services/gateway/frontend/dist"


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    admin = {name: os.environ.get(name.upper(), "") for name in ("admin_email", "admin_password")}
    return load_or_make(tmp_path_factory.mktemp("keys") / "keys.json", **admin)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Deployment]:
    """Everything twice, ready."""
    folder = tmp_path_factory.mktemp("deployment")
    stores = private_stores(folder, keys.store_password, logs=folder, durable=False)
    counts = dict.fromkeys(PORTS, 2)
    with Deployment(
        stores, keys, logs=folder, counts=counts, web_root=WEB_ROOT,
        # Leaving longer than the gateway takes to ask whether an instance is ready.
        environ={"LIMITS": "off", "LEAVE_SECONDS": "1.5"},
    ) as deployment:  # fmt: skip
        deployment.start()
        yield deployment


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Keeps no cookies, so that everybody is who their token says."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=30)
    ) as session:
        yield session


@pytest.fixture(scope="session")
def gateway_urls(request: pytest.FixtureRequest) -> list[str]:
    """Where the gateways are: twice the same where a balancer stands before them."""
    if url := os.environ.get("TIKETI_URL"):
        return [url, url]
    deployment: Deployment = request.getfixturevalue("deployment")
    return deployment.gateway_urls


@pytest.fixture
def visitor(gateway_urls: list[str], http: aiohttp.ClientSession) -> Callable[..., Person]:
    """`visitor(gateway=0)`: somebody without an account."""

    def make(gateway: int = 0) -> Person:
        return Person(http, gateway_urls[gateway])

    return make


@pytest.fixture
def fan(visitor: Callable[..., Person]) -> Callable[..., Awaitable[Person]]:
    """`await fan(gateway=0)`: somebody who has just signed up."""

    async def make(gateway: int = 0) -> Person:
        return await visitor(gateway).sign_up()

    return make


@pytest.fixture
async def organiser(visitor: Callable[..., Person], keys: Keys) -> Person:
    """The admin."""
    person = visitor()
    credentials = {"email": keys.admin_email, "password": keys.admin_password}
    answer = await person.call("POST", "/api/auth/login", credentials)
    assert answer.status == 200, answer
    person.headers = {"Authorization": f"Bearer {answer['token']}"}
    return person


@pytest.fixture
def staff(
    fan: Callable[..., Awaitable[Person]], organiser: Person
) -> Callable[..., Awaitable[Person]]:
    """`await staff()`: somebody at the door, as the organiser has made them."""

    async def make() -> Person:
        person = await fan()
        email = (await person.call("GET", "/api/me"))["email"]
        change = {"email": email, "role": "staff"}
        answer = await organiser.call("POST", "/api/admin/staff", change)
        assert answer.status == 200, answer
        return await person.sign_in(email)  # a new role ends the sessions of the old one

    return make


@pytest.fixture
def new_event(organiser: Person) -> Callable[..., Awaitable[Json]]:
    """`await new_event(capacity=..., per_second=...)`: 40 seats and 10 standing, on sale now."""

    async def make(*, capacity: int = 1000, per_second: float = 50) -> Json:
        now = datetime.now(UTC)
        event = {
            "name": f"Concert {secrets.token_hex(4)}",
            "venue": "Seoul Arts Hall",
            "starts_at": _stamp(now + timedelta(days=30)),
            "sale_opens_at": _stamp(now - timedelta(seconds=5)),
            "sale_closes_at": _stamp(now + timedelta(days=29)),
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
        answer = await organiser.call("POST", "/api/admin/events", event)
        assert answer.status == 201, answer
        created: Json = answer.body
        await _line_opens(organiser, created["id"])
        return created

    return make


async def _line_opens(person: Person, event_id: str) -> None:
    """A new event's line opens once the queue has heard of it: every instance within two seconds,
    and this asks but one of them."""
    heard_everywhere = time.monotonic() + 2
    deadline = time.monotonic() + 10
    path = f"/api/events/{event_id}/queue/status"
    while (answer := await person.call("GET", path)).status != 200 or (
        answer["phase"] != "on_sale"
    ):
        assert time.monotonic() < deadline, answer
        await asyncio.sleep(0.1)
    await asyncio.sleep(max(0.0, heard_everywhere - time.monotonic()))


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
