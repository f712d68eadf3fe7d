"""People at the line: they join, ask for their place, leave. Whoever arrives together is served
together: one step of the store for all visits to an event, whatever they want.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from tiketi_queue import metrics
from tiketi_queue.domain.limits import Knocks
from tiketi_queue.domain.line import Kind, Standing, Standings, Visit, Want
from tiketi_queue.domain.place import place_of
from tiketi_queue.domain.sale_terms import Patience
from tiketi_queue.errors import (
    InviteRequired,
    LinePaused,
    NotInQueue,
    NotOnSale,
    SaleEnded,
    SoldOut,
    TooManyRequests,
)
from tiketi_queue.ports import LineStore, StoreDown
from tiketi_queue.usecases.lines import Line, Lines
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.tickets import Tickets
from tiketi_shared.batches import Answer, LineRequest
from tiketi_shared.decoding import decode_json
from tiketi_shared.errors import TiketiError, TooLarge
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.shapes import Place

MAX_BODY_BYTES = 4096
REDIS_AWAY_SECONDS = 3

_encode = msgspec.json.Encoder().encode


class VisitBody(msgspec.Struct, frozen=True):
    """What may be presented: the place's ticket, an admission (both after a loss of the line),
    and a code that admits to the priority lane."""

    ticket: str | None = None
    code: str | None = None
    admission: str | None = None


_NOTHING = VisitBody()


@dataclass(slots=True)
class _Asked:
    """One request, understood: who it is for, what it wants, and, where it is another reason than
    not being in the line, why a stranger is refused."""

    index: int
    request: LineRequest
    line: Line
    visit: Visit
    refusal: TiketiError | None


@dataclass(slots=True)
class FrontDesk:
    lines: Lines
    store: LineStore
    tickets: Tickets
    revocations: Revocations
    patience: Patience
    knocks: Knocks
    clock: Callable[[], float]

    async def serve(self, requests: Sequence[LineRequest]) -> list[Answer]:
        """One answer for each request, in their order. Failures of one are not those of others."""
        now = self.clock()
        answers: list[Answer | None] = [None] * len(requests)
        asked: dict[EventId, list[_Asked]] = {}
        leaving: dict[EventId, list[int]] = {}
        for index, request in enumerate(requests):
            try:
                if request.op == "leave":
                    self.lines.require(request.event_id)
                    leaving.setdefault(request.event_id, []).append(index)
                else:
                    one = self._understand(index, request, now)
                    asked.setdefault(request.event_id, []).append(one)
            except TiketiError as error:
                answers[index] = _refused(error, request.request_id)
        await asyncio.gather(
            *(self._visits(group, answers, now) for group in asked.values()),
            *(self._leave(key, group, requests, answers) for key, group in leaving.items()),
        )
        return [answer for answer in answers if answer is not None]

    def _understand(self, index: int, request: LineRequest, now: float) -> _Asked:
        line = self.lines.require(request.event_id)
        joins = request.op == "join"
        if joins and not self.knocks.allow(request.event_id + request.user_id, now):
            raise TooManyRequests("you join too often; one place is all there is", retry_after=2)
        body = _NOTHING
        if request.body:
            if len(request.body) > MAX_BODY_BYTES:
                raise TooLarge(f"at most {MAX_BODY_BYTES} bytes")
            body = decode_json(request.body, VisitBody)
        invited = _is_invited(line, body.code)
        phase = line.phase(now)
        if phase == "ended":
            raise SaleEnded
        refusal = _refusal_of_newcomers(line, invited, now) if joins else None
        want = Want.JOIN if joins and refusal is None else Want.LOOK
        if body is _NOTHING:
            drawn = _drawn_score(line, request.user_id, now)
            visit = Visit(request.user_id, want, drawn_score=drawn)
        else:
            visit = self._presenting(line, request.user_id, want, body, now)
        return _Asked(index, request, line, visit, refusal)

    def _presenting(
        self, line: Line, user_id: UserId, want: Want, body: VisitBody, now: float
    ) -> Visit:
        """The visit of someone who presents something, once it is verified."""
        drawn = line.draw.score(user_id)
        lane: Literal["lobby", "general", "priority", ""] = ""
        number = 0
        admission = None
        if body.ticket is not None:
            lane, number = self.tickets.read_place(body.ticket, line.event_id, user_id)
            number = drawn if lane == "lobby" else number
        if body.admission is not None:
            admission = self.tickets.read_admission(body.admission, line.event_id, user_id, now)
        if lane or admission:
            want = max(want, Want.PRESENT_A_TICKET)
        return Visit(
            user_id, want, _is_invited(line, body.code), drawn, lane, number,
            admission.admission_id if admission else "",
            admission.iat * 1000 if admission else 0,
            admission.exp * 1000 if admission else 0,
        )  # fmt: skip

    async def _visits(self, group: list[_Asked], answers: list[Answer | None], now: float) -> None:
        line = group[0].line
        visits: dict[UserId, Visit] = {}
        for one in group:
            known = visits.get(one.visit.user_id)
            if known is None or one.visit.want > known.want:
                visits[one.visit.user_id] = one.visit
        terms = line.terms(self.patience, now)
        try:
            standings = await self.store.visit(
                line.event_id, terms, list(visits.values()), self.patience.present_ms
            )
        except StoreDown:
            for one in group:
                answers[one.index] = self._while_away(one)
            return
        line.note(standings)
        standing_of = dict(zip(visits, standings.standings, strict=True))
        for one in group:
            standing = standing_of[one.visit.user_id]
            answers[one.index] = self._tell(one, standing, standings)

    def _tell(self, one: _Asked, standing: Standing, standings: Standings) -> Answer:
        if standing.kind is Kind.NOT_IN_LINE:
            return _refused(one.refusal or NotInQueue(), one.request.request_id)
        line, user_id = one.line, one.visit.user_id
        admission = None
        if standing.kind is Kind.ADMITTED:
            admission = self.tickets.admission(
                line.event_id, user_id, standing.admission_id, standing.admitted_ms,
                standing.expires_ms,
            )  # fmt: skip
        recorded = line.participants
        place = place_of(
            line.outlook,
            standing,
            user_id,
            opened=standings.opened,
            participants=recorded if recorded >= 0 else standings.participants,
            ticket=self.tickets.place(line.event_id, user_id, standing),
            admission=admission,
        )
        in_line = one.request.op == "join" and admission is None
        return Answer(202 if in_line else 200, _encode(place))

    def _while_away(self, one: _Asked) -> Answer:
        """Redis does not answer: the line stands still. Whoever shows the ticket of a place is
        told that it is kept; nobody can be taken in."""
        metrics.ANSWERED_PAUSED.inc()
        if one.request.op == "join" or not one.visit.ticket_lane:
            error = LinePaused("the line stands still; your place is kept")
            return _refused(error, one.request.request_id)
        lane = one.visit.ticket_lane
        place = Place(
            status="paused", lane=lane,
            number=None if lane == "lobby" else one.visit.ticket_score,
            position=None, total=one.line.facts.waiting, eta_seconds=None, chance=None,
            ticket=_ticket_of(one.request), poll_after_seconds=REDIS_AWAY_SECONDS, admission=None,
        )  # fmt: skip
        return Answer(200, _encode(place), retry_after=REDIS_AWAY_SECONDS)

    async def _leave(
        self,
        event_id: EventId,
        indexes: list[int],
        requests: Sequence[LineRequest],
        answers: list[Answer | None],
    ) -> None:
        line = self.lines.require(event_id)
        users = list({requests[index].user_id for index in indexes})
        try:
            terms = line.terms(self.patience, self.clock())
            ended = await self.store.leave(event_id, terms, users)
        except StoreDown:
            error = LinePaused("the line stands still; try again")
            for index in indexes:
                answers[index] = _refused(error, requests[index].request_id)
            return
        await self.revocations.revoke(ended)
        for index in indexes:
            answers[index] = Answer(204)


def _ticket_of(request: LineRequest) -> str:
    return decode_json(request.body, VisitBody).ticket or ""


def _drawn_score(line: Line, user_id: UserId, now: float) -> int:
    """Only who may be in the lobby needs a drawn score; it costs as much as the rest of a join."""
    return line.draw.score(user_id) if now < line.sale.sale_opens_at + 60 else 0


def _is_invited(line: Line, code: str | None) -> bool:
    """Raises InviteRequired for a code that is none of the event's."""
    if code is None:
        return False
    if code not in line.sale.queue.invite_codes:
        raise InviteRequired("this is not a code of this event")
    return True


def _refusal_of_newcomers(line: Line, invited: bool, now: float) -> TiketiError | None:
    """Why nobody new is taken in now, or None. Whoever is in the line already stays in it."""
    phase = line.phase(now)
    if phase == "scheduled":
        return NotOnSale("the sale has not begun", phase=phase)
    if phase == "paused":
        return LinePaused("the organiser has paused the sale", retry_after=5)
    if phase == "sold_out":
        return SoldOut()
    if line.sale.queue.policy == "invite" and not invited:
        return InviteRequired("this sale needs a code")
    return None


def _refused(error: TiketiError, request_id: str) -> Answer:
    metrics.REFUSED.labels(error.code).inc()
    retry_after = None if error.retry_after is None else max(1, round(error.retry_after))
    return Answer(error.status, _encode(error.problem(request_id)), retry_after)
