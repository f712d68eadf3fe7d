"""Answers kept in memory: each encoded once, given out as bytes.

`Document` is an answer in its forms (plain, gzip, br) with its ETag; giving it out is one look at
the client's `If-None-Match` and `Accept-Encoding`. `Catalogue` keeps what a service says may be
kept: fresh ones are given out, stale ones too while one request fetches anew, and stale ones for
minutes when the service does not answer (`domain/freshness.py`). Identical reads share one fetch.
"""

import asyncio
import hashlib
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field

from tiketi_gateway import metrics
from tiketi_gateway.adapters.replies import Reply, empty_reply, reply, status_line
from tiketi_gateway.adapters.server import Exchange
from tiketi_gateway.adapters.upstream import Outgoing, Service
from tiketi_gateway.domain.freshness import Freshness, accepts, fresh_seconds, matches
from tiketi_gateway.domain.headers import answer_lines, value_of
from tiketi_shared.errors import TiketiError
from tiketi_shared.logs import get_logger

COMPRESS_FROM = 1024
"""Bytes below which compressing gains nothing."""

IN_THREAD_FROM = 16384
"""Bytes from which compressing is done beside the event loop."""

MAX_DOCUMENTS = 512
MAX_BYTES = 256 * 1024 * 1024
_REPLACED = (b"content-type", b"etag", b"vary", b"content-encoding")

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """One version of an answer in all its forms."""

    etag: bytes
    plain: Reply
    unchanged: Reply
    gzip: Reply | None = None
    brotli: Reply | None = None

    @property
    def size(self) -> int:
        return sum(len(form.body) for form in (self.plain, self.gzip, self.brotli) if form)

    def form_for(self, fields: dict[bytes, bytes]) -> Reply:
        """What this client gets; `fields` are its headers."""
        known = fields.get(b"if-none-match")
        if known is not None and matches(known, self.etag):
            return self.unchanged
        if self.gzip is None and self.brotli is None:
            return self.plain
        accepted = fields.get(b"accept-encoding")
        if self.brotli is not None and accepts(accepted, b"br"):
            return self.brotli
        if self.gzip is not None and accepts(accepted, b"gzip"):
            return self.gzip
        return self.plain


def document(  # noqa: PLR0913  an answer has this many sides, most have defaults
    body: bytes, media_type: bytes, lines: bytes, *, etag: bytes | None = None, status: int = 200,
    gzip: bytes | None = None, brotli: bytes | None = None,
) -> Document:  # fmt: skip
    """`lines` go with every form; a missing `etag` is made from the body."""
    tag = etag or b'W/"%b"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode()
    if gzip is not None or brotli is not None:
        tag = tag if tag.startswith(b"W/") else b"W/" + tag  # the forms are not byte for byte
        lines += b"Vary: Accept-Encoding\r\n"
    lines += b"ETag: %b\r\n" % tag

    def form(coded: bytes | None, coding: bytes) -> Reply | None:
        if coded is None:
            return None
        return reply(status, coded, media_type, lines + b"Content-Encoding: %b\r\n" % coding)

    return Document(
        tag, reply(status, body, media_type, lines), empty_reply(304, lines),
        form(gzip, b"gzip"), form(brotli, b"br"),
    )  # fmt: skip


