"""Those who watch while things break: clients of the live updates, and a buyer who never stops."""

import asyncio
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tiketi_client.api import TiketiClient, open_client
from tiketi_client.errors import Problem, TiketiError

PASSWORD = "correct horse battery"


@dataclass(slots=True)
class Deliveries:
    """What one client heard of an event's seats, as (epoch, version) in order."""

    missed: int = 0
    repeated: int = 0
    heard: int = 0
    last: tuple[str, int] | None = None

    def subscribed(self, epoch: str, version: int, *, recovered: bool) -> None:
        """Told anew where the channel is: what was not recovered is fetched again, so not lost."""
        if not recovered or self.last is None:
            self.last = (epoch, version)

    def update(self, epoch: str, version: int) -> None:
        self.heard += 1
        if self.last is not None and self.last[0] == epoch:
            step = version - self.last[1]
            self.missed += max(0, step - 1)
            self.repeated += step <= 0
        self.last = (epoch, version)


@dataclass(slots=True)
class Outcomes:
    """When the canary's purchases succeeded and failed, Unix seconds."""

    succeeded: list[float] = field(default_factory=list)
    failed: list[float] = field(default_factory=list)

    def recovered_after(self, injected: float) -> float | None:
        """Seconds from the fault to the first success after the last failure; 0.0 when nothing
        failed, None when it never came back."""
        failures = [at for at in self.failed if at >= injected]
        if not failures:
            return 0.0
        back = [at for at in self.succeeded if at > failures[-1]]
        return back[0] - injected if back else None


class Witnesses:
    """Runs in a thread of its own from `start` to `stop`."""

    def __init__(self, url: str, event_id: str, canary_event_id: str, clients: int = 5) -> None:
        self.deliveries = [Deliveries() for _ in range(clients)]
        self.canary = Outcomes()
        self._url = url
        self._event_id = event_id
        self._canary_event_id = canary_event_id
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(30)

    def _run(self) -> None:
        asyncio.run(self._watch())

    async def _watch(self) -> None:
        async with open_client(self._url) as visitor:
            tasks = [
                asyncio.create_task(work)
                for work in (
                    self._buy_again_and_again(visitor.another()),
                    *(self._listen(visitor.another(), heard) for heard in self.deliveries),
                )
            ]
            await asyncio.to_thread(self._stopping.wait)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, client: TiketiClient, heard: Deliveries) -> None:
        await _signed_up(client)
        while True:
            with suppress(TiketiError, aiohttp.ClientError, OSError):
                async with client.live() as live:
                    await live.subscribe(self._event_id)
                    async for message in live:
                        _take(heard, message.type, message.data)
            heard.last = None
            await asyncio.sleep(0.5)

    async def _buy_again_and_again(self, client: TiketiClient) -> None:
        """Hold a seat and give it back, twice a second, on an event of its own."""
        await _signed_up(client)
        admission = await client.admission(self._canary_event_id, timeout=30)
        while True:
            ended = self.canary.succeeded
            try:
                async with asyncio.timeout(2):
                    hold = await client.hold(self._canary_event_id, admission, ["s0"])
                    await client.release(hold.id)
            except Problem as problem:
                if problem.status in {401, 403}:
                    with suppress(TiketiError, TimeoutError):
                        admission = await client.admission(self._canary_event_id, timeout=5)
                ended = ended if problem.code == "seats_unavailable" else self.canary.failed
            except (TiketiError, TimeoutError):
                ended = self.canary.failed
            ended.append(time.time())
            await asyncio.sleep(0.5)


async def _signed_up(client: TiketiClient) -> None:
    await client.signup(f"{secrets.token_hex(8)}@witness.example", PASSWORD, "Witness")


def _take(heard: Deliveries, type_: str, data: dict[str, Any]) -> None:
    if type_ == "subscribed":
        heard.subscribed(data["epoch"], data["version"], recovered=data["recovered"])
    elif "version" in data:
        heard.update(data["epoch"], data["version"])
