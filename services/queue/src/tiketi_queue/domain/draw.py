"""The draw of one event. Neither its secret nor its numbers are stored: both are computed.

The arithmetic that anyone can check is in `tiketi_queue.verify_draw`.
"""

import hashlib
import hmac
from dataclasses import dataclass

from tiketi_queue.domain.line import LOBBY_SCORES
from tiketi_queue.verify_draw import commitment_of, drawn_score, number_of
from tiketi_shared.ids import EventId, UserId


@dataclass(frozen=True, slots=True)
class Draw:
    event_id: EventId
    secret: bytes

    @classmethod
    def derive(cls, draw_key: str, event_id: EventId) -> "Draw":
        """Derive the secret from the service's key, so that no store can lose it."""
        message = f"tiketi-draw:{event_id}".encode()
        return cls(event_id, hmac.digest(draw_key.encode(), message, hashlib.sha256))

    @property
    def commitment(self) -> str:
        return commitment_of(self.secret)

    def score(self, user_id: UserId) -> int:
        return drawn_score(self.secret, self.event_id, user_id)


def public_number(score: int, opened_us: int, participants: int) -> int | None:
    """Return the number that a place shows, without gaps between the lobby and later people.

    None in a lobby before the opening: there are no numbers yet.
    """
    if score >= LOBBY_SCORES:
        return score
    return number_of(score, opened_us, participants) if opened_us else None
