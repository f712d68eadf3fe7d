"""When to try again, and after how long; pure."""

TRIES = 5
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 5.0

_AGAIN = frozenset({429, 502, 503, 504})


def pause(attempt: int, chance: float) -> float:
    """Seconds before try `attempt` (0 is the first repeat): 1 s growing to 5 s, of which a random
    half is taken off (`chance` is 0 to 1), so that those who were cut off together do not come
    back together."""
    longest = min(LONGEST_SECONDS, FIRST_SECONDS + attempt)
    return longest * (0.5 + 0.5 * chance)


def worth_repeating(status: int, code: str) -> bool:
    """Whether the same request may succeed later. The caller knows whether repeating is safe."""
    return status in _AGAIN or code == "still_running"
