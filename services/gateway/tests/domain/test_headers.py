import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_gateway.domain import headers
from tiketi_gateway.domain.headers import client_address, networks

TOKEN = st.from_regex(re.compile(rb"[a-z][a-z0-9-]{0,20}"), fullmatch=True)
NAMES = st.one_of(
    TOKEN,
    st.sampled_from(sorted(headers.HOP_BY_HOP | headers.GATEWAY_ONLY)),
    st.sampled_from([b"x-tiketi-identity", b"x-tiketi-session", b"x-tiketi-deadline", b"cookie"]),
    st.sampled_from([b"authorization", b"host", b"content-length", b"expect", b"accept"]),
)
VALUES = st.from_regex(re.compile(rb"[!-~]{0,30}"), fullmatch=True)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=12)


def names_in(lines: bytes) -> set[bytes]:
    return {line.partition(b":")[0] for line in lines.split(b"\r\n") if line}


@given(HEADERS, st.lists(TOKEN, max_size=3))
def test_headers_that_only_the_gateway_may_send_never_reach_a_service(
    sent: headers.Headers, named: list[bytes]
) -> None:
    passed = names_in(headers.request_headers([*sent, (b"connection", b", ".join(named))]))
    assert not passed & (headers.HOP_BY_HOP | headers.GATEWAY_ONLY)
    assert not passed & {b"host", b"content-length", b"cookie", b"authorization", b"expect"}
    assert not [name for name in passed if name.startswith(b"x-tiketi-")]
    assert not passed & set(named)


@given(HEADERS)
def test_everything_else_passes_in_its_order(sent: headers.Headers) -> None:
    plain = [(name, value) for name, value in sent if name in (b"accept", b"queue-admission")]
    lines = headers.request_headers(plain)
    assert lines == b"".join(b"%b: %b\r\n" % header for header in plain)


@given(HEADERS)
def test_an_answer_keeps_its_own_headers_and_loses_the_connections(
    sent: headers.Headers,
) -> None:
    passed = names_in(headers.response_headers([*sent, (b"etag", b'"1"')], (b"vary",)))
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


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("10.0.0.1", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:11.0.0.1", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("nonsense", False),
    ],
)
def test_a_proxy_is_trusted_over_ipv4_and_over_a_socket_for_both(
    address: str, trusted: bool
) -> None:
    proxies = networks(("10.0.0.0/8", "2001:db8::/32"))
    assert headers.is_in(address, proxies) is trusted
    assert (client_address(address, b"203.0.113.9", proxies) == "203.0.113.9") is trusted


def test_without_trusted_proxies_x_forwarded_for_is_ignored() -> None:
    assert client_address("10.0.0.1", b"1.2.3.4", ()) == "10.0.0.1"


@pytest.mark.parametrize(
    "name",
    [*sorted(headers.HOP_BY_HOP | headers.GATEWAY_ONLY), b"host", b"content-length", b"expect",
     b"authorization", b"cookie", b"x-tiketi-identity"],
)  # fmt: skip
def test_each_header_that_stays_at_the_gateway_is_dropped_alone(name: bytes) -> None:
    sent = [(b"accept", b"a"), (name, b"keep-alive"), (b"x-tiketi", b"b")]
    assert headers.request_headers(sent) == b"accept: a\r\nx-tiketi: b\r\n"


@pytest.mark.parametrize(
    "name",
    [*sorted(headers.HOP_BY_HOP), b"content-length", b"date", b"server", b"x-request-id", b"vary",
     b"x-tiketi-session"],
)  # fmt: skip
def test_each_header_of_a_response_that_is_replaced_is_dropped_alone(name: bytes) -> None:
    sent = [(b"etag", b"a"), (name, b"close"), (b"cookie", b"b")]
    assert headers.response_headers(sent, (b"vary",)) == b"etag: a\r\ncookie: b\r\n"


def test_an_answer_keeps_what_is_not_replaced() -> None:
    assert headers.response_headers([(b"vary", b"origin")]) == b"vary: origin\r\n"


@pytest.mark.parametrize("encode", [headers.request_headers, headers.response_headers])
def test_headers_named_by_connection_are_dropped(
    encode: Callable[[headers.Headers], bytes],
) -> None:
    sent = [
        (b"x-a", b"1"), (b"connection", b"close"), (b"x-b", b"2"),
        (b"connection", b"keep-alive, X-B , x-c"), (b"x-c", b"3"), (b"keep-alive", b"4"),
    ]  # fmt: skip
    assert encode(sent) == b"x-a: 1\r\n"


@pytest.mark.parametrize("said", [b"close", b"keep-alive"])
def test_a_connection_that_names_nothing_drops_nothing(said: bytes) -> None:
    assert headers.request_headers([(b"connection", said), (b"close", b"1")]) == b"close: 1\r\n"


def test_the_first_value_of_a_header_is_its_value() -> None:
    sent = [(b"a", b"1"), (b"b", b"2"), (b"b", b"3")]
    assert [headers.value_of(sent, name) for name in (b"a", b"b", b"c")] == [b"1", b"2", None]


@pytest.mark.parametrize(
    ("cookies", "value"),
    [
        ([b"s=1"], b"1"),
        ([b's="1"'], b"1"),
        ([b"s=X1X"], b"X1X"),
        ([b"s=1=2"], b"1=2"),
        ([b"xs=0;s=1; s=2"], b"1"),
        ([b"x=0", b"s=1"], b"1"),
        ([b"s"], None),
        ([], None),
    ],
)
def test_the_first_cookie_of_a_name_counts(cookies: list[bytes], value: bytes | None) -> None:
    sent = [(b"not-a-cookie", b"s=9"), *((b"cookie", cookie) for cookie in cookies)]
    assert headers.cookie_of(sent, b"s") == value


def test_networks_are_addresses_or_ranges() -> None:
    known = networks(("10.1.2.3/8", "192.0.2.7", "2001:db8::/32"))
    assert [str(network) for network in known] == ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
    inside = ["10.9.9.9", "192.0.2.7", "2001:db8::5"]
    assert [headers.is_in(address, known) for address in inside] == [True, True, True]
    outside = ["11.0.0.1", "192.0.2.8", "2001:db9::5", "nonsense", ""]
    assert [headers.is_in(address, known) for address in outside] == [False] * 5
    with pytest.raises(ValueError, match="nonsense"):
        networks(("nonsense",))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", b"10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", b"nonsense", "10.0.0.1"),
        ("10.0.0.1", b"\xff, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", b"203.0.113.8 ,203.0.113.9", "203.0.113.9"),
    ],
)
def test_the_client_is_the_last_address_that_is_not_a_trusted_proxy(
    peer: str, forwarded: bytes | None, client: str
) -> None:
    assert client_address(peer, forwarded, networks(("10.0.0.0/8",))) == client
