"""How long a cached response may be given out, and which encoding a client accepts. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from tiketi_gateway.domain.headers import Headers, value_of

DEFAULT_FRESH = 1.0
"""Seconds that a response stays fresh when its service sends no Cache-Control."""

STALE_FACTOR, STALE_LEAST = 1.0, 2.0
"""A stale response is still given out while it is fetched again: for this share of the time that
it was fresh, and at least this many seconds."""

STALE_IF_ERROR = 300.0
"""Seconds that a stale response is given out while its service fails."""

State = Literal["fresh", "stale", "expired"]
_MAX_AGE = re.compile(rb"(?:^|[ ,])(s-maxage|max-age)=(\d+)")


@dataclass(frozen=True, slots=True)
class Freshness:
    """Fresh for `seconds` from `since` on, then stale for a while, then expired."""

    since: float
    seconds: float

    def state(self, now: float) -> State:
        age = now - self.since
        if age < self.seconds:
            return "fresh"
        stale = max(self.seconds * STALE_FACTOR, STALE_LEAST)
        return "stale" if age < self.seconds + stale else "expired"

    def serves_errors(self, now: float) -> bool:
        """Whether the response may still stand in for an error."""
        return now - self.since < self.seconds + STALE_IF_ERROR


def fresh_seconds(headers: Headers) -> float | None:
    """How long a service's response may be kept; None when it must not be."""
    control = value_of(headers, b"cache-control")
    if control is None:
        return DEFAULT_FRESH
    if b"no-store" in control or b"private" in control:
        return None
    if b"no-cache" in control:
        return 0.0
    ages = {name: float(age) for name, age in _MAX_AGE.findall(control)}
    return ages.get(b"s-maxage", ages.get(b"max-age", DEFAULT_FRESH))


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether the client already has this version (weak comparison, RFC 9110, 13.1.2)."""
    bare = etag.removeprefix(b"W/")
    return if_none_match.strip() == b"*" or any(
        tag.strip().removeprefix(b"W/") == bare for tag in if_none_match.split(b",")
    )


def accepts(accept_encoding: bytes | None, coding: bytes) -> bool:
    """Whether the client accepts `coding` (br, gzip); `;q=0` means no."""
    if accept_encoding is None:
        return False
    for offer in accept_encoding.split(b","):
        name, _, parameters = offer.partition(b";")
        if name.strip().lower() == coding:
            quality = parameters.replace(b" ", b"").lower()
            return quality not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False
