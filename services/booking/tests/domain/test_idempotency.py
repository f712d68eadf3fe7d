"""What an Idempotency-Key stands for."""

import hashlib

import pytest

from tiketi_booking.domain.idempotency import key_digest, request_digest
from tiketi_shared.errors import BadRequest


def test_a_digest_is_half_of_a_sha_256() -> None:
    assert request_digest(b"body") == hashlib.sha256(b"body").digest()[:16]


def test_a_key_is_of_one_user_one_method_and_one_path() -> None:
    expected = hashlib.sha256(b"ann\nPOST\n/a\nkey 1").digest()[:16]
    assert key_digest("ann", "POST", "/a", "key 1") == expected


@pytest.mark.parametrize(
    ("key", "accepted"),
    [
        ("", False), ("k", True), ("k" * 255, True), ("k" * 256, False), ("~ !", True),
        ("\x1f", False), ("\x7f", False), ("\x80", False), ("키", False), ("\udc80", False),
    ],
)  # fmt: skip
def test_a_key_has_one_to_255_printable_ascii_characters(key: str, accepted: bool) -> None:
    if accepted:
        assert len(key_digest("ann", "POST", "/a", key)) == 16
        return
    with pytest.raises(BadRequest) as refused:
        key_digest("ann", "POST", "/a", key)
    assert refused.value.detail == (
        "the header Idempotency-Key must have 1 to 255 printable ASCII characters"
    )
