import hashlib
import hmac
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tiketi_queue.domain.draw import Draw, public_number
from tiketi_queue.domain.line import LOBBY_SCORES
from tiketi_shared.ids import EventId, UserId, new_id

OPENED = 1_700_000_000_000_000
DRAW = Draw.derive("a key for the tests", EventId("e1"))


def test_the_commitment_is_the_hash_of_the_secret() -> None:
    assert hashlib.sha256(DRAW.secret).hexdigest() == DRAW.commitment


def test_each_event_has_a_secret_of_its_own() -> None:
    assert Draw.derive("a key for the tests", EventId("e2")).secret != DRAW.secret


def test_the_score_is_what_the_published_algorithm_says() -> None:
    digest = hmac.new(DRAW.secret, b"e1:ann", hashlib.sha256).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)
    assert DRAW.score(UserId("ann")) == int(bits[:50], 2)


@given(st.text(min_size=1))
def test_a_drawn_score_is_below_every_number(user: str) -> None:
    assert 0 <= DRAW.score(UserId(user)) < LOBBY_SCORES < OPENED


def test_the_draw_favours_nobody() -> None:
    """Chi-squared over ten places: 21.7 would be exceeded by chance once in a hundred."""
    scores = [DRAW.score(UserId(new_id())) for _ in range(20_000)]
    places = Counter(score * 10 >> 50 for score in scores)
    chi_squared = sum((places[place] - 2000) ** 2 / 2000 for place in range(10))
    assert chi_squared < 33.7, "once in ten thousand"


def test_there_is_no_number_before_the_opening() -> None:
    assert public_number(5, 0, 100) is None


@given(
    st.lists(st.integers(0, LOBBY_SCORES - 1), min_size=1, max_size=200, unique=True),
)
def test_numbers_of_the_lobby_are_in_the_order_of_the_scores_and_before_late_joiners(
    scores: list[int],
) -> None:
    numbers = [public_number(score, OPENED, len(scores)) for score in sorted(scores)]
    assert numbers == sorted(number for number in numbers if number is not None)
    assert OPENED - len(scores) <= (numbers[0] or 0)
    assert (numbers[-1] or 0) < OPENED


def test_a_number_is_the_rank_give_or_take_the_root_of_the_lobby() -> None:
    count = 10_000
    scores = sorted(DRAW.score(UserId(f"user-{index}")) for index in range(count))
    off = [
        abs((public_number(score, OPENED, count) or 0) - (OPENED - count + rank))
        for rank, score in enumerate(scores)
    ]
    assert max(off) < 3 * count**0.5


def test_a_number_of_the_counter_is_its_own_score() -> None:
    assert public_number(OPENED + 17, OPENED, 100) == OPENED + 17


def test_the_draw_follows_from_the_key_and_the_event_alone() -> None:
    secret = hmac.new(b"a key", b"tiketi-draw:e9", hashlib.sha256).digest()
    assert Draw.derive("a key", EventId("e9")) == Draw(EventId("e9"), secret)


def test_the_first_score_above_the_drawn_ones_is_a_number_of_the_counter() -> None:
    assert public_number(LOBBY_SCORES, OPENED, 100) == LOBBY_SCORES
    assert public_number(LOBBY_SCORES - 1, OPENED, 100) == OPENED - 1
    assert public_number(0, OPENED, 100) == OPENED - 100
