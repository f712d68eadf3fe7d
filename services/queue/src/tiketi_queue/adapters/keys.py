"""Every Redis key of a line. The keys of an event share a hash tag, and so a slot of a cluster."""

from tiketi_shared.ids import EventId


def line_keys(event_id: EventId) -> list[str]:
    """The keys of one line, in the order in which `lua/prelude.lua` names them.

    state     string: the line's counters, MessagePack
    waiting   sorted set: user -> score (lobby: drawn, below 2^50; general: a number above it)
    priority  sorted set: user -> number in the priority lane
    passed    hash: user -> lane, score and time (ms) of being passed over
    active    sorted set: user -> when the slot becomes free again (ms)
    admitted  hash: user -> the admission that the slot belongs to
    present   sorted set: user -> until when (ms) they count as present; only people near the head
    gone      set: users whose place was used or given up; an old ticket does not restore it
    announce  sorted set: user -> when admitted (ms), until a tick has published the admission
    """
    parts = (
        "state", "waiting", "priority", "passed", "active", "admitted", "present", "gone",
        "announce",
    )  # fmt: skip
    return [f"line:{{{event_id}}}:{part}" for part in parts]
