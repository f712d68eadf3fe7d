"""One line a log, for machines or for people."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from tiketi_shared.logs import configure_logs, get_logger
from tiketi_shared.tracing import span

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(capsys: Capture) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_tells_its_service_its_place_and_its_fields(capsys: Capture) -> None:
    configure_logs("tiketi-example", "info", "json")
    get_logger("tiketi.place").info("round skipped", reason="store_unavailable")
    (line,) = lines(capsys)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "round skipped", "reason": "store_unavailable", "level": "info",
        "logger": "tiketi.place", "service": "tiketi-example",
    }  # fmt: skip


def test_a_library_s_line_has_the_same_shape(capsys: Capture) -> None:
    configure_logs("tiketi-example", "info", "json")
    logging.getLogger("library").warning("said %s", "something")
    (line,) = lines(capsys)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "said something", "level": "warning", "logger": "library",
        "service": "tiketi-example",
    }  # fmt: skip


def test_a_line_within_a_trace_names_it(capsys: Capture) -> None:
    configure_logs("tiketi-example", "info", "json")
    with span("work", "server", TRACE):
        get_logger("x").info("inside")
    get_logger("x").info("outside")
    inside, outside = lines(capsys)
    assert inside["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert "trace_id" not in outside


@pytest.mark.parametrize(
    ("level", "shown"), [("debug", ["a", "b", "c"]), ("info", ["b", "c"]), ("warning", ["c"])]
)
def test_what_is_less_severe_than_the_level_is_not_logged(
    capsys: Capture, level: str, shown: list[str]
) -> None:
    configure_logs("tiketi-example", level, "json")
    log = get_logger("x")
    log.debug("a")
    log.info("b")
    log.warning("c")
    assert [line["event"] for line in lines(capsys)] == shown


def test_an_exception_is_told_within_its_line(capsys: Capture) -> None:
    configure_logs("tiketi-example", "info", "json")
    try:
        int("as it happened")
    except ValueError:
        get_logger("x").exception("round failed")
    (line,) = lines(capsys)
    assert "ValueError: invalid literal" in str(line["exception"])


def test_people_get_text(capsys: Capture) -> None:
    configure_logs("tiketi-example", "info", "console")
    get_logger("x").info("round skipped", reason="store_unavailable")
    (line,) = capsys.readouterr().err.splitlines()
    assert "round skipped" in line
    assert "reason=store_unavailable" in line
    assert not line.startswith("{")
    assert "\x1b" not in line
