"""Which rule serves a path, for rules that the tests define."""

from dataclasses import dataclass

import pytest

from tiketi_gateway.domain.paths import MAX_REMEMBERED, MAX_REMEMBERED_PATH, Table


@dataclass(frozen=True, slots=True)
class Rule:
    method: str
    pattern: str
    name: str


RULES = (
    Rule("GET", "/api/events", "list"),
    Rule("GET", "/api/events/{id}", "event"),
    Rule("POST", "/api/events/{id}/holds", "hold"),
    Rule("DELETE", "/api/events/{id}/holds/{hold}", "give back"),
    Rule("GET", "/api/events/featured", "featured"),
    Rule("PUT", "/api/events/featured/now", "feature"),
    Rule("*", "/api/auth/**", "accounts"),
    Rule("GET", "/api/auth/me/**", "me"),
    Rule("PATCH", "/api/**", "patches"),
    Rule("*", "/ws", "socket"),
)


def served(method: str, path: str) -> tuple[str | None, tuple[str, ...]]:
    rule, names = Table(RULES).find(method, path)
    return (rule.name if rule else None), names


@pytest.mark.parametrize(
    ("method", "path", "name", "names"),
    [
        ("GET", "/api/events", "list", ()),
        ("POST", "/api/events", None, ()),
        ("GET", "/api/events/e1", "event", ("e1",)),
        ("GET", "/api/events/", None, ()),
        ("POST", "/api/events/e1/holds", "hold", ("e1",)),
        ("DELETE", "/api/events/e1/holds/h2", "give back", ("e1", "h2")),
        ("GET", "/api/events/e1/holds/h2", None, ()),
        ("GET", "/api/events/e1/other", None, ()),
        # A literal segment goes before a named one, unless nothing below it serves the path.
        ("GET", "/api/events/featured", "featured", ()),
        ("POST", "/api/events/featured/holds", "hold", ("featured",)),
        ("PUT", "/api/events/featured/now", "feature", ()),
        ("GET", "/api/auth/login", "accounts", ()),
        ("POST", "/api/auth/a/b/c", "accounts", ()),
        ("GET", "/api/auth/me/sessions", "me", ()),
        ("POST", "/api/auth/me/sessions", "accounts", ()),
        ("GET", "/api/auth", None, ()),
        ("PATCH", "/api/events/e1/queue", "patches", ()),
        ("PATCH", "/api/auth/x", "accounts", ()),
        ("PATCH", "/other", None, ()),
        ("POST", "/ws", "socket", ()),
        ("GET", "/ws/", None, ()),
    ],
)
def test_the_most_exact_rule_serves_a_path(
    method: str, path: str, name: str | None, names: tuple[str, ...]
) -> None:
    assert served(method, path) == (name, names)


def test_a_rule_of_the_method_goes_before_one_of_any_method() -> None:
    table = Table([Rule("*", "/a", "any"), Rule("GET", "/a", "get"), Rule("*", "/b/**", "any"),
                   Rule("GET", "/b/**", "get")])  # fmt: skip
    found = [table.find(method, path)[0] for path in ("/a", "/b/c") for method in ("GET", "PUT")]
    assert [rule.name for rule in found if rule] == ["get", "any", "get", "any"]


def test_the_methods_of_a_path_are_those_with_a_rule_of_their_own() -> None:
    table = Table(RULES)
    assert table.methods("/api/events") == {"GET", "PATCH"}
    assert table.methods("/api/events/e1/holds/h2") == {"DELETE", "PATCH"}
    assert table.methods("/ws") == frozenset()
    assert table.methods("/nowhere") == frozenset()


def test_results_are_remembered_by_method_and_path() -> None:
    table = Table(RULES)
    for _ in range(2):
        assert table.find("GET", "/api/events/e1") == (RULES[1], ("e1",))
        assert table.find("GET", "/api/events/e2") == (RULES[1], ("e2",))
        assert table.find("POST", "/api/events/e1") == (None, ())
    assert len(table._remembered) == 3


def test_a_remembered_path_is_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(RULES)
    table.find("GET", "/api/events/e1")
    table.find("GET", "/nowhere")
    monkeypatch.setattr(table, "_search", None)
    assert table.find("GET", "/api/events/e1") == (RULES[1], ("e1",))
    assert table.find("GET", "/nowhere") == (None, ())


@pytest.mark.parametrize(("extra", "remembered"), [(0, 1), (1, 0)])
def test_a_path_too_long_to_come_again_is_not_remembered(extra: int, remembered: int) -> None:
    table = Table(RULES)
    start = "/api/events/"
    name = "e" * (MAX_REMEMBERED_PATH + extra - len(start))
    assert table.find("GET", start + name) == (RULES[1], (name,))
    assert len(table._remembered) == remembered


def test_memory_is_bounded_however_many_paths_clients_invent() -> None:
    table = Table(RULES)
    for index in range(MAX_REMEMBERED):
        table.find("GET", f"/{index}")
    assert len(table._remembered) == MAX_REMEMBERED
    assert table.find("GET", "/api/events") == (RULES[0], ())
    assert len(table._remembered) == 1
