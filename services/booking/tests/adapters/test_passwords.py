"""Passwords are checked without getting in the way of the sale."""

import asyncio
import os
import threading

import pytest

from tiketi_booking.adapters.passwords import NICENESS, Argon2Passwords
from tiketi_shared.errors import TooManyRequests


async def test_only_the_threads_that_compute_are_nice() -> None:
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    passwords = Argon2Passwords(memory_mib=8, threads=1)
    hashed = await passwords.hash("correct horse battery")
    (computing,) = (each for each in threading.enumerate() if each.name.startswith("argon2"))
    assert computing.native_id is not None
    assert os.getpriority(os.PRIO_PROCESS, computing.native_id) == NICENESS
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
    assert await passwords.verify(hashed, "correct horse battery")
    assert not await passwords.verify(hashed, "wrong")
    passwords.close()


async def test_whoever_comes_beyond_the_budget_is_told_to_come_back() -> None:
    passwords = Argon2Passwords(memory_mib=8, threads=1, queue=1)
    with passwords.turn(), passwords.turn(), pytest.raises(TooManyRequests), passwords.turn():
        await asyncio.sleep(0)
    with passwords.turn():
        pass
    passwords.close()
