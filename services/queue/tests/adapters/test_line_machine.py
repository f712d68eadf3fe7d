"""Whatever happens at a line, in whatever order, its promises hold: first come, first served;
never above the capacity; never above the pace; nobody lost; nobody let in twice.

Hypothesis makes up the history: people join, ask, leave, go away and come back, slots expire, the
organiser changes capacity and pace, pauses and resumes, the lobby opens, booking reports, and Redis
loses everything. `Model` says what has to happen; the scripts in a real Redis have to agree.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from tiketi_local.properties import WITHOUT_SHRINKING
from tiketi_queue.adapters.redis_line import RedisLine
from tiketi_queue.domain.line import (
    BURST_SECONDS,
    LOBBY_SCORES,
    Entry,
    Facts,
    Kind,
    Lane,
    Mode,
    Report,
    Standing,
    Terms,
    Visit,
    Want,
)
from tiketi_shared.ids import AdmissionId, EventId, UserId, new_id
from tiketi_shared.resources import open_redis

EXAMPLES = int(os.environ.get("LINE_EXAMPLES", "120"))
STEPS = 40

EPOCH_MS = 1_700_000_000_000
OPENING_US = (EPOCH_MS + 30_000) * 1000
PRESENT_MS = 45_000
ADMISSION_MS = 30_000
RECOVERY_MS = 2_000
GRACE_MS = 60_000
USERS = [UserId(f"user-{index:02d}") for index in range(12)]

users = st.sampled_from(USERS)

T = TypeVar("T")


class House:
    """A real Redis, driven step by step from code that is not asynchronous, as Hypothesis's is."""

    def __init__(self, runner: asyncio.Runner, client: Redis) -> None:
        self._runner = runner
        self._client = client
        self.store = RedisLine(client)

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(step)

    def lose_everything(self) -> None:
        async def flush() -> None:
            await self._client.flushall()

        self.run(flush())


@dataclass
class Holder:
    """An admission as its holder has it."""

    id: AdmissionId
    admitted_ms: int
    expires_ms: int
    shown: bool


@dataclass
class Totals:
    """What happened since the line began."""

    admitted: int = 0
    passed: int = 0
    no_shows: int = 0
    freed: int = 0
    left: int = 0
    restored: int = 0


@dataclass
class Model:
    """The line as anybody would write it down."""

    now: int = EPOCH_MS
    mode: Mode = "before"
    capacity: int = 3
    pace: float = 2.0
    opened: bool = False
    waiting: dict[UserId, int] = field(default_factory=dict)
    priority: dict[UserId, int] = field(default_factory=dict)
    passed: dict[UserId, tuple[Lane, int, int]] = field(default_factory=dict)
    inside: dict[UserId, Holder] = field(default_factory=dict)
    before_loss: dict[UserId, Holder] = field(default_factory=dict)
    lost: dict[UserId, tuple[Lane, int]] = field(default_factory=dict)
    """Places that only their tickets know of."""
    present: dict[UserId, int] = field(default_factory=dict)
    away: set[UserId] = field(default_factory=set)
    gone: set[UserId] = field(default_factory=set)
    last: int = 0
    last_priority: int = 0
    taken_seen: int = 0
    begun: bool = False
    gathered: bool = False
    """Whether the line began in the lobby."""
    recover_until: int = 0
    tokens: float = 1.0
    tokens_at: int = EPOCH_MS
    made_up: int = 0
    rounds_at: int = 0
    reserved: int = 0
    reserved_until: int = 0
    totals: Totals = field(default_factory=Totals)

    def valid(self) -> int:
        """Admissions that could be used now, whoever remembers them."""
        holders = [*self.inside.values(), *self.before_loss.values()]
        return sum(holder.expires_ms > self.now for holder in holders)

    def refill(self) -> None:
        most = max(1.0, self.pace * BURST_SECONDS)
        earned = (self.now - self.tokens_at) * self.pace / 1000
        self.tokens, self.tokens_at = min(most, self.tokens + earned), self.now

    def let_in(self, count: int = 1) -> None:
        """The pace allows it, or an admission that nobody picked up is given on."""
        own = min(count, int(self.tokens + 1e-6))
        self.tokens -= own
        self.made_up -= count - own
        assert self.made_up >= 0, "above the pace"


