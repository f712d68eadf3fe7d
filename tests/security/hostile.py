"""Sends a dictionary of hostile strings, numbers, times, headers, cursors and ids to the API: each
value in each place of every operation of the OpenAPI description.

The rest of each request is valid, so the value gets as far as it can. No answer may have status 500
or above, no connection may be dropped, and no service may log a traceback.
"""

import http.client
import itertools
import json
import random
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.harness import Json

TEXTS = (
    "", " ", "a\x00b", "\x00", "\ud800", "\udc00x", "a\nb", "\r\nX: y", "\x07", "\x7f", "\x85",
    "\u2028", "\u202eabc", "\u2066abc", "\u200d", "\ufeff", "\uffff", "\U0010ffff",
    "\u1112\u1161\u11ab", "e\u0301" * 30, "x" * 5000, "\U0001f469\u200d" * 50, "null", "0", "-1",
    "9" * 40, "1e400", "NaN", "%00", "%s%n", "{0}", "../../etc/passwd", "'; drop table users; --",
    "<script>", "=1+1", "0" * 20, "[[[[", '"', "\\",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**40, 5e-324,
    1.7e308, -0.0, 0.5, 1e22,
)  # fmt: skip
TIMES = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
    "2030-02-30T00:00:00Z", "2030-01-01T00:00:00", "2030-01-01", "2016-12-31T23:59:60Z",
    "10000-01-01T00:00:00Z", "-0044-03-15T00:00:00Z", "9998-12-31T23:59:59Z",
)  # fmt: skip
NESTED: object = "deep"
for _ in range(200):
    NESTED = [NESTED]
OTHERS: tuple[object, ...] = (None, True, [], {}, [None], {"": 1}, {"a\x00": 1}, NESTED)
"""For a field of any kind."""

HEADER_VALUES = (
    b"", b" ", b"\x80", b"\xff\xfe", "é".encode(), "키".encode(), b"\t", b"a\x01b", b"\x7f",
    b"x" * 300, b"9" * 40, b'"', b'"7', b"W/", b",,,", b";q=", b"*", b"bytes=-1", b"null",
    b"Bearer \xff", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00", b"gzip", b"br", b"zstd",
    b"1:" + b"9" * 30, b"a.b.c", b"..",
)  # fmt: skip
HEADERS = (
    "Accept", "Accept-Encoding", "Authorization", "Content-Encoding", "Content-Type", "Cookie",
    "If-Match", "If-None-Match", "If-Modified-Since", "Idempotency-Key", "Last-Event-ID", "Origin",
    "Queue-Admission", "Queue-Ticket", "Range", "Traceparent", "X-Forwarded-For", "X-Request-Id",
    "X-Tiketi-Session", "Stripe-Signature", "Tiketi-Signature",
)  # fmt: skip
QUERY_VALUES = (
    *(quote(text, errors="surrogatepass") for text in TEXTS if len(text) < 1000),
    "%ff", "%ED%A0%80", "%", "00000000110000", "1%00", "1-x", "1-" + "0" * 20, "-1", "1_0", "%2B1",
    "%D9%A1", "9" * 18 + "-" + "0" * 20,
)  # fmt: skip
BODIES = (
    b"", b"null", b"[]", b'""', b"0", b"{", b"\xff", b"\xef\xbb\xbf{}", b"{}" * 2, b'{"a":NaN}',
    b'{"":1}', b'{"a":1e400}', b'{"a":' + b"9" * 400 + b"}", b"[" * 1900 + b"]" * 1900,
    b'{"zz":' + b"[" * 1900 + b"]" * 1900 + b"}", b'{"a":' * 900 + b"1" + b"}" * 900,
    b'{"name":"\\ud800"}', b'{"name":"\xed\xa0\x80"}', b"\x00", b"a" * 3000,
)  # fmt: skip

UNASKED = {"DELETE /api/me", "POST /api/auth/logout", "GET /api/events/{id}/stream"}
"""Operations that are left out: those that end the session, and streams, which do not end."""

EXAMPLES: Json = {
    "password": "correct horse battery",
    "name": "Kim",
    "starts_at": "2031-05-01T10:00:00Z",
    "sale_opens_at": "2030-05-01T10:00:00Z",
    "sale_closes_at": "2031-04-01T10:00:00Z",
    "scanned_at": "2026-05-01T10:00:00Z",
    "url": "https://example.org/hook",
    "venue": "Hall",
    "currency": "KRW",
    "price": 1000,
    "rows": 1,
    "seats_per_row": 2,
    "ticket_type": "R",
    "row": 1,
    "number": 1,
    "capacity": 10,
    "per_second": 5,
    "quantity": 1,
    "max_per_user": 4,
    "seat_ids": ["s0"],
    "device": "north",
    "code": "TK1",
    "token": "tok_declined",
    "provider": "sandbox",
}
WHOLE: Json = {
    "/api/admin/events": {
        "ticket_types": [{"name": "R", "price": 1000, "kind": "seated"}],
        "layout": {
            "sections": [
                {"name": "A", "rows": 1, "seats_per_row": 2, "ticket_type": "R", "curve": 0,
                 "accessible": [{"row": 1, "number": 1}], "blocked": [{"row": 1, "number": 2}]}
            ]
        },
        "queue": {"capacity": 10, "per_second": 5, "paused": True},
    }
}  # fmt: skip
"""Parts of a body that only fit together."""

