import asyncio

from tiketi_shared.tasks import end


async def swallows_cancellations(times: int) -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            times -= 1
            if times < 0:
                raise


async def fails() -> None:
    raise ValueError("as tasks may")


async def test_a_task_that_swallows_a_cancellation_still_ends() -> None:
    task = asyncio.create_task(swallows_cancellations(1))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end([task])
    assert task.cancelled()


async def test_tasks_that_ended_or_failed_before_are_no_trouble() -> None:
    failed, done = asyncio.create_task(fails()), asyncio.create_task(asyncio.sleep(0))
    await asyncio.wait([failed, done])
    await end([failed, done])


async def test_every_task_has_ended_when_it_returns() -> None:
    tasks = [asyncio.create_task(swallows_cancellations(times)) for times in (0, 2, 1)]
    done = asyncio.create_task(asyncio.sleep(0))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        await end([*tasks, done])
    assert [task.cancelled() for task in (*tasks, done)] == [True, True, True, False]


async def test_without_tasks_there_is_nothing_to_end() -> None:
    await end([])


async def test_a_task_that_fails_on_its_way_out_is_no_trouble() -> None:
    async def fails_when_cancelled() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("as tasks may")

    task = asyncio.create_task(fails_when_cancelled())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end([task])
    assert isinstance(task.exception(), ValueError)
