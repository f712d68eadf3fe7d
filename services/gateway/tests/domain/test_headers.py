import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_gateway.domain import headers
from tiketi_gateway.domain.headers import client_address, networks

TOKEN = st.from_regex(re.compile(rb"[a-z][a-z0-9-]{0,20}"), fullmatch=True)
NAMES = st.one_of(
    TOKEN,
    st.sampled_from(sorted(headers.HOP_BY_HOP | headers.OURS)),
    st.sampled_from([b"x-tiketi-identity", b"x-tiketi-session", b"x-tiketi-deadline", b"cookie"]),
    st.sampled_from([b"authorization", b"host", b"content-length", b"expect", b"accept"]),
)
VALUES = st.from_regex(re.compile(rb"[!-~]{0,30}"), fullmatch=True)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=12)


def names_in(lines: bytes) -> set[bytes]:
    return {line.partition(b":")[0] for line in lines.split(b"\r\n") if line}


@given(HEADERS, st.lists(TOKEN, max_size=3))
def test_nothing_that_only_the_edge_may_say_reaches_a_service(
    sent: headers.Headers, named: list[bytes]
) -> None:
    passed = names_in(headers.request_lines([*sent, (b"connection", b", ".join(named))]))
    assert not passed & (headers.HOP_BY_HOP | headers.OURS)
    assert not passed & {b"host", b"content-length", b"cookie", b"authorization", b"expect"}
    assert not [name for name in passed if name.startswith(b"x-tiketi-")]
    assert not passed & set(named)


@given(HEADERS)
def test_everything_else_passes_in_its_order(sent: headers.Headers) -> None:
    plain = [(name, value) for name, value in sent if name in (b"accept", b"queue-admission")]
    lines = headers.request_lines(plain)
    assert lines == b"".join(b"%b: %b\r\n" % header for header in plain)


@given(HEADERS)
def test_an_answer_keeps_its_own_headers_and_loses_the_connections(
    sent: headers.Headers,
) -> None:
    passed = names_in(headers.answer_lines([*sent, (b"etag", b'"1"')], (b"vary",)))
    assert b"etag" in passed or any(name == b"connection" for name, _ in sent)
    assert not passed & (headers.HOP_BY_HOP | {b"content-length", b"date", b"server", b"vary"})


def test_a_cookie_is_found_among_others() -> None:
    sent = [(b"cookie", b"a=1; tiketi_session=abc; b=2"), (b"cookie", b"c=3")]
    assert headers.cookie_of(sent, b"tiketi_session") == b"abc"
    assert headers.cookie_of(sent, b"c") == b"3"
    assert headers.cookie_of(sent, b"session") is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", b"10.1.1.1", "203.0.113.9"),
        ("10.0.0.1", b"203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", b"1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", b"1.2.3.4, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", b"", "10.0.0.1"),
        ("10.0.0.1", b"2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_forwarded_address_is_believed_only_from_a_trusted_proxy(
    peer: str, forwarded: bytes, client: str
) -> None:
    assert client_address(peer, forwarded, networks(("10.0.0.0/8",))) == client


def test_without_trusted_proxies_nobody_can_say_who_they_are() -> None:
    assert client_address("10.0.0.1", b"1.2.3.4", ()) == "10.0.0.1"
