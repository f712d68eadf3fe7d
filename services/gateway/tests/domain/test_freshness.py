import pytest

from tiketi_gateway.domain.freshness import (
    DEFAULT_FRESH,
    STALE_IF_ERROR,
    Freshness,
    accepts,
    fresh_seconds,
    matches,
)


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        (None, DEFAULT_FRESH),
        (b"public, max-age=60", 60.0),
        (b"public, max-age=60, s-maxage=5", 5.0),
        (b"max-age=31536000, immutable", 31536000.0),
        (b"no-cache", 0.0),
        (b"no-store", None),
        (b"private, max-age=60", None),
    ],
)
def test_a_service_says_how_long_its_answer_may_be_kept(
    control: bytes | None, seconds: float | None
) -> None:
    headers = [] if control is None else [(b"cache-control", control)]
    assert fresh_seconds(headers) == seconds


def test_an_answer_is_fresh_then_stale_then_only_a_last_resort() -> None:
    freshness = Freshness(since=100.0, seconds=60.0)
    assert freshness.state(159.0) == "fresh"
    assert freshness.state(161.0) == "stale"
    assert freshness.state(221.0) == "expired"
    assert freshness.serves_errors(221.0)
    assert not freshness.serves_errors(161.0 + STALE_IF_ERROR)


@pytest.mark.parametrize(
    ("known", "etag", "same"),
    [
        (b'"1"', b'"1"', True),
        (b'W/"1"', b'"1"', True),
        (b'"0", W/"1"', b'W/"1"', True),
        (b"*", b'"1"', True),
        (b'"2"', b'"1"', False),
    ],
)
def test_a_version_the_client_has_is_recognised(known: bytes, etag: bytes, same: bool) -> None:
    assert matches(known, etag) is same


@pytest.mark.parametrize(
    ("offer", "taken"),
    [(b"gzip, br", True), (b"br;q=1.0", True), (b"br;q=0", False), (b"gzip", False), (None, False)],
)
def test_a_coding_is_used_only_where_it_is_taken(offer: bytes | None, taken: bool) -> None:
    assert accepts(offer, b"br") is taken
