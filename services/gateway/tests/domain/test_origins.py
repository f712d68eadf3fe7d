import pytest

from tiketi_gateway.domain.origins import Origins, origin_of, origins

HERE = "https://tiketi.example"


@pytest.fixture
def known() -> Origins:
    return origins(HERE, ("https://cdn.example",), ("alias.example",), loopback=False)


@pytest.mark.parametrize(
    ("origin", "by_cookie", "may"),
    [
        (HERE, True, True),
        ("https://cdn.example", True, True),
        ("https://evil.example", True, False),
        ("https://evil.example", False, False),
        ("http://tiketi.example", True, False),
        ("null", True, False),
        (None, True, False),
        (None, False, True),
    ],
)
def test_a_change_by_cookie_must_come_from_a_page_of_ours(
    known: Origins, origin: str | None, by_cookie: bool, may: bool
) -> None:
    allowed = known.may_change("POST", origin, "tiketi.example", by_cookie=by_cookie)
    assert allowed is may


def test_reading_needs_no_origin(known: Origins) -> None:
    assert known.may_change("GET", None, "tiketi.example", by_cookie=True)


def test_a_page_of_an_allowed_host_may_call_that_host(known: Origins) -> None:
    assert known.may_change("POST", "https://alias.example", "alias.example", by_cookie=True)


@pytest.mark.parametrize(
    ("origin", "by_cookie", "may"),
    [(HERE, True, True), ("https://a.example", True, False), ("https://a.example", False, False),
     (None, True, False), (None, False, True)],
)  # fmt: skip
def test_a_foreign_page_cannot_open_a_websocket(
    known: Origins, origin: str | None, by_cookie: bool, may: bool
) -> None:
    assert known.may_connect(origin, "tiketi.example", by_cookie=by_cookie) is may


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("tiketi.example", True),
        ("alias.example", True),
        ("alias.example:8080", True),
        ("evil.example", False),
        ("127.0.0.1:8080", False),
        ("", False),
    ],
)
def test_only_our_own_names_are_served(known: Origins, host: str, is_known: bool) -> None:
    assert known.knows_host(host) is is_known


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:5173", "[::1]:8080", "[::1]"])
def test_a_developer_may_use_any_port_of_the_own_machine(host: str) -> None:
    assert origins("http://127.0.0.1:8080", (), (), loopback=True).knows_host(host)


@pytest.mark.parametrize("url", ["tiketi.example", "ftp://tiketi.example", ""])
def test_an_invalid_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an http:// or https:// URL"):
        origins(url, (), (), loopback=False)


@pytest.mark.parametrize(
    ("method", "may"),
    [("GET", True), ("HEAD", True), ("OPTIONS", True), ("POST", False), ("PUT", False),
     ("PATCH", False), ("DELETE", False)],
)  # fmt: skip
def test_only_safe_methods_need_no_origin(known: Origins, method: str, may: bool) -> None:
    assert known.may_change(method, None, "tiketi.example", by_cookie=True) is may
    foreign = known.may_change(method, "https://evil.example", "tiketi.example", by_cookie=True)
    assert foreign is may


def test_a_page_of_an_allowed_host_counts_only_with_the_public_scheme(known: Origins) -> None:
    assert known.is_ours("https://alias.example", "alias.example")
    assert not known.is_ours("http://alias.example", "alias.example")
    assert not known.is_ours("https://alias.example", "tiketi.example")
    assert known.may_connect("https://alias.example", "alias.example", by_cookie=True)


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("tiketi.example:8443", True),
        ("tiketi.example", False),
        ("alias.example:1", True),
        ("alias.example:", False),
        ("alias.example:a", False),
        ("[2001:db8::1]", True),
        ("[2001:db8::1]:80", True),
        ("[2001:db8::12]", False),
        ("localhost", False),
    ],
)
def test_an_allowed_host_may_have_any_port_and_the_public_one_only_its_own(
    host: str, is_known: bool
) -> None:
    hosts = ("alias.example", "[2001:db8::1]")
    assert origins("https://tiketi.example:8443", (), hosts, loopback=False).knows_host(host) is (
        is_known
    )


def test_an_origin_is_a_scheme_and_a_host_in_small_letters() -> None:
    assert origin_of("HTTPS://Tiketi.Example:8443/path?x=1") == "https://tiketi.example:8443"
    assert origin_of("http://tiketi.example") == "http://tiketi.example"
    made = origins("https://A.example/x", ("http://B.example/y",), ("c",), loopback=True)
    assert made == Origins(
        "https://a.example", frozenset({"http://b.example"}), frozenset({"c"}), loopback=True
    )


@pytest.mark.parametrize("url", ["https://", "http:tiketi.example", "ftp://tiketi.example"])
def test_a_malformed_origin_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="URL") as refused:
        origin_of(url)
    assert str(refused.value) == f"{url!r} is not an http:// or https:// URL"
