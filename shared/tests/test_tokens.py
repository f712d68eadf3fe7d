import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_shared.ids import AdmissionId, EventId, UserId
from tiketi_shared.tokens import (
    Admission,
    Identity,
    KeyRing,
    RestoreTicket,
    Token,
    TokenError,
    TokenExpired,
)

KEYS = "old:0123456789abcdef-old"
NEWER = "new:0123456789abcdef-new," + KEYS
TICKET = RestoreTicket(EventId("e"), UserId("u"), 42, "general")


def test_a_signed_token_gives_back_what_was_signed() -> None:
    ring = KeyRing(KEYS)
    assert ring.verify(RestoreTicket, ring.sign(TICKET), now=0) == TICKET


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
    assert newer.verify(RestoreTicket, old.sign(TICKET), now=0) == TICKET
    with pytest.raises(TokenError, match="unknown key"):
        old.verify(RestoreTicket, newer.sign(TICKET), now=0)


@given(position=st.integers(min_value=0), replacement=st.characters())
def test_a_changed_character_is_noticed(position: int, replacement: str) -> None:
    ring = KeyRing(KEYS)
    token = ring.sign(TICKET)
    position %= len(token)
    changed = token[:position] + replacement + token[position + 1 :]
    if changed != token:
        with pytest.raises(TokenError):
            ring.verify(RestoreTicket, changed, now=0)


def test_a_token_cut_short_or_with_more_behind_it_is_refused() -> None:
    ring = KeyRing(KEYS)
    token = ring.sign(TICKET)
    for length in range(len(token)):
        with pytest.raises(TokenError):
            ring.verify(RestoreTicket, token[:length], now=0)
    with pytest.raises(TokenError):
        ring.verify(RestoreTicket, token + token[-1], now=0)


@given(st.text())
def test_any_text_is_refused_without_another_error(text: str) -> None:
    with pytest.raises(TokenError):
        KeyRing(KEYS).verify(RestoreTicket, text, now=0)


@pytest.mark.parametrize(
    "keys", ["", "nocolon", ":0123456789abcdef", "id:short", "a.b:0123456789abcdef"]
)
def test_a_key_without_id_or_with_a_short_secret_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        KeyRing(keys)


def reason(token: str, ring: KeyRing, type_: type[Token] = RestoreTicket, now: float = 0) -> str:
    with pytest.raises(TokenError) as refused:
        ring.verify(type_, token, now)
    return str(refused.value)


def test_a_token_is_refused_with_the_reason() -> None:
    ring = KeyRing(KEYS)
    token = ring.sign(TICKET)
    kid, payload, mac = token.split(".")
    unknown = "malformed, or signed with an unknown key"
    for text in ("", "x", f"{kid}.{payload}", f"{kid}.{payload}.x.{mac}", f"new.{payload}.{mac}",
                 f"é.{payload}.{mac}"):  # fmt: skip
        assert reason(text, ring) == unknown
    assert reason(f"{kid}.{payload}.{mac[1:]}", ring) == "the signature does not match"
    assert reason(f"{kid}.{payload}A.{mac}", ring) == "the signature does not match"
    assert reason(token, ring, Admission) == "a token of another type"
    expired = ring.sign(Identity(UserId("u"), "admin", 100))
    assert reason(expired, ring, Identity, 100) == "past its time"
    assert ring.verify(Identity, expired, 99.5).role == "admin"


def test_a_token_is_signed_as_the_decision_record_says() -> None:
    """`kid.payload.mac`, worked out apart from the code that signs."""
    payload = base64.urlsafe_b64encode(b'["place","e","u",42,"general"]').rstrip(b"=")
    signed = b"old." + payload
    digest = hmac.new(b"0123456789abcdef-old", signed, hashlib.sha256).digest()
    mac = base64.urlsafe_b64encode(digest).rstrip(b"=")
    assert KeyRing(KEYS).sign(TICKET) == f"{signed.decode()}.{mac.decode()}"


@given(st.text(max_size=12))
def test_tokens_of_every_length_are_read_back(lane: str) -> None:
    ring = KeyRing(KEYS)
    ticket = RestoreTicket(EventId("e"), UserId("u"), 42, lane)
    assert "=" not in ring.sign(ticket)
    assert ring.verify(RestoreTicket, ring.sign(ticket), now=1e12) == ticket


def test_a_service_s_identity_holds_for_five_minutes() -> None:
    assert Identity.of_service("queue", 1000.9) == Identity(UserId("queue"), "service", 1300)


@pytest.mark.parametrize(("length", "accepted"), [(15, False), (16, True)])
def test_a_secret_has_at_least_sixteen_characters(length: int, accepted: bool) -> None:
    keys = "a:" + "s" * length
    if accepted:
        ring = KeyRing(f" {keys} , b:{'t' * 20}")
        assert ring.sign(TICKET) == KeyRing(keys).sign(TICKET)
        assert ring.verify(RestoreTicket, KeyRing("b:" + "t" * 20).sign(TICKET), 0) == TICKET
        return
    with pytest.raises(ValueError, match="16") as refused:
        KeyRing(keys)
    assert str(refused.value) == "a key is id:secret, the secret at least 16 characters"


def test_a_secret_may_contain_a_colon() -> None:
    ring = KeyRing("a:0123456789:abcdef")
    assert ring.sign(TICKET).startswith("a.")
    assert ring.verify(RestoreTicket, ring.sign(TICKET), 0) == TICKET
