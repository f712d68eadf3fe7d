"""How an instance that leaves spreads its clients over the time it has."""


def departures(clients: int, seconds: float) -> list[float]:
    """When each client is asked to go, in seconds from now: evenly over the time, the first at
    once, the last early enough to go by itself before the time is over."""
    usable = seconds * 0.9
    return [usable * index / clients for index in range(clients)]


def patience(seconds: float) -> float:
    """How long after being asked a client that stays is closed."""
    return min(5.0, seconds * 0.1)
