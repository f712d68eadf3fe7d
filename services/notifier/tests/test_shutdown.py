"""An instance that is told to stop sends its clients elsewhere, one after the other."""

import asyncio
import time

import pytest
from services.notifier.tests.harness import Fan, Join, Start
from websockets.exceptions import ConnectionClosed


async def test_clients_are_told_when_and_closed_evenly_over_the_time(
    start: Start, join: Join
) -> None:
    notifier = await start(DRAIN_SECONDS=4)
    fans = [await join(notifier, f"u{number}") for number in range(40)]
    notifier.terminate()
    began = time.monotonic()

    async def goes(fan: Fan) -> tuple[float, float]:
        promised = (await fan.receive("reconnect"))["after_ms"] / 1000
        assert await fan.close_code() == 1012
        return promised, time.monotonic() - began

    times = sorted(await asyncio.gather(*map(goes, fans)))
    assert await notifier.ended() == 0
    assert time.monotonic() - began < 6
    assert [promised for promised, _ in times] == pytest.approx(
        [3.6 * index / 40 for index in range(40)], abs=0.01
    )
    assert all(promised <= closed <= promised + 1.2 for promised, closed in times)


async def test_who_leaves_when_asked_is_not_closed_and_does_not_hold_up_the_end(
    start: Start, join: Join
) -> None:
    notifier = await start(DRAIN_SECONDS=60)
    fans = [await join(notifier, f"u{number}") for number in range(5)]
    notifier.terminate()
    began = time.monotonic()
    for fan in fans:
        await fan.receive("reconnect")
        await fan.socket.close(1000)
    assert await notifier.ended() == 0
    assert time.monotonic() - began < 5


async def test_a_leaving_instance_is_not_ready_and_takes_nobody_new(
    start: Start, join: Join
) -> None:
    notifier = await start(DRAIN_SECONDS=3, LEAVE_SECONDS=0.5)
    fan = await join(notifier)
    notifier.terminate()
    async with asyncio.timeout(10):
        while (await notifier.ready())[0] == 200:  # noqa: ASYNC110  it is another process
            await asyncio.sleep(0.02)
    status, missing = await notifier.ready()
    assert (status, missing["instance"]) == (503, "leaving")
    await fan.receive("reconnect")
    with pytest.raises((OSError, ConnectionClosed)):
        await join(notifier, "late")
    await fan.send("ping")
    await fan.receive("pong")
    assert await fan.close_code() == 1012


async def test_every_worker_leaves(start: Start, join: Join) -> None:
    notifier = await start(WORKERS=2, DRAIN_SECONDS=1)
    fans = [await join(notifier, f"u{number}") for number in range(8)]
    notifier.terminate()
    assert {await fan.close_code() for fan in fans} == {1012}
    assert await notifier.ended() == 0
