"""What can go wrong.

TiketiError
├── Problem          the service refused: status, code, detail, extra
├── Unreachable      no answer after every try that was safe
└── LiveLost         the live connection could not be restored; code is the last close code
"""

from typing import Any


class TiketiError(Exception):
    """The base of all of them."""


class Problem(TiketiError):
    """An `application/problem+json` answer; `code` is stable, `extra` holds its other members."""

    def __init__(self, status: int, code: str, detail: str, extra: dict[str, Any]) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.extra = extra


class Unreachable(TiketiError):
    pass


class LiveLost(TiketiError):
    def __init__(self, detail: str, code: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
