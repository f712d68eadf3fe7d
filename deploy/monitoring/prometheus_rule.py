"""The rules as one PrometheusRule, for clusters with the Prometheus operator:

python deploy/monitoring/prometheus_rule.py | kubectl -n tiketi apply -f -
"""

import sys
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).resolve().parent / "prometheus/rules"


def prometheus_rule() -> dict[str, Any]:
    groups = [
        group
        for path in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    ]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "tiketi", "labels": {"app.kubernetes.io/part-of": "tiketi"}},
        "spec": {"groups": groups},
    }


if __name__ == "__main__":
    yaml.safe_dump(prometheus_rule(), sys.stdout, sort_keys=False, allow_unicode=True, width=100)
