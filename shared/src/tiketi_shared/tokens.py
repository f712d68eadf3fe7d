"""Signed facts that travel: who is asking, who was admitted, where someone stands in line.

A token is `kid.payload.mac`: the payload is a tagged JSON array, the mac is HMAC-SHA256 over
`kid.payload` (base64url, no padding). The tag is the token's type, so a token of one type never
decodes as another, and each type is signed with its own key ring. Why not a JWT library:
docs/decisions/0003-tokens.md (signing is on the hot path of a join).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from tiketi_shared.ids import AdmissionId, EventId, UserId

IDENTITY_SECONDS = 300
"""How long an identity is valid: longer than the clocks of two machines are apart, even where one
has lost its time server. Nothing but a service ever holds one."""


class TokenError(Exception):
    """Malformed, of another type, signed by nobody we know, or changed."""


class TokenExpired(TokenError):
    """Genuine, but past its time."""


class Token(msgspec.Struct, frozen=True, array_like=True, tag_field="type"):
    """The base of all tokens; times are Unix seconds."""

    def expires(self) -> int | None:
        return None


class Identity(Token, frozen=True, array_like=True, tag="identity"):
    """Who is asking, from the gateway (or one service) to the service behind it.

    `role` is customer, staff, admin, or service (then `user_id` is the service's name).
    """

    user_id: UserId
    role: str
    exp: int

    def expires(self) -> int:
        return self.exp

    @classmethod
    def of_service(cls, name: str, now: float) -> "Identity":
        """What a service calls another with."""
        return cls(UserId(name), "service", int(now) + IDENTITY_SECONDS)


class Admission(Token, frozen=True, array_like=True, tag="admission"):
    """The right to hold seats of one event, for one user, until `exp`."""

    event_id: EventId
    user_id: UserId
    admission_id: AdmissionId
    iat: int
    exp: int

    def expires(self) -> int:
        return self.exp


class RestoreTicket(Token, frozen=True, array_like=True, tag="place"):
    """Where someone stands: presented after a loss of the line, it restores the place.

    `lane` tells lobby, priority and general numbers apart.
    """

    event_id: EventId
    user_id: UserId
    number: int
    lane: str


T = TypeVar("T", bound=Token)


class KeyRing:
    """`id:secret,id:secret`: the first key signs, all of them verify, so keys can be rotated."""

    def __init__(self, keys: str) -> None:
        """Raises ValueError for a key without an id or with fewer than 16 bytes of secret."""
        self._keys: dict[str, bytes] = {}
        for entry in keys.split(","):
            kid, separator, secret = entry.strip().partition(":")
            if not separator or not kid or "." in kid or len(secret) < 16:
                raise ValueError("a key is id:secret, the secret at least 16 characters")
            self._keys[kid] = secret.encode()
        self._kid = next(iter(self._keys))
        self._encoder = msgspec.json.Encoder()
        self._decoders: dict[type[Token], msgspec.json.Decoder[Token]] = {}

    def sign(self, token: Token) -> str:
        payload = urlsafe_b64encode(self._encoder.encode(token)).rstrip(b"=")
        signed = self._kid.encode() + b"." + payload
        return (signed + b"." + _mac(self._keys[self._kid], signed)).decode()

    def verify(self, type_: type[T], token: str, now: float) -> T:
        """The token's content. Raises TokenError, or TokenExpired past its time."""
        try:
            signed, mac = token.encode("ascii").rsplit(b".", 1)
            kid, payload = signed.split(b".")
            key = self._keys[kid.decode()]
        except (ValueError, KeyError) as error:
            raise TokenError("malformed, or signed with an unknown key") from error
        if not hmac.compare_digest(mac, _mac(key, signed)):
            raise TokenError("the signature does not match")
        return self._decoded(type_, payload, now)

    def _decoded(self, type_: type[T], payload: bytes, now: float) -> T:
        decoder = self._decoders.get(type_)
        if decoder is None:
            decoder = self._decoders[type_] = msgspec.json.Decoder(type_)
        try:
            content = decoder.decode(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        except ValueError as error:
            raise TokenError("a token of another type") from error
        assert isinstance(content, type_)  # noqa: S101  narrows: the decoder was made for type_
        expires = content.expires()
        if expires is not None and expires <= now:
            raise TokenExpired("past its time")
        return content


def _mac(key: bytes, signed: bytes) -> bytes:
    return urlsafe_b64encode(hmac.digest(key, signed, "sha256")).rstrip(b"=")
