"""What a live connection sends, hands on, and does when it is lost or asked to move."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, WSMsgType, web

from tiketi_client import Address, LiveConnection, LiveLost
from tiketi_client.following import Message


class Notifier:
    """Accepts connections and records what each sends. `close` and `tell` use the latest one."""

    def __init__(self) -> None:
        self.sockets: list[web.WebSocketResponse] = []
        self.headers: list[dict[str, str]] = []
        self.received: list[list[tuple[str, object]]] = []
        self.heard = asyncio.Event()
        self.closed: list[int] = []

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        place = len(self.sockets)
        self.sockets.append(socket)
        self.headers.append(dict(request.headers))
        self.received.append([])
        self.heard.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                body = msgspec.json.decode(message.data)
                self.received[place].append((body["type"], body["data"]))
                self.heard.set()
        self.closed.append(place)
        self.heard.set()
        return socket

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not seen():
                self.heard.clear()
                await self.heard.wait()

    async def tell(self, type_: str, **data: object) -> None:
        await self.sockets[-1].send_str(msgspec.json.encode({"type": type_, "data": data}).decode())


@pytest.fixture
def notifier() -> Notifier:
    return Notifier()


@pytest.fixture
async def live(
    notifier: Notifier, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LiveConnection]:
    monkeypatch.setattr("tiketi_client.live.pause", lambda attempt, chance: 0)
    app = web.Application()
    app.router.add_get("/ws", notifier.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()

    async def address() -> Address:
        return Address(f"http://127.0.0.1:{port}/ws", {"X-Ticket": "w7"})

    async with ClientSession() as session, LiveConnection(session, address) as opened:
        yield opened
    await runner.cleanup()


async def next_of(live: LiveConnection) -> Message:
    async with asyncio.timeout(10):
        async for message in live:
            return message
    raise AssertionError("the connection ended")


def update(version: int) -> dict[str, Any]:
    return {"event_id": "e1", "epoch": "x", "version": version}


async def test_each_request_is_one_message(notifier: Notifier, live: LiveConnection) -> None:
    await live.subscribe("e1")
    await live.check_queue_status("e2")
    await live.restore_session("e3")
    await live.unsubscribe("e1")
    await live.unsubscribe("e4")
    await live.send("ping", {"n": 7})
    await notifier.until(lambda: len(notifier.received[0]) == 6)
    assert notifier.received[0] == [
        ("subscribe", {"event_id": "e1"}), ("check-queue-status", {"event_id": "e2"}),
        ("restore-session", {"event_id": "e3"}), ("unsubscribe", {"event_id": "e1"}),
        ("unsubscribe", {"event_id": "e4"}), ("ping", {"n": 7}),
    ]  # fmt: skip
    assert notifier.headers[0]["X-Ticket"] == "w7"
    assert live.reconnects == 0


async def test_messages_come_as_they_were_sent_and_changes_once(
    notifier: Notifier, live: LiveConnection
) -> None:
    await live.subscribe("e1")
    await notifier.until(lambda: len(notifier.received[0]) == 1)
    await notifier.tell("subscribed", **update(4), recovered=True, missed=[])
    assert (await next_of(live)).type == "subscribed"
    for version in (4, 5, 5, 6):
        await notifier.tell("seat-update", **update(version))
    await notifier.tell("queue-progress", event_id="e2", waiting=3)
    told = [await next_of(live) for _ in range(3)]
    assert [message.data.get("version") for message in told] == [5, 6, None]
    assert told[2] == Message("queue-progress", {"event_id": "e2", "waiting": 3})


async def test_a_message_of_several_megabytes_is_taken(
    notifier: Notifier, live: LiveConnection
) -> None:
    await notifier.until(lambda: len(notifier.sockets) == 1)
    await notifier.tell("subscribed", event_id="e2", states="a" * 5_000_000)
    assert len((await next_of(live)).data["states"]) == 5_000_000


async def test_after_a_loss_every_subscription_goes_on_from_the_last_change(
    notifier: Notifier, live: LiveConnection
) -> None:
    await live.subscribe("e1")
    await live.subscribe("e2")
    await live.subscribe("e3")
    await live.unsubscribe("e3")
    await notifier.until(lambda: len(notifier.received[0]) == 4)
    await notifier.tell("seat-update", **update(9))
    assert (await next_of(live)).data["version"] == 9
    waiting = asyncio.create_task(next_of(live))
    await notifier.sockets[0].close(code=1012)
    await notifier.until(lambda: len(notifier.received) == 2 and len(notifier.received[1]) == 4)
    assert notifier.received[1] == [
        ("subscribe", {"event_id": "e1", "since": {"epoch": "x", "version": 9}}),
        ("restore-session", {"event_id": "e1"}),
        ("subscribe", {"event_id": "e2"}),
        ("restore-session", {"event_id": "e2"}),
    ]
    await notifier.tell("session-restored", event_id="e1")
    assert (await waiting).type == "session-restored"
    assert live.reconnects == 1
    again = asyncio.create_task(next_of(live))
    await notifier.sockets[1].close(code=1012)
    await notifier.until(lambda: len(notifier.received) == 3 and len(notifier.received[2]) == 4)
    await notifier.tell("session-restored", event_id="e2")
    assert (await again).data == {"event_id": "e2"}
    assert live.reconnects == 2


async def test_asked_to_move_it_stands_elsewhere_before_it_leaves(
    notifier: Notifier, live: LiveConnection
) -> None:
    await live.subscribe("e1")
    await notifier.until(lambda: len(notifier.received[0]) == 1)
    await notifier.tell("reconnect", after_ms=20)
    await notifier.tell("reconnect", after_ms=20)
    assert [(await next_of(live)).type for _ in range(2)] == ["reconnect", "reconnect"]
    waiting = asyncio.create_task(next_of(live))
    await notifier.until(lambda: 0 in notifier.closed)
    assert len(notifier.sockets) == 2
    assert [type_ for type_, _ in notifier.received[1]] == ["subscribe", "restore-session"]
    await notifier.tell("queue-progress", event_id="e2")
    assert (await waiting).type == "queue-progress"
    assert live.reconnects == 1


async def test_a_session_that_ended_says_so(notifier: Notifier, live: LiveConnection) -> None:
    waiting = asyncio.create_task(next_of(live))
    await notifier.until(lambda: len(notifier.sockets) == 1)
    await notifier.sockets[0].close(code=4401)
    with pytest.raises(LiveLost, match=r"^the session is no longer valid$") as lost:
        await waiting
    assert lost.value.code == 4401
    await live.send("ping", {})
    assert len(notifier.sockets) == 1


async def test_leaving_the_context_closes_the_connection(
    notifier: Notifier, live: LiveConnection
) -> None:
    await notifier.until(lambda: len(notifier.sockets) == 1)
    await live.__aexit__(None, None, None)
    await notifier.until(lambda: notifier.closed == [0])


async def test_nobody_there_is_told_with_the_reason(
    free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, float]] = []

    def pause(attempt: int, chance: float) -> float:
        asked.append((attempt, chance))
        return 0

    monkeypatch.setattr("tiketi_client.live.pause", pause)
    url = f"http://127.0.0.1:{free_port()}/ws"

    async def address() -> Address:
        return Address(url)

    async with ClientSession() as session:
        live = LiveConnection(session, address)
        with pytest.raises(LiveLost, match=r"^not restored after 5 tries: Cannot connect") as lost:
            await next_of(live)
    assert lost.value.code is None
    assert lost.value.__cause__ is not None
    assert [attempt for attempt, _ in asked] == [0, 1, 2, 3, 4]
    assert all(0 <= chance < 1 for _, chance in asked)
    assert live.reconnects == 0
