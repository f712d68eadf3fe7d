import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_shared.ids import AdmissionId, EventId, UserId
from tiketi_shared.tokens import (
    Admission,
    Identity,
    KeyRing,
    PlaceTicket,
    TokenError,
    TokenExpired,
)

KEYS = "old:0123456789abcdef-old"
NEWER = "new:0123456789abcdef-new," + KEYS
TICKET = PlaceTicket(EventId("e"), UserId("u"), 42, "general")


def test_a_signed_token_gives_back_what_was_signed() -> None:
    ring = KeyRing(KEYS)
    assert ring.verify(PlaceTicket, ring.sign(TICKET), now=0) == TICKET


def test_a_token_of_one_type_is_refused_as_another() -> None:
    ring = KeyRing(KEYS)
    identity = ring.sign(Identity(UserId("u"), "admin", 100))
    with pytest.raises(TokenError, match="another type"):
        ring.verify(Admission, identity, now=0)


def test_a_token_past_its_time_is_expired() -> None:
    ring = KeyRing(KEYS)
    token = ring.sign(Admission(EventId("e"), UserId("u"), AdmissionId("a"), 0, 100))
    assert ring.verify(Admission, token, now=99.9).exp == 100
    with pytest.raises(TokenExpired):
        ring.verify(Admission, token, now=100)


def test_a_rotated_ring_signs_with_the_new_key_and_still_verifies_the_old() -> None:
    old, newer = KeyRing(KEYS), KeyRing(NEWER)
    assert newer.verify(PlaceTicket, old.sign(TICKET), now=0) == TICKET
    with pytest.raises(TokenError, match="unknown key"):
        old.verify(PlaceTicket, newer.sign(TICKET), now=0)


@given(position=st.integers(min_value=0), replacement=st.characters())
def test_a_changed_character_is_noticed(position: int, replacement: str) -> None:
    ring = KeyRing(KEYS)
    token = ring.sign(TICKET)
    position %= len(token)
    changed = token[:position] + replacement + token[position + 1 :]
    if changed != token:
        with pytest.raises(TokenError):
            ring.verify(PlaceTicket, changed, now=0)


@given(st.text())
def test_any_text_is_refused_without_another_error(text: str) -> None:
    with pytest.raises(TokenError):
        KeyRing(KEYS).verify(PlaceTicket, text, now=0)


@pytest.mark.parametrize(
    "keys", ["", "nocolon", ":0123456789abcdef", "id:short", "a.b:0123456789abcdef"]
)
def test_a_key_without_id_or_with_a_short_secret_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        KeyRing(keys)
