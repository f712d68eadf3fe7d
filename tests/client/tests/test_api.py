"""What the client does when the service does not answer at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from tests.client.tests.samples import sample

from tiketi_client import Problem, TiketiClient, Unreachable, contract, open_client
from tiketi_client.shapes import Admission

Handler = Callable[[web.Request], Awaitable[web.Response]]
HOLD = sample(contract.HoldView, id="h")
USER = sample(contract.UserView, id="u")


class Edge:
    """A gateway that gives the prepared answers in turn, and records the requests."""

    def __init__(self) -> None:
        self.answers: list[web.Response] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def then(self, status: int, body: object, **headers: str) -> "Edge":
        self.answers.append(web.json_response(body, status=status, headers=headers))
        return self

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path, dict(request.headers)))
        return self.answers.pop(0)


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
async def client(edge: Edge, free_port: Callable[[], int]) -> AsyncIterator[TiketiClient]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", edge.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with open_client(f"http://127.0.0.1:{port}") as opened:
        yield opened
    await runner.cleanup()


AT_ONCE = {"Retry-After": "0"}
BUSY = {"code": "unavailable", "detail": "soon"}


async def test_a_hold_is_tried_again_with_the_same_key(edge: Edge, client: TiketiClient) -> None:
    edge.then(503, BUSY, **AT_ONCE).then(409, {"code": "still_running"}, **AT_ONCE)
    edge.then(201, {"hold": HOLD})
    hold = await client.hold("e", _admission(), ["s"])
    assert hold.id == "h"
    keys = {headers["Idempotency-Key"] for _, _, headers in edge.asked}
    assert (len(edge.asked), len(keys)) == (3, 1)
    assert edge.asked[0][2]["Queue-Admission"] == "t"


async def test_two_holds_have_two_keys(edge: Edge, client: TiketiClient) -> None:
    for _ in range(2):
        edge.then(201, {"hold": HOLD})
        await client.hold("e", _admission(), ["s"])
    assert len({headers["Idempotency-Key"] for _, _, headers in edge.asked}) == 2


async def test_a_refusal_is_a_problem_at_once(edge: Edge, client: TiketiClient) -> None:
    edge.then(409, {"code": "seats_unavailable", "detail": "gone", "unavailable": ["s"]})
    with pytest.raises(Problem) as refused:
        await client.hold("e", _admission(), ["s"])
    assert (refused.value.status, refused.value.code) == (409, "seats_unavailable")
    assert refused.value.extra == {"unavailable": ["s"]}


async def test_what_is_not_safe_is_sent_once(edge: Edge, client: TiketiClient) -> None:
    edge.then(503, BUSY, **AT_ONCE)
    with pytest.raises(Problem):
        await client.login("a@b.c", "password")
    assert len(edge.asked) == 1


async def test_it_gives_up_after_five_tries(edge: Edge, client: TiketiClient) -> None:
    for _ in range(9):
        edge.then(503, BUSY, **AT_ONCE)
    with pytest.raises(Problem):
        await client.events()
    assert len(edge.asked) == 5


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made; none is."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("tiketi_client.api.asyncio", Sleepless(sleep))
    return made


class Sleepless:
    """`asyncio` with another `sleep`."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


async def test_it_comes_back_when_it_was_asked_to(
    edge: Edge, client: TiketiClient, slept: list[float]
) -> None:
    edge.then(503, BUSY, **{"Retry-After": "17"}).then(429, BUSY, **{"Retry-After": "0"})
    edge.then(503, BUSY).then(200, {"events": [], "next_cursor": None})
    assert await client.events() == []
    assert slept[:2] == [17, 0]
    assert 3 <= slept[2] <= 4


async def test_who_signed_out_is_nobody_from_then_on(edge: Edge, client: TiketiClient) -> None:
    edge.then(200, {"user": USER, "token": "secret"}).then(200, {}).then(
        200, {"events": [], "next_cursor": None}
    )
    await client.login("a@b.c", "password")
    await client.logout()
    await client.events()
    sent = [headers.get("Authorization") for _, _, headers in edge.asked]
    assert sent == [None, "Bearer secret", None]


async def test_nobody_there_is_unreachable(free_port: Callable[[], int]) -> None:
    async with open_client(f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(Unreachable):
            await client.login("a@b.c", "password")


async def test_who_signed_in_is_known_from_then_on(edge: Edge, client: TiketiClient) -> None:
    edge.then(200, {"user": USER, "token": "secret"}).then(200, USER)
    await client.login("a@b.c", "password")
    assert (await client.me()).id == "u"
    assert edge.asked[1][2]["Authorization"] == "Bearer secret"
    assert client.another().token is None


async def test_events_come_with_all_their_pages(edge: Edge, client: TiketiClient) -> None:
    edge.then(200, {"events": [_event("1")], "next_cursor": "c"})
    edge.then(200, {"events": [_event("2")], "next_cursor": None})
    assert [event.id for event in await client.events()] == ["1", "2"]


async def test_waiting_for_an_admission_polls_as_often_as_the_line_says(
    edge: Edge, client: TiketiClient, slept: list[float]
) -> None:
    """And shows its ticket, so that a line that was lost has the place again."""
    place = sample(
        contract.Place, status="waiting", ticket="t-1", poll_after_seconds=23, admission=None
    )
    admitted = {**place, "status": "admitted", "admission": {"token": "t", "expires_at": "x"}}
    edge.then(202, place).then(200, {**place, "ticket": "t-2", "poll_after_seconds": 4})
    edge.then(200, admitted)
    assert (await client.admission("e", timeout=5)).token == "t"
    assert slept == [23, 4]
    assert [method for method, _, _ in edge.asked] == ["POST", "GET", "GET"]
    shown = [headers.get("Queue-Ticket") for _, _, headers in edge.asked]
    assert shown == [None, "t-1", "t-2"]


def _admission() -> Admission:
    return Admission(token="t", expires_at="x")


def _event(id_: str) -> dict[str, Any]:
    return sample(contract.EventSummary, id=id_)
