"""What no body may hold, in any field of any service."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tiketi_shared.decoding import decode_json
from tiketi_shared.errors import BadRequest, Invalid


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""
    at: datetime | None = None


class Trip(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""
    password: str = ""
    count: int = 0
    rate: float = 0.0
    stops: tuple[Stop, ...] = ()


def refused(body: bytes) -> dict[str, str]:
    """The fields that are refused, and why."""
    with pytest.raises(Invalid) as caught:
        decode_json(body, Trip)
    return {error["field"]: error["message"] for error in caught.value.extra["errors"]}


CHARACTERS = {
    "NUL": "\\u0000",
    "a bell": "\\u0007",
    "a line break": "\\n",
    "DEL": "\x7f",
    "a C1 control": "\x85",
    "a line separator": "\u2028",
    "a right-to-left override": "\u202e",
    "an isolate": "\u2066",
    "a noncharacter": "\uffff",
    "an escaped override": "\\u202e",
    "the first half of a pair": "\\ud800",
    "the second half of a pair": "\\udc00",
}


@pytest.mark.parametrize("text", CHARACTERS.values(), ids=CHARACTERS)
@pytest.mark.parametrize(
    ("body", "field"),
    [('{"name":"Kim%s"}', "name"), ('{"stops":[{},{"name":"%sSeoul"}]}', "stops[1].name")],
)
def test_a_character_that_no_text_may_hold_is_refused_with_its_field(
    text: str, body: str, field: str
) -> None:
    assert list(refused((body % text).encode())) == [field]


@pytest.mark.parametrize(
    "name",
    [
        "علی\u200cرضا",  # a joiner belongs to the spelling
        "\u200eKim\u200f",  # marks turn nothing around
        "👩\u200d👩\u200d👧",
        "김나래",
        'a "quoted" \\ name',
        "𐀀",  # a whole pair, where it is escaped
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_names_of_the_world_are_kept_as_they_are(name: str, ascii_only: bool) -> None:
    import json  # noqa: PLC0415  msgspec does not escape

    body = json.dumps({"name": name}, ensure_ascii=ascii_only).encode()
    assert decode_json(body, Trip).name == name


def test_two_spellings_that_look_the_same_are_the_same() -> None:
    apart = "\u1100\u1161"
    assert decode_json(f'{{"name":"{apart}"}}'.encode(), Trip).name == "가"


def test_a_password_stays_as_it_was_typed() -> None:
    typed = "\u1100\u1161\u202e"
    assert decode_json(f'{{"password":"{typed}\\t"}}'.encode(), Trip).password == typed + "\t"
    assert list(refused(b'{"password":"\\ud800"}')) == ["password"]


@pytest.mark.parametrize(
    ("moment", "is_taken"),
    [
        ("1969-12-31T23:59:59.999999Z", False),
        ("1970-01-01T00:00:00Z", True),
        ("1970-01-01T09:00:00+09:00", True),
        ("1970-01-01T08:59:59+09:00", False),
        ("9998-12-31T23:59:59Z", True),
        ("9999-01-01T00:00:00Z", False),
        ("9999-01-01T00:00:00+00:01", True),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59-14:00", False),
        ("2026-11-28T12:00:00", False),
    ],
)
def test_times_lie_in_the_years_that_every_store_can_keep(moment: str, is_taken: bool) -> None:
    body = f'{{"stops":[{{"at":"{moment}"}}]}}'.encode()
    if is_taken:
        [stop] = decode_json(body, Trip).stops
        assert stop.at == datetime.fromisoformat(moment)
    else:
        assert list(refused(body)) == ["stops[0].at"]


def test_a_number_of_forty_digits_is_refused_beside_text_that_needs_care() -> None:
    assert list(refused(f'{{"count":{"9" * 40},"name":"김"}}'.encode())) == ["count"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"name":"\xff"}',
        b'{"name":"\xed\xa0\x80"}',
        b'{"rate":NaN}',
        b'{"zz":' + b"[" * 1900 + b"]" * 1900 + b"}",
        b'{"zz":"\\u0041",' + b'"z":{' * 5000 + b"}" * 5000 + b"}",
        b"\\" * 40,
    ],
    ids=range(8),
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises((BadRequest, Invalid)):
        decode_json(body, Trip)


def test_what_needs_no_care_is_read_as_before() -> None:
    content: Any = {
        "name": "Kim", "count": -3, "rate": 0.1, "stops": [{"at": "2026-11-28T12:00:00Z"}],
    }  # fmt: skip
    assert decode_json(msgspec.json.encode(content), Trip) == Trip(
        "Kim", "", -3, 0.1, (Stop("", datetime(2026, 11, 28, 12, tzinfo=UTC)),)
    )
    with_care = msgspec.json.encode({**content, "name": "김"})
    assert decode_json(with_care, Trip).rate == 0.1
