"""What one service encodes, another decodes."""

import fnmatch

import msgspec
import pytest

from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import (
    TICK_CHANNELS,
    UNCHANGED,
    Admitted,
    Tick,
    session_key,
    tick_channel,
)


@pytest.mark.parametrize("status", [UNCHANGED, msgspec.Raw(b'{"waiting":3}')])
def test_a_tick_arrives_as_it_was_sent(status: msgspec.Raw) -> None:
    admitted = [Admitted(UserId("u"), msgspec.Raw(b'{"token":"t"}'))]
    tick = Tick(EventId("e"), status, admitted)
    assert msgspec.json.decode(msgspec.json.encode(tick), type=Tick) == tick


def test_an_event_s_ticks_have_a_channel_of_their_own() -> None:
    assert tick_channel(EventId("e1")) == "tick:{e1}"
    assert fnmatch.fnmatchcase(tick_channel(EventId("e1")), TICK_CHANNELS)


def test_a_session_is_cached_under_its_hash() -> None:
    assert session_key("abc") == "session:abc"
