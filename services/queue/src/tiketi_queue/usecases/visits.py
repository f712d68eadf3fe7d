"""People at the line: they join, ask for their place, and leave.

Requests that arrive together are served together: one step of the store for all visits to an event,
whatever each of them wants.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from tiketi_queue import metrics
from tiketi_queue.domain.limits import JoinLimiter
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
from tiketi_queue.ports import LineStore, StoreUnavailable
from tiketi_queue.usecases.lines import Line, Lines
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.tokens import LineTokens
from tiketi_shared.batches import LineRequest
from tiketi_shared.decoding import decode_json
from tiketi_shared.errors import TiketiError, TooLarge
from tiketi_shared.ids import EventId, UserId
from tiketi_shared.shapes import Place

MAX_BODY_BYTES = 4096
RETRY_SECONDS = 3
"""When to ask again while Redis is unavailable."""


class VisitBody(msgspec.Struct, frozen=True):
    """What a person may present: the restore ticket of their place and their admission, both for
    use after a loss of the line, and a code that admits to the priority lane."""

    ticket: str | None = None
    code: str | None = None
    admission: str | None = None


_NOTHING = VisitBody()


class PlaceFound(NamedTuple):
    """The place of a person who joined or asked for it."""

    place: Place
    joined: bool
    retry_after: int | None = None
    """Seconds; set while Redis is unavailable."""


class PlaceGivenUp(NamedTuple):
    """The place or the admission is given up, if there was one."""


Outcome = PlaceFound | PlaceGivenUp | TiketiError


@dataclass(slots=True)
class _Asked:
    """A request that has been read: the visit that it stands for, and why a person who is not in
    the line is refused, where that is another reason than not being in it."""

    index: int
    request: LineRequest
    line: Line
    visit: Visit
    refusal: TiketiError | None


@dataclass(slots=True)
class FrontDesk:
    lines: Lines
    store: LineStore
    tokens: LineTokens
    revocations: Revocations
    patience: Patience
    limiter: JoinLimiter
    clock: Callable[[], float]

    async def serve(self, requests: Sequence[LineRequest]) -> list[Outcome]:
        """Return one outcome for each request, in their order. A request that fails does not
        affect the others."""
        now = self.clock()
        outcomes: list[Outcome | None] = [None] * len(requests)
        asked: dict[EventId, list[_Asked]] = {}
        leaving: dict[EventId, list[int]] = {}
        for index, request in enumerate(requests):
            try:
                if request.op == "leave":
                    self.lines.require(request.event_id)
                    leaving.setdefault(request.event_id, []).append(index)
                else:
                    one = self._read(index, request, now)
                    asked.setdefault(request.event_id, []).append(one)
            except TiketiError as error:
                outcomes[index] = error
        await asyncio.gather(
            *(self._visit(group, outcomes, now) for group in asked.values()),
            *(self._leave(key, group, requests, outcomes) for key, group in leaving.items()),
        )
        return [outcome for outcome in outcomes if outcome is not None]

    def _read(self, index: int, request: LineRequest, now: float) -> _Asked:
        line = self.lines.require(request.event_id)
        joins = request.op == "join"
        if joins and not self.limiter.allow(request.event_id + request.user_id, now):
            raise TooManyRequests(
                "too many joins; joining once is enough, it keeps your place", retry_after=2
            )
        body = _NOTHING
        if request.body:
            if len(request.body) > MAX_BODY_BYTES:
                raise TooLarge(f"the body has more than {MAX_BODY_BYTES} bytes")
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
        """Return the visit of a person who presents something, once it is verified."""
        drawn = line.draw.score(user_id)
        lane: Literal["lobby", "general", "priority", ""] = ""
        number = 0
        admission = None
        if body.ticket is not None:
            lane, number = self.tokens.read_restore_ticket(body.ticket, line.event_id, user_id)
            number = drawn if lane == "lobby" else number
        if body.admission is not None:
            admission = self.tokens.read_admission(body.admission, line.event_id, user_id, now)
        if lane or admission:
            want = max(want, Want.PRESENT_A_TICKET)
        return Visit(
            user_id, want, _is_invited(line, body.code), drawn, lane, number,
            admission.admission_id if admission else "",
            admission.iat * 1000 if admission else 0,
            admission.exp * 1000 if admission else 0,
        )  # fmt: skip

    async def _visit(self, group: list[_Asked], outcomes: list[Outcome | None], now: float) -> None:
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
        except StoreUnavailable:
            for one in group:
                outcomes[one.index] = _paused(one)
            return
        line.remember(standings)
        standing_of = dict(zip(visits, standings.standings, strict=True))
        for one in group:
            standing = standing_of[one.visit.user_id]
            outcomes[one.index] = self._outcome(one, standing, standings)

    def _outcome(self, one: _Asked, standing: Standing, standings: Standings) -> Outcome:
        if standing.kind is Kind.NOT_IN_LINE:
            return one.refusal or NotInQueue()
        line, user_id = one.line, one.visit.user_id
        admission = None
        if standing.kind is Kind.ADMITTED:
            admission = self.tokens.admission(
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
            ticket=self.tokens.restore_ticket(line.event_id, user_id, standing),
            admission=admission,
        )
        return PlaceFound(place, joined=one.request.op == "join")

    async def _leave(
        self,
        event_id: EventId,
        indexes: list[int],
        requests: Sequence[LineRequest],
        outcomes: list[Outcome | None],
    ) -> None:
        line = self.lines.require(event_id)
        users = list({requests[index].user_id for index in indexes})
        try:
            terms = line.terms(self.patience, self.clock())
            ended = await self.store.leave(event_id, terms, users)
        except StoreUnavailable:
            error = LinePaused("the line is paused for a moment; try again")
            for index in indexes:
                outcomes[index] = error
            return
        await self.revocations.revoke(ended)
        for index in indexes:
            outcomes[index] = PlaceGivenUp()


def _paused(one: _Asked) -> Outcome:
    """Return the outcome while Redis is unavailable: a person who presents a restore ticket sees
    that the place is kept, and nobody can join."""
    metrics.ANSWERED_PAUSED.inc()
    if one.request.op == "join" or not one.visit.ticket_lane:
        return LinePaused("the line is paused for a moment; your place is kept")
    lane = one.visit.ticket_lane
    place = Place(
        status="paused", lane=lane,
        number=None if lane == "lobby" else one.visit.ticket_score,
        position=None, total=one.line.facts.waiting, eta_seconds=None, chance=None,
        ticket=_ticket_of(one.request), poll_after_seconds=RETRY_SECONDS, admission=None,
    )  # fmt: skip
    return PlaceFound(place, joined=False, retry_after=RETRY_SECONDS)


def _ticket_of(request: LineRequest) -> str:
    return decode_json(request.body, VisitBody).ticket or ""


def _drawn_score(line: Line, user_id: UserId, now: float) -> int:
    """Return the drawn score of a person who may be in the lobby, otherwise 0. To compute it costs
    as much as the rest of a join."""
    return line.draw.score(user_id) if now < line.sale.sale_opens_at + 60 else 0


def _is_invited(line: Line, code: str | None) -> bool:
    """Raise InviteRequired for a code that the event does not have."""
    if code is None:
        return False
    if code not in line.sale.queue.invite_codes:
        raise InviteRequired("this event does not have this code")
    return True


def _refusal_of_newcomers(line: Line, invited: bool, now: float) -> TiketiError | None:
    """Return why nobody new may join now, or None. People in the line stay in it."""
    phase = line.phase(now)
    if phase == "scheduled":
        return NotOnSale("the sale has not started yet", phase=phase)
    if phase == "paused":
        return LinePaused("the organiser has paused the sale", retry_after=5)
    if phase == "sold_out":
        return SoldOut()
    if line.sale.queue.policy == "invite" and not invited:
        return InviteRequired("this sale requires a code")
    return None