def lane_of(score: int) -> Lane:
    return "lobby" if score < LOBBY_SCORES else "general"


def drawn(user: UserId) -> int:
    """A score below 2^50 in an order that is not the users'."""
    return (USERS.index(user) * 7919 + 31) % 1009 * 1_000_000


class LineMachine(RuleBasedStateMachine):
    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        self.event = EventId(new_id())
        self.model = Model()

    # --- talking to the store

    def terms(self) -> Terms:
        model = self.model
        return Terms(
            now=model.now,
            mode=model.mode,
            opening_us=OPENING_US,
            capacity=model.capacity,
            pace=model.pace,
            admission_ms=ADMISSION_MS,
            pickup_ms=5_000,
            grace_ms=GRACE_MS,
            recovery_ms=RECOVERY_MS,
            forget_at=4_000_000_000,
            known_last=model.last,
            known_taken=model.taken_seen,
        )

    def visit(self, visit: Visit) -> Standing:
        model = self.model
        begins = not model.begun and visit.want >= Want.PRESENT_A_TICKET
        standings = self.house.run(
            self.house.store.visit(self.event, self.terms(), [visit], PRESENT_MS)
        )
        if begins:
            self.begin()
        if model.begun:
            self.after_a_step()
            model.taken_seen = standings.taken
        [standing] = standings.standings
        return standing

    def begin(self) -> None:
        model = self.model
        model.begun, model.tokens_at = True, model.now
        model.gathered = model.now * 1000 < OPENING_US
        model.tokens = 1.0 if model.last else max(1.0, model.pace * BURST_SECONDS)
        model.reserved, model.reserved_until = model.taken_seen, model.now + ADMISSION_MS
        if model.last:
            model.recover_until = model.now + RECOVERY_MS

    def after_a_step(self) -> None:
        model = self.model
        if model.mode != "before" and not model.opened:
            model.opened = True
            if model.gathered:
                model.tokens, model.tokens_at = 1.0, model.now
            model.last = max(model.last, OPENING_US)
        model.refill()

    def check_admitted(self, user: UserId, id_: AdmissionId, expires_ms: int, shown: bool) -> None:
        model = self.model
        assert model.mode == "on_sale", "let in while nobody may enter"
        assert model.now >= model.recover_until, "let in before people could come back"
        assert user not in model.inside, "let in twice"
        model.inside[user] = Holder(id_, model.now, expires_ms, shown)
        model.totals.admitted += 1
        assert model.valid() <= model.capacity, "above the capacity"

    def check_in_line(self, user: UserId, standing: Standing) -> None:
        model = self.model
        if user in model.priority:
            lane, score = model.priority, model.priority[user]
            before = 0
        else:
            lane, score = model.waiting, model.waiting[user]
            before = len(model.priority)
        ahead = sum((other, name) < (score, user) for name, other in lane.items())
        assert standing.score == score
        assert standing.ahead == before + ahead
        model.present[user] = model.now + PRESENT_MS

    # --- the story

    @initialize(with_lobby=st.booleans())
    def sale(self, with_lobby: bool) -> None:
        if not with_lobby:
            self.model.now = OPENING_US // 1000
            self.model.tokens_at = self.model.now
            self.model.mode = "on_sale"

    @rule(user=users, invited=st.booleans())
    def join(self, user: UserId, invited: bool) -> None:
        model = self.model
        if model.mode == "held" or user in model.lost or user in model.before_loss:
            return
        model.away.discard(user)
        standing = self.visit(Visit(user, Want.JOIN, invited, drawn_score=drawn(user)))
        self.joined(user, invited, standing)

    @rule()
    def a_crowd_joins(self) -> None:
        for user in USERS:
            self.join(user, invited=False)

    def joined(self, user: UserId, invited: bool, standing: Standing) -> None:
        model = self.model
        if user in model.inside:
            self.still_inside(user, standing)
            return
        if user in model.passed:
            self.returned(user, standing)
            return
        if user in model.priority or (user in model.waiting and not invited):
            self.check_in_line(user, standing)
            return
        model.waiting.pop(user, None)
        model.gone.discard(user)
        if standing.kind is Kind.ADMITTED:
            assert not {*model.waiting, *model.priority}, "passed those who wait"
            self.new_number(standing.lane, standing.score)
            self.check_admitted(user, AdmissionId(standing.admission_id), standing.expires_ms, True)
            model.let_in()
            return
        assert standing.kind is Kind.WAITING
        assert standing.lane == ("priority" if invited else "general" if model.opened else "lobby")
        if standing.lane == "lobby":
            assert standing.score == drawn(user)
        else:
            self.new_number(standing.lane, standing.score)
        (model.priority if invited else model.waiting)[user] = standing.score
        self.check_in_line(user, standing)

    def new_number(self, lane: str, number: int) -> None:
        model = self.model
        if lane == "priority":
            assert number > model.last_priority, "a number went back"
            model.last_priority = number
        else:
            assert number > model.last, "a number went back"
            model.last = number

    def still_inside(self, user: UserId, standing: Standing) -> None:
        holder = self.model.inside[user]
        assert standing.kind is Kind.ADMITTED
        assert standing.admission_id == holder.id
        assert standing.expires_ms >= holder.expires_ms
        holder.expires_ms, holder.shown = standing.expires_ms, True

    def returned(self, user: UserId, standing: Standing) -> None:
        model = self.model
        lane, score, at = model.passed.pop(user)
        if model.now - at <= GRACE_MS:
            assert standing.kind is Kind.RETURNED
            (model.priority if lane == "priority" else model.waiting)[user] = score
        else:
            assert standing.kind is Kind.WAITING
            self.new_number("general", standing.score)
            model.waiting[user] = standing.score
        self.check_in_line(user, standing)

    @rule(user=users)
    def look(self, user: UserId) -> None:
        model = self.model
        model.away.discard(user)
        standing = self.visit(Visit(user, Want.LOOK))
        if user in model.inside:
            self.still_inside(user, standing)
        elif user in model.passed:
            self.returned(user, standing)
        elif user in model.waiting or user in model.priority:
            self.check_in_line(user, standing)
        else:
            assert standing.kind is Kind.NOT_IN_LINE

    @rule(user=users)
    def leave(self, user: UserId) -> None:
        model = self.model
        ended = self.house.run(self.house.store.leave(self.event, self.terms(), [user]))
        if user in model.inside:
            assert [each.admission_id for each in ended] == [model.inside.pop(user).id]
            model.gone.add(user)
            model.totals.freed += 1
        else:
            assert ended == []
        for place in (model.waiting, model.priority, model.passed):
            if place.pop(user, None) is not None:
                model.gone.add(user)
                model.totals.left += 1

    @rule(user=users)
    def go_away(self, user: UserId) -> None:
        self.model.away.add(user)

    @rule(milliseconds=st.sampled_from([50, 250, 1000, 6000, 20_000, 50_000]))
    def time_passes(self, milliseconds: int) -> None:
        """Those who are not away are seen now and then meanwhile."""
        model = self.model
        left = milliseconds
        while left > 0:
            model.now += min(left, 20_000)
            left -= 20_000
            if model.begun:
                self.be_seen()

    def be_seen(self) -> None:
        model = self.model
        for user in sorted({*model.waiting, *model.priority} - model.away):
            standing = self.visit(Visit(user, Want.BE_SEEN))
            assert standing.kind is Kind.NOT_IN_LINE
            model.present[user] = model.now + PRESENT_MS

    @rule()
    def admission_round(self) -> None:
        model = self.model
        round_ = self.house.run(self.house.store.round(self.event, self.terms(), []))
        if not model.begun and not model.last:
            assert round_.facts is None
            return
        assert round_.facts is not None
        if not model.begun:
            self.begin()
        if round_.due:
            model.rounds_at = model.now
        self.after_a_step()
        if round_.due:
            self.slots_run_out({ended.user_id for ended in round_.unused})
            self.turns_come(round_.admitted)
        model.taken_seen = round_.facts.active + round_.facts.reserved
        self.check_facts(round_.facts)

    def slots_run_out(self, unused: set[UserId]) -> None:
        model = self.model
        for user, holder in list(model.inside.items()):
            if holder.expires_ms > model.now:
                continue
            del model.inside[user]
            model.totals.freed += 1
            assert (user in unused) == (not holder.shown)
            if holder.shown:
                model.gone.add(user)
            else:
                model.made_up += 1
                model.totals.no_shows += 1
                model.totals.passed += 1
                lane, score = model.lost.pop(user, ("general", 0))
                model.passed[user] = (lane, score, model.now)

    def turns_come(self, entries: list[Entry]) -> None:
        """Exactly the lowest numbers that are present, the priority lane first."""
        model = self.model
        new = [entry for entry in entries if entry.admitted_ms == model.now]
        for lane in (model.priority, model.waiting):
            order = sorted(lane, key=lambda user: (lane[user], user))
            let = {entry.user_id for entry in new} & set(order)
            last = max((order.index(user) for user in let), default=-1)
            if lane is model.priority and any(entry.lane != "priority" for entry in new):
                last = len(order) - 1
            for user in order[: last + 1]:
                present = model.present.get(user, 0) > model.now
                assert (user in let) == present, "out of turn"
        for entry in new:
            lane = model.priority if entry.lane == "priority" else model.waiting
            assert lane.pop(entry.user_id) == entry.score
            self.check_admitted(entry.user_id, entry.admission_id, entry.expires_ms, False)
            # kept for the case that nobody picks the admission up
            model.lost[entry.user_id] = (entry.lane, entry.score)
        self.pass_over_the_absent(len(new))
        model.let_in(len(new))

    def pass_over_the_absent(self, let_in: int) -> None:
        """Whom the round has passed over, by the store's own count of them."""
        model = self.model
        facts = self.house.run(self.house.store.round(self.event, self.terms(), [])).facts
        assert facts is not None
        missing = len(model.waiting) + len(model.priority) - facts.waiting - facts.priority
        assert missing >= 0
        for lane in (model.priority, model.waiting):
            for user in sorted(lane, key=lambda user: (lane[user], user)):
                if missing == 0:
                    break
                assert model.present.get(user, 0) <= model.now, "passed over though present"
                score = lane.pop(user)
                label = "priority" if lane is model.priority else lane_of(score)
                model.passed[user] = (label, score, model.now)
                model.totals.passed += 1
                missing -= 1

    def check_facts(self, facts: Facts) -> None:
        model = self.model
        totals = Totals(
            facts.admitted_total, facts.passed_total, facts.no_shows_total, facts.freed_total,
            facts.left_total, facts.restored_total,
        )  # fmt: skip
        assert totals == model.totals
        assert facts.reserved == (model.reserved if model.now < model.reserved_until else 0)
        assert facts.head == min(model.waiting.values(), default=0)
        assert facts.priority_head == min(model.priority.values(), default=0)
        assert facts.waiting == len(model.waiting)
        assert facts.priority == len(model.priority)
        assert facts.passed_over == len(model.passed)
        assert facts.active == len(model.inside)

    @rule(capacity=st.integers(0, 5))
    def change_capacity(self, capacity: int) -> None:
        self.model.capacity = capacity

    @rule(pace=st.sampled_from([0.5, 2.0, 10.0]))
    def change_pace(self, pace: float) -> None:
        """The tokens gathered until now were earned at the pace until now."""
        self.admission_round()
        if self.model.begun:
            self.be_seen_by_nobody()
        self.model.pace = pace

    def be_seen_by_nobody(self) -> None:
        self.visit(Visit(UserId("nobody"), Want.LOOK))

    @precondition(lambda self: self.model.mode == "before")
    @rule()
    def opening(self) -> None:
        model = self.model
        model.now = max(model.now, OPENING_US // 1000)
        model.mode = "on_sale"

    @precondition(lambda self: self.model.mode == "on_sale")
    @rule()
    def pause(self) -> None:
        self.model.mode = "held"

    @precondition(lambda self: self.model.mode == "held")
    @rule()
    def resume(self) -> None:
        self.model.mode = "on_sale"

    @precondition(lambda self: self.model.inside)
    @rule(data=st.data(), paid=st.booleans(), twice=st.booleans())
    def booking_reports(self, data: st.DataObject, paid: bool, twice: bool) -> None:
        model = self.model
        user = data.draw(st.sampled_from(sorted(model.inside)))
        holder = model.inside[user]
        report = Report(user, holder.id, paid)
        for _ in range(1 + twice):
            self.house.run(self.house.store.settle(self.event, self.terms(), [report]))
        if paid:
            del model.inside[user]
            model.gone.add(user)
            model.totals.freed += 1
        else:
            holder.expires_ms = max(holder.expires_ms, model.now + ADMISSION_MS)
            holder.shown = True

    @precondition(lambda self: self.model.begun and self.model.opened)
    @rule()
    def lose_everything(self) -> None:
        """Only what people hold in their hands is left, and what the instance remembers. A loss
        takes a second, in which the clock passes every number that was given."""
        model = self.model
        model.now += 1000
        self.house.lose_everything()
        lost: dict[UserId, tuple[Lane, int]] = {}
        for user, score in model.priority.items():
            lost[user] = ("priority", score)
        for user, score in model.waiting.items():
            lost[user] = (lane_of(score), score)
        for user, (lane, score, _) in model.passed.items():
            lost[user] = (lane, score)
        held = {user: holder for user, holder in model.inside.items() if holder.shown}
        model.before_loss = {**model.before_loss, **held}
        model.lost = lost
        model.waiting, model.priority, model.passed, model.inside = {}, {}, {}, {}
        model.present, model.gone = {}, set()
        model.begun, model.opened = False, False
        model.made_up = 0
        model.totals = Totals()

    @precondition(lambda self: self.model.lost)
    @rule(data=st.data())
    def come_back_with_a_ticket(self, data: st.DataObject) -> None:
        self.present_the_ticket(data.draw(st.sampled_from(sorted(self.model.lost))))

    def present_the_ticket(self, user: UserId) -> None:
        model = self.model
        if user in model.inside:
            return
        lane, score = model.lost[user]
        standing = self.visit(
            Visit(
                user, Want.PRESENT_A_TICKET, drawn_score=drawn(user),
                ticket_lane=lane, ticket_score=score,
            )
        )  # fmt: skip
        if user in {*model.waiting, *model.priority}:
            self.check_in_line(user, standing)
            return
        if user in model.passed:
            self.returned(user, standing)
            return
        if user in model.gone:
            assert standing.kind is Kind.NOT_IN_LINE, "an old ticket was used twice"
            return
        del model.lost[user]
        model.totals.restored += 1
        (model.priority if lane == "priority" else model.waiting)[user] = score
        self.check_in_line(user, standing)
        assert standing.lane == lane

    @precondition(lambda self: self.model.lost)
    @rule()
    def all_places_come_back(self) -> None:
        for user in sorted(self.model.lost):
            self.present_the_ticket(user)

    @precondition(lambda self: self.model.before_loss)
    @rule(data=st.data())
    def come_back_with_an_admission(self, data: st.DataObject) -> None:
        model = self.model
        user = data.draw(st.sampled_from(sorted(model.before_loss)))
        holder = model.before_loss.pop(user)
        somewhere = {*model.inside, *model.waiting, *model.priority, *model.passed, *model.gone}
        if user in somewhere or holder.expires_ms <= model.now:
            return
        standing = self.visit(
            Visit(
                user, Want.PRESENT_A_TICKET, admission_id=holder.id,
                admitted_ms=holder.admitted_ms, expires_ms=holder.expires_ms,
            )
        )  # fmt: skip
        assert (standing.kind, standing.admission_id) == (Kind.ADMITTED, holder.id)
        model.inside[user] = holder
        model.reserved = max(0, model.reserved - 1)
        model.totals.restored += 1

    @invariant()
    def nobody_is_in_two_places(self) -> None:
        model = self.model
        everywhere = [*model.waiting, *model.priority, *model.passed, *model.inside]
        assert len(everywhere) == len(set(everywhere))


@pytest.fixture
def house(redis_url: str) -> Iterator[House]:
    with asyncio.Runner() as runner:
        opened = open_redis(redis_url)
        client = runner.run(opened.__aenter__())
        yield House(runner, client)
        runner.run(opened.__aexit__(None, None, None))


@pytest.mark.hypothesis
def test_a_line_keeps_its_promises_whatever_happens(house: House) -> None:
    class Story(LineMachine):
        def __init__(self) -> None:
            super().__init__(house)

    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            phases=WITHOUT_SHRINKING,
            suppress_health_check=list(HealthCheck),
        ),
    )
