"""When a live connection cannot be kept."""

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
