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


def violation(data: bytes) -> tuple[int, str]:
    with pytest.raises(Violation) as broken:
        read(data)
    assert str(broken.value) == broken.value.reason
    return broken.value.code, broken.value.reason


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (bytes((0xC1, 0x80)) + b"\0\0\0\0", PROTOCOL_ERROR, "reserved bits are set"),
        (bytes((0x91, 0x80)) + b"\0\0\0\0", PROTOCOL_ERROR, "reserved bits are set"),
        (b"\x81\x00", PROTOCOL_ERROR, "a client's frame must be masked"),
        (b"\x89\xfe", PROTOCOL_ERROR, "a control frame is too long"),
        (sent(Opcode.BINARY, b"x"), UNSUPPORTED_DATA, "messages are text"),
        (bytes((0x83, 0x80)) + b"\0\0\0\0", PROTOCOL_ERROR, "an unknown kind of frame"),
        (bytes((0x8B, 0x80)) + b"\0\0\0\0", PROTOCOL_ERROR, "an unknown kind of frame"),
        (sent(Opcode.CONT, b"x"), PROTOCOL_ERROR, "fragments are out of order"),
        (bytes((0x09, 0x80)) + b"\0\0\0\0", PROTOCOL_ERROR, "a control frame is fragmented"),
        (sent(Opcode.CLOSE, b"\x03"), PROTOCOL_ERROR, "a close code that may not be sent"),
        (sent(Opcode.TEXT, b"\xff"), INVALID_TEXT, "text must be UTF-8"),
        (
            sent(Opcode.TEXT, b"x" * (MAX_BYTES + 1)), TOO_BIG,
            f"a message has {MAX_BYTES} bytes at the most",
        ),
    ],
    ids=lambda value: "frame" if isinstance(value, bytes) else None,  # its mask is drawn
)  # fmt: skip
def test_each_violation_is_told_with_its_reason(data: bytes, code: int, reason: str) -> None:
    assert violation(data) == (code, reason)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [(999, False), (1000, True), (1003, True), (1004, False), (1005, False), (1006, False),
     (1007, True), (1014, True), (1015, False), (2999, False), (3000, True), (4999, True),
     (5000, False)],
)  # fmt: skip
def test_only_codes_that_may_be_sent_are_taken(code: int, allowed: bool) -> None:
    data = sent(Opcode.CLOSE, code.to_bytes(2, "big"))
    assert (refusal(data) is None) is allowed


def test_a_close_with_a_reason_that_is_not_utf_8_is_refused() -> None:
    assert refusal(sent(Opcode.CLOSE, b"\x03\xe8\xff")) == INVALID_TEXT


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 124, 125, 126, 127, 128, 4095, 4096])
def test_messages_of_each_size_are_read_and_a_cut_one_is_waited_for(size: int) -> None:
    text = (b"0123456789abcde" * 300)[:size]
    frame = sent(Opcode.TEXT, text)
    assert read(frame) == [Text(text)]
    reader = FrameReader(MAX_BYTES)
    for byte in frame[:-1]:
        assert list(reader.feed(bytes((byte,)))) == []
    assert list(reader.feed(frame[-1:])) == [Text(text)]


@pytest.mark.parametrize("size", [5, 300])
def test_a_length_may_be_written_longer_than_it_needs_to_be(size: int) -> None:
    head = bytes((0x81, 0xFF)) + size.to_bytes(8, "big") + b"\0\0\0\0"
    assert read(head + b"z" * size) == [Text(b"z" * size)]


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, TOO_BIG)])
def test_a_message_in_two_parts_may_be_as_long_as_one_in_one(more: int, code: int | None) -> None:
    data = sent(Opcode.TEXT, b"x" * 4000, final=False) + sent(Opcode.CONT, b"y" * (96 + more))
    assert refusal(data) == code
    if code is None:
        assert read(data) == [Text(b"x" * 4000 + b"y" * 96)]


def test_a_ping_between_the_parts_of_a_long_message_does_not_count_towards_it() -> None:
    parts = [
        sent(Opcode.TEXT, b"x" * 4096, final=False), sent(Opcode.PING, b"p" * 125),
        sent(Opcode.CONT, b""),
    ]  # fmt: skip
    assert read(b"".join(parts)) == [Ping(b"p" * 125), Text(b"x" * 4096)]


def test_a_message_may_follow_one_in_parts() -> None:
    parts = [sent(Opcode.TEXT, b"a", final=False), sent(Opcode.CONT, b"b"), sent(Opcode.TEXT, b"c")]
    assert read(b"".join(parts)) == [Text(b"ab"), Text(b"c")]


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (258, b"\x81\x7e\x01\x02"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_s_head_has_the_shortest_form(size: int, head: bytes) -> None:
    payload = b"z" * size
    assert text_frame(payload) == head + payload


def test_our_control_frames_are_exact() -> None:
    assert PING_FRAME == b"\x89\x00"
    assert pong_frame(b"abc") == b"\x8a\x03abc"
    assert close_frame(1012) == b"\x88\x02\x03\xf4"
    assert close_frame(4408, "slow") == b"\x88\x06\x11\x38slow"


@pytest.mark.parametrize(
    ("reason", "told"),
    [("r" * 123, "r" * 123), ("r" * 124, "r" * 123), ("r" * 122 + "é", "r" * 122),
     ("r" * 121 + "é", "r" * 121 + "é")],
)  # fmt: skip
def test_a_reason_is_cut_to_whole_characters(reason: str, told: str) -> None:
    assert close_frame(4408, reason)[4:].decode() == told
