"""Alerts on their way to people: the shipped configuration in a real Alertmanager, whose messages
arrive at a local mail server and a local web server that stands for Slack, pager and SMS."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller

CRITICAL = {
    "labels": {"alertname": "TiketiLineTooLong", "severity": "critical", "event_id": "e1"},
    "annotations": {
        "summary": "More than 50,000 people wait for event e1",
        "description": "61k people are in line.",
        "runbook": "deploy/README.md#line-over-50000",
    },
}
WARNING = {
    "labels": {"alertname": "TiketiSlow", "severity": "warning"},
    "annotations": {
        "summary": "One request in twenty takes longer than half a second",
        "description": "P95 is 750ms.",
        "runbook": "deploy/README.md#p95-over-500-ms",
    },
}


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=TiketiDatabaseBusy severity=critical", "on-call"),
        ("alertname=TiketiRedisFull severity=critical", "on-call"),
        ("alertname=TiketiErrors severity=critical", "on-call"),
        ("alertname=TiketiLineTooLong severity=critical", "on-call"),
        ("alertname=TiketiErrorBudgetBurn severity=critical", "on-call"),
        ("alertname=TiketiInstanceBusy severity=warning", "team"),
        ("alertname=TiketiSlow severity=warning", "team"),
        ("alertname=TiketiReconnects severity=warning", "team"),
        ("alertname=SomethingNew", "team"),
    ],
)
def test_each_alert_takes_its_route(run: Callable[..., str], labels: str, receiver: str) -> None:
    configuration = "--config.file=alertmanager/alertmanager.yml"
    routed = run("amtool", "config", "routes", "test", configuration, *labels.split())
    assert routed.splitlines()[0] == receiver


def test_amtool_finds_no_fault_in_the_configuration(run: Callable[..., str]) -> None:
    assert "SUCCESS" in run("amtool", "check-config", "alertmanager/alertmanager.yml")


@dataclass
class Inbox:
    """What arrived: by web under its path, by mail under `mail`."""

    url: str = ""
    smtp_port: int = 0
    got: dict[str, list[Any]] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        content = {**await request.json(), "authorization": request.headers.get("Authorization")}
        self.got.setdefault(request.path, []).append(content)
        return web.json_response({"status": "success"}, status=202)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name for it
        self.got.setdefault("mail", []).append(envelope.content.decode())
        return "250 OK"

    async def until(self, *places: str) -> None:
        async with asyncio.timeout(30):
            while not set(places) <= self.got.keys():  # noqa: ASYNC110  the senders are processes
                await asyncio.sleep(0.1)


@pytest.fixture
async def inbox(free_port: Callable[[], int]) -> AsyncIterator[Inbox]:
    inbox = Inbox(smtp_port=free_port())
    app = web.Application()
    app.router.add_post("/{place}", inbox.take)
    mail = Controller(inbox, hostname="127.0.0.1", port=inbox.smtp_port)
    mail.start()
    async with TestServer(app) as server:
        inbox.url = str(server.make_url("")).rstrip("/")
        yield inbox
    mail.stop()


@pytest.fixture
async def alertmanager(
    inbox: Inbox, monitoring: Path, start: Callable[..., None], free_port: Callable[[], int],
    tmp_path: Path,
) -> str:  # fmt: skip
    """The URL of an Alertmanager with the shipped configuration and the inbox's addresses."""
    secrets = {
        "smtp_password": "p", "slack_webhook_url": f"{inbox.url}/slack", "pager_key": "page-me",
        "sms_token": "text-me",
    }  # fmt: skip
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
    addresses = {
        "/run/secrets": str(tmp_path),
        "mail.example.com:587": f"127.0.0.1:{inbox.smtp_port}\n  smtp_require_tls: false",
        "https://events.pagerduty.com/v2/enqueue": f"{inbox.url}/pager",
        "https://sms.example.com/alerts": f"{inbox.url}/sms",
        "templates/": f"{monitoring}/alertmanager/templates/",
    }
    text = (monitoring / "alertmanager/alertmanager.yml").read_text()
    for shipped, local in addresses.items():
        assert shipped in text
        text = text.replace(shipped, local)
    configuration = tmp_path / "alertmanager.yml"
    configuration.write_text(text.replace("group_wait: 10s", "group_wait: 0s"))
    port = free_port()
    await asyncio.to_thread(
        start, "prometheus-alertmanager", f"--config.file={configuration}",
        f"--storage.path={tmp_path}/data", f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=", ready=f"http://127.0.0.1:{port}/-/ready",
    )  # fmt: skip
    return f"http://127.0.0.1:{port}"


