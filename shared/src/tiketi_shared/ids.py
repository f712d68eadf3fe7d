"""Identifiers: 20 characters, lower-case Crockford base32, sorted by time of creation.

The first 9 characters are the time in milliseconds, the other 11 (55 bits) are random. Twenty
characters are what fits a 24-byte allocation of Redis, where the line keeps one id per person.
Ids are not secrets: whoever presents one is still checked against its owner.
"""

import re
import secrets
import time
from typing import NewType

EventId = NewType("EventId", str)
UserId = NewType("UserId", str)
TicketTypeId = NewType("TicketTypeId", str)
HoldId = NewType("HoldId", str)
OrderId = NewType("OrderId", str)
TicketId = NewType("TicketId", str)
AdmissionId = NewType("AdmissionId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = re.compile(rf"[{_ALPHABET}]{{20}}")


def new_id() -> str:
    """A fresh identifier; wrap it in the `NewType` it is for."""
    return _encode(time.time_ns() // 1_000_000, 9) + _encode(secrets.randbits(55), 11)


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def _encode(value: int, length: int) -> str:
    characters = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        characters.append(_ALPHABET[digit])
    return "".join(reversed(characters))
