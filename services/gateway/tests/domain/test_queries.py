import pytest

from tiketi_gateway.domain.queries import canonical_query

NAMES = (b"limit", b"cursor")


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        (b"", b""),
        (b"x=1", b""),
        (b"x=1&y&=&&", b""),
        (b"limit=5", b"limit=5"),
        (b"x=1&limit=5&y=2", b"limit=5"),
        (b"cursor=e1&limit=5", b"limit=5&cursor=e1"),
        (b"limit=5&cursor=e1", b"limit=5&cursor=e1"),
        (b"limit=5&limit=6", b"limit=5"),
        (b"limit=%35", b"limit=5"),
        (b"%6cimi%74=5&limit=6", b"limit=5"),
        (b"cursor=a+b", b"cursor=a%20b"),
        (b"cursor=a%20b", b"cursor=a%20b"),
        (b"cursor=a%2bb", b"cursor=a%2Bb"),
        (b"cursor=a=b%26limit=7", b"cursor=a%3Db%26limit%3D7"),
        (b"cursor=%ff%00", b"cursor=%FF%00"),
        (b"limit", b"limit="),
        (b"limit=", b"limit="),
        (b"limit=&limit=5", b"limit="),
        (b"Limit=5&LIMIT=5&limi=5&limits=5", b""),
        (b"limit=5;cursor=e1", b"limit=5%3Bcursor%3De1"),
    ],
)
def test_a_query_is_what_its_service_reads_of_it(query: bytes, canonical: bytes) -> None:
    assert canonical_query(query, NAMES) == canonical
    assert canonical_query(canonical, NAMES) == canonical


def test_a_path_without_parameters_has_no_query() -> None:
    assert canonical_query(b"limit=5&cursor=e1", ()) == b""
