"""The model's figures grow with the sale, and the page is up to date."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.capacity.__main__ import PAGE, costs, prices, written
from tests.capacity.check import Checked
from tests.capacity.model import PARTS, SERVICES, Sale, cores_of, needs, rates


def test_the_page_is_the_one_that_the_model_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == written()


@given(st.integers(1_000, 20_000_000), st.floats(1.0, 10.0))
def test_more_people_never_need_less(people: int, factor: float) -> None:
    few, many = (
        needs(Sale(people=round(people * times), seats=50_000), costs(), prices())
        for times in (1, factor)
    )
    assert all(few.instances[part] <= many.instances[part] for part in SERVICES)
    assert all(few.cores[part] <= many.cores[part] * 1.000001 for part in PARTS)
    assert few.redis_shards <= many.redis_shards
    assert few.dollars_an_hour <= many.dollars_an_hour


@given(st.integers(1_000, 1_000_000), st.integers(2, 10))
def test_what_is_only_served_more_often_costs_so_many_times_more(people: int, times: int) -> None:
    sale = Sale(people=people, seats=1_000, live=0.0, inside=0.0)
    table = msgspec.structs.replace(
        costs(), idle=dict.fromkeys(PARTS, 0.0), alone_us={}, alone_a_second=0.0
    )
    once = rates(sale)
    often = {operation: rate * times for operation, rate in once.items()}
    for part in PARTS:
        assert cores_of(part, often, table) == pytest.approx(times * cores_of(part, once, table))


def test_a_faster_pace_asks_more_of_the_database_and_not_of_the_line() -> None:
    slow, fast = (
        needs(Sale(people=1_000_000, seats=50_000, pace=pace), costs(), prices())
        for pace in (50, 400)
    )
    assert fast.cores["postgres"] > 2 * slow.cores["postgres"]
    assert fast.redis_mib == slow.redis_mib


def test_a_prediction_that_is_off_is_told() -> None:
    predicted = dict.fromkeys(PARTS, 4.0)
    right = Checked("", 1, 1, 1.0, predicted, dict.fromkeys(PARTS, 5.0))
    wrong = Checked("", 1, 1, 1.0, predicted, {**dict.fromkeys(PARTS, 4.0), "queue": 13.0})
    assert right.broken == []
    assert wrong.broken == ["queue: predicted 4.0 s, measured 13.0 s"]
