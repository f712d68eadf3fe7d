"""Server-Sent Events say what the WebSocket says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientResponse, ClientSession
from services.notifier.tests.harness import (
    Join,
    Notifier,
    Outbox,
    PublishRound,
    SignIdentity,
    Start,
)

from tiketi_notifier.web.stream import position_of
from tiketi_shared.ids import EventId


@asynccontextmanager
async def listening(
    notifier: Notifier, event_id: str, **headers: str
) -> AsyncIterator[ClientResponse]:
    url = f"{notifier.url}/api/events/{event_id}/stream"
    async with ClientSession() as session, session.get(url, headers=headers) as response:
        yield response


async def next_event(response: ClientResponse) -> dict[str, str]:
    """Name, id and data of the next event that is no comment."""
    event: dict[str, str] = {}
    async with asyncio.timeout(5):
        while line := (await response.content.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            event[name] = value
    return event if "data" in event else await next_event(response)


async def test_the_same_messages_come_with_ids_to_go_on_from(
    notifier: Notifier, join: Join, outbox: Outbox, identity: SignIdentity, event_id: EventId
) -> None:
    me = {"X-Tiketi-Identity": identity("fan")}
    fan = await join(notifier, "other")
    await fan.subscribe(event_id)
    async with listening(notifier, event_id, **me) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        first = await next_event(response)
        assert json.loads(first["data"])["type"] == first["event"] == "subscribed"
        await outbox.change((1, "h"))
        update = await next_event(response)
    heard = await fan.receive("seat-update")
    assert json.loads(update["data"]) == {"type": "seat-update", "data": heard}
    assert update["id"] == f"{heard['epoch']}:{heard['version']}"

    await outbox.change((2, "h"))
    await outbox.change((3, "s"))
    missed = [await fan.receive("seat-update")]
    while 3 not in dict(missed[-1]["changes"]):
        missed.append(await fan.receive("seat-update"))
    async with listening(notifier, event_id, **me, **{"Last-Event-ID": update["id"]}) as response:
        answer = json.loads((await next_event(response))["data"])["data"]
        assert answer["recovered"]
        for each in missed:
            assert json.loads((await next_event(response))["data"])["data"] == each


async def test_an_admission_reaches_its_stream(
    notifier: Notifier, identity: SignIdentity, publish_round: PublishRound, event_id: EventId
) -> None:
    async with listening(notifier, event_id, **{"X-Tiketi-Identity": identity("a")}) as response:
        await next_event(response)
        await publish_round(event_id, {"a": {"token": "t", "expires_at": "x"}}, phase="on_sale")
        assert (await next_event(response))["event"] == "queue-enter"
        assert (await next_event(response))["event"] == "queue-progress"


@pytest.mark.parametrize("sent", ["", "nonsense"])
async def test_a_stream_needs_an_identity(notifier: Notifier, event_id: EventId, sent: str) -> None:
    async with listening(notifier, event_id, **{"X-Tiketi-Identity": sent}) as response:
        assert response.status == 401


async def test_a_stream_of_no_event_is_unknown(notifier: Notifier, identity: SignIdentity) -> None:
    me = {"X-Tiketi-Identity": identity("fan")}
    async with listening(notifier, "nothing", **me) as response:
        assert response.status == 404
        assert (await response.json())["code"] == "not_found"


async def test_too_many_streams_are_refused(
    start: Start, identity: SignIdentity, event_id: EventId
) -> None:
    notifier = await start(MAX_CONNECTIONS_PER_PERSON=1)
    me = {"X-Tiketi-Identity": identity("fan")}
    async with listening(notifier, event_id, **me), listening(notifier, event_id, **me) as second:
        assert second.status == 429
        assert int(second.headers["Retry-After"]) > 0


async def test_a_leaving_instance_ends_its_streams(
    start: Start, identity: SignIdentity, event_id: EventId
) -> None:
    notifier = await start(DRAIN_SECONDS=1)
    me = {"X-Tiketi-Identity": identity("fan")}
    async with listening(notifier, event_id, **me) as response:
        await next_event(response)
        notifier.terminate()
        assert (await next_event(response))["event"] == "reconnect"
        goodbye = json.loads((await next_event(response))["data"])
        assert goodbye["data"]["code"] == "closed_1012"
    assert await notifier.ended() == 0


async def test_a_reader_that_stops_is_cut(
    start: Start, identity: SignIdentity, outbox: Outbox, event_id: EventId
) -> None:
    notifier = await start(MAX_QUEUED_BYTES=65536, CLOSE_SECONDS=0.5)
    me = {"X-Tiketi-Identity": identity("slow")}
    async with listening(notifier, event_id, **me) as response:
        await next_event(response)
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.pause_reading()
        for _ in range(100):
            await outbox.change(*[(seat, "h") for seat in range(20_000)])
            if await notifier.metric("tiketi_live_slow_cut_total"):
                break
        assert await notifier.metric("tiketi_live_connections") == 0


async def test_a_client_that_goes_away_is_no_failed_request(
    start: Start, identity: SignIdentity, event_id: EventId
) -> None:
    notifier = await start(PING_SECONDS=1)
    me = {"X-Tiketi-Identity": identity("fan")}
    async with listening(notifier, event_id, **me) as response:
        await next_event(response)
        response.close()
    await notifier.until_connected(0)
    async with ClientSession() as session, session.get(f"{notifier.url}/metrics") as answer:
        metrics = await answer.text()
    counted = 'tiketi_requests_total{method="GET",route="/api/events/{id}/stream",status="%d"} 1.0'
    assert counted % 200 in metrics
    assert counted % 500 not in metrics


@pytest.mark.parametrize("sent", [None, "", "nonsense", "e:", ":3", "e:-1", "e:3x"])
def test_an_id_that_is_none_of_ours_is_as_if_there_were_none(sent: str | None) -> None:
    assert position_of(sent) is None