async def send(alertmanager: str, alert: dict[str, Any]) -> None:
    body = json.dumps([{**alert, "startsAt": datetime.now(UTC).isoformat()}]).encode()
    request = urllib.request.Request(
        f"{alertmanager}/api/v2/alerts", body, {"Content-Type": "application/json"}
    )
    await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=5).close())


async def test_a_critical_alert_reaches_pager_sms_and_slack(
    alertmanager: str, inbox: Inbox
) -> None:
    await send(alertmanager, CRITICAL)
    await inbox.until("/pager", "/sms", "/slack")

    (page,) = inbox.got["/pager"]
    assert page["routing_key"] == "page-me"
    assert page["payload"]["summary"] == "CRITICAL: More than 50,000 people wait for event e1"
    assert "deploy/README.md#line-over-50000" in page["payload"]["custom_details"]["what"]
    (sms,) = inbox.got["/sms"]
    assert sms["authorization"] == "Bearer text-me"
    assert sms["alerts"][0]["annotations"]["summary"].startswith("More than 50,000")
    (slack,) = inbox.got["/slack"]
    assert slack["channel"] == "#on-call"
    assert "mail" not in inbox.got


async def test_a_warning_reaches_slack_and_mail_and_wakes_nobody(
    alertmanager: str, inbox: Inbox
) -> None:
    await send(alertmanager, WARNING)
    await inbox.until("/slack", "mail")

    (mail,) = inbox.got["mail"]
    assert "Subject: WARNING: One request in twenty takes longer than half a second" in mail
    assert "To: team@example.com" in mail
    assert "What to look at first: deploy/README.md#p95-over-500-ms" in mail.replace("=\r\n", "")
    (slack,) = inbox.got["/slack"]
    assert slack["channel"] == "#tiketi"
    assert not {"/pager", "/sms"} & inbox.got.keys()


async def test_a_service_that_is_gone_hides_its_own_instances_and_no_others(
    alertmanager: str, inbox: Inbox
) -> None:
    def alert(name: str, severity: str, job: str) -> dict[str, Any]:
        labels = {"alertname": name, "severity": severity, "job": job}
        return {"labels": labels, "annotations": {**WARNING["annotations"], "summary": f"{job}!"}}

    await send(alertmanager, alert("TiketiServiceGone", "critical", "queue"))
    await inbox.until("/pager")
    await send(alertmanager, alert("TiketiInstanceGone", "warning", "queue"))
    await send(alertmanager, alert("TiketiInstanceGone", "warning", "booking"))
    await inbox.until("mail")

    assert [mail.count("WARNING: booking!") > 0 for mail in inbox.got["mail"]] == [True]
    assert not any("WARNING: queue!" in mail for mail in inbox.got["mail"])


async def test_a_line_over_50000_is_told_from_the_scrape_to_the_pager(  # noqa: PLR0917  fixtures
    alertmanager: str, inbox: Inbox, monitoring: Path, start: Callable[..., None],
    free_port: Callable[[], int], tmp_path: Path,
) -> None:  # fmt: skip
    """The shipped rules in a real Prometheus; only their patience is shortened."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text='tiketi_queue_waiting{event_id="e1"} 61000\n')

    rules = tmp_path / "rules"
    rules.mkdir()
    for path in (monitoring / "prometheus/rules").glob("*.yml"):
        content = yaml.safe_load(path.read_text())
        for rule in (rule for group in content["groups"] for rule in group["rules"]):
            rule.pop("for", None)
        (rules / path.name).write_text(yaml.safe_dump(content))
    app = web.Application()
    app.router.add_get("/metrics", metrics)
    async with TestServer(app) as target:
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [f"{rules}/*.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager[7:]]}]}]},
            "scrape_configs": [
                {
                    "job_name": "metrics",
                    "static_configs": [{"targets": [f"{target.host}:{target.port}"]}],
                }
            ],
        }
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        port = free_port()
        await asyncio.to_thread(
            start, "prometheus", f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/tsdb", f"--web.listen-address=127.0.0.1:{port}",
            ready=f"http://127.0.0.1:{port}/-/ready",
        )  # fmt: skip
        await inbox.until("/pager")
        async with asyncio.timeout(30):
            while not any("61k" in json.dumps(page) for page in inbox.got["/pager"]):  # noqa: ASYNC110  the sender is a process
                await asyncio.sleep(0.2)
