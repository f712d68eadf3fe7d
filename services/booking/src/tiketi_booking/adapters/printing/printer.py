"""Prints tickets and receipts in a process of its own.

Rendering is some 0.3 s of computation, which would make everyone on the event loop wait, threads or
not. One spawned process does it, a few documents may wait, and the rest is refused.
"""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from datetime import tzinfo
from typing import TypeVar

from tiketi_booking.adapters.printing.pdf import render_pdf
from tiketi_booking.adapters.printing.receipt import render_receipt
from tiketi_booking.domain.eticket import ETicket, Receipt
from tiketi_shared.errors import Unavailable

C = TypeVar("C")


class TicketPrinter:
    """Renders in a process of its own. At most `queue` documents wait or are rendered."""

    def __init__(self, zone: tzinfo, fallback_font: str, *, queue: int = 12) -> None:
        self._zone, self._fallback = zone, fallback_font
        self._queue, self._waiting = queue, 0
        self._pool = self._new_pool()

    async def pdf(self, order: ETicket) -> bytes:
        """The tickets as a PDF. Raises Unavailable when too many documents wait."""
        return await self._printed(render_pdf, order)

    async def receipt(self, receipt: Receipt) -> bytes:
        """Raises Unavailable as `pdf` does."""
        return await self._printed(render_receipt, receipt)

    async def _printed(self, render: Callable[[C, tzinfo, str], bytes], content: C) -> bytes:
        if self._waiting >= self._queue:
            raise Unavailable("the ticket printer is busy", retry_after=5)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            arguments = (content, self._zone, self._fallback)
            return await loop.run_in_executor(self._pool, render, *arguments)
        except BrokenProcessPool as error:
            self._pool = self._new_pool()
            raise Unavailable("the ticket printer is restarting", retry_after=2) from error
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    @staticmethod
    def _new_pool() -> ProcessPoolExecutor:
        """Spawned at the first document: a fork would copy the loop's sockets and threads."""
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, mp_context=spawn, initializer=_leave_with_parent)


def _leave_with_parent() -> None:
    """Ends the printer process when its service was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101  this runs in a child

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@asynccontextmanager
async def open_printer(zone: tzinfo, fallback_font: str) -> AsyncIterator[TicketPrinter]:
    printer = TicketPrinter(zone, fallback_font)
    try:
        yield printer
    finally:
        printer.close()
