"""What no client should send: each has its answer, and nobody else notices."""

import asyncio
import json
import socket
import struct

import pytest
from aiohttp import ClientSession
from services.notifier.tests.harness import (
    Join,
    Launch,
    Notifier,
    Outbox,
    RawConnection,
    SignIdentity,
)

from tiketi_notifier.domain.frames import FrameReader
from tiketi_shared.ids import EventId, new_id
from tiketi_shared.messages import SeatState

UPGRADE = (
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


@pytest.fixture(scope="module")
def guarded(launch: Launch) -> Notifier:
    """Of all these tests: what one of them does to it must not show in the next."""
    return launch(
        HEAD_SECONDS=0.5, MAX_SUBSCRIPTIONS=2, MESSAGES_PER_SECOND=5, MESSAGE_BURST=10,
        MAX_MESSAGE_BYTES=256, MAX_QUEUED_BYTES=65536, PING_SECONDS=2,
    )  # fmt: skip


@pytest.fixture
async def notifier(guarded: Notifier) -> Notifier:
    return await guarded.until_ready()


async def read_all(connection: socket.socket, timeout: float = 8) -> bytes:
    connection.settimeout(timeout)

    def read() -> bytes:
        received = b""
        while more := connection.recv(65536):
            received += more
        return received

    return await asyncio.to_thread(read)


async def raw_websocket(raw: RawConnection, notifier: Notifier, identity: str) -> socket.socket:
    connection = raw(notifier)
    connection.sendall(f"{UPGRADE}X-Tiketi-Identity: {identity}\r\n\r\n".encode())
    head = await asyncio.to_thread(connection.recv, 4096)
    assert head.startswith(b"HTTP/1.1 101 ")
    return connection


def close_code(received: bytes) -> int:
    """The code of the close frame that ends what was received."""
    at = received.rindex(b"\x88")
    return int.from_bytes(received[at + 2 : at + 4], "big")


def masked(first: int, payload: bytes, announced: int | None = None) -> bytes:
    size = len(payload) if announced is None else announced
    if size < 126:
        return bytes((first, 0x80 | size)) + b"\0\0\0\0" + payload
    return bytes((first, 0xFF)) + struct.pack("!Q", size) + b"\0\0\0\0" + payload


# -- heads ----------------------------------------------------------------------------------------


async def test_half_a_head_is_cut_in_time(
    notifier: Notifier, raw_connection: RawConnection
) -> None:
    connection = raw_connection(notifier)
    connection.sendall(b"GET /ws HTTP/1.1\r\nHost: ")
    answer = await read_all(connection, 3)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer


async def test_an_endless_head_is_cut(notifier: Notifier, raw_connection: RawConnection) -> None:
    connection = raw_connection(notifier)
    connection.sendall(b"GET /ws HTTP/1.1\r\nX: " + b"x" * 20_000)
    assert (await read_all(connection)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", 426, id="no upgrade"),
        pytest.param(UPGRADE.replace("13", "8") + "\r\n", 400, id="another version"),
        pytest.param(UPGRADE.replace("Sec-WebSocket-Key", "X") + "\r\n", 400, id="no key"),
        pytest.param("GET /ws HTTP/1.1\r\nnonsense\r\n\r\n", 400, id="no header at all"),
        pytest.param("GET /ws SPDY/9\r\nHost: x\r\n\r\n", 400, id="no HTTP"),
        pytest.param(
            "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, id="another path"
        ),
        pytest.param("\x16\x03\x01 nonsense\r\n\r\n", 400, id="TLS to a plain port"),
    ],
)
async def test_a_bad_request_has_its_answer(
    notifier: Notifier, raw_connection: RawConnection, head: str, status: int
) -> None:
    connection = raw_connection(notifier)
    connection.sendall(head.encode("latin-1"))
    answer = await read_all(connection)
    assert answer.startswith(b"HTTP/1.")
    assert int(answer.split(maxsplit=2)[1]) == status


