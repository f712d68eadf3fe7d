from typing import Any

import pytest

from tiketi_aws.costs import HOURS, Part, load_prices, parts_of, table


def test_the_parts_are_counted_from_the_template(plain_template: dict[str, Any]) -> None:
    counts = {
        part.name: (part.count, part.extra) for part in parts_of(plain_template, load_prices())
    }
    assert counts == {
        "t3.medium instances": (2, 8),
        "Redis": (2, 0),
        "Aurora": (2, 0),
        "RabbitMQ": (3, 0),
        "NAT gateways": (2, 0),
        "Load balancer": (1, 0),
    }


def test_the_peak_costs_more_and_reservations_cost_less() -> None:
    part = Part("instances", count=2, on_demand=1.0, reserved=0.5, spot=0.25, extra=8)
    assert part.off_peak() == 2 * HOURS
    assert part.peak() == 10 * HOURS
    assert part.reserved_off_peak() == 1 * HOURS
    assert part.reserved_and_spot_peak() == 3 * HOURS


def test_the_table_ends_with_the_totals() -> None:
    parts = [Part("a", 1, 1.0, 1.0, 1.0), Part("b", 1, 1.0, 1.0, 1.0)]
    assert table(parts).splitlines()[-1] == "| **a month** | | | 1,460 | 1,460 | 1,460 | 1,460 |"


def test_a_size_without_a_price_is_an_error(plain_template: dict[str, Any]) -> None:
    prices = load_prices()
    del prices["instance"]["t3.medium"]
    with pytest.raises(KeyError, match=r"t3\.medium"):
        parts_of(plain_template, prices)