def gzipped(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


@dataclass(slots=True)
class Entry:
    """What is kept under one key; `document` is None until the first answer.

    `answered` is the freshness that the service's last good answer had; failures extend `freshness`
    but not how long the answer may stand in for an error.
    """

    freshness: Freshness = field(default_factory=lambda: Freshness(0.0, 0.0))
    answered: Freshness = field(default_factory=lambda: Freshness(0.0, 0.0))
    document: Document | None = None
    fetch: "asyncio.Future[Reply | None] | None" = None


class Catalogue:
    """Reads that are the same for everyone, by target."""

    def __init__(self) -> None:
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()
        self._bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def kept(self, target: bytes, label: str) -> Document | None:
        """The answer for `target`, if it may be given out now without waiting.

        A stale one may; `needs_refresh` then says so.
        """
        entry = self._entries.get(target)
        if entry is None or entry.document is None:
            return None
        state = entry.freshness.state(asyncio.get_running_loop().time())
        if state == "expired":
            return None
        metrics.count(metrics.CACHE, label, state)
        return entry.document

    def refresh_if_stale(self, service: Service, target: bytes, lines: bytes) -> None:
        """Begin to fetch a stale answer anew, unless that is under way."""
        entry = self._entries[target]
        loop = asyncio.get_running_loop()
        if entry.fetch is None and entry.freshness.state(loop.time()) != "fresh":
            self._begin(entry, service, target, lines)

    async def fetched(self, service: Service, target: bytes, lines: bytes) -> Document | Reply:
        """The answer for `target`, fetched once for all who ask meanwhile.

        What may not be kept (an error, a private answer) is a plain Reply. Raises what
        `Service.send` raises when there is not even an old answer.
        """
        entry = self._entries.setdefault(target, Entry())
        now = asyncio.get_running_loop().time()
        if entry.document is not None and entry.freshness.state(now) == "fresh":
            return entry.document  # it came since the caller looked
        fetch = entry.fetch or self._begin(entry, service, target, lines)
        uncached = await asyncio.shield(fetch)
        if uncached is not None:
            return uncached
        assert entry.document is not None  # noqa: S101  a fetch gives a reply or sets the document
        return entry.document

    def _begin(
        self, entry: Entry, service: Service, target: bytes, lines: bytes
    ) -> "asyncio.Future[Reply | None]":
        fetch: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        entry.fetch = fetch
        task = asyncio.ensure_future(self._fetch(entry, fetch, service, target, lines))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return fetch

    async def _fetch(
        self, entry: Entry, fetch: "asyncio.Future[Reply | None]", service: Service, target: bytes,
        lines: bytes,
    ) -> None:  # fmt: skip
        now = asyncio.get_running_loop().time()
        try:
            outcome = await self._ask(entry, service, target, lines)
        except TiketiError as error:
            if entry.document is not None and entry.answered.serves_errors(now):
                entry.freshness = Freshness(now, min(1.0, entry.freshness.seconds or 1.0))
                fetch.set_result(None)
            else:
                fetch.set_exception(error)
                fetch.exception()  # whoever asked may be gone
        except Exception as error:  # noqa: BLE001  handed to those who asked
            fetch.set_exception(error)
            fetch.exception()
        else:
            fetch.set_result(outcome)
        finally:
            entry.fetch = None
            self._trim(target, entry)

    async def _ask(
        self, entry: Entry, service: Service, target: bytes, lines: bytes
    ) -> Reply | None:
        """None when the answer is in `entry`, else the answer that may not be kept."""
        known = entry.document
        if known is not None:
            lines += b"If-None-Match: %b\r\n" % known.etag
        incoming = await service.send(Outgoing(b"GET", target, lines, repeatable=True))
        body = await incoming.read()
        now = asyncio.get_running_loop().time()
        seconds = fresh_seconds(incoming.headers)
        if incoming.status == 304 and known is not None:
            entry.freshness = entry.answered = Freshness(now, seconds or 0.0)
            return None
        if incoming.status >= 500 and known is not None and entry.answered.serves_errors(now):
            entry.freshness = Freshness(now, 1.0)
            return None
        if incoming.status != 200 or seconds is None:
            head = status_line(incoming.status) + answer_lines(incoming.headers)
            return Reply(incoming.status, b"%bContent-Length: %d\r\n" % (head, len(body)), body)
        media_type = value_of(incoming.headers, b"content-type") or b"application/octet-stream"
        kept = answer_lines(incoming.headers, _REPLACED)
        if value_of(incoming.headers, b"cache-control") is None:
            kept += b"Cache-Control: public, max-age=1\r\n"
        entry.document = document(
            body, media_type, kept, etag=value_of(incoming.headers, b"etag"),
            gzip=await _packed(body),
        )  # fmt: skip
        entry.freshness = entry.answered = Freshness(now, seconds)
        return None

    def _trim(self, target: bytes, entry: Entry) -> None:
        """Forget what was not kept, and the oldest beyond the bounds."""
        if entry.document is None:
            self._entries.pop(target, None)
            return
        self._entries.move_to_end(target)
        size = sum(each.document.size for each in self._entries.values() if each.document)
        while len(self._entries) > MAX_DOCUMENTS or size > MAX_BYTES:
            _, oldest = self._entries.popitem(last=False)
            size -= oldest.document.size if oldest.document else 0


async def _packed(body: bytes) -> bytes | None:
    if len(body) < COMPRESS_FROM:
        return None
    if len(body) < IN_THREAD_FROM:
        return gzipped(body)
    return await asyncio.to_thread(gzipped, body)


def give(exchange: Exchange, found: Document | Reply) -> None:
    """Answer with the form that suits this client."""
    exchange.answer(found.form_for(exchange.fields) if isinstance(found, Document) else found)
