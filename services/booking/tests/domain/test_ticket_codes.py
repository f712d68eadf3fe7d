import hashlib
from base64 import urlsafe_b64decode

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.ticket_codes import LENGTH, TicketCode, TicketCodes, UnknownCode
from tiketi_shared.ids import EventId, TicketId, new_id

OLD = "an-old-secret-of-at-least-32-characters"
NEW = "a-newer-secret-of-at-least-32-characters"

CODES = TicketCodes(OLD)
EVENT, TICKET = EventId(new_id()), TicketId(new_id())


def test_a_code_says_its_event_and_ticket() -> None:
    assert CODES.read(CODES.make(EVENT, TICKET)) == TicketCode(EVENT, TICKET)


def test_a_code_typed_in_lower_case_with_spaces_around_it_is_read() -> None:
    code = CODES.make(EVENT, TICKET)
    assert CODES.read(f" {code.lower()}\n") == TicketCode(EVENT, TICKET)


def test_the_same_ticket_always_has_the_same_code() -> None:
    assert CODES.make(EVENT, TICKET) == TicketCodes(OLD).make(EVENT, TICKET)


def test_a_code_fits_a_small_qr() -> None:
    qr = segno.make(CODES.make(EVENT, TICKET), error="m", boost_error=False, micro=False)
    assert (qr.mode, qr.version, qr.symbol_size(border=0)) == ("alphanumeric", 6, (41, 41))


@given(
    place=st.integers(0, LENGTH - 1), character=st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
)
def test_a_code_changed_anywhere_is_unknown(place: int, character: str) -> None:
    code = CODES.make(EVENT, TICKET)
    changed = code[:place] + character + code[place + 1 :]
    if changed != code:
        with pytest.raises(UnknownCode):
            CODES.read(changed)


@given(st.text(max_size=200))
def test_anything_else_is_unknown(text: str) -> None:
    with pytest.raises(UnknownCode):
        CODES.read(text)


def test_text_that_grows_in_upper_case_is_unknown() -> None:
    with pytest.raises(UnknownCode):
        CODES.read("TK1" + "ß" * 147)


def test_a_code_of_another_key_is_unknown() -> None:
    with pytest.raises(UnknownCode):
        CODES.read(TicketCodes(NEW).make(EVENT, TICKET))


def test_after_a_rotation_old_codes_still_hold_and_new_ones_are_signed_anew() -> None:
    rotated = TicketCodes(f"{NEW},{OLD}")
    old = CODES.make(EVENT, TICKET)
    assert rotated.read(old) == TicketCode(EVENT, TICKET)
    assert rotated.make(EVENT, TICKET) != old


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        TicketCodes("short")


def test_a_scanner_verifies_a_code_with_the_public_key_alone() -> None:
    """As docs/ticket-codes.md tells those who write scanners, without this package's code."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    code = CODES.make(EVENT, TICKET)
    (key,) = CODES.public_keys()
    raw = urlsafe_b64decode(key.x + "=")
    bits = "".join(f"{alphabet.index(character):05b}" for character in code[47:])
    signature = bytes(int(bits[at : at + 8], 2) for at in range(0, 512, 8))
    Ed25519PublicKey.from_public_bytes(raw).verify(signature, code[:47].encode())
    assert code[3:7] == key.key_id
    digest = int.from_bytes(hashlib.sha256(raw).digest(), "big")
    assert key.key_id == "".join(alphabet[digest >> (251 - 5 * at) & 31] for at in range(4))


def test_a_code_is_its_parts_one_after_the_other() -> None:
    code = CODES.make(EVENT, TICKET)
    (key,) = CODES.public_keys()
    assert len(code) == 150
    assert code[:47] == f"TK1{key.key_id}{EVENT}{TICKET}".upper()
    assert code == code.upper()


def reason(code: str) -> str:
    with pytest.raises(UnknownCode) as unknown:
        CODES.read(code)
    return str(unknown.value)


def test_a_code_is_refused_with_the_reason() -> None:
    code = CODES.make(EVENT, TICKET)
    assert (
        reason(code[:-1]) == reason(code + "0") == reason("TK2" + code[3:]) == ("not a ticket code")
    )
    assert reason(code[:-1] + "é") == "not a ticket code"
    assert reason(TicketCodes(NEW).make(EVENT, TICKET)) == "signed with an unknown key"
    for forged in (
        code[:46] + ("1" if code[46] != "1" else "2") + code[47:],
        code[:100] + ("1" if code[100] != "1" else "2") + code[101:],
        code[:100] + "U" + code[101:],
        *(code[:-1] + _filled(code[-1], filling) for filling in (1, 2, 4)),
    ):
        assert reason(forged) == "the signature does not match"


def _filled(character: str, filling: int) -> str:
    """The same signature's bits with filling that is not zero."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return alphabet[alphabet.index(character) | filling]


def test_every_genuine_code_is_read_whatever_its_last_bits() -> None:
    for _ in range(40):
        event, ticket = EventId(new_id()), TicketId(new_id())
        assert CODES.read(CODES.make(event, ticket)) == TicketCode(event, ticket)


@pytest.mark.parametrize(("length", "accepted"), [(31, False), (32, True)])
def test_a_secret_has_at_least_32_characters(length: int, accepted: bool) -> None:
    if accepted:
        assert TicketCodes(" " + "k" * length + " ").read(
            TicketCodes("k" * length).make(EVENT, TICKET)
        )
        return
    with pytest.raises(ValueError, match="ticket key") as refused:
        TicketCodes("k" * length)
    assert str(refused.value) == "a ticket key has at least 32 characters"


def test_every_key_is_published_and_the_first_one_signs() -> None:
    rotated = TicketCodes(f"{NEW}, {OLD}")
    assert rotated.public_keys() == [*TicketCodes(NEW).public_keys(), *CODES.public_keys()]
    assert rotated.make(EVENT, TICKET) == TicketCodes(NEW).make(EVENT, TICKET)
    assert "=" not in CODES.public_keys()[0].x
