"""What every response is stamped with: a request id, the date and the policy headers."""

import itertools
import secrets
import time
from email.utils import formatdate


class RequestIds:
    """Ids that no other request has, here or at another gateway."""

    def __init__(self) -> None:
        self._numbers = itertools.count(secrets.randbits(31))
        self._prefix = secrets.token_hex(4)

    def new(self) -> str:
        return f"{self._prefix}{next(self._numbers) & 0xFFFFFFFF:08x}"


class CommonHeaders:
    """The date and the policy, encoded once a second."""

    def __init__(self, policy: bytes) -> None:
        self._policy = policy
        self._encoded, self._until = b"", 0.0

    def current(self) -> bytes:
        now = time.time()
        if now >= self._until:
            self._until = int(now) + 1
            date = formatdate(now, usegmt=True).encode()
            self._encoded = b"Date: %b\r\n%b" % (date, self._policy)
        return self._encoded
