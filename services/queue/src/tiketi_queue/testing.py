"""The line in memory: the same steps as the scripts in Redis, for tests and simulations.

It passes the suite that the line in Redis passes. It is written to be read beside the scripts in
`adapters/lua/`: sorting where they keep sorted sets, and no care for speed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tiketi_queue.domain.line import (
    LOBBY_SCORES,
    Ended,
    Entry,
    Facts,
    Kind,
    Lane,
    Report,
    Round,
    Standing,
    Standings,
    Terms,
    Visit,
    Want,
)
from tiketi_shared.ids import AdmissionId, EventId, UserId

BURST_SECONDS = 0.4
ANNOUNCE_AGAIN_MS = 2000
NOBODY = Standing(Kind.NOT_IN_LINE, "", 0, 0, "", 0, 0)


@dataclass
class _Slot:
    """One admission; `shown` once its person has shown up."""

    id: AdmissionId
    admitted_ms: int
    lane: Lane
    score: int
    shown: bool
    expires_ms: int


@dataclass
class _State:
    life: int
    counter: int
    priority_counter: int
    reserved: int
    reserved_until: int
    recover_until: int
    gap_from: int
    gap_to: int
    tokens_at: int
    tokens: float
    returned_tokens: int = 0
    opened: int = 0
    participants: int = 0
    served: int = 0
    round_at: int = 0
    horizon: int = -1
    admitted_total: int = 0
    passed_total: int = 0
    no_shows_total: int = 0
    freed_total: int = 0
    left_total: int = 0
    restored_total: int = 0
    waiting: dict[UserId, int] = field(default_factory=dict)
    priority: dict[UserId, int] = field(default_factory=dict)
    passed: dict[UserId, tuple[Lane, int, int]] = field(default_factory=dict)
    active: dict[UserId, _Slot] = field(default_factory=dict)
    present: dict[UserId, int] = field(default_factory=dict)
    gone: set[UserId] = field(default_factory=set)
    announce: dict[UserId, int] = field(default_factory=dict)


def _in_order(scores: dict[UserId, int]) -> list[UserId]:
    return sorted(scores, key=lambda user: (scores[user], user))


def _burst(terms: Terms) -> float:
    return max(1.0, terms.pace * BURST_SECONDS)


def _lane_of(score: int) -> Lane:
    return "lobby" if score < LOBBY_SCORES else "general"


class MemoryLine:
    """Implements LineStore."""

    def __init__(self) -> None:
        self._states: dict[EventId, _State] = {}
        self._issued = 0

    def forget(self) -> None:
        """Loses everything, as Redis may."""
        self._states.clear()

    async def visit(
        self, event_id: EventId, terms: Terms, visits: Sequence[Visit], present_ms: int
    ) -> Standings:
        state = self._states.get(event_id)
        if state is None and all(visit.want < Want.PRESENT_A_TICKET for visit in visits):
            return Standings([NOBODY for _ in visits], 0, 0)
        step = _Step(self._begun(event_id, terms), terms, self._new_id)
        step.open()
        step.refill()
        standings = [step.attend(visit, present_ms) for visit in visits]
        return Standings(
            standings=standings,
            opened=step.state.opened,
            participants=step.state.participants,
            counter=step.state.counter,
            taken=len(step.state.active) + step.reserved(),
        )

    async def round(self, event_id: EventId, terms: Terms, told: Sequence[UserId]) -> Round:
        if event_id not in self._states and not terms.known_last:
            return Round(due=False)
        step = _Step(self._begun(event_id, terms), terms, self._new_id)
        step.open()
        if terms.now - step.state.round_at < terms.round_ms:
            return Round(due=False, facts=step.facts())
        return step.round(told)

    async def leave(self, event_id: EventId, terms: Terms, users: Sequence[UserId]) -> list[Ended]:
        state = self._states.get(event_id)
        if state is None:
            return []
        step = _Step(state, terms, self._new_id)
        return [ended for user in users if (ended := step.leave(user))]

    async def settle(self, event_id: EventId, terms: Terms, reports: Sequence[Report]) -> None:
        if event_id not in self._states and not terms.known_last:
            return
        step = _Step(self._begun(event_id, terms), terms, self._new_id)
        for report in reports:
            step.settle(report)

    def _begun(self, event_id: EventId, terms: Terms) -> _State:
        if event_id not in self._states:
            clock, lost = terms.now * 1000, terms.known_last > 0
            counter = max(clock, terms.known_last)
            self._states[event_id] = _State(
                life=terms.now,
                counter=counter,
                priority_counter=clock,
                reserved=terms.known_taken,
                reserved_until=terms.now + terms.admission_ms,
                recover_until=terms.now + terms.recovery_ms if lost else 0,
                gap_from=terms.known_last + 1,
                gap_to=counter if lost else 0,
                tokens_at=terms.now,
                tokens=1.0 if lost else _burst(terms),
            )
        return self._states[event_id]

    def _new_id(self) -> AdmissionId:
        self._issued += 1
        return AdmissionId(f"{self._issued:020d}")


@dataclass
class _Step:
    """One atomic step on one line."""

    state: _State
    terms: Terms
    new_id: Callable[[], AdmissionId]

    @property
    def now(self) -> int:
        return self.terms.now

    def open(self) -> None:
        state, terms = self.state, self.terms
        if state.opened or terms.mode == "before":
            return
        state.opened = terms.opening_us
        state.participants = terms.participants if terms.participants >= 0 else len(state.waiting)
        if state.life * 1000 < terms.opening_us:
            state.counter = terms.opening_us
            state.tokens, state.tokens_at = 1.0, self.now
        elif state.participants and not state.gap_to:
            state.gap_from, state.gap_to = terms.opening_us, state.counter

    def refill(self) -> None:
        state, pace = self.state, self.terms.pace
        elapsed = max(0, self.now - state.tokens_at)
        state.tokens = min(_burst(self.terms), state.tokens + elapsed * pace / 1000)
        state.tokens_at = max(state.tokens_at, self.now)

    def free_slots(self) -> int:
        state = self.state
        if self.now < state.recover_until:
            return 0
        return max(0, self.terms.capacity - len(state.active) - self.reserved())

    def reserved(self) -> int:
        return self.state.reserved if self.now < self.state.reserved_until else 0

    # --- people come by

    def attend(self, visit: Visit, present_ms: int) -> Standing:
        state, user = self.state, visit.user_id
        until = self.now + present_ms
        if user in state.active:
            return self._admitted(visit)
        if user in state.waiting and visit.want is Want.JOIN and visit.may_use_priority:
            del state.waiting[user]
            return self._join(user, 0, until, invited=True)
        if user in state.priority or user in state.waiting:
            return self._waiting(visit, until)
        if user in state.passed:
            return self._come_back(user, until)
        if visit.want >= Want.PRESENT_A_TICKET:
            return self._newcomer(visit, until)
        return NOBODY

    def _admitted(self, visit: Visit) -> Standing:
        slot = self.state.active[visit.user_id]
        if visit.want is not Want.BE_SEEN or not slot.shown:
            slot.expires_ms = max(slot.expires_ms, self.now + self.terms.admission_ms)
        slot.shown = True
        return self._inside(slot)

    def _inside(self, slot: _Slot) -> Standing:
        return Standing(
            Kind.ADMITTED, slot.lane, slot.score, 0, slot.id, slot.admitted_ms, slot.expires_ms
        )

    def _waiting(self, visit: Visit, until: int) -> Standing:
        state, user = self.state, visit.user_id
        score = state.priority.get(user, state.waiting.get(user, 0))
        self._mark_present(user, score, until)
        if visit.want is Want.BE_SEEN:
            return NOBODY
        lane: Lane = "priority" if user in state.priority else _lane_of(score)
        return self._in_line(user, lane, score, Kind.WAITING)

    def _in_line(self, user: UserId, lane: Lane, score: int, kind: Kind) -> Standing:
        state = self.state
        if lane == "priority":
            ahead = _in_order(state.priority).index(user)
        else:
            ahead = len(state.priority) + _in_order(state.waiting).index(user)
        return Standing(kind, lane, score, ahead, "", 0, 0)

    def _mark_present(self, user: UserId, score: int, until: int) -> None:
        if self.state.horizon < 0 or score <= self.state.horizon:
            self.state.present[user] = until

    def _insert(
        self, user: UserId, lane: Lane, score: int, until: int, kind: Kind = Kind.WAITING
    ) -> Standing:
        zset = self.state.priority if lane == "priority" else self.state.waiting
        zset.setdefault(user, score)
        self._mark_present(user, score, until)
        return self._in_line(user, lane, score, kind)

    def _next_number(self) -> int:
        self.state.counter = max(self.state.counter, self.terms.known_last) + 1
        return self.state.counter

    def _come_back(self, user: UserId, until: int) -> Standing:
        lane, score, at = self.state.passed.pop(user)
        if self.now - at <= self.terms.grace_ms:
            return self._insert(user, lane, score, until, Kind.RETURNED)
        return self._insert(user, "general", self._next_number(), until)

    def _newcomer(self, visit: Visit, until: int) -> Standing:
        state, user = self.state, visit.user_id
        was_here = user in state.gone
        if not was_here and visit.admission_id:
            return self._restore_admission(visit)
        if not was_here and visit.ticket_lane:
            return self._restore_place(user, visit.ticket_lane, visit.ticket_score, until)
        if visit.want is not Want.JOIN:
            return NOBODY
        state.gone.discard(user)
        return self._join(user, visit.drawn_score, until, invited=visit.may_use_priority)

    def _restore_admission(self, visit: Visit) -> Standing:
        slot = _Slot(
            AdmissionId(visit.admission_id), visit.admitted_ms, "general", 0, shown=True,
            expires_ms=visit.expires_ms,
        )  # fmt: skip
        self.state.active[visit.user_id] = slot
        self._count_back()
        return self._inside(slot)

    def _count_back(self) -> None:
        self.state.reserved = max(0, self.state.reserved - 1)
        self.state.restored_total += 1

    def _restore_place(self, user: UserId, lane: Lane, score: int, until: int) -> Standing:
        state = self.state
        state.restored_total += 1
        state.recover_until = max(state.recover_until, state.life + self.terms.recovery_ms)
        if lane == "priority":
            state.priority_counter = max(state.priority_counter, score)
        elif lane == "general":
            state.counter = max(state.counter, score)
            if score < state.gap_to:
                state.gap_from = max(state.gap_from, score + 1)
        return self._insert(user, lane, score, until)

    def _join(self, user: UserId, drawn_score: int, until: int, *, invited: bool) -> Standing:
        state = self.state
        if self._may_enter_at_once():
            return self._enter(user, "priority" if invited else "general")
        if invited:
            state.priority_counter += 1
            return self._insert(user, "priority", state.priority_counter, until)
        if not state.opened:
            return self._insert(user, "lobby", drawn_score, until)
        return self._insert(user, "general", self._next_number(), until)

    def _may_enter_at_once(self) -> bool:
        state, terms = self.state, self.terms
        nobody_waits = not state.waiting and not state.priority
        paced = terms.unpaced or state.tokens >= 1
        return terms.mode == "on_sale" and nobody_waits and paced and self.free_slots() > 0

    def _enter(self, user: UserId, lane: Lane) -> Standing:
        state = self.state
        if lane == "priority":
            state.priority_counter += 1
            score = state.priority_counter
        else:
            score = self._next_number()
            state.served = max(state.served, score)
        state.tokens = max(0.0, state.tokens - 1)
        return self._inside(self._admit(user, lane, score, shown=True))

    def _admit(self, user: UserId, lane: Lane, score: int, *, shown: bool) -> _Slot:
        lasts = self.terms.admission_ms if shown else self.terms.pickup_ms
        slot = _Slot(self.new_id(), self.now, lane, score, shown, self.now + lasts)
        self.state.active[user] = slot
        self.state.gone.discard(user)
        self.state.admitted_total += 1
        return slot

    def _free(self, user: UserId) -> None:
        del self.state.active[user]
        self.state.announce.pop(user, None)
        self.state.freed_total += 1

    # --- rounds

    def round(self, told: Sequence[UserId]) -> Round:
        self.state.round_at = self.now
        self.refill()
        unused = self._end_admissions()
        admitted = self._let_in() if self.terms.mode == "on_sale" else []
        self._watch_the_head()
        for user in told:
            self.state.announce.pop(user, None)
        return Round(True, self.facts(), admitted + self._untold(), unused)

    def _end_admissions(self) -> list[Ended]:
        state, unused = self.state, []
        over = [user for user, slot in state.active.items() if slot.expires_ms <= self.now]
        for user in over:
            slot = state.active[user]
            self._free(user)
            if slot.shown:
                state.gone.add(user)
                continue
            unused.append(Ended(user, slot.id, slot.admitted_ms + self.terms.admission_ms))
            self._pass_over(user, slot.lane, slot.score)
            state.no_shows_total += 1
            state.returned_tokens += self.terms.makes_up
        return unused

    def _pass_over(self, user: UserId, lane: Lane, score: int) -> None:
        self.state.passed[user] = (lane, score, self.now)
        if lane != "priority":
            self.state.served = max(self.state.served, score)
        self.state.passed_total += 1

    def _let_in(self) -> list[Entry]:
        state, terms = self.state, self.terms
        made_up = min(state.returned_tokens, max(1, int(terms.pace * terms.round_ms / 1000)))
        tokens = int(state.tokens)
        wanted = min(self.free_slots(), 400 if terms.unpaced else tokens + made_up, 400)
        admitted: list[Entry] = []
        for zset in (state.priority, state.waiting):
            for user in _in_order(zset):
                if len(admitted) >= wanted:
                    break
                score = zset.pop(user)
                lane: Lane = "priority" if zset is state.priority else _lane_of(score)
                if state.present.pop(user, 0) <= self.now:
                    self._pass_over(user, lane, score)
                    continue
                admitted.append(self._let(user, lane, score))
        from_made_up = min(made_up, max(0, len(admitted) - tokens))
        state.returned_tokens -= from_made_up
        state.tokens = max(0.0, state.tokens - (len(admitted) - from_made_up))
        return admitted

    def _let(self, user: UserId, lane: Lane, score: int) -> Entry:
        slot = self._admit(user, lane, score, shown=False)
        if lane != "priority":
            self.state.served = max(self.state.served, score)
        self.state.announce[user] = self.now
        return Entry(user, lane, score, slot.id, slot.admitted_ms, slot.expires_ms)

    def _watch_the_head(self) -> None:
        state, order = self.state, _in_order(self.state.waiting)
        beyond = order[self.terms.horizon : self.terms.horizon + 1]
        state.horizon = state.waiting[beyond[0]] if beyond else -1

    def _untold(self) -> list[Entry]:
        state = self.state
        late = [user for user, at in state.announce.items() if at <= self.now - ANNOUNCE_AGAIN_MS]
        entries = []
        for user in late:
            del state.announce[user]
            slot = state.active[user]
            entries.append(
                Entry(user, slot.lane, slot.score, slot.id, slot.admitted_ms, slot.expires_ms)
            )
        return entries

    # --- people leave, the till reports

    def leave(self, user: UserId) -> Ended | None:
        state = self.state
        places = (state.waiting, state.priority, state.passed)
        was_here = sum(place.pop(user, None) is not None for place in places)
        state.left_total += was_here
        state.present.pop(user, None)
        slot = state.active.get(user)
        if slot is not None:
            self._free(user)
        if was_here or slot:
            state.gone.add(user)
        if slot is None:
            return None
        lasts = max(slot.expires_ms, slot.admitted_ms + self.terms.admission_ms)
        return Ended(user, slot.id, lasts)

    def settle(self, report: Report) -> None:
        state, user = self.state, report.user_id
        slot = state.active.get(user)
        if slot is None:
            self._settle_lost(report)
        elif slot.id == report.admission_id and report.paid:
            self._free(user)
            state.gone.add(user)
        elif slot.id == report.admission_id:
            slot.expires_ms = max(slot.expires_ms, self.now + self.terms.admission_ms)
            slot.shown = True

    def _settle_lost(self, report: Report) -> None:
        state, user = self.state, report.user_id
        known = (state.waiting, state.priority, state.passed, state.gone)
        if not state.reserved or any(user in place for place in known):
            return
        self._count_back()
        if report.paid:
            state.gone.add(user)
            return
        expires = self.now + self.terms.admission_ms
        state.active[user] = _Slot(report.admission_id, self.now, "general", 0, True, expires)

    def facts(self) -> Facts:
        state = self.state
        return Facts(
            opened=state.opened,
            participants=state.participants,
            waiting=len(state.waiting),
            priority=len(state.priority),
            passed_over=len(state.passed),
            active=len(state.active),
            reserved=self.reserved(),
            served=state.served,
            head=min(state.waiting.values(), default=0),
            priority_head=min(state.priority.values(), default=0),
            counter=state.counter,
            priority_counter=state.priority_counter,
            admitted_total=state.admitted_total,
            passed_total=state.passed_total,
            no_shows_total=state.no_shows_total,
            freed_total=state.freed_total,
            left_total=state.left_total,
            restored_total=state.restored_total,
            gap_from=state.gap_from,
            gap_to=state.gap_to,
        )