AGAIN = 20
"""How often a request is sent again after 429."""

_counter = itertools.count()


@dataclass(frozen=True)
class Request:
    operation: str
    where: str
    """Which place the value is in: `body.name`, `query.limit`, `header.Range`, `path.id`."""
    target: str
    headers: dict[str, bytes]
    body: bytes | None


@dataclass
class Found:
    """The result of a run."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    left_out: int = 0

    @property
    def count(self) -> int:
        return self.statuses.total()


@dataclass(frozen=True, slots=True)
class Caller:
    """`ids` of what the caller owns, by the collection that stands before them in a path; without,
    they are made up. "admin/events" is the event that organisers' calls change: buyers have another
    one, whose sale goes on."""

    name: str
    token: str | None
    ids: dict[str, str]


def requests_of(document: Json, callers: list[Caller]) -> Iterator[Request]:
    """Every value in every place. The callers take turns, since each has its own rate limits."""
    turns = itertools.cycle(callers)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            if name not in UNASKED:
                yield from _of_operation(document, name, operation, turns)


def _of_operation(
    document: Json, name: str, operation: Json, turns: Iterator[Caller]
) -> Iterator[Request]:
    schema = _schema(operation.get("requestBody", {}).get("content", {}))
    sound: object = None
    if schema is not None:
        example = _example(document, schema)
        assert isinstance(example, dict), f"the body of {name} is no object"
        sound = example | WHOLE.get(name.partition(" ")[2], {})
    signed_in = operation["x-access"] != "anyone"  # signing in ends the session that is presented
    sender = _Sender(name, None if schema is None else _encoded(sound), turns, signed_in)
    yield sender.request("sound")
    yield from _in_the_url(sender, operation.get("parameters", []))
    yield from _in_headers(sender, operation.get("parameters", []))
    if schema is not None:
        for raw in BODIES:
            yield sender.request("body", body=raw)
        for where, content in _mutations(document, schema, sound, "body"):
            yield sender.request(where, body=_encoded(content))


@dataclass(frozen=True, slots=True)
class _Sender:
    """Makes the requests of one operation. `body` is a valid body."""

    operation: str
    body: bytes | None
    turns: Iterator[Caller]
    signed_in: bool

    def request(
        self, where: str, *, id_: str | None = None, query: str = "",
        header: tuple[str, bytes] | None = None, body: bytes | None = None,
    ) -> Request:  # fmt: skip
        """Make a request that is valid except for the arguments."""
        caller, path = next(self.turns), self.operation.partition(" ")[2]

        def filled(match: re.Match[str]) -> str:
            own = caller.ids.get(match[1], "0" * 20)
            return f"/{match[1]}/{own if id_ is None else id_}"

        target = re.sub(r"/(admin/events|[\w-]+)/{\w+}", filled, path) + query
        headers = {"Authorization": f"Bearer {caller.token}".encode()} if self.signed_in else {}
        if header is not None:
            headers[header[0]] = header[1]
        return Request(self.operation, where, target, headers, self.body if body is None else body)


def _in_the_url(sender: _Sender, parameters: list[Json]) -> Iterator[Request]:
    if "{" in sender.operation:
        for value in QUERY_VALUES:
            yield sender.request("path.id", id_=value)
    for name in [one["name"] for one in parameters if one["in"] == "query"]:
        for value in QUERY_VALUES:
            yield sender.request(f"query.{name}", query=f"?{name}={value}")


def _in_headers(sender: _Sender, parameters: list[Json]) -> Iterator[Request]:
    """Try the headers that any client may send, on every operation with a part of the values."""
    declared = [one["name"] for one in parameters if one["in"] == "header"]
    for header in {*declared, *HEADERS}:
        for value in HEADER_VALUES if header in declared else HEADER_VALUES[::9]:
            yield sender.request(f"header.{header}", header=(header, value))


def run(
    url: str, document: Json, callers: list[Caller], *, seconds: float, seed: int,
    threads: int = 6,
) -> Found:  # fmt: skip
    """Send the requests in an order drawn from `seed`, as many as fit into `seconds`. A request
    that is answered 429 is sent again later."""
    requests = list(requests_of(document, callers))
    random.Random(seed).shuffle(requests)
    found, lock, until = Found(), threading.Lock(), time.monotonic() + seconds
    queue = deque(requests)
    again: Counter[int] = Counter()

    def work() -> None:
        connection = _Connection(url)
        while True:
            with lock:
                request = queue.popleft() if queue and time.monotonic() < until else None
            if request is None:
                connection.close()
                return
            status, text = connection.send(request)
            with lock:
                if status == 429 and again[id(request)] < AGAIN:
                    again[id(request)] += 1
                    queue.append(request)
                    continue
                found.statuses[status] += 1
                if status == 0 or (status >= 500 and not _may_be(request, status)):
                    found.broken.append(f"{request.operation} {request.where}: {status} {text}")

    with ThreadPoolExecutor(threads) as pool:
        for worker in [pool.submit(work) for _ in range(threads)]:
            worker.result()
    found.left_out = len(queue)
    return found


def tracebacks(logs: Path) -> list[str]:
    """The lines of the services' logs that contain a traceback."""
    return [
        f"{file.name}: {line[:2000]}"
        for file in sorted(logs.glob("*.log"))
        for line in file.read_text(errors="replace").splitlines()
        if '"exception"' in line or line.startswith("Traceback")
    ]


