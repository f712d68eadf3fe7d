"""A body in parts: in order, whole, and no more ahead of its reader than the bound."""

import asyncio

import pytest

from tiketi_gateway.http1.streams import STREAM_AHEAD, ByteStream


class Source:
    """A connection that counts how it is paused and resumed."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


async def test_parts_are_read_in_order_as_they_arrive() -> None:
    stream = ByteStream(Source())
    stream.feed(b"one ")
    reading = asyncio.ensure_future(stream.read())
    await asyncio.sleep(0)
    stream.feed(b"two ")
    await asyncio.sleep(0)
    stream.feed(b"three")
    stream.end()
    assert await reading == b"one two three"


async def test_the_source_is_paused_while_too_much_waits_and_once() -> None:
    source = Source()
    stream = ByteStream(source)
    part = b"x" * (STREAM_AHEAD // 4)
    for _ in range(4):
        stream.feed(part)
    assert source.calls == []
    stream.feed(b"x")
    stream.feed(b"x")
    assert source.calls == ["pause"]
    parts = aiter(stream)
    await anext(parts)
    assert source.calls == ["pause"]
    await anext(parts)
    await anext(parts)
    assert source.calls == ["pause", "resume"]


async def test_a_body_that_is_complete_holds_its_source_no_longer() -> None:
    """The source may carry the next body while this one is still being read."""
    source = Source()
    stream = ByteStream(source)
    stream.feed(b"x" * (STREAM_AHEAD + 1))
    stream.end()
    assert source.calls == ["pause", "resume"]
    assert len(await stream.read()) == STREAM_AHEAD + 1
    assert source.calls == ["pause", "resume"]


async def test_what_arrived_is_read_before_the_first_failure() -> None:
    stream = ByteStream(Source())
    stream.feed(b"part")
    stream.fail(TimeoutError("first"))
    stream.fail(ConnectionResetError("second"))
    parts = aiter(stream)
    assert await anext(parts) == b"part"
    with pytest.raises(TimeoutError, match="first"):
        await anext(parts)
