"""What one service encodes, another decodes."""

import msgspec
import pytest

from tiketi_shared.ids import EventId, UserId
from tiketi_shared.messages import UNCHANGED, Admitted, Tick


@pytest.mark.parametrize("status", [UNCHANGED, msgspec.Raw(b'{"waiting":3}')])
def test_a_tick_arrives_as_it_was_sent(status: msgspec.Raw) -> None:
    admitted = [Admitted(UserId("u"), msgspec.Raw(b'{"token":"t"}'))]
    tick = Tick(EventId("e"), status, admitted)
    assert msgspec.json.decode(msgspec.json.encode(tick), type=Tick) == tick