async def test_a_connection_carries_one_plain_request(
    notifier: Notifier, raw_connection: RawConnection, identity: SignIdentity
) -> None:
    """So that an upgrade never comes where it would not be understood."""
    connection = raw_connection(notifier)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
    answer = await read_all(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nConnection: close\r\n" in answer


@pytest.mark.parametrize("case", ["none", "nonsense", "foreign key", "expired"])
async def test_without_a_valid_identity_the_browser_reads_4401(
    notifier: Notifier, join: Join, identity: SignIdentity, case: str
) -> None:
    sent = {
        "none": "",
        "nonsense": "a.b.c",
        "foreign key": identity("fan", keys="test:another-key-than-ours"),
        "expired": identity("fan", seconds=-1),
    }[case]
    fan = await join(notifier, headers={"X-Tiketi-Identity": sent})
    assert await fan.close_code() == 4401


# -- frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param(b"\x81\x02hi", 1002, id="unmasked"),
        pytest.param(masked(0x81, b"\xff\xfe"), 1007, id="not UTF-8"),
        pytest.param(masked(0x82, b"hi"), 1003, id="binary"),
        pytest.param(masked(0x81, b"", announced=2**62), 1009, id="exabytes"),
        pytest.param(masked(0x81, b"x" * 300), 1009, id="oversized"),
        pytest.param(masked(0x01, b"x" * 100) + masked(0x00, b"x" * 120) * 2, 1009, id="in pieces"),
        pytest.param(masked(0x80, b"hi"), 1002, id="a continuation of nothing"),
        pytest.param(masked(0xC1, b"hi"), 1002, id="reserved bits"),
        pytest.param(masked(0x8B, b""), 1002, id="unknown kind"),
    ],
)
async def test_a_bad_frame_is_closed_with_its_code(
    notifier: Notifier,
    raw_connection: RawConnection,
    identity: SignIdentity,
    frame: bytes,
    code: int,
) -> None:
    connection = await raw_websocket(raw_connection, notifier, identity("bad"))
    connection.sendall(frame)
    connection.sendall(masked(0x88, b""))
    assert close_code(await read_all(connection)) == code


async def test_frames_behind_the_handshake_in_one_packet_are_heard(
    notifier: Notifier, raw_connection: RawConnection, identity: SignIdentity
) -> None:
    connection = raw_connection(notifier)
    head = f"{UPGRADE}X-Tiketi-Identity: {identity('quick')}\r\n\r\n".encode()
    connection.sendall(head + masked(0x81, b'{"type":"ping"}') + masked(0x88, b""))
    assert b'{"type":"pong","data":{}}' in await read_all(connection)


# -- messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "bad_message"),
        ("[]", "bad_message"),
        ('{"data":{}}', "bad_message"),
        ('{"type":7}', "bad_message"),
        ('{"type":"dance"}', "unknown_type"),
        ('{"type":"subscribe"}', "bad_message"),
        ('{"type":"subscribe","data":{"event_id":5}}', "bad_message"),
        ('{"type":"subscribe","data":{"event_id":"nothing-like-an-id"}}', "unknown_event"),
        ('{"type":"restore-session","data":{"event_id":"../../etc"}}', "unknown_event"),
    ],
)
async def test_a_bad_message_is_told_and_the_connection_stays(
    notifier: Notifier, join: Join, text: str, code: str
) -> None:
    fan = await join(notifier)
    await fan.socket.send(text)
    assert (await fan.receive("error"))["code"] == code
    await fan.send("ping")
    await fan.receive("pong")


async def test_an_error_does_not_repeat_what_was_sent_at_length(
    notifier: Notifier, join: Join
) -> None:
    fan = await join(notifier)
    await fan.send("x" * 200)
    assert len(json.dumps(await fan.receive("error"))) < 200


