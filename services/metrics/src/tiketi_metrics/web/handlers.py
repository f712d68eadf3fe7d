"""The organisers' view of a running sale."""

import time

from aiohttp import web

from tiketi_metrics.domain.board import Board
from tiketi_metrics.domain.policy import Policy
from tiketi_metrics.web.overview import overview
from tiketi_shared.web import json_response, require_role

BOARD = web.AppKey("BOARD", Board)
POLICY = web.AppKey("POLICY", Policy)


async def get_overview(request: web.Request) -> web.Response:
    """Lines, sales, services and scaling as they were at the last look, with their ages."""
    require_role(request, "admin")
    content = overview(request.app[BOARD], request.app[POLICY], time.time())
    return json_response(content, headers={"Cache-Control": "no-store"})
