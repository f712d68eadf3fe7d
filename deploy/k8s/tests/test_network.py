"""Who may speak with whom: the edges of the architecture, all of them and no other."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

Objects = list[dict[str, Any]]
Named = dict[str, dict[str, Any]]

NAME = "app.kubernetes.io/name"

EDGES = {
    ("load balancer", "gateway", "http"),
    ("gateway", "queue", "http"),
    ("gateway", "booking", "http"),
    ("gateway", "notifier", "http"),
    ("gateway", "metrics", "http"),
    ("gateway", "redis", "6379"),
    ("queue", "booking", "http"),
    ("queue", "redis", "6379"),
    ("queue", "rabbitmq", "5672"),
    ("booking", "postgres", "5432"),
    ("booking", "redis", "6379"),
    ("booking", "rabbitmq", "5672"),
    ("booking", "internet", "443"),
    ("booking", "internet", "587"),
    ("booking-migration", "postgres", "5432"),
    ("notifier", "queue", "http"),
    ("notifier", "booking", "http"),
    ("notifier", "redis", "6379"),
    ("notifier", "rabbitmq", "5672"),
    ("metrics", "gateway", "operations"),
    ("metrics", "queue", "http"),
    ("metrics", "booking", "http"),
    ("metrics", "notifier", "http"),
    ("metrics", "redis", "6379"),
    ("prometheus", "gateway", "operations"),
    ("prometheus", "queue", "operations"),
    ("prometheus", "booking", "operations"),
    ("prometheus", "notifier", "operations"),
    ("prometheus", "metrics", "operations"),
}
"""(who, whom, port). Names besides those of pods: the load balancer, Prometheus, the internet."""

NAMESPACES = {"traefik": "load balancer", "monitoring": "prometheus", "kube-system": "names"}

Edge = tuple[str, str, str]


def peer(rule: dict[str, Any]) -> str:
    if "ipBlock" in rule:
        assert rule["ipBlock"]["cidr"] == "0.0.0.0/0"
        private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"}
        assert private <= set(rule["ipBlock"]["except"])
        return "internet"
    if "namespaceSelector" in rule:
        return NAMESPACES[rule["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]]
    name: str = rule["podSelector"]["matchLabels"][NAME]
    return name


def edges(policies: Named, ports: dict[str, dict[int | str, str]]) -> tuple[set[Edge], set[Edge]]:
    """What the ingress rules allow, and what the egress rules do; ports by their names."""
    coming: set[Edge] = set()
    going: set[Edge] = set()
    for policy in policies.values():
        spec = policy["spec"]
        if not spec["podSelector"]:
            continue
        pod = spec["podSelector"]["matchLabels"][NAME]
        for who, port in _pairs(spec["ingress"], "from"):
            coming.add((who, pod, ports.get(pod, {}).get(port, str(port))))
        for whom, port in _pairs(spec["egress"], "to"):
            if whom == "names":
                assert port == 53
                continue
            going.add((pod, whom, ports.get(whom, {}).get(port, str(port))))
    return coming, going


def _pairs(rules: list[dict[str, Any]], side: str) -> Iterator[tuple[str, int | str]]:
    for rule in rules:
        assert rule[side], "an empty list of peers allows everyone"
        assert rule["ports"], "no ports are all ports"
        for who in rule[side]:
            for port in rule["ports"]:
                yield peer(who), port["port"]


@pytest.fixture(scope="module")
def ports(development: Objects, of_kind: Callable[..., Named]) -> dict[str, dict[int | str, str]]:
    """The names of each service's ports."""
    return {
        name: {
            port["containerPort"]: port["name"]
            for port in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]
        }
        for name, deployment in of_kind(development, "Deployment").items()
    }


def test_exactly_the_edges_of_the_architecture_are_allowed(
    development: Objects, of_kind: Callable[..., Named], ports: dict[str, dict[int | str, str]]
) -> None:
    coming, going = edges(of_kind(development, "NetworkPolicy"), ports)
    outside = {"load balancer", "prometheus"}
    assert coming == {edge for edge in EDGES if edge[1] != "internet"}
    assert going == {edge for edge in EDGES if edge[0] not in outside}


@pytest.mark.parametrize("overlay", ["production", "production-hpa", "development"])
def test_what_is_not_allowed_does_not_pass(
    overlay: str, built: Callable[[str], Objects], of_kind: Callable[..., Named]
) -> None:
    policies = of_kind(built(f"overlays/{overlay}"), "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {
        "podSelector": {}, "policyTypes": ["Ingress", "Egress"],
    }  # fmt: skip
    for policy in policies.values():
        if not policy["metadata"]["name"].startswith("to-"):
            assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_stores_outside_are_reached_by_those_who_use_them(
    production: Objects, of_kind: Callable[..., Named]
) -> None:
    policies = of_kind(production, "NetworkPolicy")
    for store in ("redis", "postgres", "rabbitmq"):
        spec = policies[f"to-{store}"]["spec"]
        (expression,) = spec["podSelector"]["matchExpressions"]
        assert set(expression["values"]) == {who for who, whom, _ in EDGES if whom == store}
        (rule,) = spec["egress"]
        assert all(to["ipBlock"]["cidr"].startswith("10.0.") for to in rule["to"])


def test_every_address_in_a_pods_settings_is_a_service_it_may_reach(
    development: Objects, of_kind: Callable[..., Named]
) -> None:
    services = of_kind(development, "Service")
    deployments = of_kind(development, "Deployment")
    for name, deployment in deployments.items():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        urls = {v["name"]: v["value"] for v in container["env"] if v["name"].endswith("_URLS")}
        for url in urls.values():
            target = urlsplit(url)
            service = services[target.hostname or ""]["spec"]
            (port,) = (p for p in service["ports"] if p["port"] == target.port)
            whom = service["selector"][NAME]
            assert (name, whom, port["targetPort"]) in EDGES


def test_every_service_leads_to_ports_that_are_open(
    development: Objects, of_kind: Callable[..., Named], ports: dict[str, dict[int | str, str]]
) -> None:
    for service in of_kind(development, "Service").values():
        name = service["spec"]["selector"][NAME]
        if name in ports:
            targets = {port["targetPort"] for port in service["spec"]["ports"]}
            assert targets <= set(ports[name].values())


def test_a_browser_stays_at_its_gateway_for_a_day(
    production: Objects, of_kind: Callable[..., Named]
) -> None:
    annotations = of_kind(production, "Service")["gateway"]["metadata"]["annotations"]
    prefix = "traefik.ingress.kubernetes.io/service.sticky.cookie"
    assert annotations[prefix] == "true"
    assert annotations[f"{prefix}.maxage"] == "86400"
    assert annotations[f"{prefix}.httponly"] == annotations[f"{prefix}.secure"] == "true"


def test_only_the_gateways_public_port_is_reached_from_outside(
    production: Objects, of_kind: Callable[..., Named]
) -> None:
    (ingress,) = of_kind(production, "Ingress").values()
    assert ingress["spec"]["tls"]
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "gateway", "port": {"name": "http"}}
    kinds = {s["spec"].get("type", "ClusterIP") for s in of_kind(production, "Service").values()}
    assert kinds == {"ClusterIP"}
