"""When the clients of an instance that shuts down reconnect."""


def departures(clients: int, seconds: float) -> list[float]:
    """When each client shall reconnect, in seconds from now: spread evenly, the first at once, the
    last early enough to do so before `seconds` are over."""
    usable = seconds * 0.9
    return [usable * index / clients for index in range(clients)]


def patience(seconds: float) -> float:
    """How long after its time a client that stays is closed."""
    return min(5.0, seconds * 0.1)
