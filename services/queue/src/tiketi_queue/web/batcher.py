"""Single requests that arrive within a moment are served in one batch."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tiketi_shared.batches import MAX_BATCH, Answer, LineRequest

Serve = Callable[[Sequence[LineRequest]], Awaitable[list[Answer]]]


class Batcher:
    """Collects requests for `seconds`, or until there are `MAX_BATCH` of them."""

    def __init__(self, serve: Serve, seconds: float) -> None:
        self._serve = serve
        self._seconds = seconds
        self._gathered: list[tuple[LineRequest, asyncio.Future[Answer]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def answer(self, request: LineRequest) -> Answer:
        """Serve the request with the others of its batch. Raises what `serve` raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._gathered.append((request, answer))
        if len(self._gathered) == 1:
            loop.call_later(self._seconds, self._send)
        elif len(self._gathered) >= MAX_BATCH:
            self._send()
        return await answer

    def _send(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered:
            task = asyncio.create_task(self._serve_all(gathered))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _serve_all(self, gathered: list[tuple[LineRequest, asyncio.Future[Answer]]]) -> None:
        """A failure of `serve` fails every request of the batch."""
        try:
            answers = await self._serve([request for request, _ in gathered])
        except Exception as error:  # noqa: BLE001  raised again in each waiting request
            for _, future in gathered:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(gathered, answers, strict=True):
            if not future.done():
                future.set_result(answer)
