"""`?limit=&cursor=` of lists."""

from aiohttp import web

from tiketi_shared.errors import Invalid
from tiketi_shared.ids import is_id

MAX_LIMIT = 200


def page_limit(request: web.Request, default: int = 50) -> int:
    """Raises Invalid."""
    text = request.query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        raise Invalid(errors={"limit": f"is 1 to {MAX_LIMIT}"})
    return int(text)


def cursor_id(request: web.Request) -> str | None:
    """The id after which the page begins. Raises Invalid."""
    cursor = request.query.get("cursor") or None
    if cursor is not None and not is_id(cursor):
        raise Invalid(errors={"cursor": "is not one that was given out"})
    return cursor


def cursor_number(request: web.Request) -> int:
    """How many entries come before the page. Raises Invalid."""
    cursor = request.query.get("cursor") or "0"
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise Invalid(errors={"cursor": "is not one that was given out"})
    return int(cursor)
