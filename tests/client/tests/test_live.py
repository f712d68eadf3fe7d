"""When a live connection cannot be kept."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import ClientSession, web

from tiketi_client import Address, LiveConnection, LiveLost
from tiketi_client import live as live_module


@pytest.fixture
async def closing(free_port: Callable[[], int]) -> AsyncIterator[tuple[str, list[int]]]:
    """A notifier that closes every connection with the first code of the list that is left, and
    is gone when none is."""
    codes: list[int] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        if not codes:
            raise web.HTTPBadGateway
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close(code=codes.pop(0))
        return socket

    app = web.Application()
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}/ws", codes
    await runner.cleanup()


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pauses that would have been made; none is."""
    made: list[int] = []

    def pause(attempt: int, _: float) -> float:
        made.append(attempt)
        return 0

    monkeypatch.setattr(live_module, "pause", pause)
    return made


async def follow(url: str) -> None:
    async def address() -> Address:
        return Address(url)

    async with ClientSession() as session, LiveConnection(session, address) as live:
        async for _ in live:
            pass


async def test_it_gives_up_after_five_tries(
    closing: tuple[str, list[int]], tries: list[int]
) -> None:
    url, codes = closing
    codes += [1012, 1012]
    with pytest.raises(LiveLost) as lost:
        await follow(url)
    assert tries == [0, 0, 1, 2, 3, 4]
    assert lost.value.code == 1012


async def test_a_session_that_ended_is_not_tried_again(
    closing: tuple[str, list[int]], tries: list[int]
) -> None:
    url, codes = closing
    codes.append(4401)
    with pytest.raises(LiveLost) as lost:
        await follow(url)
    assert (tries, lost.value.code) == ([], 4401)


class Instance:
    """A notifier that answers subscriptions and remembers, in order, what happens on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.said: list[tuple[int, str, object]] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.version = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        number = len(self.sockets)
        async for message in socket:
            said = json.loads(message.data)
            self.said.append((number, said["type"], said["data"]))
            if said["type"] == "subscribe":
                answer = {
                    "event_id": "e", "epoch": "x", "version": self.version, "recovered": True,
                    "missed": [],
                }  # fmt: skip
                await socket.send_json({"type": "subscribed", "data": answer})
        self.said.append((number, "closed", socket.close_code))
        return socket

    async def change(self, times: int) -> None:
        for _ in range(times):
            self.version += 1
            data = {"event_id": "e", "epoch": "x", "version": self.version, "changes": []}
            await self.sockets[-1].send_json({"type": "seat-update", "data": data})

    async def send_away(self, how: str) -> None:
        if how == "cut":
            await self.sockets[0].close(code=1012)
        else:
            await self.sockets[0].send_json({"type": "reconnect", "data": {"after_ms": 1}})


@pytest.fixture
async def instance(free_port: Callable[[], int]) -> AsyncIterator[Instance]:
    made = Instance(f"http://127.0.0.1:{free_port()}/ws")
    app = web.Application()
    app.router.add_get("/ws", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(made.url[:-3].rpartition(":")[2])).start()
    yield made
    await runner.cleanup()


@pytest.mark.parametrize("how", ["cut", "asked to move"])
async def test_it_goes_on_from_the_last_message_and_restores_its_session(
    instance: Instance, tries: list[int], how: str
) -> None:
    """When it is asked to move, the old connection is kept until the new one stands."""

    async def address() -> Address:
        return Address(instance.url)

    async with ClientSession() as session, LiveConnection(session, address) as live:
        await live.subscribe("e")
        seen: list[int] = []
        async with asyncio.timeout(20):
            async for message in live:
                if message.type == "subscribed":
                    await instance.change(3 if len(instance.sockets) == 1 else 1)
                elif message.type == "seat-update":
                    seen.append(message.data["version"])
                if seen == [1, 2, 3] and len(instance.sockets) == 1:
                    await instance.send_away(how)
                if seen == [1, 2, 3, 4]:
                    break
    since = {"event_id": "e", "since": {"epoch": "x", "version": 3}}
    said = [each for each in instance.said if each[0] == 2]
    assert said[:2] == [(2, "subscribe", since), (2, "restore-session", {"event_id": "e"})]
    if how == "asked to move":
        order = [(number, type_) for number, type_, _ in instance.said]
        assert order.index((2, "subscribe")) < order.index((1, "closed"))
