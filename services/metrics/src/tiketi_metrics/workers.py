"""The one loop of this service: look, decide, remember, wait."""

import asyncio

from tiketi_metrics.domain.board import Board
from tiketi_metrics.errors import StoreLost
from tiketi_metrics.ports import Upstreams
from tiketi_metrics.usecases import Clock, Deciding, look, remember, scale
from tiketi_shared.logs import get_logger

log = get_logger(__name__)


async def watch(
    board: Board, upstreams: Upstreams, deciding: Deciding, clock: Clock, *, every: float
) -> None:
    """Every `every` seconds, for ever. Nothing that can be lost ends it."""
    while True:
        started = clock()
        try:
            await look(board, upstreams, clock)
            await _scale(board, deciding, clock())
            remember(board, clock())
        except Exception:
            log.exception("a look failed")
        await asyncio.sleep(max(0.0, min(every, started + every - clock())))


async def _scale(board: Board, deciding: Deciding, now: float) -> None:
    try:
        await scale(board, deciding, now)
    except StoreLost as error:
        board.leading = False
        log.warning("the scaling decision is kept as it was", reason=str(error))
