"""When a response comes from the cache, and when from its service."""

import asyncio
import gzip

import pytest
from aiohttp import web
from services.gateway.tests.harness import (
    Clock,
    Eventually,
    FreePort,
    Gateway,
    StartGateway,
    Upstream,
)
from yarl import URL

from tiketi_gateway.adapters.cache import MAX_DOCUMENTS, MAX_PAGES, ResponseCache
from tiketi_gateway.adapters.upstream import Service
from tiketi_gateway.errors import ServiceUnavailable
from tiketi_gateway.http1.documents import Document


class Shop:
    """Answers `/api/events` with a growing version, and counts how often it was asked."""

    def __init__(self, upstream: Upstream, control: str | None = None) -> None:
        self.asked = self.unchanged = 0
        self.version = 1
        self.status = 200
        self.hangs_up = False
        self.delay = 0.0
        self._control = control
        upstream.handlers["/api/events"] = self._answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        await asyncio.sleep(self.delay)
        if self.hangs_up:
            assert request.transport is not None
            request.transport.abort()
        etag = f'"{self.version}"'
        headers = {"ETag": etag, **({"Cache-Control": self._control} if self._control else {})}
        if self.status != 200:
            return web.json_response({"code": "broken"}, status=self.status)
        if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
            self.unchanged += 1
            return web.Response(status=304, headers=headers)
        return web.json_response({"version": self.version, "pad": "x" * 2000}, headers=headers)


async def version_of(gateway: Gateway) -> int:
    status, body, _ = await gateway.ask("GET", "/api/events")
    assert status == 200
    version: int = body["version"]
    return version


async def test_a_hundred_readers_share_one_request_to_the_service(
    gateway: Gateway, upstream: Upstream
) -> None:
    shop = Shop(upstream, "public, max-age=60")
    shop.delay = 0.1
    versions = await asyncio.gather(*(version_of(gateway) for _ in range(100)))
    assert set(versions) == {1}
    assert shop.asked == 1


async def test_a_stale_response_is_given_out_while_it_is_fetched_again(
    gateway: Gateway, upstream: Upstream, eventually: Eventually
) -> None:
    shop = Shop(upstream, "public, max-age=0")
    assert await version_of(gateway) == 1
    shop.version, shop.delay = 2, 0.2
    assert await version_of(gateway) == 1

    async def is_new() -> bool:
        return bool(await version_of(gateway) == 2)

    await eventually(is_new)


async def test_an_unchanged_response_is_not_sent_again(
    gateway: Gateway, upstream: Upstream
) -> None:
    shop = Shop(upstream, "public, max-age=0")
    for _ in range(3):
        assert await version_of(gateway) == 1
        await asyncio.sleep(0.05)
    assert shop.unchanged >= 1


@pytest.mark.parametrize("control", ["no-store", "private, max-age=60"])
async def test_a_response_that_must_not_be_stored_is_not_kept(
    gateway: Gateway, upstream: Upstream, control: str
) -> None:
    shop = Shop(upstream, control)
    await version_of(gateway)
    shop.version = 2
    assert await version_of(gateway) == 2


async def test_the_last_response_stands_in_while_its_service_fails(
    gateway: Gateway, upstream: Upstream
) -> None:
    shop = Shop(upstream, "public, max-age=0")
    await version_of(gateway)
    shop.status = 503
    for _ in range(5):
        assert await version_of(gateway) == 1
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("status", "hangs_up"), [(500, False), (503, False), (200, True)])
async def test_the_last_response_stands_in_for_five_minutes_and_no_longer(  # noqa: PLR0917
    gateway: Gateway,
    upstream: Upstream,
    clock: Clock,
    eventually: Eventually,
    status: int,
    hangs_up: bool,
) -> None:
    """Fresh for 10 s, then as long as its service fails for 300 s, however often it is asked."""
    shop = Shop(upstream, "public, max-age=10")
    assert await version_of(gateway) == 1
    shop.version, shop.status, shop.hangs_up = 2, status, hangs_up
    for seconds in (9.5, 14, 50, 200, 309):
        clock.ahead = seconds
        assert await version_of(gateway) == 1, seconds
    clock.ahead = 315
    answered, _, _ = await gateway.ask("GET", "/api/events")
    assert answered >= 500
    shop.status, shop.hangs_up = 200, False

    async def is_back() -> bool:
        found: int = (await gateway.ask("GET", "/api/events"))[0]
        return found == 200

    await eventually(is_back)
    assert await version_of(gateway) == 2


