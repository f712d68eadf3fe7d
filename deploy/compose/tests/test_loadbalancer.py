"""The shipped HAProxy configuration in a real HAProxy before two gateways that can leave."""

import asyncio
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class Gateway:
    """Says its name, echoes on a WebSocket, and is ready or leaving."""

    name: str
    ready: bool = True
    posts: int = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/ws", self._ws)
        app.router.add_get("/slow", self._slow)
        app.router.add_get("/", self._name)
        app.router.add_post("/die", self._die)
        return app

    async def _readyz(self, _: web.Request) -> web.Response:
        return web.Response(status=200 if self.ready else 503)

    async def _name(self, request: web.Request) -> web.Response:
        identity = request.headers.get("X-Tiketi-Identity", "")
        return web.Response(text=self.name, headers={"Seen-Identity": identity})

    async def _die(self, request: web.Request) -> web.Response:
        """Takes the request, and ends without an answer, as an instance that is killed does."""
        await request.read()
        self.posts += 1
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def _slow(self, _: web.Request) -> web.Response:
        await asyncio.sleep(3)
        return web.Response(text=self.name)

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"{self.name}: {message.data}")
        return socket


@dataclass
class Balanced:
    url: str
    gateways: dict[str, Gateway]
    process: asyncio.subprocess.Process


@pytest.fixture
async def balanced(
    compose: Path, haproxy: Callable[[], str], free_port: Callable[[], int], tmp_path: Path
) -> AsyncIterator[Balanced]:
    public, operations = free_port(), free_port()
    text = (compose / "haproxy/haproxy.cfg").read_text()
    async with AsyncExitStack() as stack:
        gateways, lines = {}, []
        for name in ("one", "two"):
            gateways[name] = Gateway(name)
            server = await stack.enter_async_context(TestServer(gateways[name].app()))
            lines.append(f"    server {name} {server.host}:{server.port} port {server.port}")
        text, found = re.subn(r" +server-template .*", "\n".join(lines), text)
        assert found == 1
        text = text.replace(":8080", f"127.0.0.1:{public}").replace(
            ":8405", f"127.0.0.1:{operations}"
        )
        configuration = tmp_path / "haproxy.cfg"
        configuration.write_text(text)
        process = await asyncio.create_subprocess_exec(
            haproxy(), "-db", "-f", str(configuration),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await _until_up(f"http://127.0.0.1:{public}/")
            yield Balanced(f"http://127.0.0.1:{public}", gateways, process)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _until_up(url: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(15):
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)


async def ask(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url) as response:
        assert response.status == 200
        return await response.text()


async def test_a_browser_stays_at_its_gateway_for_a_day(balanced: Balanced) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        answers = Counter([await ask(browser, balanced.url) for _ in range(10)])
        (cookie,) = jar
    assert len(answers) == 1
    assert cookie.key == "tiketi_route"
    assert cookie["max-age"] == "86400"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


async def test_different_browsers_are_spread(balanced: Balanced) -> None:
    seen = set()
    for _ in range(10):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            seen.add(await ask(browser, balanced.url))
    assert seen == {"one", "two"}


async def test_a_leaving_gateway_keeps_what_is_open_and_gets_nothing_new(
    balanced: Balanced,
) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        mine = await ask(browser, balanced.url)
        async with browser.ws_connect(f"{balanced.url}/ws") as socket:
            slow = asyncio.create_task(ask(browser, f"{balanced.url}/slow"))
            await asyncio.sleep(0.2)
            balanced.gateways[mine].ready = False
            async with asyncio.timeout(10):
                while await ask(browser, balanced.url) == mine:  # noqa: ASYNC110  a process
                    await asyncio.sleep(0.2)
            await socket.send_str("still here")
            assert (await socket.receive(timeout=5)).data == f"{mine}: still here"
            assert await slow == mine


async def test_a_client_cannot_bring_an_identity_along(balanced: Balanced) -> None:
    async with aiohttp.ClientSession() as session:
        headers = {"X-Tiketi-Identity": "forged"}
        async with session.get(balanced.url, headers=headers) as response:
            assert response.headers["Seen-Identity"] == ""


async def test_a_change_that_a_gateway_died_over_is_not_sent_to_another(
    balanced: Balanced,
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{balanced.url}/die", data=b"{}") as response,
    ):
        assert response.status == 502
    assert sum(gateway.posts for gateway in balanced.gateways.values()) == 1


async def test_a_balancer_that_is_replaced_finishes_what_is_open(
    balanced: Balanced, compose: Path
) -> None:
    """By the signal that compose stops it with."""
    files = yaml.safe_load((compose / "loadbalancer.yml").read_text())
    stop = signal.Signals[files["services"]["loadbalancer"]["stop_signal"]]
    async with (
        aiohttp.ClientSession() as browser,
        browser.ws_connect(f"{balanced.url}/ws") as socket,
    ):
        slow = asyncio.create_task(ask(browser, f"{balanced.url}/slow"))
        await socket.send_str("open")
        mine = str((await socket.receive(timeout=5)).data)
        balanced.process.send_signal(stop)
        assert await slow in balanced.gateways
        await socket.send_str("open")
        assert (await socket.receive(timeout=5)).data == mine
    assert await asyncio.wait_for(balanced.process.wait(), 15) == 0


def test_a_browser_is_remembered_for_as_long_as_its_cookie_lives(compose: Path) -> None:
    """HAProxy honours it by a rule of its own, beside the age that the browser is told."""
    text = (compose / "haproxy/haproxy.cfg").read_text()
    (cookie,) = re.findall(r"^ +cookie tiketi_route .*$", text, re.MULTILINE)
    ages = re.findall(r"Max-Age=(\d+)|max(?:life|idle) (\d+)s", cookie)
    assert [int(told or honoured) for told, honoured in ages] == [86_400, 86_400]
