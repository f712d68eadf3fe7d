"""Expected failures: each class has a status and a code, and one place renders them.

    TiketiError
    ├── BadRequest            400 bad_request
    ├── Unauthenticated       401 unauthenticated
    ├── Forbidden             403 forbidden
    ├── NotFound              404 not_found
    ├── Conflict              409 conflict
    ├── Gone                  410 gone
    ├── TooLarge              413 too_large
    ├── UnknownEncoding       415 unknown_encoding
    ├── Invalid               422 invalid             (errors: [{field, message}])
    ├── TooManyRequests       429 too_many_requests   (retry_after)
    └── Unavailable           503 unavailable         (retry_after)

A service draws its own subclasses in its own `errors.py`. Rendered as RFC 9457.
"""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, ClassVar

PROBLEM_JSON = "application/problem+json"


class TiketiError(Exception):
    """A failure that is reported to the client.

    `detail` is a sentence for a person; `extra` are further members of the problem document;
    `retry_after` (seconds) becomes the header of that name.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, detail: str = "", *, retry_after: float | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.extra = extra

    @property
    def retry_after_header(self) -> int | None:
        """`retry_after` in whole seconds, at least 1. It is rounded up, so that a client that waits
        so long does not come too early."""
        return None if self.retry_after is None else max(1, ceil(self.retry_after))

    @property
    def is_fault(self) -> bool:
        """Whether the service failed, and did not refuse the request."""
        return self.status >= 500

    def problem(self, request_id: str) -> dict[str, Any]:
        return problem(self.status, self.code, self.detail, request_id, self.extra)


class BadRequest(TiketiError):
    status, code = 400, "bad_request"


class Unauthenticated(TiketiError):
    status, code = 401, "unauthenticated"


class Forbidden(TiketiError):
    status, code = 403, "forbidden"


class NotFound(TiketiError):
    status, code = 404, "not_found"


class Conflict(TiketiError):
    status, code = 409, "conflict"


class Gone(TiketiError):
    status, code = 410, "gone"


class TooLarge(TiketiError):
    status, code = 413, "too_large"


class UnknownEncoding(TiketiError):
    """The body is encoded (Content-Encoding) in a way that is not read here."""

    status, code = 415, "unknown_encoding"


class Invalid(TiketiError):
    """Understood but not acceptable: `errors` names each field and says what is wrong with it."""

    status, code = 422, "invalid"

    def __init__(self, detail: str = "", *, errors: Mapping[str, str] | None = None) -> None:
        fields = [{"field": field, "message": message} for field, message in (errors or {}).items()]
        super().__init__(detail or "the request has invalid fields", errors=fields)


class TooManyRequests(TiketiError):
    status, code = 429, "too_many_requests"


class Unavailable(TiketiError):
    """A dependency is unavailable; a retry after `retry_after` seconds is safe."""

    status, code = 503, "unavailable"

    def __init__(self, detail: str = "", *, retry_after: float = 2, **extra: Any) -> None:
        super().__init__(detail, retry_after=retry_after, **extra)


def problem(
    status: int, code: str, detail: str, request_id: str, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The members of an `application/problem+json` document."""
    document = {
        "type": f"urn:tiketi:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or HTTPStatus(status).description,
        "code": code,
        "request_id": request_id,
    }
    return {**(extra or {}), **document}
