import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiketi_booking.domain.webhooks import is_public, sign, url_errors, verify

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


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [(-301, False), (-300, True), (0, True), (300, True), (300.5, False), (301, False)],
)
def test_a_signature_holds_for_five_minutes_either_way(seconds: float, accepted: bool) -> None:
    assert verify(SECRET, BODY, sign(SECRET, BODY, NOW), NOW + seconds) is accepted


def test_a_signature_is_an_hmac_of_the_time_and_the_body() -> None:
    mac = hmac.new(SECRET.encode(), b"1800000000." + BODY, hashlib.sha256).hexdigest()
    assert sign(SECRET, BODY, NOW) == f"t=1800000000,v1={mac}"


@pytest.mark.parametrize("time", ["", "x", "-5", "١"])
def test_a_header_without_a_time_is_refused(time: str) -> None:
    mac = sign(SECRET, BODY, NOW).partition(",")[2]
    assert not verify(SECRET, BODY, f"t={time},{mac}", NOW)
    assert not verify(SECRET, BODY, mac, NOW)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("2002:0808:0808::1", True),
        ("2002:0a00:0008::1", False),
        ("64:ff9b::808:808", True),
        ("64:ff9b::a00:8", False),
        ("64:ff9b:0:0:0:1::1", True),
        ("ff0e::1", False),
        ("233.252.0.1", False),
    ],
)
def test_an_address_is_judged_by_what_is_behind_it(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "any_host", "public_only"),
    [
        ("https://hooks.example/a", None, None),
        ("https://8.8.8.8/a", None, None),
        ("http://hooks.example/a", None, "is https"),
        ("https://10.0.0.8/a", None, "is not a public address"),
        ("https://[::1]/a", None, "is not a public address"),
        ("https://localhost/a", None, "is not a public address"),
        ("https://a.localhost/a", None, "is not a public address"),
        ("https://notlocalhost/a", None, None),
        ("https://localhost.example/a", None, None),
        ("ftp://hooks.example/a", "is an http or https URL", "is an http or https URL"),
        ("https:///a", "is an http or https URL", "is an http or https URL"),
        ("https://u@hooks.example/", "carries no credentials", "carries no credentials"),
        ("https://:p@hooks.example/", "carries no credentials", "carries no credentials"),
        ("https://@hooks.example/", "carries no credentials", "carries no credentials"),
    ],
)
def test_a_url_is_refused_with_what_is_wrong(
    url: str, any_host: str | None, public_only: str | None
) -> None:
    assert url_errors(url, public_only=False) == any_host
    assert url_errors(url, public_only=True) == public_only
