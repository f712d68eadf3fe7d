"""Every Redis key and channel of the notifier; an event's share a hash tag."""

from tiketi_shared.ids import EventId


def live_state(event_id: EventId) -> str:
    """Hash: `epoch`, `version`, and the last source version told per stream."""
    return f"live-state:{{{event_id}}}"


def live_history(event_id: EventId) -> str:
    """List: the last messages, newest last."""
    return f"live-history:{{{event_id}}}"


def live_channel(event_id: EventId) -> str:
    """Pub/sub: each message as it is published."""
    return f"live:{{{event_id}}}"


def event_of(channel: str) -> EventId:
    """The event that a `live:` or `tick:` channel belongs to."""
    return EventId(channel[channel.index("{") + 1 : -1])
