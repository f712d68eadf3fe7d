"""The loops that keep a sale going. Each round survives whatever it raises."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn

from tiketi_booking import metrics
from tiketi_booking.adapters.messaging.outbox import Nudge, Relay, RelayStopped
from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.adapters.postgres.upkeep import tidy, watch_outbox
from tiketi_booking.adapters.postgres.watch import Watch
from tiketi_booking.ports import HoldStore
from tiketi_booking.usecases.checkout import Till
from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger

SWEEP_SECONDS = 0.25
SWEPT_AT_ONCE = 2000
RECOVER_SECONDS = 1.0
TIDY_SECONDS = 30.0
GAUGE_SECONDS = 5.0
RETRY_SECONDS = 1.0

log = get_logger(__name__)

Round = Callable[[], Awaitable[object]]


async def every(name: str, seconds: float, round_: Round) -> NoReturn:
    """Rounds for ever, `seconds` apart; while a store is away they are left out."""
    while True:
        await _done(name, round_)
        await asyncio.sleep(seconds)


async def until_done(name: str, seconds: float, round_: Round) -> None:
    """Rounds until one succeeds."""
    while True:
        if await _done(name, round_):
            return
        await asyncio.sleep(seconds)


async def _done(name: str, round_: Round) -> bool:
    try:
        await round_()
    except Unavailable as error:
        log.info("left out: a store is away", worker=name, error=error.detail)
    except (RelayStopped, OSError, TimeoutError) as error:
        log.warning("left out: a store is away", worker=name, error=str(error))
    except Exception:
        metrics.WORKER_FAILURES.labels(name).inc()
        log.exception("a round failed", worker=name)
    else:
        return True
    return False


def loops(  # noqa: PLR0913, PLR0917  what the loops keep going
    database: Database, holds: HoldStore, till: Till, watch: Watch, nudge: Nudge, relay: Relay
) -> Iterable[Awaitable[NoReturn]]:
    """Every loop of an instance; any number of instances may run them at once."""

    async def sweep() -> None:
        while ended := await holds.expire(SWEPT_AT_ONCE):
            metrics.HOLDS_EXPIRED.inc(ended)
            nudge.committed()

    return [
        every("sweep", SWEEP_SECONDS, sweep),
        every("recover", RECOVER_SECONDS, till.recover),
        every("pay_back", RECOVER_SECONDS, till.pay_back),
        every("refund_cancelled", RECOVER_SECONDS, till.refund_cancelled),
        every("watch", RETRY_SECONDS, watch.keep_reading),
        every("nudge", RETRY_SECONDS, nudge.keep_telling),
        every("relay", RETRY_SECONDS, relay.turn),
        every("tidy", TIDY_SECONDS, lambda: tidy(database)),
        every("outbox", GAUGE_SECONDS, lambda: watch_outbox(database)),
    ]
