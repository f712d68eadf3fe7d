"""A response kept in all its encodings, and which one a client gets. Pure."""

import hashlib
import zlib
from dataclasses import dataclass

from tiketi_gateway.domain.freshness import accepts, matches
from tiketi_gateway.http1.replies import Reply, empty_reply, reply

COMPRESS_FROM = 1024
"""Bytes below which compressing gains nothing."""


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a response: plain, compressed, and the 304 for clients that have it."""

    etag: bytes
    plain: Reply
    unchanged: Reply
    gzip: Reply | None = None
    brotli: Reply | None = None

    @property
    def size(self) -> int:
        return sum(len(form.body) for form in (self.plain, self.gzip, self.brotli) if form)

    def form_for(self, fields: dict[bytes, bytes]) -> Reply:
        """What a client with these headers gets."""
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


def make_document(  # noqa: PLR0913  a response has this many sides, most have defaults
    body: bytes, media_type: bytes, headers: bytes, *, etag: bytes | None = None,
    gzip: bytes | None = None, brotli: bytes | None = None,
) -> Document:  # fmt: skip
    """`headers` go with every form; without an `etag` one is made from the body."""
    tag = etag or b'W/"%b"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode()
    if gzip is not None or brotli is not None:
        tag = tag if tag.startswith(b"W/") else b"W/" + tag  # the forms differ byte for byte
        headers += b"Vary: Accept-Encoding\r\n"
    headers += b"ETag: %b\r\n" % tag

    def form(coded: bytes | None, coding: bytes) -> Reply | None:
        if coded is None:
            return None
        return reply(200, coded, media_type, headers + b"Content-Encoding: %b\r\n" % coding)

    return Document(
        tag, reply(200, body, media_type, headers), empty_reply(304, headers),
        form(gzip, b"gzip"), form(brotli, b"br"),
    )  # fmt: skip


def gzipped(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()
