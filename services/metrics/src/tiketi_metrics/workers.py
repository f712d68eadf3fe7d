"""The one loop of this service: poll, decide, remember."""

from tiketi_metrics.domain.board import Board
from tiketi_metrics.errors import StoreLost
from tiketi_metrics.ports import Upstreams
from tiketi_metrics.usecases import Clock, Deciding, look, remember, scale
from tiketi_shared.logs import get_logger
from tiketi_shared.loops import LoopKeeper

log = get_logger(__name__)


async def watch(
    board: Board, upstreams: Upstreams, deciding: Deciding, clock: Clock, *, seconds: float
) -> None:
    """Poll every `seconds`, for ever."""

    async def poll() -> None:
        await look(board, upstreams, clock)
        await _scale(board, deciding, clock())
        remember(board, clock())

    await LoopKeeper().every("watch", seconds, poll, steady=True)


async def _scale(board: Board, deciding: Deciding, now: float) -> None:
    try:
        await scale(board, deciding, now)
    except StoreLost as error:
        board.leading = False
        log.warning("the scaling decision is kept as it was", reason=str(error))
