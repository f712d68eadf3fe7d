"""Each method of the client makes one call: its path, its body, its headers, its answer."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from tests.client.tests.samples import sample

from tiketi_client import Problem, TiketiClient, Unreachable, contract, open_client
from tiketi_client.shapes import Admission

ADMISSION = Admission(token="t7", expires_at="x")
HOLD = sample(contract.HoldView, id="h1", total=7)
ORDER = sample(contract.OrderView, id="o1", status="paid", total=7)
PLACE = sample(
    contract.Place, status="waiting", number=5, position=2, total=3, poll_after_seconds=0
)
EVENT = sample(contract.EventView, id="e1", seats_left=7)
LINE = sample(contract.Progress, serving_number=4)
USER = sample(contract.UserView, id="u1", role="customer")
SEATMAP = sample(contract.SeatMapView, seats=[sample(contract.SeatOnMap, id="s3")])
ADMITTED = sample(contract.AdmittedTicket, holder="A")
REPORT = sample(contract.SalesReport, sold=3)
OVERVIEW = sample(contract.Overview, connections=31)


Asked = tuple[str, str, object]
"""The method, path and body of a request."""


class Service:
    """Gives the prepared answers in turn, and records the requests."""

    def __init__(self) -> None:
        self.answers: list[web.Response] = []
        self.asked: list[Asked] = []
        self.headers: list[dict[str, str]] = []

    def then(self, body: object, status: int = 200, **headers: str) -> None:
        self.answers.append(web.json_response(body, status=status, headers=headers))

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, request.path_qs, body))
        self.headers.append(dict(request.headers))
        return self.answers.pop(0) if self.answers else web.json_response({}, status=404)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def client(service: Service, free_port: Callable[[], int]) -> AsyncIterator[TiketiClient]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with open_client(f"http://127.0.0.1:{port}/") as opened:
        opened.token = "secret"
        yield opened
    await runner.cleanup()


Call = Callable[[TiketiClient], Awaitable[object]]
CALLS: list[tuple[Call, Asked, object, Callable[[Any], object], object]] = [
    (lambda c: c.signup("a@b.c", "p", "A"),
     ("POST", "/api/auth/signup", {"email": "a@b.c", "password": "p", "name": "A"}),
     {"user": USER, "token": "new"}, lambda account: account.user.id, "u1"),
    (lambda c: c.login("a@b.c", "p"),
     ("POST", "/api/auth/login", {"email": "a@b.c", "password": "p"}),
     {"user": USER, "token": "new"}, lambda account: account.token, "new"),
    (lambda c: c.logout(), ("POST", "/api/auth/logout", None), {}, lambda _: None, None),
    (lambda c: c.me(), ("GET", "/api/me", None), USER, lambda user: user.role, "customer"),
    (lambda c: c.event("e1"), ("GET", "/api/events/e1", None), EVENT, lambda e: e.seats_left, 7),
    (lambda c: c.seatmap("e1"), ("GET", "/api/events/e1/seatmap", None),
     SEATMAP, lambda seatmap: seatmap.seats[0].id, "s3"),
    (lambda c: c.availability("e1"), ("GET", "/api/events/e1/availability", None),
     {"version": 4, "states": "ah", "general": []}, lambda seen: (seen.version, seen.states),
     (4, "ah")),
    (lambda c: c.join("e1"), ("POST", "/api/events/e1/queue", {}), PLACE, lambda p: p.number, 5),
    (lambda c: c.join("e1", "t5", invite_code="i"),
     ("POST", "/api/events/e1/queue", {"ticket": "t5", "invite_code": "i"}), PLACE,
     lambda place: place.position, 2),
    (lambda c: c.place("e1"), ("GET", "/api/events/e1/queue", None), PLACE, lambda p: p.total, 3),
    (lambda c: c.leave("e1"), ("DELETE", "/api/events/e1/queue", None), {}, lambda r: r, None),
    (lambda c: c.line("e1"), ("GET", "/api/events/e1/queue/status", None), LINE,
     lambda line: line.serving_number, 4),
    (lambda c: c.hold("e1", ADMISSION, ("s3", "s4")),
     ("POST", "/api/events/e1/holds", {"seat_ids": ["s3", "s4"]}), {"hold": HOLD},
     lambda hold: hold.id, "h1"),
    (lambda c: c.hold_general("e1", ADMISSION, "floor", 3),
     ("POST", "/api/events/e1/holds", {"ticket_type_id": "floor", "quantity": 3}), {"hold": HOLD},
     lambda hold: hold.total, 7),
    (lambda c: c.held("h1"), ("GET", "/api/holds/h1", None), {"hold": HOLD}, lambda h: h.id, "h1"),
    (lambda c: c.release("h1"), ("DELETE", "/api/holds/h1", None), {}, lambda r: r, None),
    (lambda c: c.checkout("h1"),
     ("POST", "/api/holds/h1/checkout", {"payment": {"provider": "sandbox", "token": "tok_ok"}}),
     {"order": ORDER}, lambda order: order.id, "o1"),
    (lambda c: c.checkout("h1", payment_token="tok", provider="bank"),
     ("POST", "/api/holds/h1/checkout", {"payment": {"provider": "bank", "token": "tok"}}),
     {"order": ORDER}, lambda order: order.total, 7),
    (lambda c: c.orders(), ("GET", "/api/orders", None), {"orders": [ORDER], "next_cursor": "c"},
     lambda page: (page.orders[0].id, page.next_cursor), ("o1", "c")),
    (lambda c: c.orders(cursor="c"), ("GET", "/api/orders?cursor=c", None),
     {"orders": [], "next_cursor": None}, lambda page: page.orders, []),
    (lambda c: c.order("o1"), ("GET", "/api/orders/o1", None), {"order": ORDER},
     lambda order: order.status, "paid"),
    (lambda c: c.refund("o1"), ("POST", "/api/orders/o1/refund", {}), {"order": ORDER},
     lambda order: order.id, "o1"),
    (lambda c: c.tickets_pdf("o1"), ("GET", "/api/orders/o1/tickets.pdf", None), "pdf",
     lambda read: read, b'"pdf"'),
    (lambda c: c.ticket_qr("k1"), ("GET", "/api/tickets/k1/qr.svg", None), "svg",
     lambda read: read, b'"svg"'),
    (lambda c: c.check_in("TK1"), ("POST", "/api/checkin", {"code": "TK1"}), {"ticket": ADMITTED},
     lambda ticket: ticket.holder, "A"),
    (lambda c: c.create_event({"name": "n"}), ("POST", "/api/admin/events", {"name": "n"}),
     sample(contract.AdminEventView, id="e1"), lambda event: event.id, "e1"),
    (lambda c: c.change_event("e1", {"name": "m"}),
     ("PATCH", "/api/admin/events/e1", {"name": "m"}), {}, lambda r: r, None),
    (lambda c: c.change_queue("e1", capacity=9, paused=True),
     ("PATCH", "/api/admin/events/e1/queue", {"capacity": 9, "paused": True}), {}, lambda r: r,
     None),
    (lambda c: c.overview(), ("GET", "/api/admin/overview", None), OVERVIEW,
     lambda overview: (overview.events, overview.connections), ([], 31)),
    (lambda c: c.report("e1"), ("GET", "/api/admin/events/e1/report", None), REPORT,
     lambda report: report.sold, 3),
    (lambda c: c.ws_ticket(), ("POST", "/api/ws-ticket", None), {"ticket": "w7", "expires_in": 30},
     lambda r: r, "w7"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "asked", "answer", "of", "value"), CALLS)
async def test_a_method_is_one_call(  # noqa: PLR0917  a row of the table
    service: Service, client: TiketiClient, call: Call, asked: Asked, answer: object,
    of: Callable[[Any], object], value: object,
) -> None:  # fmt: skip
    service.then(answer)
    assert of(await call(client)) == value
    assert service.asked == [asked]
    assert service.headers[0]["Authorization"] == "Bearer secret"
    if asked[2] is not None:
        assert service.headers[0]["Content-Type"] == "application/json"


REPEATED = {
    "/api/auth/signup", "/api/events/e1/queue", "/api/events/e1/holds", "/api/holds/h1/checkout",
    "/api/orders/o1/refund", "/api/admin/events", "/api/ws-ticket",
}  # fmt: skip
"""The POSTs that are safe to repeat."""


@pytest.mark.parametrize(("call", "asked", "answer", "of", "value"), CALLS)
async def test_a_call_is_repeated_where_that_is_safe(  # noqa: PLR0917  a row of the table
    service: Service, client: TiketiClient, call: Call, asked: Asked, answer: object,
    of: Callable[[Any], object], value: object,
) -> None:  # fmt: skip
    method, path, _ = asked
    service.then({"code": "unavailable", "detail": "soon"}, 503, **{"Retry-After": "0"})
    service.then(answer)
    if method in ("GET", "DELETE") or (method == "POST" and path in REPEATED):
        assert of(await call(client)) == value
        assert service.asked == [asked, asked]
    else:
        with pytest.raises(Problem):
            await call(client)
        assert service.asked == [asked]


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.signup("a@b.c", "p", "A"),
        lambda c: c.hold("e1", ADMISSION, ["s3"]),
        lambda c: c.hold_general("e1", ADMISSION, "floor", 3),
        lambda c: c.checkout("h1"),
        lambda c: c.refund("o1"),
        lambda c: c.create_event({}),
    ],
)
async def test_what_creates_something_carries_a_key(
    service: Service, client: TiketiClient, call: Call
) -> None:
    service.then({"code": "no"}, 403)
    with pytest.raises(Problem):
        await call(client)
    assert re.fullmatch("[0-9a-f]{32}", service.headers[0]["Idempotency-Key"])


async def test_an_admission_and_a_ticket_are_shown_in_headers(
    service: Service, client: TiketiClient
) -> None:
    service.then({"hold": HOLD})
    await client.hold("e1", ADMISSION, ["s3"])
    service.then(PLACE)
    await client.place("e1", "t5")
    service.then(PLACE)
    await client.place("e1")
    assert service.headers[0]["Queue-Admission"] == "t7"
    assert service.headers[1]["Queue-Ticket"] == "t5"
    assert "Queue-Ticket" not in service.headers[2]


async def test_a_session_begins_with_a_sign_in_and_ends_with_a_sign_out(
    service: Service, client: TiketiClient
) -> None:
    client.token = None
    for call in (client.signup("a@b.c", "p", "A"), client.login("a@b.c", "p")):
        service.then({"user": USER, "token": "new"})
        await call
        assert client.token == "new"
    assert "Authorization" not in service.headers[0]
    service.then({})
    await client.logout()
    assert client.token is None


async def test_another_person_shares_the_connections_alone(client: TiketiClient) -> None:
    other = client.another()
    assert (other.url, other.session, other.token) == (client.url, client.session, None)
    assert not client.url.endswith("/")
    assert TiketiClient("http://t.example", client.session, token="t9").token == "t9"


async def test_all_pages_of_events_are_read(service: Service, client: TiketiClient) -> None:
    for name, cursor in (("1", "c2"), ("2", "c3"), ("3", None)):
        service.then({"events": [{**EVENT, "id": name}], "next_cursor": cursor})
    assert [event.id for event in await client.events()] == ["1", "2", "3"]
    assert [path for _, path, _ in service.asked] == [
        "/api/events", "/api/events?cursor=c2", "/api/events?cursor=c3",
    ]  # fmt: skip


async def test_there_is_nothing_to_wait_for_when_it_is_sold_out(
    service: Service, client: TiketiClient
) -> None:
    service.then(PLACE, 202)
    service.then({**PLACE, "status": "sold_out"})
    with pytest.raises(Problem) as refused:
        await client.admission("e1", timeout=5)
    problem = refused.value
    assert (problem.status, problem.code, problem.detail, problem.extra) == (
        409, "sold_out", "nothing is left", {},
    )  # fmt: skip
    assert [asked[:2] for asked in service.asked] == [
        ("POST", "/api/events/e1/queue"), ("GET", "/api/events/e1/queue"),
    ]  # fmt: skip


async def test_waiting_ends_with_its_time(service: Service, client: TiketiClient) -> None:
    service.then({**PLACE, "poll_after_seconds": 60})
    with pytest.raises(TimeoutError):
        await client.admission("e1", timeout=0.2)


@pytest.mark.parametrize(
    ("status", "body", "code", "detail", "extra"),
    [
        (409, {"code": "taken", "detail": "gone", "seats": ["s"]}, "taken", "gone",
         {"seats": ["s"]}),
        (400, {"title": "t"}, "unknown", "", {"title": "t"}),
        (404, "x" * 300, "unknown", '"' + "x" * 199, {}),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_as_it_came(  # noqa: PLR0917  a row of the table
    service: Service, client: TiketiClient, status: int, body: object, code: str, detail: str,
    extra: object,
) -> None:  # fmt: skip
    service.then(body, status)
    with pytest.raises(Problem) as refused:
        await client.me()
    problem = refused.value
    assert (problem.status, problem.code, problem.detail, problem.extra) == (
        status, code, detail, extra,
    )  # fmt: skip
    assert str(problem) == f"{status} {code}: {detail}"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have paused; it does not."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("tiketi_client.api.asyncio.sleep", sleep)
    monkeypatch.setattr("tiketi_client.api.random.random", lambda: 0.25)
    return made


async def test_pauses_are_as_long_as_the_service_says_or_grow(
    service: Service, client: TiketiClient, pauses: list[float]
) -> None:
    for headers in ({"Retry-After": "7"}, {}, {"Retry-After": "soon"}, {"Retry-After": "0"}, {}):
        service.then({"code": "unavailable"}, 503, **headers)
    with pytest.raises(Problem):
        await client.me()
    assert pauses == [7.0, 2.25, 3.25, 0.0]


async def test_nobody_there_is_tried_five_times_and_named(
    free_port: Callable[[], int], pauses: list[float]
) -> None:
    async with open_client(f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(Unreachable, match=r"^GET /api/me: ."):
            await client.me()
    assert pauses == [1.25, 2.25, 3.25, 4.25]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://t.example:80", "ws://t.example:80/ws?ticket=w7"),
        ("https://t.example/", "wss://t.example/ws?ticket=w7"),
    ],
)
async def test_a_live_connection_goes_to_the_same_host(
    client: TiketiClient, monkeypatch: pytest.MonkeyPatch, url: str, address: str
) -> None:
    async def ws_ticket(self: TiketiClient) -> str:
        return "w7"

    monkeypatch.setattr(TiketiClient, "ws_ticket", ws_ticket)
    other = TiketiClient(url, client.session)
    assert (await other._live_address()).url == address
    live = other.live()
    assert (live._session, live._address) == (other.session, other._live_address)


async def test_a_session_does_not_follow_a_redirection(
    service: Service, client: TiketiClient
) -> None:
    service.then("elsewhere", 302, Location="/other")
    service.then("followed")
    assert await client.tickets_pdf("o1") == b'"elsewhere"'
    assert len(service.asked) == 1


async def test_a_refusal_that_is_no_text_is_told_all_the_same(
    service: Service, client: TiketiClient
) -> None:
    service.answers.append(web.Response(status=404, body=b"\xff<html>"))
    with pytest.raises(Problem) as refused:
        await client.me()
    assert refused.value.detail == "\ufffd<html>"