async def test_a_response_confirmed_by_a_304_stands_in_for_another_five_minutes(
    gateway: Gateway, upstream: Upstream, clock: Clock
) -> None:
    shop = Shop(upstream, "public, max-age=10")
    assert await version_of(gateway) == 1
    clock.ahead = 200
    assert await version_of(gateway) == 1
    assert shop.unchanged == 1
    shop.status = 503
    clock.ahead = 500
    assert await version_of(gateway) == 1


async def test_each_page_of_a_list_is_kept_apart(gateway: Gateway, upstream: Upstream) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.json_response({"events": [], "cursor": request.query.get("cursor")})

    upstream.handlers["/api/events"] = page
    for _ in range(2):
        for cursor in ("second", "third"):
            _, body, _ = await gateway.ask("GET", f"/api/events?limit=5&cursor={cursor}")
            assert body["cursor"] == cursor
        assert (await gateway.ask("GET", "/api/events"))[1]["cursor"] is None


@pytest.mark.parametrize(
    "target",
    [
        "/api/events?x=1", "/api/events?x=2&y", "/api/events?", "/api/events?LIMIT=3",
        "/api/events?" + "&".join(f"x{number}={number}" for number in range(200)),
    ],
)  # fmt: skip
async def test_a_parameter_that_a_list_does_not_know_makes_no_copy_of_it(
    gateway: Gateway, upstream: Upstream, target: str
) -> None:
    shop = Shop(upstream, "public, max-age=60")
    assert await version_of(gateway) == 1
    _, list_, _ = await gateway.ask("GET", "/api/events")
    assert (await gateway.ask("GET", target))[:2] == (200, list_)
    assert shop.asked == 1


@pytest.mark.parametrize(
    "target",
    [
        "/api/events?cursor=a%20b&limit=5", "/api/events?limit=5&x=1&cursor=a+b",
        "/api/events?limit=%35&limit=6&%63ursor=a%20b",
    ],
)  # fmt: skip
async def test_each_writing_of_a_query_is_the_same_page(
    gateway: Gateway, upstream: Upstream, target: str
) -> None:
    asked = []

    async def page(request: web.Request) -> web.StreamResponse:
        asked.append((request.query.get("limit"), request.query.get("cursor")))
        return web.json_response({}, headers={"Cache-Control": "public, max-age=60"})

    upstream.handlers["/api/events"] = page
    for each in ("/api/events?limit=5&cursor=a%20b", target):
        status, _, _ = await gateway.ask("GET", URL(each, encoded=True).raw_path_qs)
        assert status == 200
    assert asked == [("5", "a b")]


async def test_any_number_of_pages_leaves_what_everybody_reads(
    start: StartGateway, upstream: Upstream
) -> None:
    """More pages than the cache has room for altogether, asked one by one and together."""
    gateway = await start(limits="off")
    shop = Shop(upstream, "public, max-age=60")
    others = [f"/api/events/e{number}" for number in range(20)]
    for path in ("/api/events", *others):
        assert (await gateway.ask("GET", path))[0] == 200
    for first in range(0, MAX_DOCUMENTS + 100, 50):
        pages = [f"/api/events?cursor=c{number}" for number in range(first, first + 50)]
        answers = await asyncio.gather(*(gateway.ask("GET", page) for page in pages))
        assert {status for status, _, _ in answers} == {200}
    asked = shop.asked
    for path in ("/api/events", *others):
        assert (await gateway.ask("GET", path))[0] == 200
    assert shop.asked == asked
    assert [len(upstream.to(path)) for path in others] == [1] * 20


