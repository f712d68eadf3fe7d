import asyncio
from collections.abc import Sequence

import pytest

from tiketi_queue.web.batcher import Batcher
from tiketi_shared.batches import MAX_BATCH, Answer, LineRequest
from tiketi_shared.ids import EventId, UserId


def request(user: str) -> LineRequest:
    return LineRequest("place", EventId("e1"), UserId(user), "r1")


async def test_what_arrives_within_a_tick_is_served_together() -> None:
    batches: list[int] = []

    async def serve(requests: Sequence[LineRequest]) -> list[Answer]:
        batches.append(len(requests))
        return [Answer(200, each.user_id.encode()) for each in requests]

    batcher = Batcher(serve, 0.01)
    answers = await asyncio.gather(*(batcher.answer(request(f"u{i}")) for i in range(50)))
    assert [answer.body for answer in answers] == [f"u{i}".encode() for i in range(50)]
    assert batches == [50]
    await batcher.answer(request("later"))
    assert batches == [50, 1]


async def test_a_full_batch_does_not_wait() -> None:
    async def serve(requests: Sequence[LineRequest]) -> list[Answer]:
        return [Answer(204) for _ in requests]

    batcher = Batcher(serve, 60)
    asked = [batcher.answer(request(f"u{i}")) for i in range(MAX_BATCH)]
    async with asyncio.timeout(5):
        await asyncio.gather(*asked)


async def test_a_failure_is_everyones_and_does_not_stay() -> None:
    fails = True

    async def serve(requests: Sequence[LineRequest]) -> list[Answer]:
        if fails:
            raise RuntimeError("the store is on fire")
        return [Answer(204) for _ in requests]

    batcher = Batcher(serve, 0.001)
    results = await asyncio.gather(
        batcher.answer(request("a")), batcher.answer(request("b")), return_exceptions=True
    )
    assert [type(result) for result in results] == [RuntimeError, RuntimeError]
    fails = False
    assert (await batcher.answer(request("c"))).status == 204


async def test_someone_who_hung_up_does_not_disturb_the_others() -> None:
    async def serve(requests: Sequence[LineRequest]) -> list[Answer]:
        await asyncio.sleep(0.01)
        return [Answer(204) for _ in requests]

    batcher = Batcher(serve, 0.001)
    gone = asyncio.ensure_future(batcher.answer(request("gone")))
    stays = asyncio.ensure_future(batcher.answer(request("stays")))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).status == 204
    with pytest.raises(asyncio.CancelledError):
        await gone
