"""The rules: their syntax, their behaviour, and that each alert says what to do."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml


def alerts(monitoring: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((monitoring / "prometheus/rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


def anchors(markdown: str) -> set[str]:
    """The anchors that a Markdown page's headings have."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_promtool_finds_no_fault_in_the_rules(monitoring: Path, run: Callable[..., str]) -> None:
    rules = sorted((monitoring / "prometheus/rules").glob("*.yml"))
    assert "FAILED" not in run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *rules)


def test_promtool_finds_no_fault_in_the_configuration(run: Callable[..., str]) -> None:
    run("promtool", "check", "config", "prometheus/prometheus.yml")


@pytest.mark.parametrize("tests", ["alerts.yml", "slo.yml"])
def test_each_alert_fires_when_it_must_and_not_before(tests: str, run: Callable[..., str]) -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", f"prometheus/tests/{tests}")


def test_every_file_of_rule_tests_is_run(monitoring: Path) -> None:
    files = {path.name for path in (monitoring / "prometheus/tests").glob("*.yml")}
    assert files == {"alerts.yml", "slo.yml"}


def test_the_operators_rule_holds_every_rule(monitoring: Path) -> None:
    command = [sys.executable, str(monitoring / "prometheus_rule.py")]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    groups = yaml.safe_load(printed)["spec"]["groups"]
    names = [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]
    assert sorted(names) == sorted(rule["alert"] for rule in alerts(monitoring))


def test_each_alert_has_a_test(monitoring: Path) -> None:
    tested = "".join(p.read_text() for p in (monitoring / "prometheus/tests").glob("*.yml"))
    assert not [rule["alert"] for rule in alerts(monitoring) if rule["alert"] not in tested]


def test_each_alert_says_how_urgent_it_is_and_what_to_look_at_first(monitoring: Path) -> None:
    known = anchors((monitoring.parent / "README.md").read_text())
    for rule in alerts(monitoring):
        assert rule["labels"]["severity"] in {"critical", "warning"}
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "deploy/README.md"
        assert anchor in known, rule["alert"]