async def test_a_flood_of_messages_is_closed_with_4429(notifier: Notifier, join: Join) -> None:
    fan, calm = await join(notifier, "flood"), await join(notifier, "calm")
    for _ in range(50):
        await fan.socket.send('{"type":"ping"}')
    assert await fan.close_code() == 4429
    await calm.send("ping")
    await calm.receive("pong")


async def test_a_flood_of_pings_is_closed_too(
    notifier: Notifier, raw_connection: RawConnection, identity: SignIdentity
) -> None:
    connection = await raw_websocket(raw_connection, notifier, identity("flood"))
    connection.sendall(masked(0x89, b"") * 50 + masked(0x88, b""))
    assert close_code(await read_all(connection)) == 4429


async def test_no_more_events_than_allowed_may_be_followed(notifier: Notifier, join: Join) -> None:
    fan = await join(notifier)
    for _ in range(2):
        await fan.subscribe(new_id())
    await fan.send("subscribe", event_id=new_id())
    assert (await fan.receive("error"))["code"] == "too_many_subscriptions"


# -- connections ----------------------------------------------------------------------------------


async def test_who_does_not_answer_pings_is_ended(
    notifier: Notifier, raw_connection: RawConnection, identity: SignIdentity
) -> None:
    connection = await raw_websocket(raw_connection, notifier, identity("dead"))
    assert (await read_all(connection)).endswith(b"\x89\x00")


async def test_who_does_not_read_is_cut_and_holds_up_nobody(  # noqa: PLR0917  fixtures
    notifier: Notifier, raw_connection: RawConnection, identity: SignIdentity,
    join: Join, outbox: Outbox,
    event_id: EventId,
) -> None:  # fmt: skip
    slow = raw_connection(notifier)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow = await raw_websocket(lambda _: slow, notifier, identity("slow"))
    subscribe = json.dumps({"type": "subscribe", "data": {"event_id": event_id}}).encode()
    slow.sendall(masked(0x81, subscribe))
    quick = await join(notifier, "quick")
    await quick.subscribe(event_id)
    many: list[tuple[int, SeatState]] = [(seat, "h") for seat in range(10_000)]
    before = await notifier.metric("tiketi_live_slow_cut_total")
    for _ in range(6):
        await outbox.change(*many)
        assert len((await quick.receive("seat-update"))["changes"]) == 10_000
    assert await notifier.metric("tiketi_live_slow_cut_total") == before + 1


async def test_a_slow_client_that_reads_at_last_learns_why(
    notifier: Notifier,
    raw_connection: RawConnection,
    identity: SignIdentity,
    outbox: Outbox,
    event_id: EventId,
) -> None:
    connection = raw_connection(notifier)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
    connection = await raw_websocket(lambda _: connection, notifier, identity("slow"))
    subscribe = json.dumps({"type": "subscribe", "data": {"event_id": event_id}}).encode()
    before = await notifier.metric("tiketi_live_slow_cut_total")
    connection.sendall(masked(0x81, subscribe))
    async with asyncio.timeout(15):
        while await notifier.metric("tiketi_live_slow_cut_total") == before:
            await outbox.change(*[(seat, "h") for seat in range(30_000)])
            await asyncio.sleep(0.1)
    received = await read_all(connection)
    assert close_code(received) == 4408


async def test_nothing_is_kept_of_those_who_come_and_go(
    notifier: Notifier, join: Join, event_id: EventId
) -> None:
    for number in range(30):
        fan = await join(notifier, f"u{number % 5}")
        await fan.subscribe(event_id)
        fan.socket.transport.abort()
    async with ClientSession() as session, session.get(f"{notifier.url}/healthz") as answer:
        assert answer.status == 200
    await notifier.until_connected(0)


def test_a_reader_holds_no_more_than_a_message() -> None:
    reader = FrameReader(256)
    list(reader.feed(masked(0x81, b"x" * 200)[:-1]))
    assert len(reader._buffer) < 256
