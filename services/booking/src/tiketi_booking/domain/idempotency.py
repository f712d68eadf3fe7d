"""Digests that stand for an Idempotency-Key: user, method, path and key together."""

import hashlib
from dataclasses import dataclass

from tiketi_shared.errors import BadRequest

MAX_KEY = 255
HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Answered:
    """The first answer given for an Idempotency-Key."""

    status: int
    body: bytes


def key_digest(user_id: str, method: str, path: str, key: str) -> bytes:
    """16 bytes. Raises BadRequest for a key that is empty, too long or not printable ASCII."""
    if not (1 <= len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise BadRequest(f"the header {HEADER} must have 1 to {MAX_KEY} printable ASCII characters")
    return request_digest(f"{user_id}\n{method}\n{path}\n{key}".encode())


def request_digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:16]
