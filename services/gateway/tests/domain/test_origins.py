import pytest

from tiketi_gateway.domain.origins import Origins, origins

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


def test_a_page_under_another_of_our_names_is_at_home(known: Origins) -> None:
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
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no http or https address"):
        origins(url, (), (), loopback=False)