async def test_a_page_that_is_read_stays_while_others_come_and_go(
    start: StartGateway, upstream: Upstream
) -> None:
    gateway = await start(limits="off")
    shop = Shop(upstream, "public, max-age=60")
    for number in range(3 * MAX_PAGES):
        assert (await gateway.ask("GET", f"/api/events?cursor=c{number}"))[0] == 200
        assert (await gateway.ask("GET", "/api/events?cursor=read"))[0] == 200
    assert shop.asked == 3 * MAX_PAGES + 1
    assert (await gateway.ask("GET", "/api/events?cursor=c0"))[0] == 200
    assert shop.asked == 3 * MAX_PAGES + 2


async def test_a_page_whose_place_was_taken_while_it_was_fetched_is_answered(
    start: StartGateway, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await start(limits="off")
    is_asked, go_on = asyncio.Event(), asyncio.Event()

    async def page(request: web.Request) -> web.StreamResponse:
        if request.query.get("cursor") == "slow":
            is_asked.set()
            await go_on.wait()
        return web.json_response(
            {"cursor": request.query["cursor"]}, headers={"Cache-Control": "public, max-age=60"}
        )

    upstream.handlers["/api/events"] = page
    slow = asyncio.ensure_future(gateway.ask("GET", "/api/events?cursor=slow"))
    await is_asked.wait()
    for number in range(MAX_PAGES + 1):
        await gateway.ask("GET", f"/api/events?cursor=c{number}")
    go_on.set()
    assert (await slow)[:2] == (200, {"cursor": "slow"})
    is_asked.clear()
    assert (await gateway.ask("GET", "/api/events?cursor=slow"))[:2] == (200, {"cursor": "slow"})
    assert not is_asked.is_set()
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_query_makes_no_second_copy_of_one_thing(
    gateway: Gateway, upstream: Upstream
) -> None:
    for number in range(20):
        assert (await gateway.ask("GET", f"/api/events/e1?x={number}"))[0] == 200
    assert len(upstream.to("/api/events/e1")) == 1


async def test_an_error_is_passed_on_and_not_kept(gateway: Gateway, upstream: Upstream) -> None:
    shop = Shop(upstream)
    shop.status = 404
    status, body, _ = await gateway.ask("GET", "/api/events")
    assert (status, body["code"]) == (404, "broken")
    shop.status = 200
    assert await version_of(gateway) == 1


async def test_without_a_service_and_a_kept_response_all_readers_get_an_error(
    free_port: FreePort,
) -> None:
    service = Service("booking", [f"http://127.0.0.1:{free_port()}"])
    catalogue = ResponseCache()
    results = await asyncio.gather(
        *(catalogue.fetched(service, b"/api/events", b"") for _ in range(3)),
        return_exceptions=True,
    )
    assert all(isinstance(result, ServiceUnavailable) for result in results)


async def test_a_client_gets_an_encoding_that_it_accepts(
    gateway: Gateway, upstream: Upstream
) -> None:
    Shop(upstream, "public, max-age=60")
    answer = await gateway.raw(
        b"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n"
        b"Connection: close\r\n\r\n"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert b"Vary: Accept-Encoding" in head
    assert b'"version"' in gzip.decompress(body)
    plain = await gateway.raw(
        b"GET /api/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    assert b'"version"' in plain


async def test_the_cache_is_bounded(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiketi_gateway.adapters.cache.MAX_DOCUMENTS", 10)
    service, catalogue = Service("booking", [upstream.url]), ResponseCache()
    for number in range(30):
        found = await catalogue.fetched(service, b"/api/events/%d" % number, b"")
        assert isinstance(found, Document)
    kept = [n for n in range(30) if catalogue.kept(b"/api/events/%d" % n, "x") is not None]
    assert kept == list(range(20, 30))
