"""A store is killed: what still works without it, and that everything recovers when it is back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from tests.harness import NewEvent, NewFan

from tiketi_local.deployment import Deployment, Instance


async def wait_until_ready(deployment: Deployment) -> None:
    for instance in deployment.instances:
        await wait_until(instance.ready, f"{instance.name} is not ready: {instance.readiness()}")


async def wait_until(true: Callable[[], bool], what: str, within: float = 30) -> None:
    deadline = time.monotonic() + within
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.1)


def reports_missing(instance: Instance, store: str) -> bool:
    status, missing = instance.readiness()
    return status == 503 and any(store in name.lower() for name in missing)


@pytest.fixture(autouse=True)
async def restart_stores(deployment: Deployment) -> AsyncIterator[None]:
    yield
    for store in deployment.stores.servers:
        await asyncio.to_thread(store.start)
    await wait_until_ready(deployment)


async def test_without_redis_those_admitted_go_on_buying(
    fan: NewFan, new_event: NewEvent, deployment: Deployment
) -> None:
    event = await new_event(capacity=1)
    buyer, waiting = await fan(gateway=0), await fan(gateway=1)
    admission = await buyer.enter(event["id"])
    place = await waiting.join(event["id"])
    assert place.status == 202
    seat = (await buyer.seats(event["id"]))[0]["id"]
    assert deployment.stores.redis
    deployment.stores.redis.kill()
    await wait_until(
        lambda: reports_missing(deployment.instance("queue-1"), "redis"),
        "the queue is ready without Redis",
    )

    held = await buyer.hold(event["id"], admission, {"seat_ids": [seat]})
    assert held.status == 201, held
    assert (await buyer.pay(held["hold"]["id"])).status == 201
    paused = await waiting.place(event["id"])
    assert paused.status == 503, paused
    assert "Retry-After" in paused.headers

    deployment.stores.redis.start()
    await wait_until_ready(deployment)
    back = await waiting.call(
        "POST", f"/api/events/{event['id']}/queue", {"ticket": place["ticket"]}
    )
    assert back.status in {200, 202}
    assert back["number"] == place["number"]


async def test_without_postgres_holds_are_refused_for_now(
    fan: NewFan, new_event: NewEvent, deployment: Deployment
) -> None:
    event = await new_event()
    buyer = await fan()
    admission = await buyer.enter(event["id"])
    seat = (await buyer.seats(event["id"]))[0]["id"]
    assert deployment.stores.postgres
    deployment.stores.postgres.kill()
    await wait_until(
        lambda: reports_missing(deployment.instance("booking-1"), "postgres"),
        "booking is ready without Postgres",
    )
    refused = await buyer.hold(event["id"], admission, {"seat_ids": [seat]})
    assert refused.status == 503, refused
    assert "Retry-After" in refused.headers

    deployment.stores.postgres.start()
    await wait_until_ready(deployment)
    held = await buyer.hold(event["id"], admission, {"seat_ids": [seat]})
    assert held.status == 201, held


async def test_without_rabbitmq_sales_go_on_and_are_told_later(
    fan: NewFan, new_event: NewEvent, deployment: Deployment
) -> None:
    event = await new_event()
    buyer, watcher = await fan(gateway=0), await fan(gateway=1)
    admission = await buyer.enter(event["id"])
    seat = (await buyer.seats(event["id"]))[5]["id"]
    assert deployment.stores.rabbitmq
    async with watcher.live() as live:
        await live.send_json({"type": "subscribe", "data": {"event_id": event["id"]}})
        deployment.stores.rabbitmq.kill()
        held = await buyer.hold(event["id"], admission, {"seat_ids": [seat]})
        assert held.status == 201, held
        assert (await buyer.pay(held["hold"]["id"])).status == 201
        await asyncio.to_thread(deployment.stores.rabbitmq.start)
        changes: list[list[int | str]] = []
        async with asyncio.timeout(40):
            while [5, "s"] not in changes:
                message = await live.receive_json()
                if message["type"] == "seat-update":
                    changes += message["data"]["changes"]


async def test_an_instance_that_is_killed_is_not_missed(
    fan: NewFan, new_event: NewEvent, deployment: Deployment
) -> None:
    event = await new_event()
    for number, service in enumerate(("queue", "booking")):
        victim = deployment.of(service)[0]
        victim.kill()
        buyer = await fan()
        admission = await buyer.enter(event["id"])
        seat = (await buyer.seats(event["id"]))[number]["id"]
        held = await buyer.hold(event["id"], admission, {"seat_ids": [seat]})
        assert held.status == 201, held
        assert (await buyer.pay(held["hold"]["id"])).status == 201
        await asyncio.to_thread(victim.start)
