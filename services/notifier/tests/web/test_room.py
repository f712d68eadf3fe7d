"""How many connections there may be: WebSockets and streams of events count together."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import pytest
from aiohttp import ClientSession
from services.notifier.tests.harness import Join, Launch, Notifier, SignIdentity
from websockets.exceptions import ConnectionClosed

from tiketi_shared.ids import EventId

Enter = Callable[..., Awaitable[str | None]]

KINDS = pytest.mark.parametrize("kind", ["websocket", "stream"])
OTHERS = pytest.mark.parametrize("others", ["websocket", "stream"])

REFUSALS = {"websocket": {4429: "too many", 1013: "full"}, "stream": {429: "too many", 503: "full"}}


@pytest.fixture(scope="module")
def narrow(launch: Launch) -> Notifier:
    """An instance that few fill, of all these tests."""
    return launch(
        MAX_CONNECTIONS_PER_PERSON=3, MAX_CONNECTIONS_PER_ADDRESS=4, MAX_CONNECTIONS=6,
        PING_SECONDS=1,
    )  # fmt: skip


@pytest.fixture
async def enter(
    narrow: Notifier, join: Join, identity: SignIdentity, event_id: EventId
) -> AsyncIterator[Enter]:
    """Lets somebody in where nobody is; tells why not, if they are refused."""
    notifier = await narrow.until_ready()
    await notifier.until_connected(0)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())

        async def by_websocket(user: str, headers: dict[str, str]) -> int | None:
            fan = await join(notifier, user, headers=headers)
            with suppress(ConnectionClosed):
                await fan.send("ping")
                await fan.receive("pong")
                return None
            code: int | None = fan.socket.close_code
            return code

        async def by_stream(user: str, headers: dict[str, str]) -> int | None:
            url = f"{notifier.url}/api/events/{event_id}/stream"
            sent = {"X-Tiketi-Identity": identity(user), **headers}
            response = await stack.enter_async_context(session.get(url, headers=sent))
            if response.status == 200:
                await response.content.readline()
                return None
            assert int(response.headers["Retry-After"]) > 0
            status: int = response.status
            return status

        async def knock(kind: str, user: str, forwarded: str) -> str | None:
            headers = {"X-Forwarded-For": forwarded}
            come = {"websocket": by_websocket, "stream": by_stream}[kind]
            code = await come(user, headers)
            return None if code is None else REFUSALS[kind][code]

        yield knock


@KINDS
@OTHERS
async def test_one_person_has_only_so_many_connections(
    enter: Enter, kind: str, others: str
) -> None:
    for number in range(3):
        assert await enter(others, "one", f"10.0.0.{number}") is None
    assert await enter(kind, "one", "10.0.0.9") == "too many"
    assert await enter(kind, "two", "10.0.0.9") is None


@KINDS
@OTHERS
async def test_one_address_has_only_so_many_connections(
    enter: Enter, kind: str, others: str
) -> None:
    """Only what the gateway appended counts: the rest of the header is the client's word."""
    for number in range(4):
        assert await enter(others, f"u{number}", f"1.2.3.{number}, 10.9.9.9") is None
    assert await enter(kind, "u5", "8.8.8.8, 10.9.9.9") == "too many"
    assert await enter(kind, "u5", "10.9.9.9, 10.9.9.8") is None


@KINDS
@OTHERS
async def test_an_ipv6_client_cannot_use_each_address_of_its_network_for_connections(
    enter: Enter, kind: str, others: str
) -> None:
    for number in range(4):
        assert await enter(others, f"u{number}", f"2001:db8:1:2::{number}") is None
    assert await enter(kind, "u5", "2001:db8:1:2:ffff::9") == "too many"
    assert await enter(kind, "u5", "2001:db8:1:3::9") is None


@KINDS
@OTHERS
async def test_a_full_instance_asks_to_try_later(enter: Enter, kind: str, others: str) -> None:
    for number in range(6):
        assert await enter(others, f"u{number}", f"10.0.0.{number}") is None
    assert await enter(kind, "late", "10.0.0.99") == "full"
