"""The code on a ticket: signed, so that a door can tell a real one without asking anyone.

    TK1 KKKK EEEEEEEEEEEEEEEEEEEE TTTTTTTTTTTTTTTTTTTT SSSS...S      (150 characters, no spaces)
    |   |    |                    |                    103: Ed25519 signature, Crockford base32
    |   |    |                    20: ticket id
    |   |    20: event id
    |   4: key id, the first 20 bits of the SHA-256 of the public key
    3: format and version

All of it is upper-case Crockford base32, which is a QR code's alphanumeric mode: 41 x 41 modules at
error correction M. The signature is over the ASCII bytes before it. Ids are base32 already and
stand as they are, in upper case. `docs/ticket-codes.md` tells the same to those who write scanners.

Signing is deterministic: a code needs no storage, and the same ticket always has the same code
under the same key.
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from tiketi_shared.ids import EventId, TicketId, is_id

PREFIX = "TK1"
LENGTH = 150

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_SIGNED = 47
_SIGNATURE_BYTES = 64


class UnknownCode(Exception):
    """Not a code, not of a key of ours, or changed since it was signed."""


@dataclass(frozen=True, slots=True)
class TicketCode:
    """What a genuine code says."""

    event_id: EventId
    ticket_id: TicketId


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a door needs to verify codes; `x` is the key as in a JWK (base64url, no padding)."""

    key_id: str
    x: str


class TicketCodes:
    """Makes and reads codes. The first secret signs, all of them verify, so keys can be rotated."""

    def __init__(self, secrets: str) -> None:
        """`secrets` are separated by commas; each one's SHA-256 is an Ed25519 seed.

        Raises ValueError for one of fewer than 32 characters.
        """
        private = [_private_key(secret.strip()) for secret in secrets.split(",")]
        self._signing = private[0]
        self._public = {_key_id(key.public_key()): key.public_key() for key in private}
        self._signing_id = _key_id(private[0].public_key())

    def make(self, event_id: EventId, ticket_id: TicketId) -> str:
        signed = f"{PREFIX}{self._signing_id}{event_id}{ticket_id}".upper()
        return signed + _encode(self._signing.sign(signed.encode("ascii")))

    def read(self, code: str) -> TicketCode:
        """What `code` says; case and surrounding space do not matter. Raises UnknownCode."""
        code = code.strip().upper()
        if len(code) != LENGTH or not code.isascii() or not code.startswith(PREFIX):
            raise UnknownCode("not a ticket code")
        key = self._public.get(code[3:7])
        if key is None:
            raise UnknownCode("signed with an unknown key")
        signed = code[:_SIGNED]
        try:
            key.verify(_decode(code[_SIGNED:]), signed.encode("ascii"))
        except (InvalidSignature, ValueError) as error:
            raise UnknownCode("the signature does not match") from error
        event_id, ticket_id = signed[7:27].lower(), signed[27:].lower()
        assert is_id(event_id) and is_id(ticket_id)  # noqa: S101, PT018  we signed ids only
        return TicketCode(EventId(event_id), TicketId(ticket_id))

    def public_keys(self) -> list[PublicKey]:
        return [PublicKey(key_id, _raw(key)) for key_id, key in self._public.items()]


def _private_key(secret: str) -> Ed25519PrivateKey:
    if len(secret) < 32:
        raise ValueError("a ticket key has at least 32 characters")
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())


def _key_id(key: Ed25519PublicKey) -> str:
    return _encode(hashlib.sha256(key.public_bytes_raw()).digest())[:4]


def _raw(key: Ed25519PublicKey) -> str:
    return urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode("ascii")


def _encode(data: bytes) -> str:
    """Base32, most significant bit first, the last character filled with zero bits."""
    length = -(-len(data) * 8 // 5)
    value = int.from_bytes(data, "big") << (length * 5 - len(data) * 8)
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(length * 5 - 5, -1, -5))


def _decode(text: str) -> bytes:
    """The signature's bytes. Raises ValueError for a foreign character or filling that is not 0."""
    value = 0
    for character in text:
        if character not in _VALUES:
            raise ValueError("not base32")
        value = value << 5 | _VALUES[character]
    filling = len(text) * 5 - _SIGNATURE_BYTES * 8
    if value & ((1 << filling) - 1):
        raise ValueError("not canonical")
    return (value >> filling).to_bytes(_SIGNATURE_BYTES, "big")
