"""What an Idempotency-Key stands for."""

import hashlib

import pytest

from tiketi_booking.domain.idempotency import key_digest, request_digest
from tiketi_shared.errors import BadRequest


def test_a_digest_is_half_of_a_sha_256() -> None:
    assert request_digest(b"body") == hashlib.sha256(b"body").digest()[:16]


def test_a_key_is_of_one_user_one_method_and_one_path() -> None:
    expected = hashlib.sha256("ann\nPOST\n/a\n키".encode()).digest()[:16]
    assert key_digest("ann", "POST", "/a", "키") == expected


@pytest.mark.parametrize(("length", "accepted"), [(0, False), (1, True), (255, True), (256, False)])
def test_a_key_has_one_to_255_characters(length: int, accepted: bool) -> None:
    if accepted:
        assert len(key_digest("ann", "POST", "/a", "k" * length)) == 16
        return
    with pytest.raises(BadRequest) as refused:
        key_digest("ann", "POST", "/a", "k" * length)
    assert refused.value.detail == "an Idempotency-Key has 1 to 255 characters"
