"""Each instance of each service is replaced during a sale, and no request fails.

A steady load of every kind of call goes through both gateways. A balancer that polls `/readyz`
picks the gateway. Each answer is a documented one, or it is 503 with `Retry-After` and the retry
succeeds. Live clients reconnect without missing or repeating an update, also when their notifier
is killed. `make drain` prints the table.
"""

import asyncio
import contextlib
import itertools
import os
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import aiohttp
import pytest
from tests.harness import Answer, Json, NewEvent, NewFan, Person

from tiketi_client import Address, LiveConnection
from tiketi_local.deployment import PORTS, Deployment, Instance

BUYERS = 10
WATCHERS = 12
PAUSE_SECONDS = 0.2
"""Between two requests of a buyer. All buyers together send about 100 requests a second."""

INSTANCES = 2 if os.environ.get("EVERY_INSTANCE") else 1
"""How many instances of each service are replaced. `make drain` replaces both."""

REPEATS = 6
SETTLED_SECONDS = 1.5
"""How long the load goes on before and after each replacement."""


class Outcomes:
    """What happened to the clients' requests while each instance was replaced."""

    def __init__(self) -> None:
        self.phase = "before"
        self.requests: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()
        self.not_connected: Counter[str] = Counter()
        self.failures: dict[str, list[str]] = defaultdict(list)
        self.reconnects: Counter[str] = Counter()
        self.seconds_to_leave: dict[str, float] = {}
        self.seconds_to_ready: dict[str, float] = {}

    def failed(self, what: str) -> None:
        self.failures[self.phase].append(what)

    def table(self) -> str:
        rows = [
            (
                "| replaced | requests | told to repeat | sent elsewhere, not accepted | failed "
                "| live reconnects | gone after | ready after |"
            ),
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        rows += [
            f"| {phase} | {self.requests[phase]} | {self.retries[phase]} "
            f"| {self.not_connected[phase]} | {len(self.failures[phase])} "
            f"| {self.reconnects[phase]} | {self.seconds_to_leave[phase]:.1f} s "
            f"| {self.seconds_to_ready[phase]:.1f} s |"
            for phase in self.seconds_to_ready
        ]
        return "\n".join(rows)


class Balancer:
    """Sends each request to the next gateway that says it is ready."""

    def __init__(
        self, gateways: list[Instance], http: aiohttp.ClientSession, outcomes: Outcomes
    ) -> None:
        self._gateways, self._http, self._outcomes = gateways, http, outcomes
        self._ready = list(gateways)
        self._turns: Iterator[int] = itertools.count()

    async def watch(self) -> None:
        while True:
            states = await asyncio.gather(*map(self._is_ready, self._gateways))
            known = zip(self._gateways, states, strict=True)
            self._ready = [gateway for gateway, ready in known if ready]
            await asyncio.sleep(0.1)

    async def _is_ready(self, gateway: Instance) -> bool:
        try:
            async with self._http.get(f"{gateway.operations_url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    @property
    def url(self) -> str:
        ready = self._ready or self._gateways
        return ready[next(self._turns) % len(ready)].url

    async def call(
        self, person: Person, method: str, path: str, body: object = None, *,
        expect: tuple[int, ...], expect_repeated: tuple[int, ...] = (), **headers: str,
    ) -> Answer | None:  # fmt: skip
        """Send a request, and retry it while it is answered 503 with `Retry-After`.

        Returns the answer when its status is in `expect`, or, for a retry, in `expect_repeated`.
        Returns None when the request failed.
        """
        outcomes, name = self._outcomes, f"{method} {path}"
        outcomes.requests[outcomes.phase] += 1
        accepted = expect
        for _ in range(REPEATS):
            person.base_url = self.url
            try:
                answer = await person.call(method, path, body, **headers)
            except aiohttp.ClientConnectorError:
                outcomes.not_connected[outcomes.phase] += 1  # nothing was sent
                await asyncio.sleep(0.1)
                continue
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                outcomes.failed(f"{name}: {error!r}")
                return None
            if answer.status in accepted:
                return answer
            if answer.status != 503 or "Retry-After" not in answer.headers:
                outcomes.failed(f"{name}: {answer}")
                return None
            outcomes.retries[outcomes.phase] += 1
            accepted = (*expect, *expect_repeated)
            await asyncio.sleep(int(answer.headers["Retry-After"]))
        outcomes.failed(f"{name}: no success in {REPEATS} tries")
        return None


async def keep_buying(person: Person, balancer: Balancer, event: Json, seat_id: str) -> None:
    """Make every kind of call that a buyer makes, one after the other, without end."""
    path = f"/api/events/{event['id']}"
    seat = {"seat_ids": [seat_id]}
    payment = {"payment": {"provider": "sandbox", "token": "tok_ok"}}

    async def ask(
        method: str, target: str, body: object = None, *,
        expect: tuple[int, ...] = (200,), expect_repeated: tuple[int, ...] = (), **headers: str,
    ) -> Answer | None:  # fmt: skip
        await asyncio.sleep(PAUSE_SECONDS)
        return await balancer.call(
            person, method, target, body, expect=expect, expect_repeated=expect_repeated, **headers
        )

    async def create(target: str, body: object, expect: int, **headers: str) -> Answer | None:
        headers["Idempotency_Key"] = secrets.token_hex(8)
        return await ask("POST", target, body, expect=(expect,), expect_repeated=(), **headers)

    for pays in itertools.cycle((True, False)):
        joined = await ask("POST", f"{path}/queue", expect=(200, 202))
        await ask("GET", f"{path}/queue")
        for target in ("", "/seatmap", "/availability", "/queue/status"):
            await ask("GET", path + target)
        await ask("GET", "/api/events?limit=100")
        await ask("GET", "/api/me")
        await ask("POST", "/api/ws-ticket", expect=(200, 201))
        if joined is None or not joined["admission"]:
            continue
        token = joined["admission"]["token"]
        held = await create(f"{path}/holds", seat, 201, Queue_Admission=token)
        if held is None:
            continue
        hold = f"/api/holds/{held['hold']['id']}"
        await ask("GET", hold)
        if not pays:
            await ask("DELETE", hold, expect=(204,), expect_repeated=(404,))
            continue
        paid = await create(f"{hold}/checkout", payment, 201)
        await ask("GET", "/api/orders")
        if paid is not None:
            await ask("GET", f"/api/orders/{paid['order']['id']}")
            await create(f"/api/orders/{paid['order']['id']}/refund", {}, 200)
        # A buyer whose admission is used leaves the line when the queue receives the order. While
        # the instance that relays the outbox is replaced, this waits for the next relay.
        while (left := await ask("GET", f"{path}/queue", expect=(200, 404))) and left.status == 200:
            pass


async def poll_overview(organiser: Person, balancer: Balancer) -> None:
    """Poll the organiser's live page, which the metrics service answers."""
    while True:
        await balancer.call(organiser, "GET", "/api/admin/overview", expect=(200,))
        await asyncio.sleep(2 * PAUSE_SECONDS)


class Watcher:
    """A live client that records the version of each update and the state of each seat."""

    def __init__(self, person: Person, balancer: Balancer, outcomes: Outcomes, states: str) -> None:
        self._person, self._balancer, self._outcomes = person, balancer, outcomes
        self.states = list(states)
        self.versions: list[int] = []
        self.recovered: list[bool] = []
        self.subscribed = asyncio.Event()
        self.restored = 0

    async def follow(self, event_id: str) -> None:
        async with (
            aiohttp.ClientSession() as session,
            LiveConnection(session, self._address) as live,
        ):
            await live.subscribe(event_id)
            async for message in live:
                self._take(message.type, message.data)
                self._outcomes.reconnects[self._outcomes.phase] += live.reconnects - self.restored
                self.restored = live.reconnects

    async def _address(self) -> Address:
        url = self._balancer.url.replace("http", "ws", 1)
        return Address(f"{url}/ws", self._person.headers)

    def _take(self, kind: str, data: Json) -> None:
        if kind == "subscribed":
            self.recovered.append(data["recovered"])
            self.subscribed.set()
        elif kind == "seat-update":
            self.versions.append(data["version"])
            for seat, state in data["changes"]:
                self.states[seat] = state

    @property
    def missed(self) -> int:
        """How many versions between the first and the last never came."""
        return self.versions[-1] - self.versions[0] + 1 - len(set(self.versions))

    @property
    def repeated(self) -> int:
        return len(self.versions) - len(set(self.versions))


@contextlib.asynccontextmanager
async def running(*work: Awaitable[None]) -> AsyncIterator[None]:
    """Run coroutines that never end until the block ends. An error of one is raised here."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def replace(instance: Instance, outcomes: Outcomes, end: Callable[[Instance], None]) -> None:
    started = time.monotonic()
    await asyncio.to_thread(end, instance)
    outcomes.seconds_to_leave[outcomes.phase] = time.monotonic() - started
    started = time.monotonic()
    await asyncio.to_thread(instance.start)
    outcomes.seconds_to_ready[outcomes.phase] = time.monotonic() - started
    await asyncio.sleep(SETTLED_SECONDS)


def shut_down(instance: Instance) -> None:
    instance.stop()
    assert instance.child.exit_code == 0, instance.child.tail()


async def wait_until_caught_up(watcher: Watcher, person: Person, availability: str) -> None:
    """Return when the watcher has the same state of every seat as the API."""
    deadline = time.monotonic() + 15
    while (truth := (await person.call("GET", availability))["states"]) != (
        seen := "".join(watcher.states)
    ):
        assert time.monotonic() < deadline, f"the API has {truth}, the watcher {seen}"
        await asyncio.sleep(0.2)


@pytest.fixture
async def balanced(
    deployment: Deployment,
) -> AsyncIterator[tuple[Balancer, aiohttp.ClientSession, Outcomes]]:
    """A balancer, its clients' HTTP session, which hides no lost connection, and the outcomes."""
    outcomes = Outcomes()
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=30)
    ) as http:
        http._retry_connection = False  # else aiohttp resends a GET whose connection was lost
        balancer = Balancer(deployment.of("gateway"), http, outcomes)
        async with running(balancer.watch()):
            yield balancer, http, outcomes


