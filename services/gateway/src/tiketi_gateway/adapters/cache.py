"""Responses that are the same for everyone, kept in memory.

A response is kept as long as its service says. A fresh one is given out; a stale one too, while one
request fetches it again; and for minutes a stale one stands in when the service fails
(`domain/freshness.py`). Readers of the same target share one fetch.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from tiketi_gateway import metrics
from tiketi_gateway.domain.freshness import Freshness, fresh_seconds
from tiketi_gateway.domain.headers import response_headers, value_of
from tiketi_gateway.http1.client_connection import Incoming
from tiketi_gateway.http1.documents import COMPRESS_FROM, Document, gzipped, make_document
from tiketi_gateway.http1.outgoing import Outgoing
from tiketi_gateway.http1.replies import Reply, status_line
from tiketi_gateway.ports import Service
from tiketi_shared.errors import TiketiError

IN_THREAD_FROM = 16384
"""Bytes from which compressing runs in a thread."""

MAX_DOCUMENTS = 512
MAX_PAGES = 64
"""Of these, pages of lists (targets with a query). Anybody can ask for any number of pages, which
must not take the room of what everybody reads."""

MAX_BYTES = 256 * 1024 * 1024
FAILED_SECONDS = 1.0
"""How long a response that stands in for an error is given out before the next attempt."""

_REPLACED = (b"content-type", b"etag", b"vary", b"content-encoding")
_DEFAULT_CONTROL = b"Cache-Control: public, max-age=1\r\n"


@dataclass(slots=True)
class Entry:
    """What is kept for one target; `document` is None until the first response.

    `answered` is the freshness of the service's last good response. A failure extends `freshness`
    but not how long the response may stand in for an error.
    """

    freshness: Freshness = field(default_factory=lambda: Freshness(0.0, 0.0))
    answered: Freshness = field(default_factory=lambda: Freshness(0.0, 0.0))
    document: Document | None = None
    fetch: "asyncio.Future[Reply | None] | None" = None

    def stands_in(self, now: float) -> bool:
        """Whether the document may be given out in place of an error."""
        return self.document is not None and self.answered.serves_errors(now)


class ResponseCache:
    """Entries by target; see `ports.ResponseCache` for the contract."""

    def __init__(self) -> None:
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()
        """In the order in which they were read."""
        self._tasks: set[asyncio.Task[None]] = set()

    def kept(self, target: bytes, label: str) -> Document | None:
        entry = self._entries.get(target)
        if entry is None or entry.document is None:
            return None
        state = entry.freshness.state(asyncio.get_running_loop().time())
        if state == "expired":
            return None
        metrics.count(metrics.CACHE, label, state)
        self._entries.move_to_end(target)
        return entry.document

    def needs_refresh(self, target: bytes) -> bool:
        entry = self._entries[target]
        now = asyncio.get_running_loop().time()
        return entry.fetch is None and entry.freshness.state(now) != "fresh"

    def refresh(self, service: Service, target: bytes, headers: bytes) -> None:
        self._begin(self._entries[target], service, target, headers)

    async def fetched(self, service: Service, target: bytes, headers: bytes) -> Document | Reply:
        entry = self._entries.setdefault(target, Entry())
        now = asyncio.get_running_loop().time()
        if entry.document is not None and entry.freshness.state(now) == "fresh":
            return entry.document  # another request fetched it meanwhile
        fetch = entry.fetch or self._begin(entry, service, target, headers)
        uncached = await asyncio.shield(fetch)
        if uncached is not None:
            return uncached
        assert entry.document is not None  # noqa: S101  a fetch gives a reply or sets the document
        return entry.document

    def _begin(
        self, entry: Entry, service: Service, target: bytes, headers: bytes
    ) -> "asyncio.Future[Reply | None]":
        fetch: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        entry.fetch = fetch
        task = asyncio.ensure_future(self._fetch(entry, fetch, service, target, headers))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return fetch

    async def _fetch(
        self, entry: Entry, fetch: "asyncio.Future[Reply | None]", service: Service, target: bytes,
        headers: bytes,
    ) -> None:  # fmt: skip
        now = asyncio.get_running_loop().time()
        try:
            outcome = await _load(entry, service, target, headers)
        except TiketiError as error:
            if entry.stands_in(now):
                seconds = min(FAILED_SECONDS, entry.freshness.seconds or FAILED_SECONDS)
                entry.freshness = Freshness(now, seconds)
                fetch.set_result(None)
            else:
                _fail(fetch, error)
        except Exception as error:  # noqa: BLE001  handed to those that wait
            _fail(fetch, error)
        else:
            fetch.set_result(outcome)
        finally:
            entry.fetch = None
            self._trim(target, entry)

    def _trim(self, target: bytes, entry: Entry) -> None:
        """Drop what must not be kept, and beyond the bounds what was not read for the longest."""
        if entry.document is None:
            if self._entries.get(target) is entry:
                del self._entries[target]
            return
        self._entries[target] = entry  # it may have been dropped while it was fetched
        self._entries.move_to_end(target)
        pages = [each for each in self._entries if b"?" in each]
        for page in pages[:-MAX_PAGES]:
            del self._entries[page]
        size = sum(each.document.size for each in self._entries.values() if each.document)
        while len(self._entries) > MAX_DOCUMENTS or size > MAX_BYTES:
            _, oldest = self._entries.popitem(last=False)
            size -= oldest.document.size if oldest.document else 0


def _fail(fetch: "asyncio.Future[Reply | None]", error: Exception) -> None:
    fetch.set_exception(error)
    fetch.exception()  # asyncio logs no error if the readers have gone


async def _load(entry: Entry, service: Service, target: bytes, headers: bytes) -> Reply | None:
    """None when the response is in `entry`, else the response that must not be kept."""
    if entry.document is not None:
        headers += b"If-None-Match: %b\r\n" % entry.document.etag
    incoming = await service.send(Outgoing(b"GET", target, headers, repeatable=True))
    body = await incoming.read()
    now = asyncio.get_running_loop().time()
    seconds = fresh_seconds(incoming.headers)
    if incoming.status == 304 and entry.document is not None:
        entry.freshness = entry.answered = Freshness(now, seconds or 0.0)
        return None
    if incoming.status >= 500 and entry.stands_in(now):
        entry.freshness = Freshness(now, FAILED_SECONDS)
        return None
    if incoming.status != 200 or seconds is None:
        head = status_line(incoming.status) + response_headers(incoming.headers)
        return Reply(incoming.status, b"%bContent-Length: %d\r\n" % (head, len(body)), body)
    entry.document = await _document_of(incoming, body)
    entry.freshness = entry.answered = Freshness(now, seconds)
    return None


async def _document_of(incoming: Incoming, body: bytes) -> Document:
    media_type = value_of(incoming.headers, b"content-type") or b"application/octet-stream"
    kept = response_headers(incoming.headers, _REPLACED)
    if value_of(incoming.headers, b"cache-control") is None:
        kept += _DEFAULT_CONTROL
    etag = value_of(incoming.headers, b"etag")
    return make_document(body, media_type, kept, etag=etag, gzip=await _packed(body))


async def _packed(body: bytes) -> bytes | None:
    if len(body) < COMPRESS_FROM:
        return None
    if len(body) < IN_THREAD_FROM:
        return gzipped(body)
    return await asyncio.to_thread(gzipped, body)
