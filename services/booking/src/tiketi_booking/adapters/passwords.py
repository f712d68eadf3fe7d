"""Passwords by argon2id, in threads of their own and within a budget.

A login storm must not starve the sale: `threads` computations at once (argon2 lets go of the
interpreter's lock), each with `memory_mib`, at most `queue` more people waiting; whoever comes then
is told to come back before anything was asked of the database for them. The threads are nice: where
the processors are busy, the sale goes first.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tiketi_shared.errors import TooManyRequests

P = ParamSpec("P")
T = TypeVar("T")

NICENESS = 10


class Argon2Passwords:
    def __init__(self, *, memory_mib: int, threads: int, queue: int = 32) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=memory_mib * 1024, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2", initializer=_be_nice)
        self._limit = threads + queue
        self._inside = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        if self._inside >= self._limit:
            raise TooManyRequests("too many people are signing in; try again", retry_after=5)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def verify(self, hash_: str, password: str) -> bool:
        return await self._run(self._verify, hash_, password)

    def outdated(self, hash_: str) -> bool:
        return self._hasher.check_needs_rehash(hash_)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, hash_: str, password: str) -> bool:
        try:
            return self._hasher.verify(hash_, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))


def _be_nice() -> None:
    """Lowers the priority of this thread only: Linux keeps niceness per thread."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