async def test_replacing_any_instance_under_load_fails_no_request(
    fan: NewFan, organiser: Person, new_event: NewEvent, deployment: Deployment,
    balanced: tuple[Balancer, aiohttp.ClientSession, Outcomes],
) -> None:  # fmt: skip
    balancer, http, outcomes = balanced
    replaced = [each for service in PORTS for each in deployment.of(service)[:INSTANCES]]
    killed = deployment.of("notifier")[:INSTANCES]
    event = await new_event()
    buyers = [await fan() for _ in range(BUYERS)]
    for person in (*buyers, organiser):
        person.http = http
    seats = await buyers[0].seats(event["id"])
    availability = f"/api/events/{event['id']}/availability"
    states = (await organiser.call("GET", availability))["states"]
    watchers = [Watcher(buyers[n % BUYERS], balancer, outcomes, states) for n in range(WATCHERS)]
    async with running(*(watcher.follow(event["id"]) for watcher in watchers)):
        async with asyncio.timeout(10):
            await asyncio.gather(*(watcher.subscribed.wait() for watcher in watchers))
        async with running(
            poll_overview(organiser, balancer),
            *(
                keep_buying(person, balancer, event, seat["id"])
                for person, seat in zip(buyers, seats, strict=False)
            ),
        ):
            await asyncio.sleep(SETTLED_SECONDS)
            for instance in replaced:
                outcomes.phase = instance.name
                await replace(instance, outcomes, shut_down)
            for instance in killed:
                outcomes.phase = f"{instance.name} killed"
                await replace(instance, outcomes, Instance.kill)
            outcomes.phase = "after"
        print(f"\n{outcomes.table()}")
        organiser.base_url = balancer.url
        await asyncio.gather(
            *(wait_until_caught_up(watcher, organiser, availability) for watcher in watchers)
        )
    missed = sum(watcher.missed for watcher in watchers)
    repeated = sum(watcher.repeated for watcher in watchers)
    heard = sum(len(watcher.versions) for watcher in watchers)
    print(f"live: {heard} heard, {missed} missed, {repeated} repeated")
    assert not any(outcomes.failures.values()), dict(outcomes.failures)
    assert (missed, repeated) == (0, 0)
    assert all(all(watcher.recovered[1:]) for watcher in watchers)
    assert all(outcomes.reconnects[f"{each.name} killed"] for each in killed)
