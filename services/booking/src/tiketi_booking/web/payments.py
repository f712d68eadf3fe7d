"""Webhooks of payment providers."""

from aiohttp import web

from tiketi_booking.web.keys import RECEIVE_NEWS


async def news(request: web.Request) -> web.Response:
    await request.app[RECEIVE_NEWS](
        request.match_info["provider"], request.headers, await request.read()
    )
    return web.Response(status=204)
