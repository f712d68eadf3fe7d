"""A signed-in person's session, as the gateway knows it. Pure."""

import hashlib
import re
from dataclasses import dataclass

from tiketi_shared.ids import UserId

_ID = re.compile(rb"[A-Za-z0-9_.~-]{16,256}")


@dataclass(slots=True)
class Session:
    """Times are of the loop's clock, but `identity_until` is of the system's clock."""

    hash: str
    user_id: UserId
    role: str
    known_until: float
    """Until then it is accepted without another lookup."""
    touch_at: float
    """A use before this time is reported to booking at this time, a later use within a second."""
    is_reported: bool = False
    """Whether a report is planned."""
    identity: bytes = b""
    """The encoded header that tells services whose request it is."""
    identity_until: float = 0.0


def session_hash(session_id: bytes) -> str | None:
    """The hash that the stores know the session by; None for a malformed id."""
    return hashlib.sha256(session_id).hexdigest() if _ID.fullmatch(session_id) else None
