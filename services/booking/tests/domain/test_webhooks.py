import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.webhooks import is_public, sign, verify

SECRET, BODY, NOW = "whsec_something", b'{"type":"order_paid"}', 1_800_000_000


def test_a_receiver_with_the_secret_accepts_the_signature() -> None:
    assert verify(SECRET, BODY, sign(SECRET, BODY, NOW), NOW)


def test_another_body_another_secret_or_another_time_is_refused() -> None:
    header = sign(SECRET, BODY, NOW)
    assert not verify(SECRET, BODY + b" ", header, NOW)
    assert not verify("another", BODY, header, NOW)
    assert not verify(SECRET, BODY, header.replace(str(NOW), str(NOW + 1)), NOW)


def test_a_signature_that_is_five_minutes_old_is_refused() -> None:
    header = sign(SECRET, BODY, NOW)
    assert verify(SECRET, BODY, header, NOW + 299)
    assert not verify(SECRET, BODY, header, NOW + 301)


@given(st.text())
def test_anything_else_in_the_header_is_refused(header: str) -> None:
    assert not verify(SECRET, BODY, header, NOW)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1",
        "ff02::1", "::ffff:10.0.0.8", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_private_loopback_link_local_and_disguised_addresses_may_not(address: str) -> None:
    assert not is_public(address)
