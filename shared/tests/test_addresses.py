import pytest

from tiketi_shared.addresses import counted_address

HOME = "2001:db8:1:2::/64"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("2001:db8:1:2::", HOME),
        ("2001:db8:1:2::1", HOME),
        ("2001:db8:1:2:8000::", HOME),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", HOME),
        ("2001:DB8:0001:0002:0:0:0:9", HOME),
        ("2001:db8:1:2::203.0.113.7", HOME),
        ("2001:db8:1:1:ffff:ffff:ffff:ffff", "2001:db8:1:1::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("2001:db8:2:2::1", "2001:db8:2:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("fe80::2%" + "x" * 1000, "fe80::/64"),
    ],
)
def test_an_ipv6_client_counts_as_its_network_of_64_bits(address: str, counted: str) -> None:
    assert counted_address(address) == counted


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.8", "203.0.113.8"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:cb00:7107", "203.0.113.7"),
        ("0:0:0:0:0:ffff:cb00:7108", "203.0.113.8"),
        ("::ffff:0.0.0.0", "0.0.0.0"),
        ("::ffff:255.255.255.255", "255.255.255.255"),
        ("64:ff9b::203.0.113.7", "203.0.113.7"),
        ("64:ff9b::cb00:7108", "203.0.113.8"),
        # one beside each of the two ranges
        ("::fffe:ffff:ffff", "::/64"),
        ("::1:0:0:0", "::/64"),
        ("64:ff9b::1:0:0", "64:ff9b::/64"),
        ("64:ff9a::203.0.113.7", "64:ff9a::/64"),
    ],
)
def test_an_ipv4_address_in_any_writing_counts_as_itself(address: str, counted: str) -> None:
    assert counted_address(address) == counted


@pytest.mark.parametrize("text", ["", "unknown", "2001:db8::1::2", "203.0.113.7:8080", "a:b"])
def test_text_that_is_no_address_counts_as_itself(text: str) -> None:
    assert counted_address(text) == text
