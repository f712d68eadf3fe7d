"""What a service's bytes mean, whatever pieces they arrive in. Pure."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_gateway.http1.responses import MalformedResponse, ResponseParser

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
SIZED = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
CONTINUED = b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" + SIZED


@pytest.mark.parametrize(
    ("data", "status", "length", "body", "is_kept_alive"),
    [
        (CHUNKED, 200, None, b"hello", True),
        (SIZED, 201, 5, b"hello", False),
        (EMPTY, 204, None, b"", True),
        (CONTINUED, 201, 5, b"hello", False),
    ],
)
@given(cuts=st.lists(st.integers(min_value=0), max_size=6))
def test_a_response_is_the_same_in_any_pieces(  # noqa: PLR0917  cases
    data: bytes, status: int, length: int | None, body: bytes, is_kept_alive: bool,
    cuts: list[int],
) -> None:  # fmt: skip
    parser, taken = ResponseParser(), b""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        assert not parser.is_complete
        parser.feed(data[start:end])
        taken += parser.take_body()
    assert parser.is_complete
    assert (parser.status, parser.length, taken) == (status, length, body)
    assert parser.is_kept_alive is is_kept_alive
    assert b"x-early" not in dict(parser.headers)


def test_a_connection_carries_one_response_after_the_other() -> None:
    parser = ResponseParser()
    for data, status in ((CHUNKED, 200), (EMPTY, 204), (SIZED, 201)):
        parser.reset()
        parser.feed(data)
        assert (parser.is_complete, parser.status) == (True, status)


def test_what_follows_a_101_is_not_parsed() -> None:
    parser = ResponseParser()
    head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    parser.feed(head + b"\x81\x02hi")
    assert (parser.is_complete, parser.status, parser.surplus) == (True, 101, b"\x81\x02hi")


def test_bytes_that_are_no_response_are_malformed() -> None:
    with pytest.raises(MalformedResponse):
        ResponseParser().feed(b"SSH-2.0-OpenSSH_9.6\r\n")
