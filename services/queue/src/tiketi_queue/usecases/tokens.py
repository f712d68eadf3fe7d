"""The signed tokens of a line, restore tickets and admissions: made and verified here."""

from dataclasses import dataclass

from tiketi_queue.domain.line import LOBBY_SCORES, Lane, Standing
from tiketi_queue.domain.place import rfc3339
from tiketi_queue.errors import InvalidTicket
from tiketi_shared.ids import AdmissionId, EventId, UserId
from tiketi_shared.shapes import AdmissionGrant
from tiketi_shared.tokens import Admission, KeyRing, RestoreTicket, TokenError, TokenExpired

_LANES: tuple[Lane, ...] = ("lobby", "general", "priority")


@dataclass(frozen=True, slots=True)
class LineTokens:
    places: KeyRing
    admissions: KeyRing

    def restore_ticket(self, event_id: EventId, user_id: UserId, standing: Standing) -> str:
        """A ticket from the lobby does not contain the drawn score: the draw computes it again."""
        lane = standing.lane or "general"
        number = 0 if standing.score < LOBBY_SCORES else standing.score
        return self.places.sign(RestoreTicket(event_id, user_id, number, lane))

    def admission(
        self, event_id: EventId, user_id: UserId, id_: str, admitted_ms: int, expires_ms: int
    ) -> AdmissionGrant:
        expires = expires_ms // 1000
        token = Admission(event_id, user_id, AdmissionId(id_), admitted_ms // 1000, expires)
        return AdmissionGrant(self.admissions.sign(token), rfc3339(expires))

    def read_restore_ticket(
        self, token: str, event_id: EventId, user_id: UserId
    ) -> tuple[Lane, int]:
        """Return lane and number. Raise InvalidTicket unless the ticket is genuine and belongs to
        this person and event."""
        try:
            ticket = self.places.verify(RestoreTicket, token, 0)
        except TokenError as error:
            raise InvalidTicket("ticket", str(error)) from error
        if (ticket.event_id, ticket.user_id) != (event_id, user_id):
            raise InvalidTicket("ticket", "it belongs to another person or another event")
        for lane in _LANES:
            if ticket.lane == lane:
                return lane, ticket.number
        raise InvalidTicket("ticket", f"its lane is not one of {', '.join(_LANES)}")

    def read_admission(
        self, token: str, event_id: EventId, user_id: UserId, now: float
    ) -> Admission | None:
        """Return the admission, or None when it has expired. Raise InvalidTicket unless it is
        genuine and belongs to this person and event."""
        try:
            admission = self.admissions.verify(Admission, token, now)
        except TokenExpired:
            return None
        except TokenError as error:
            raise InvalidTicket("admission", str(error)) from error
        if (admission.event_id, admission.user_id) != (event_id, user_id):
            raise InvalidTicket("admission", "it belongs to another person or another event")
        return admission
