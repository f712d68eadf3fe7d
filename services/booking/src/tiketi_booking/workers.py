"""How booking's background loops treat failures (see `tiketi_shared.loops`)."""

from tiketi_booking import metrics
from tiketi_booking.errors import RelayStopped
from tiketi_shared.loops import LoopKeeper

RETRY_SECONDS = 1.0

_keeper = LoopKeeper(failures=metrics.WORKER_FAILURES, expected=(RelayStopped,))
every, until_done = _keeper.every, _keeper.until_done
