"""What one release sends, the next one understands, and the other way round: two run side by side
during an upgrade, people hold tickets across it, and messages wait in the broker.

The texts are as release 0.1.0 wrote them and are never to be changed; a message may gain members.
"""

from typing import Any

import msgspec
import pytest

from tiketi_shared import messages
from tiketi_shared.batches import Answer, Answers, Batch, HoldRequest, LineRequest
from tiketi_shared.ids import AdmissionId, EventId, HoldId, OrderId, UserId
from tiketi_shared.tokens import Admission, Identity, KeyRing, RestoreTicket, Token

RING = KeyRing("k1:an-example-key-of-a-test")
EVENT, USER, HOLD = EventId("e-1"), UserId("u-3"), HoldId("h-2")
ORDER, ADMISSION = OrderId("o-6"), AdmissionId("a-7")

TOKENS = [
    (
        (
            "k1.WyJpZGVudGl0eSIsInUtMyIsInN0YWZmIiwxNzAwMDAwMzAxXQ."
            "Cww1Bua9k2nepAs4wBz62v0ztqhV1IcvMMDh4n3R6X0"
        ),
        Identity(USER, "staff", 1_700_000_301),
    ),
    (
        (
            "k1.WyJhZG1pc3Npb24iLCJlLTEiLCJ1LTMiLCJhLTciLDE3MDAwMDAwMDEsMTcwMDAwMDI5OV0."
            "G6e9WIQ_s8tNSNXKNJWRvY5zNUR_InycHD0TmR6aj0A"
        ),
        Admission(EVENT, USER, ADMISSION, 1_700_000_001, 1_700_000_299),
    ),
    (
        (
            "k1.WyJwbGFjZSIsImUtMSIsInUtMyIsNDIxMSwibG9iYnkiXQ."
            "uqvHY-J1D6A4k50DUJ-Tg7Xxn8m8XPxwrc7O4qSVYrQ"
        ),
        RestoreTicket(EVENT, USER, 4211, "lobby"),
    ),
]

BATCHES: list[tuple[bytes, Any, Any]] = [
    (
        b'\x81\xa8requests\x91\x95\xa4join\xa3e-1\xa3u-3\xa3r-9\xc4\x07{"x":1}',
        Batch([LineRequest("join", EVENT, USER, "r-9", b'{"x":1}')]),
        Batch[LineRequest],
    ),
    (
        b"\x81\xa8requests\x91\x96\xa3e-1\xa3u-3\xa3r-9\xa3adm\xa3key\xc4\x02{}",
        Batch([HoldRequest(EVENT, USER, "r-9", "adm", "key", b"{}")]),
        Batch[HoldRequest],
    ),
    (
        (
            b"\x81\xa7answers\x93\x93\xcc\xca\xc4\x02{}\xc0\x93\xcd\x01\xf7\xc4\x11"
            b'{"code":"paused"}\x07\x93\xcc\xcc\xc4\x00\xc0'
        ),
        Answers([Answer(202, b"{}"), Answer(503, b'{"code":"paused"}', 7), Answer(204)]),
        Answers,
    ),
]

MESSAGES: list[tuple[bytes, Any, Any]] = [
    (
        (
            b'{"type":"seats_changed","event_id":"e-1","version":12,"changes":[[3,"h"],[4,"s"]],'
            b'"general":{"t-5":61}}'
        ),
        messages.SeatsChanged(EVENT, 12, [(3, "h"), (4, "s")], {"t-5": 61}),
        messages.DomainEvent,
    ),
    (
        b'{"type":"sale_changed","event_id":"e-1","version":8}',
        messages.SaleChanged(EVENT, 8),
        messages.DomainEvent,
    ),
    (
        b'{"type":"holds_created","event_id":"e-1","holds":[["u-3","h-2","a-7"]]}',
        messages.HoldsCreated(EVENT, [(USER, HOLD, ADMISSION)]),
        messages.DomainEvent,
    ),
    (
        (
            b'{"type":"hold_ended","event_id":"e-1","user_id":"u-3","hold_id":"h-2",'
            b'"reason":"expired"}'
        ),
        messages.HoldEnded(EVENT, USER, HOLD, "expired"),
        messages.DomainEvent,
    ),
    (
        (
            b'{"type":"order_paid","event_id":"e-1","user_id":"u-3","order_id":"o-6",'
            b'"admission_id":"a-7","total":154000,"currency":"KRW","tickets":2}'
        ),
        messages.OrderPaid(EVENT, USER, ORDER, ADMISSION, 154_000, "KRW", 2),
        messages.DomainEvent,
    ),
    (
        (
            b'{"type":"order_refunded","event_id":"e-1","user_id":"u-3","order_id":"o-6",'
            b'"total":77000,"currency":"KRW","tickets":1}'
        ),
        messages.OrderRefunded(EVENT, USER, ORDER, 77_000, "KRW", 1),
        messages.DomainEvent,
    ),
    (
        (
            b'{"event_id":"e-1","status":{"waiting":13},"admitted":[{"user_id":"u-3",'
            b'"admission":{"token":"t"}}]}'
        ),
        messages.Tick(
            EVENT,
            msgspec.Raw(b'{"waiting":13}'),
            [messages.Admitted(USER, msgspec.Raw(b'{"token":"t"}'))],
        ),
        messages.Tick,
    ),
]


def carries(new: Any, old: Any) -> bool:
    """Whether whoever reads `old` finds all of it in `new`: members may be added, at the end."""
    if isinstance(old, dict):
        return all(name in new and carries(new[name], old[name]) for name in old)
    if isinstance(old, list):
        return len(new) >= len(old) and all(map(carries, new, old))
    return bool(new == old)


@pytest.mark.parametrize(("sent", "meant"), TOKENS)
def test_a_token_of_the_first_release_is_understood_and_made_alike(sent: str, meant: Token) -> None:
    assert RING.verify(type(meant), sent, now=1_700_000_100) == meant
    assert RING.sign(meant) == sent


@pytest.mark.parametrize(("sent", "meant", "type_"), BATCHES)
def test_a_batch_of_the_first_release_is_understood_and_made_alike(
    sent: bytes, meant: Any, type_: Any
) -> None:
    assert msgspec.msgpack.decode(sent, type=type_) == meant
    now = msgspec.msgpack.decode(msgspec.msgpack.encode(meant))
    assert carries(now, msgspec.msgpack.decode(sent))


@pytest.mark.parametrize(("sent", "meant", "type_"), MESSAGES)
def test_a_message_of_the_first_release_is_understood_and_made_alike(
    sent: bytes, meant: Any, type_: Any
) -> None:
    assert msgspec.json.decode(sent, type=type_) == meant
    now = msgspec.json.decode(msgspec.json.encode(meant))
    assert carries(now, msgspec.json.decode(sent))


def test_channels_and_keys_are_called_as_in_the_first_release() -> None:
    assert messages.EXCHANGE == "tiketi.events"
    assert messages.tick_channel(EVENT) == "tick:{e-1}"
    assert messages.TICK_CHANNELS == "tick:*"
    assert messages.session_key("abc") == "session:abc"
    assert messages.SESSIONS_REVOKED == "sessions:revoked"
