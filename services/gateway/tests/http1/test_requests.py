"""What a client's bytes mean, whatever pieces they arrive in. Pure."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_gateway.errors import HeaderTooLarge, MalformedRequest
from tiketi_gateway.http1.requests import BUFFERED_BODY, MAX_HEADERS, Request, RequestParser
from tiketi_shared.errors import TiketiError, TooLarge

HEAD = b"GET /api/events?limit=5 HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n\r\n"
POST = b"POST /api/orders HTTP/1.1\r\nHost: localhost\r\n"
LIMITS = {"/api/orders": 100_000, "/small": 7}
MAX_HEADER_BYTES = 1024


class Recorder:
    """Records what the parser reports, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.requests: list[Request] = []
        self.streamed = b""

    def body_expected(self, request: Request) -> None:
        self.events.append(f"expected {request.path}")

    def body_received(self, data: bytes) -> None:
        self.streamed += data

    def body_ended(self) -> None:
        self.events.append("ended")

    def request_received(self, request: Request) -> None:
        self.events.append(f"received {request.path}")
        self.requests.append(request)


def parse(*pieces: bytes) -> Recorder:
    recorder = Recorder()
    parser = RequestParser(recorder, MAX_HEADER_BYTES, lambda path: LIMITS.get(path, 10))
    for piece in pieces:
        parser.feed(piece)
    return recorder


def refusal_of(*pieces: bytes) -> type[TiketiError]:
    with pytest.raises(TiketiError) as caught:
        parse(*pieces)
    return type(caught.value)


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


def test_a_request_is_read_with_its_parts() -> None:
    [request] = parse(HEAD).requests
    assert (request.method, request.path, request.query) == ("GET", "/api/events", b"limit=5")
    assert request.target == b"/api/events?limit=5"
    assert request.headers == [(b"host", b"localhost"), (b"x-a", b"1")]
    assert (request.host, request.field(b"x-a"), request.field(b"x-b")) == ("localhost", "1", None)
    assert (request.body, request.is_last, request.is_http10) == (b"", False, False)


@given(st.lists(st.integers(min_value=0), max_size=12))
def test_the_pieces_that_bytes_arrive_in_change_nothing(cuts: list[int]) -> None:
    body, chunked = b"x" * 31, b"5\r\nhello\r\n3\r\nyou\r\n0\r\nTrailer: 1\r\n\r\n"
    data = (
        HEAD
        + POST + b"Content-Length: 31\r\n\r\n" + body
        + POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunked
        + HEAD
    )  # fmt: skip
    whole, pieces = parse(data), parse(*in_pieces(data, cuts))
    assert pieces.events == whole.events == [
        "received /api/events", "expected /api/orders", "received /api/orders",
        "expected /api/orders", "ended", "received /api/events",
    ]  # fmt: skip
    assert pieces.streamed == whole.streamed == b"helloyou"
    assert [each.body for each in pieces.requests] == [b"", body, b""]
    assert [each.headers for each in pieces.requests] == [each.headers for each in whole.requests]


@pytest.mark.parametrize(
    ("length", "is_streamed"), [(BUFFERED_BODY, False), (BUFFERED_BODY + 1, True)]
)
def test_a_long_body_is_streamed(length: int, is_streamed: bool) -> None:
    found = parse(POST + b"Content-Length: %d\r\n\r\n" % length, b"x" * length)
    assert len(found.streamed) == (length if is_streamed else 0)
    assert [len(each.body) for each in found.requests] == ([] if is_streamed else [length])


@pytest.mark.parametrize(("size", "refused"), [(6, False), (7, False), (8, True)])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_may_have_as_many_bytes_as_its_path_allows(
    size: int, refused: bool, is_chunked: bool
) -> None:
    head = POST.replace(b"/api/orders", b"/small")
    framing = b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * size + b"0\r\n\r\n"
    if not is_chunked:
        framing = b"Content-Length: %d\r\n\r\n%b" % (size, b"x" * size)
    if refused:
        assert refusal_of(head + framing) is TooLarge
    else:
        assert parse(head + framing).events[0] == "expected /small"


@pytest.mark.parametrize(("extra", "refused"), [(0, False), (1, True)])
def test_a_request_may_have_a_hundred_headers(extra: int, refused: bool) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A:\r\n" * (MAX_HEADERS - 1 + extra) + b"\r\n"
    if refused:
        assert refusal_of(head) is HeaderTooLarge
    else:
        assert len(parse(head).requests) == 1


@pytest.mark.parametrize("piece", [1, 100, 1400])
def test_a_head_that_is_too_large_is_refused_before_its_end(piece: int) -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * MAX_HEADER_BYTES
    pieces = [data[start : start + piece] for start in range(0, len(data), piece)]
    assert refusal_of(*pieces) is HeaderTooLarge


def test_the_heads_of_pipelined_requests_are_counted_apart() -> None:
    assert len(parse(HEAD * 40).requests) == 40


@pytest.mark.parametrize("piece", [7, 30, len(HEAD)])
def test_the_heads_of_requests_one_after_the_other_are_counted_apart(piece: int) -> None:
    data = HEAD * 40
    pieces = [data[start : start + piece] for start in range(0, len(data), piece)]
    assert len(parse(*pieces).requests) == 40


@pytest.mark.parametrize(
    "target",
    [
        b"/a//b", b"/a/./b", b"/a/../b", b"/a/.", b"/a/..", b"/a%2fb", b"/a%2Eb", b"/a%5cb",
        b"/a%00", b"/a%252e", b"/a\\b", b"*", b"http://a/b",
    ],
)  # fmt: skip
def test_a_path_that_can_be_read_in_two_ways_is_refused(target: bytes) -> None:
    assert refusal_of(HEAD.replace(b"/api/events?limit=5", target)) is MalformedRequest


@pytest.mark.parametrize("target", [b"/a/.b", b"/a..b", b"/a%20b", b"/a?b=//../%2f"])
def test_a_path_that_only_looks_like_one_is_accepted(target: bytes) -> None:
    [request] = parse(HEAD.replace(b"/api/events?limit=5", target)).requests
    assert request.target == target


@pytest.mark.parametrize(
    ("version", "header", "is_last"),
    [
        (b"1.1", b"", False),
        (b"1.1", b"Connection: close\r\n", True),
        (b"1.1", b"Connection: Upgrade\r\nUpgrade: websocket\r\n", True),
        (b"1.0", b"", True),
        (b"1.0", b"Connection: keep-alive\r\n", True),
    ],
)
def test_the_client_says_whether_the_connection_goes_on(
    version: bytes, header: bytes, is_last: bool
) -> None:
    [request] = parse(b"GET / HTTP/%b\r\nHost: a\r\n%b\r\n" % (version, header)).requests
    assert request.is_last is is_last


def test_what_follows_an_upgrade_is_not_parsed() -> None:
    recorder = Recorder()
    parser = RequestParser(recorder, MAX_HEADER_BYTES, lambda _: 0)
    head = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    parser.feed(head + b"\x81\x85frames")
    assert (parser.surplus, recorder.events) == (b"\x81\x85frames", ["received /ws"])
