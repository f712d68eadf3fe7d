import pytest

from tiketi_gateway.domain.paths import Table
from tiketi_gateway.web.routes import RULES

TABLE = Table(RULES)


@pytest.mark.parametrize(
    ("method", "path", "how", "service", "names"),
    [
        ("GET", "/api/events", "catalogue", "booking", ()),
        ("GET", "/api/events/e1", "catalogue", "booking", ("e1",)),
        ("GET", "/api/events/e1/seatmap", "catalogue", "booking", ("e1",)),
        ("GET", "/api/events/e1/queue/status", "status", "queue", ("e1",)),
        ("POST", "/api/events/e1/queue", "join", "queue", ("e1",)),
        ("GET", "/api/events/e1/queue", "place", "queue", ("e1",)),
        ("DELETE", "/api/events/e1/queue", "leave", "queue", ("e1",)),
        ("GET", "/api/events/e1/queue/draw", "catalogue", "queue", ("e1",)),
        ("POST", "/api/events/e1/holds", "hold", "booking", ("e1",)),
        ("POST", "/api/events/e1/waitlist", "pass", "booking", ()),
        ("POST", "/api/auth/login", "pass", "booking", ()),
        ("GET", "/api/admin/overview", "pass", "metrics", ()),
        ("PATCH", "/api/admin/events/e1/queue", "pass", "booking", ()),
        ("GET", "/ws", "tunnel", "notifier", ()),
        ("GET", "/api/events/e1/stream", "stream", "notifier", ("e1",)),
    ],
)
def test_a_path_goes_to_its_service(
    method: str, path: str, how: str, service: str, names: tuple[str, ...]
) -> None:
    rule, found = TABLE.find(method, path)
    assert rule is not None
    assert (rule.how, rule.service, found) == (how, service, names)


@pytest.mark.parametrize(
    "path", ["/internal/line", "/internal/holds", "/metrics", "/", "/api", "/apix/events", "/ws/x"]
)
def test_paths_that_are_not_public_have_no_rule(path: str) -> None:
    assert TABLE.find("GET", path) == (None, ())
    assert TABLE.find("POST", path) == (None, ())


def test_a_path_names_the_methods_that_it_has() -> None:
    assert TABLE.methods("/ws") == {"GET"}
    assert TABLE.methods("/internal/line") == set()
