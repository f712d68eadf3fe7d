"""Who is silent, and who was told to go and stays."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tiketi_notifier.domain.frames import PING_FRAME
from tiketi_notifier.web.wheel import Wheel


class Connection:
    """Answers pings or not; ends as a transport does."""

    def __init__(self, wheel: Wheel, *, answers: bool) -> None:
        self._wheel, self._answers = wheel, answers
        self.heard = True
        self.pings = 0
        self.ended = asyncio.Event()

    def write(self, frame: bytes) -> None:
        assert frame == PING_FRAME
        self.pings += 1
        if self._answers:
            self.heard = True

    def end(self) -> None:
        self.ended.set()
        self._wheel.remove(self)


@pytest.fixture
async def wheel() -> AsyncIterator[Wheel]:
    """It turns ten times a second."""
    made = Wheel(ping_seconds=0.1, close_seconds=0.3)
    turning = asyncio.create_task(made.turn())
    yield made
    turning.cancel()


@pytest.mark.parametrize("answers", [True, False])
async def test_who_was_told_to_go_and_stays_is_ended(wheel: Wheel, answers: bool) -> None:
    told, other = Connection(wheel, answers=answers), Connection(wheel, answers=True)
    wheel.add(told)
    wheel.add(other)
    wheel.said_goodbye(told)
    async with asyncio.timeout(10):
        await told.ended.wait()
        await wheel.all_gone()
    assert told.pings == 0
    assert not other.ended.is_set()


async def test_only_who_answers_no_ping_is_ended(wheel: Wheel) -> None:
    here, gone = Connection(wheel, answers=True), Connection(wheel, answers=False)
    wheel.add(here)
    wheel.add(gone)
    async with asyncio.timeout(10):
        await gone.ended.wait()
    assert gone.pings == 1
    assert not here.ended.is_set()
    assert here.pings >= 1
