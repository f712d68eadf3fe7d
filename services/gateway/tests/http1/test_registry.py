"""How many connections each client may have, by the address that it comes from."""

from dataclasses import dataclass, field
from functools import partial

import pytest

from tiketi_gateway.domain.headers import networks
from tiketi_gateway.http1.registry import Bounds, ConnectionRegistry
from tiketi_shared.errors import TiketiError


@dataclass(eq=False)
class Open:
    """A connection that waits for a request."""

    peer: str
    due: float = 1e9
    is_waiting: bool = True
    ended: list[str] = field(default_factory=list)

    def expire(self) -> None:
        self.ended.append("expired")

    def close_if_idle(self) -> None:
        self.ended.append("closed")

    def abort(self) -> None:
        self.ended.append("aborted")


def registry(*, of_address: int = 3, of_all: int = 1000, proxies: str = "") -> ConnectionRegistry:
    return ConnectionRegistry(
        Bounds(
            max_connections=of_all, max_connections_per_address=of_address, max_header_bytes=4096,
            header_seconds=5, body_seconds=7, idle_seconds=11,
            trusted_proxies=networks(filter(None, proxies.split(","))),
        )
    )  # fmt: skip


def status(refusal: TiketiError | None) -> int | None:
    return None if refusal is None else refusal.status


NETWORK = [
    "2001:db8:1:2::", "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:8::",
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "neighbour"),
    [
        (NETWORK[:3], NETWORK[3], "2001:db8:1:1:ffff:ffff:ffff:ffff"),
        (NETWORK[:3], NETWORK[3], "2001:db8:1:3::"),
        (["203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107"], "203.0.113.7", "203.0.113.8"),
        (["::ffff:203.0.113.7"] * 3, "203.0.113.7", "::ffff:203.0.113.8"),
    ],
)
@pytest.mark.parametrize("becomes_tunnel", [False, True])
def test_a_client_has_so_many_connections_from_all_its_addresses(
    first: list[str], last: str, neighbour: str, *, becomes_tunnel: bool
) -> None:
    connections = registry()
    held = [Open(peer) for peer in first]
    assert [connections.admit(each) for each in held] == [None, None, None]
    ends = [
        connections.release(each) if becomes_tunnel else partial(connections.forget, each)
        for each in held
    ]
    assert status(connections.admit(Open(last))) == 429
    assert connections.admit(Open(neighbour)) is None
    ends[1]()
    assert connections.admit(Open(last)) is None
    assert status(connections.admit(Open(first[0]))) == 429


@pytest.mark.parametrize("proxies", ["2001:db8:1:2::1", "203.0.113.0/24"])
def test_connections_of_a_proxy_do_not_count_as_those_of_its_network(proxies: str) -> None:
    connections = registry(proxies=proxies)
    proxy, client = {
        "2001:db8:1:2::1": ("2001:db8:1:2::1", "2001:db8:1:2::2"),
        "203.0.113.0/24": ("::ffff:203.0.113.7", "198.51.100.7"),
    }[proxies]
    assert [connections.admit(Open(proxy)) for _ in range(9)] == [None] * 9
    assert [status(connections.admit(Open(client))) for _ in range(4)] == [None, None, None, 429]


@pytest.mark.parametrize("cuts_a_proxy", [False, True])
def test_many_addresses_of_one_network_keep_nobody_out(*, cuts_a_proxy: bool) -> None:
    proxies = "2001:db8:1:2::/64" if cuts_a_proxy else ""
    connections = registry(of_address=20, of_all=10, proxies=proxies)
    held = [Open(f"2001:db8:1:2::{number if not cuts_a_proxy else 1:x}") for number in range(10)]
    assert [connections.admit(each) for each in held] == [None] * 10
    newcomer = connections.admit(Open("203.0.113.7"))
    assert status(newcomer) == (503 if cuts_a_proxy else None)
    assert sum(each.ended == ["aborted"] for each in held) == (0 if cuts_a_proxy else 1)
    assert status(connections.admit(Open("2001:db8:1:2:9::"))) == 503
