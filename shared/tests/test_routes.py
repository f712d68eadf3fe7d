"""The application serves what the table lists."""

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tiketi_shared.routes import Route, add_routes


async def look(request: web.Request) -> web.Response:
    return web.Response(text=f"looked at {request.match_info['row']}")


async def take(request: web.Request) -> web.Response:
    return web.Response(text=f"took {request.match_info['row']}")


async def test_each_route_is_served_by_its_own_handler() -> None:
    app = web.Application()
    add_routes(
        app,
        [
            Route(method="GET", path="/rows/{row}", handler=look, summary="Look"),
            Route(method="POST", path="/rows/{row}", handler=take, summary="Take"),
        ],
    )
    async with TestClient(TestServer(app)) as client:
        assert await (await client.get("/rows/3")).text() == "looked at 3"
        assert await (await client.post("/rows/3")).text() == "took 3"
        assert (await client.delete("/rows/3")).status == 405
        assert (await client.get("/seats/3")).status == 404
