"""When to try again, and after how long; pure."""

TRIES = 5
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 5.0

_AGAIN = frozenset({429, 502, 503, 504})


def pause(attempt: int, chance: float) -> float:
    """Seconds before try `attempt` (0 is the first repeat): 1 s growing to 5 s, the last second
    of it by chance (0 to 1), so that those who were cut off together do not come back together."""
    return min(FIRST_SECONDS + attempt, LONGEST_SECONDS - 1) + chance


def worth_repeating(status: int, code: str) -> bool:
    """Whether the same request may succeed later. The caller knows whether repeating is safe."""
    return status in _AGAIN or code == "still_running"
