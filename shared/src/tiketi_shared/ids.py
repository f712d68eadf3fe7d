"""Identifiers: 20 characters, lower-case Crockford base32, sorted by time of creation.

The first 9 characters are the time in milliseconds, the other 11 (55 bits) are random. Twenty
characters are what fits a 24-byte allocation of Redis, where the line keeps one id per person.
An id is not a secret: a request with an id is still checked against the id's owner.
"""

import os
import re
import time
from random import Random
from typing import NewType

EventId = NewType("EventId", str)
UserId = NewType("UserId", str)
TicketTypeId = NewType("TicketTypeId", str)
HoldId = NewType("HoldId", str)
OrderId = NewType("OrderId", str)
TicketId = NewType("TicketId", str)
AdmissionId = NewType("AdmissionId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_random = Random()  # noqa: S311  ids are not secrets, and there are thousands a second
os.register_at_fork(after_in_child=_random.seed)
_ID = re.compile(rf"[{_ALPHABET}]{{20}}")


def new_id() -> str:
    """A fresh identifier; wrap it in the `NewType` it is for."""
    value = (time.time_ns() // 1_000_000) << 55 | _random.getrandbits(55)
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(90, -10, -10)])


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None
