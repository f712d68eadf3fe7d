"""The loops that run beside the requests. Each survives whatever its turn raises."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from tiketi_queue import metrics
from tiketi_queue.adapters.rabbit import consume
from tiketi_queue.ports import StoreDown, Till, TillDown
from tiketi_queue.usecases.draws import Draws
from tiketi_queue.usecases.lines import Line, Lines
from tiketi_queue.usecases.reports import Reports
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.rounds import Rounds
from tiketi_shared.ids import EventId
from tiketi_shared.logs import get_logger
from tiketi_shared.resources import open_amqp
from tiketi_shared.tasks import end

AMQP_RETRY_SECONDS = 2.0
RETRY_SECONDS = 1.0
CLOCK_SECONDS = 1.0

log = get_logger(__name__)


@contextlib.asynccontextmanager
async def running(*workers: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Runs the workers until left."""
    tasks = [asyncio.ensure_future(worker()) for worker in workers]
    try:
        yield
    finally:
        await end(tasks)


async def follow_clock(look: Callable[[], Awaitable[None]]) -> None:
    while True:
        with contextlib.suppress(StoreDown):
            await look()
        await asyncio.sleep(CLOCK_SECONDS)


async def follow_sales(
    lines: Lines, till: Till, seconds: float, clock: Callable[[], float]
) -> None:
    """Keeps the sales as booking has them; while it is away, as they were last. Tells booking how
    many people wait, and once more when nobody does any longer."""
    told: set[EventId] = set()

    async def turn() -> None:
        lines.learn_sales(await till.sales(), clock())
        waiting = {line.event_id: line.facts.waiting + line.facts.priority for line in lines}
        some = {event_id for event_id, count in waiting.items() if count}
        if some | told:
            await till.tell_lines({event_id: waiting.get(event_id, 0) for event_id in some | told})
        told.clear()
        told.update(some)

    await _forever("sales", turn, seconds)


async def _forever(worker: str, turn: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Takes a turn every `seconds`. Booking's absence is told once, not with every turn."""
    away = False
    while True:
        try:
            await turn()
            away = False
        except TillDown as error:
            metrics.TILL_FAILURES.inc()
            if not away:
                log.warning("booking does not answer", worker=worker, why=str(error))
            away = True
        except Exception:
            metrics.WORKER_FAILURES.labels(worker).inc()
            log.exception("a turn of a worker failed", worker=worker)
        await asyncio.sleep(seconds)


async def admit(lines: Lines, rounds: Rounds, seconds: float, clock: Callable[[], float]) -> None:
    """Runs a round of every line each `seconds`, the lines side by side."""
    loop = asyncio.get_running_loop()
    due, measured = loop.time(), set[EventId]()
    while True:
        await asyncio.gather(*(_round(rounds, line) for line in lines))
        for line in lines:
            _measure(line, clock())
        for event_id in measured - {line.event_id for line in lines}:
            metrics.forget(event_id)
        measured = {line.event_id for line in lines}
        due = max(due + seconds, loop.time())
        await asyncio.sleep(due - loop.time())


async def _round(rounds: Rounds, line: Line) -> None:
    try:
        await rounds.run(line)
    except StoreDown:
        line.told = []
    except Exception:
        metrics.WORKER_FAILURES.labels("rounds").inc()
        log.exception("an admission round failed", event_id=line.event_id)


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
    async def turn() -> None:
        for line in lines:
            await draws.keep(line, clock())

    await _forever("draws", turn, seconds)


async def retry_revocations(revocations: Revocations) -> None:
    await _forever("revocations", revocations.retry, RETRY_SECONDS)


async def hear_the_till(url: str, reports: Reports) -> None:
    """Takes in booking's messages; without RabbitMQ, admissions last and end by themselves."""
    away = False
    while True:
        try:
            async with open_amqp(url) as connection:
                away = False
                await consume(connection, reports.told_by_till)
        except StoreDown:
            pass
        except Exception as error:  # noqa: BLE001  the broker has many ways to fail
            if not away:
                log.warning("RabbitMQ does not answer", why=f"{type(error).__name__}: {error}")
            away = True
        await asyncio.sleep(AMQP_RETRY_SECONDS)
