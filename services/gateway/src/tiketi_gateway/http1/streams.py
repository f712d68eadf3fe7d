"""A body that arrives in parts, for one reader, with a bound on what waits."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

STREAM_AHEAD = 262144
"""Bytes that may wait for the reader before the source is paused."""


class Source(Protocol):
    """The connection that a body arrives on."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class ByteStream:
    """Iterate over it to read the parts; raises the error that the stream failed with."""

    __slots__ = ("_ahead", "_chunks", "_error", "_has_ended", "_is_paused", "_source", "_wake")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._chunks: deque[bytes] = deque()
        self._ahead = 0
        self._is_paused = False
        self._has_ended = False
        self._error: Exception | None = None
        self._wake: asyncio.Future[None] | None = None

    def feed(self, data: bytes) -> None:
        self._chunks.append(data)
        self._ahead += len(data)
        if self._ahead > STREAM_AHEAD and not self._is_paused:
            self._is_paused = True
            self._source.pause_reading()
        self._wake_reader()

    def end(self) -> None:
        """It is complete; the source may carry something else from now on."""
        self._has_ended = True
        self._resume_source()
        self._wake_reader()

    def fail(self, error: Exception) -> None:
        """The rest will not come; the first error given is the one that is raised."""
        self._error = self._error or error
        self._wake_reader()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            if self._chunks:
                chunk = self._chunks.popleft()
                self._ahead -= len(chunk)
                if self._ahead <= STREAM_AHEAD // 2:
                    self._resume_source()
                yield chunk
            elif self._error is not None:
                raise self._error
            elif self._has_ended:
                return
            else:
                self._wake = asyncio.get_running_loop().create_future()
                await self._wake

    async def read(self) -> bytes:
        """The whole body."""
        return b"".join([chunk async for chunk in self])

    def _resume_source(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._source.resume_reading()

    def _wake_reader(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
