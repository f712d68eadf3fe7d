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
def test_an_encoding_is_used_only_where_it_is_accepted(offer: bytes | None, taken: bool) -> None:
    assert accepts(offer, b"br") is taken


@pytest.mark.parametrize(
    ("seconds", "age", "state"),
    [
        (60.0, 59.9, "fresh"),
        (60.0, 60.0, "stale"),
        (60.0, 119.9, "stale"),
        (60.0, 120.0, "expired"),
        (0.5, 0.4, "fresh"),
        (0.5, 2.4, "stale"),
        (0.5, 2.5, "expired"),
        (0.0, 0.0, "stale"),
        (0.0, 2.0, "expired"),
    ],
)
def test_an_answer_ages_from_each_bound_on(seconds: float, age: float, state: str) -> None:
    assert Freshness(since=100.0, seconds=seconds).state(100.0 + age) == state


@pytest.mark.parametrize(("age", "serves"), [(359.9, True), (360.0, False), (360.1, False)])
def test_an_old_response_stands_in_for_five_minutes(age: float, serves: bool) -> None:
    assert Freshness(since=100.0, seconds=60.0).serves_errors(100.0 + age) is serves


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        (b"public", DEFAULT_FRESH),
        (b"s-maxage=5", 5.0),
        (b"max-age=7,s-maxage=5", 5.0),
        (b"s-maxage=5, max-age=7", 5.0),
        (b"x-max-age=7", DEFAULT_FRESH),
        (b"max-age=7, private", None),
        (b"no-cache, max-age=7", 0.0),
    ],
)
def test_a_shared_cache_s_own_age_goes_first(control: bytes, seconds: float | None) -> None:
    assert fresh_seconds([(b"etag", b"1"), (b"cache-control", control)]) == seconds


@pytest.mark.parametrize(
    ("known", "etag", "same"),
    [
        (b' W/"1" ', b'"1"', True),
        (b'"1"', b'W/"1"', True),
        (b" * ", b'"1"', True),
        (b'"0" , "1"', b'"1"', True),
        (b'"1","0"', b'"1"', True),
        (b'"1W/"', b'"1"', False),
        (b"", b'"1"', False),
        (b'*"1"', b'"1"', False),
    ],
)
def test_a_version_is_recognised_among_several(known: bytes, etag: bytes, same: bool) -> None:
    assert matches(known, etag) is same


@pytest.mark.parametrize(
    ("offer", "taken"),
    [
        (b"br", True),
        (b" BR ", True),
        (b"br ; q=0.5, gzip", True),
        (b"br;q=0.0", False),
        (b"br; Q = 0.00", False),
        (b"br;q=0.000", False),
        (b"br;q=0.001", True),
        (b"gzip;q=0, br", True),
        (b"brotli", False),
        (b"", False),
    ],
)
def test_a_coding_refused_by_its_quality_is_not_used(offer: bytes, taken: bool) -> None:
    assert accepts(offer, b"br") is taken