def _may_be(request: Request, status: int) -> bool:
    """Whether the answer is 503 and the request simulates an outage of the payment provider."""
    return status == 503 and b"tok_error" in (request.body or b"")


class _Connection:
    """A keep-alive connection that reopens when the server has closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port
        self._http = self._open()
        self._fresh = True

    def _open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._address, timeout=60)

    def send(self, request: Request) -> tuple[int, str]:
        """Send a request. Returns the status (0: no answer) and the beginning of the body."""
        for _ in range(2):
            fresh = self._fresh
            try:
                return self._sent(request)
            except (http.client.HTTPException, OSError) as error:
                self.close()
                self._http, self._fresh = self._open(), True
                if fresh:  # what idled too long is tried again, what was dropped is not
                    return 0, repr(error)
        return 0, "dropped twice"

    def close(self) -> None:
        self._http.close()

    def _sent(self, request: Request) -> tuple[int, str]:
        method = request.operation.partition(" ")[0]
        self._http.putrequest(method, request.target, skip_accept_encoding=True)
        for name, value in request.headers.items():
            self._http.putheader(name, value)
        if request.body is not None:
            if "Content-Type" not in request.headers:
                self._http.putheader("Content-Type", "application/json")
            self._http.putheader("Content-Length", str(len(request.body)))
        self._http.endheaders(request.body)
        response = self._http.getresponse()
        text = response.read().decode("utf-8", "replace")
        self._fresh = False
        if response.will_close:
            self.close()
            self._http, self._fresh = self._open(), True
        return response.status, text[:300]


def _schema(content: Json) -> Json | None:
    found: Json | None = content.get("application/json", {}).get("schema")
    return found


def _resolved(document: Json, schema: Json) -> Json:
    """Follow references. Of several alternatives, return the first that is not null."""
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        else:
            return schema


def _example(document: Json, schema: Json, name: str = "") -> object:
    """Make a valid value."""
    schema = _resolved(document, schema)
    if name == "email":
        return f"fuzz{next(_counter)}@example.org"
    if name in EXAMPLES:
        return EXAMPLES[name]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        return {one: _example(document, properties[one], one) for one in required}
    if kind == "array":
        count = schema.get("minItems", 1)
        return [_example(document, schema.get("items", {}), name) for _ in range(count)]
    return {"string": "x" * schema.get("minLength", 1), "boolean": True}.get(kind, 1)


def _mutations(
    document: Json, schema: Json, sound: object, where: str
) -> Iterator[tuple[str, object]]:
    """Yield `sound` with a value of the dictionary in one place, and the name of that place."""
    schema = _resolved(document, schema)
    for value in _values(schema, where):
        yield where, value
    if "properties" in schema:
        sound = sound if isinstance(sound, dict) else {}
        for name, inner in schema["properties"].items():
            own = sound.get(name, _example(document, inner, name))
            for deeper, value in _mutations(document, inner, own, f"{where}.{name}"):
                yield deeper, {**sound, name: value}
    elif schema.get("type") == "array":
        first = sound[0] if isinstance(sound, list) and sound else None
        for deeper, value in _mutations(document, schema.get("items", {}), first, f"{where}[0]"):
            yield deeper, [value]
        yield where, [first] * 600


def _values(schema: Json, where: str) -> Iterator[object]:
    kind = schema.get("type")
    if kind == "string" or "enum" in schema:
        yield from TIMES if where.endswith("_at") else TEXTS
    elif kind in ("integer", "number"):
        yield from NUMBERS
    if where != "body":
        yield from OTHERS
        yield "1" if kind != "string" else 1


def _encoded(content: object) -> bytes:
    """Encode as JSON. Lone surrogates become escapes."""
    return json.dumps(content).encode()
