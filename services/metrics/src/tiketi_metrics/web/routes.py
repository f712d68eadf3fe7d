"""The URL table."""

from tiketi_metrics.web.handlers import get_overview
from tiketi_metrics.web.schemas import Overview
from tiketi_shared.routes import Route

ROUTES = [
    Route(
        method="GET", path="/api/admin/overview", handler=get_overview, access="admin",
        summary="Watch the sale live", answers={200: Overview}, tag="organisers",
    ),
]  # fmt: skip
