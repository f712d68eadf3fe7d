"""The loops that run beside the requests."""

import asyncio
from collections.abc import Awaitable, Callable

from tiketi_queue import metrics
from tiketi_queue.ports import BookingService, BookingUnavailable, StoreUnavailable
from tiketi_queue.usecases.draws import Draws
from tiketi_queue.usecases.lines import Line, Lines
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.rounds import Rounds
from tiketi_shared.ids import EventId
from tiketi_shared.logs import get_logger
from tiketi_shared.loops import LoopKeeper

AMQP_RETRY_SECONDS = 2.0
RETRY_SECONDS = 1.0
CLOCK_SECONDS = 1.0

log = get_logger(__name__)

_keeper = LoopKeeper(
    failures=metrics.WORKER_FAILURES, expected=(StoreUnavailable, BookingUnavailable)
)


async def follow_clock(read: Callable[[], Awaitable[None]]) -> None:
    await _keeper.every("clock", CLOCK_SECONDS, read)


async def follow_sales(
    lines: Lines, booking: BookingService, seconds: float, clock: Callable[[], float]
) -> None:
    """Keeps the sales as booking has them; while booking is unavailable, as they were last. Tells
    booking how many people wait, and once more when nobody does any longer."""
    told: set[EventId] = set()

    async def follow() -> None:
        lines.update_sales(await booking.sales(), clock())
        waiting = {line.event_id: line.facts.waiting + line.facts.priority for line in lines}
        some = {event_id for event_id, count in waiting.items() if count}
        if some | told:
            await booking.tell_lines(
                {event_id: waiting.get(event_id, 0) for event_id in some | told}
            )
        told.clear()
        told.update(some)

    await _keeper.every("sales", seconds, follow)


async def admit(lines: Lines, rounds: Rounds, seconds: float, clock: Callable[[], float]) -> None:
    """Run a round of every line each `seconds`, all lines concurrently."""
    measured = set[EventId]()

    async def admit_once() -> None:
        nonlocal measured
        await asyncio.gather(*(_round(rounds, line) for line in lines))
        for line in lines:
            _measure(line, clock())
        for event_id in measured - {line.event_id for line in lines}:
            metrics.forget(event_id)
        measured = {line.event_id for line in lines}

    await _keeper.every("rounds", seconds, admit_once, steady=True)


async def _round(rounds: Rounds, line: Line) -> None:
    try:
        await rounds.run(line)
    except StoreUnavailable:
        line.announced = []
    except Exception:
        metrics.WORKER_FAILURES.labels("rounds").inc()
        log.exception("round failed", event_id=line.event_id)


def _measure(line: Line, now: float) -> None:
    facts, event = line.facts, line.event_id
    metrics.WAITING.labels(event).set(facts.waiting + facts.priority)
    metrics.ACTIVE.labels(event).set(facts.active)
    metrics.PASSED_OVER.labels(event).set(facts.passed_over)
    metrics.PACE.labels(event).set(line.pace)
    metrics.PACE_SHARE.labels(event).set(line.share)
    metrics.OLDEST_WAIT.labels(event).set(line.oldest_wait(now))
    metrics.ADMITTED.labels(event).set(facts.admitted_total)
    metrics.NO_SHOWS.labels(event).set(facts.no_shows_total)
    metrics.RESTORED.labels(event).set(facts.restored_total)


async def keep_draws(
    lines: Lines, draws: Draws, seconds: float, clock: Callable[[], float]
) -> None:
    async def keep_once() -> None:
        for line in lines:
            await draws.keep(line, clock())

    await _keeper.every("draws", seconds, keep_once)


async def retry_revocations(revocations: Revocations) -> None:
    await _keeper.every("revocations", RETRY_SECONDS, revocations.retry)


async def receive_reports(consume: Callable[[], Awaitable[None]]) -> None:
    """Receive booking's messages. Without RabbitMQ, admissions expire by themselves."""
    await _keeper.every("reports", AMQP_RETRY_SECONDS, consume)
