"""The long-running loops. Each survives whatever it meets: it says so and goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

from aiormq.exceptions import AMQPError
from redis.exceptions import RedisError

from tiketi_notifier.adapters.rabbit_events import consume
from tiketi_notifier.adapters.redis_live import listen
from tiketi_notifier.errors import LiveUnavailable
from tiketi_notifier.ports import Line
from tiketi_notifier.usecases.live import Live
from tiketi_notifier.usecases.relay import Relay
from tiketi_shared.errors import Unavailable
from tiketi_shared.logs import get_logger
from tiketi_shared.resources import open_amqp, open_redis
from tiketi_shared.tasks import end

AGAIN_SECONDS = 0.5
STATUSES_AGAIN_SECONDS = 1.0

log = get_logger(__name__)


@asynccontextmanager
async def running(**loops: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run each of `loops`, by name, until the end; one that fails is begun again."""
    tasks = [asyncio.create_task(_for_ever(name, loop)) for name, loop in loops.items()]
    try:
        yield
    finally:
        await end(tasks)


async def _for_ever(name: str, loop: Callable[[], Awaitable[None]]) -> NoReturn:
    while True:
        try:
            await loop()
        except Exception:
            log.exception("a loop failed and is begun again", loop=name)
        await asyncio.sleep(AGAIN_SECONDS)


async def hear_channels(redis_url: str, live: Live) -> None:
    """Listen to Redis; while it is gone the clients are told, and it is tried again."""
    while True:
        try:
            await _hear(redis_url, live)
        except (RedisError, OSError) as error:
            log.warning("the live channels are not heard", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(AGAIN_SECONDS)


async def _hear(redis_url: str, live: Live) -> None:
    """Until the connection is lost, whatever the reason."""
    try:
        async with open_redis(redis_url, blocking=True) as client:
            await listen(client, live, connected=live.store_back)
    finally:
        live.store_lost()


async def keep_in_step(live: Live) -> None:
    """Bring each topic that fell behind in step with the store again."""
    while True:
        event_id = await live.next_out_of_step()
        try:
            await live.synchronise(event_id)
        except LiveUnavailable as error:
            log.warning("a channel cannot be read", event_id=event_id, error=str(error))
            live.again_out_of_step(event_id)
            await asyncio.sleep(AGAIN_SECONDS)


async def consume_events(amqp_url: str, relay: Relay) -> None:
    """Take domain events from the broker; while it is gone, it is tried again."""
    while True:
        try:
            async with open_amqp(amqp_url) as connection:
                await consume(connection, relay.receive)
        except (AMQPError, OSError, TimeoutError) as error:
            log.warning("the broker is not there", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(AGAIN_SECONDS)


async def learn_lines(live: Live, line: Line) -> None:
    """Ask for the lines' status where none has been heard yet: ticks only tell what changes."""
    answered = True
    while True:
        await live.unknown_lines.wait()
        live.unknown_lines.clear()
        try:
            for event_id, status in (await line.statuses()).items():
                live.line_changed(event_id, status, asyncio.get_running_loop().time())
            answered = True
        except Unavailable as error:
            if answered:
                log.warning("the lines' status is not known", error=error.detail)
            answered = False
            live.unknown_lines.set()
        await asyncio.sleep(STATUSES_AGAIN_SECONDS)


async def tell_progress(live: Live, tick_seconds: float) -> None:
    while True:
        await asyncio.sleep(tick_seconds)
        live.tell_progress(asyncio.get_running_loop().time())


async def tell_presence(live: Live, line: Line, every_seconds: float) -> None:
    """Tell the line who is connected, so that nobody is passed over who is here."""
    answered = True
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await line.present(live.present())
            answered = True
        except Unavailable as error:
            if answered:
                log.warning("presence is not told", error=error.detail)
            answered = False
