"""Our frames against websockets' own, and every way of breaking the protocol."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.uri import parse_uri

from tiketi_notifier.domain.frames import (
    INVALID_TEXT,
    PING_FRAME,
    PROTOCOL_ERROR,
    TOO_BIG,
    UNSUPPORTED_DATA,
    Closed,
    FrameReader,
    Incoming,
    Ping,
    Pong,
    Text,
    Violation,
    close_frame,
    pong_frame,
    text_frame,
)

MAX_BYTES = 4096
texts = st.text(max_size=300)
control_payloads = st.binary(max_size=125)


def client() -> ClientProtocol:
    return ClientProtocol(parse_uri("ws://example/ws"), state=OPEN, max_size=None)


def sent(opcode: Opcode, payload: bytes, *, final: bool = True) -> bytes:
    """A frame as websockets' client would send it, masked."""
    return Frame(opcode, payload, fin=final).serialize(mask=True)


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds)]


def read(data: bytes, cuts: list[int] | None = None) -> list[Incoming]:
    reader = FrameReader(MAX_BYTES)
    return [incoming for piece in in_pieces(data, cuts or []) for incoming in reader.feed(piece)]


def refusal(data: bytes) -> int | None:
    try:
        read(data)
    except Violation as broken:
        return broken.code
    return None


@given(texts, st.integers(0, 70_000))
def test_a_client_reads_what_we_write(text: str, padding: int) -> None:
    payload = text.encode() + b" " * padding
    peer = client()
    peer.receive_data(text_frame(payload))
    [frame] = peer.events_received()
    assert frame == Frame(Opcode.TEXT, payload)


@given(control_payloads)
def test_a_client_reads_our_pongs(payload: bytes) -> None:
    peer = client()
    peer.receive_data(pong_frame(payload))
    assert peer.events_received() == [Frame(Opcode.PONG, payload)]


def test_a_client_answers_our_ping() -> None:
    peer = client()
    peer.receive_data(PING_FRAME)
    assert read(b"".join(peer.data_to_send())) == [Pong(b"")]


@given(st.text(max_size=200))
def test_a_client_reads_our_close_however_long_the_reason(reason: str) -> None:
    peer = client()
    peer.receive_data(close_frame(4408, reason))
    assert peer.close_rcvd is not None
    assert peer.close_rcvd.code == 4408
    assert reason.startswith(peer.close_rcvd.reason)


@given(st.lists(texts, max_size=8), st.lists(st.integers(0), max_size=20))
def test_messages_are_read_wherever_they_are_cut(messages: list[str], cuts: list[int]) -> None:
    data = b"".join(sent(Opcode.TEXT, message.encode()) for message in messages)
    assert read(data, cuts) == [Text(message.encode()) for message in messages]


@given(texts, st.lists(st.integers(0), max_size=5), control_payloads)
def test_fragments_are_put_together_with_pings_between(
    text: str, cuts: list[int], ping: bytes
) -> None:
    parts = in_pieces(text.encode(), cuts)
    frames = [
        sent(Opcode.TEXT if index == 0 else Opcode.CONT, part, final=index == len(parts) - 1)
        for index, part in enumerate(parts)
    ]
    data = sent(Opcode.PING, ping).join(frames)
    assert read(data) == [Ping(ping)] * (len(frames) - 1) + [Text(text.encode())]


@given(st.sampled_from([1000, 1001, 1011, 3000, 4999]), st.text(max_size=20))
def test_a_close_gives_its_code(code: int, reason: str) -> None:
    payload = code.to_bytes(2, "big") + reason.encode()
    assert read(sent(Opcode.CLOSE, payload)) == [Closed(code)]


def test_a_close_may_have_no_code() -> None:
    assert read(sent(Opcode.CLOSE, b"")) == [Closed(None)]


@given(st.binary(max_size=400), st.lists(st.integers(0), max_size=5))
def test_no_bytes_do_more_than_break_the_protocol(data: bytes, cuts: list[int]) -> None:
    """Whatever comes ends in messages or a violation, the same however it is cut."""

    def outcome(cuts: list[int]) -> list[Incoming | int]:
        seen: list[Incoming | int] = []
        reader = FrameReader(MAX_BYTES)
        try:
            for piece in in_pieces(data, cuts):
                seen.extend(reader.feed(piece))
        except Violation as broken:
            seen.append(broken.code)
        return seen

    assert outcome(cuts) == outcome([])


@given(st.binary(max_size=60), st.lists(st.integers(0, 255), min_size=2, max_size=2))
def test_we_refuse_what_websockets_refuses(payload: bytes, head: list[int]) -> None:
    first, size = head[0], len(payload)
    data = bytes((first, 0x80 | size)) + b"\0\0\0\0" + payload
    peer = Protocol(SERVER, state=OPEN, max_size=MAX_BYTES)
    peer.receive_data(data)
    ours = refusal(data)
    if ours not in (UNSUPPORTED_DATA, INVALID_TEXT):  # which websockets leaves to its callers
        assert (ours is not None) == (peer.parser_exc is not None)


def test_an_unmasked_frame_is_refused() -> None:
    assert refusal(text_frame(b"hello")) == PROTOCOL_ERROR


def test_reserved_bits_are_refused() -> None:
    assert refusal(bytes((0xC1, 0x80)) + b"\0\0\0\0") == PROTOCOL_ERROR


def test_a_binary_message_is_refused() -> None:
    assert refusal(sent(Opcode.BINARY, b"x")) == UNSUPPORTED_DATA


def test_text_that_is_not_utf_8_is_refused() -> None:
    assert refusal(sent(Opcode.TEXT, b"\xff")) == INVALID_TEXT


def test_a_message_that_announces_too_much_is_refused_before_it_comes() -> None:
    head_alone = sent(Opcode.TEXT, b"x" * (MAX_BYTES + 1))[:4]
    assert refusal(head_alone) == TOO_BIG


def test_fragments_may_not_grow_beyond_the_limit_together() -> None:
    half = b"x" * (MAX_BYTES // 2 + 1)
    data = sent(Opcode.TEXT, half, final=False) + sent(Opcode.CONT, half)
    assert refusal(data) == TOO_BIG


def test_a_frame_of_eight_exabytes_is_refused_by_its_head() -> None:
    assert refusal(bytes((0x81, 0xFF)) + b"\x7f" + b"\xff" * 7) == TOO_BIG


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(sent(Opcode.CONT, b"x"), id="a continuation of nothing"),
        pytest.param(sent(Opcode.TEXT, b"", final=False) * 2, id="a message within a message"),
        pytest.param(bytes((0x09, 0x80)) + b"\0\0\0\0", id="a ping in pieces"),
        pytest.param(bytes((0x89, 0xFE)) + b"\0\x80" + b"\0\0\0\0", id="a long ping"),
        pytest.param(bytes((0x83, 0x80)) + b"\0\0\0\0", id="an unknown message"),
        pytest.param(bytes((0x8B, 0x80)) + b"\0\0\0\0", id="an unknown control frame"),
        pytest.param(sent(Opcode.CLOSE, b"\x03"), id="half a close code"),
        pytest.param(sent(Opcode.CLOSE, (1005).to_bytes(2, "big")), id="a code never sent"),
    ],
)
def test_a_broken_protocol_is_refused(data: bytes) -> None:
    assert refusal(data) == PROTOCOL_ERROR
