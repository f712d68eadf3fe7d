"""What the stack costs a month, counted from the synthesised template.

`python -m tiketi_aws.costs cdk.out/Tiketi.template.json` prints a Markdown table: off-peak (the
least number of instances), peak (the most, for as long as it lasts), with reservations for what
always runs, and with spot for what scales out.
"""

import argparse
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOURS = 730
PRICES = Path(__file__).parent / "prices.toml"
BROKERS_IN_CLUSTER = 3

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """`count` units that always run and up to `extra` more at the peak; dollars an hour each."""

    name: str
    count: int
    on_demand: float
    reserved: float
    spot: float
    extra: int = 0

    def off_peak(self) -> float:
        return self.count * self.on_demand * HOURS

    def peak(self) -> float:
        return (self.count + self.extra) * self.on_demand * HOURS

    def reserved_off_peak(self) -> float:
        return self.count * self.reserved * HOURS

    def reserved_and_spot_peak(self) -> float:
        return (self.count * self.reserved + self.extra * self.spot) * HOURS


def parts_of(template: Template, prices: Mapping[str, Any]) -> list[Part]:
    """The parts that cost by the hour. Raises KeyError for a size that has no price."""
    group = _only(template, "AWS::AutoScaling::AutoScalingGroup")
    instance = _only(template, "AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["InstanceType"]
    redis = _only(template, "AWS::ElastiCache::ReplicationGroup")
    databases = _all(template, "AWS::RDS::DBInstance")
    broker = _only(template, "AWS::AmazonMQ::Broker")
    least, most = int(group["MinSize"]), int(group["MaxSize"])
    nat_gateways = len(_all(template, "AWS::EC2::NatGateway"))
    balancers = len(_all(template, "AWS::ElasticLoadBalancingV2::LoadBalancer"))
    return [
        _part(f"{instance} instances", least, prices["instance"][instance], extra=most - least),
        _part("Redis", redis["NumCacheClusters"], prices["redis"][redis["CacheNodeType"]]),
        _part("Aurora", len(databases), prices["database"][databases[0]["DBInstanceClass"]]),
        _part("RabbitMQ", BROKERS_IN_CLUSTER, prices["broker"][broker["HostInstanceType"]]),
        _part("NAT gateways", nat_gateways, {"on_demand": prices["other"]["nat_gateway"]}),
        _part("Load balancer", balancers, {"on_demand": prices["other"]["balancer"]}),
    ]


def table(parts: list[Part]) -> str:
    """Dollars a month, a row a part and a total."""
    columns: list[Callable[[Part], float]] = [
        Part.off_peak, Part.peak, Part.reserved_off_peak, Part.reserved_and_spot_peak,
    ]  # fmt: skip
    rows = [
        (part.name, part.count, part.extra, [column(part) for column in columns]) for part in parts
    ]
    lines = [
        "| part | always | at peak | off-peak | peak | reserved, off-peak | spot, peak |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for name, count, extra, costs in rows:
        lines.append(f"| {name} | {count} | {extra} | {_dollars(costs)} |")
    totals = [sum(costs[index] for *_, costs in rows) for index in range(len(columns))]
    return "\n".join([*lines, f"| **a month** | | | {_dollars(totals)} |"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Print what the stack costs a month.")
    parser.add_argument("template", type=Path, help="a synthesised template (JSON)")
    template = json.loads(parser.parse_args().template.read_text(encoding="utf-8"))
    print(table(parts_of(template, load_prices())))  # noqa: T201  the command's output


def load_prices() -> dict[str, Any]:
    return tomllib.loads(PRICES.read_text(encoding="utf-8"))


def _part(name: str, count: int, price: Mapping[str, float], *, extra: int = 0) -> Part:
    on_demand = price["on_demand"]
    reserved = price.get("reserved", on_demand)
    return Part(name, count, on_demand, reserved, price.get("spot", on_demand), extra)


def _all(template: Template, kind: str) -> list[dict[str, Any]]:
    resources = template["Resources"].values()
    return [resource["Properties"] for resource in resources if resource["Type"] == kind]


def _only(template: Template, kind: str) -> dict[str, Any]:
    [properties] = _all(template, kind)
    return properties


def _dollars(costs: list[float]) -> str:
    return " | ".join(f"{cost:,.0f}" for cost in costs)


if __name__ == "__main__":
    main()
