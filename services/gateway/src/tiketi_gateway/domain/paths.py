"""Finds the rule for a method and a path. Pure.

A segment of a pattern is literal, `{name}` (any one segment) or, at the end, `**` (any number of
segments). A literal segment wins over `{name}`, and `{name}` over `**`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

KNOWN_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
MAX_REMEMBERED = 4096
MAX_REMEMBERED_PATH = 128


class Patterned(Protocol):
    @property
    def method(self) -> str:
        """One method, or `*` for any."""

    @property
    def pattern(self) -> str: ...


R = TypeVar("R", bound=Patterned)


@dataclass(slots=True)
class _Node(Generic[R]):
    literal: dict[str, "_Node[R]"] = field(default_factory=dict)
    named: "_Node[R] | None" = None
    here: dict[str, R] = field(default_factory=dict)
    below: dict[str, R] = field(default_factory=dict)


class Table(Generic[R]):
    """Rules by pattern. Results are remembered, since most paths come again."""

    def __init__(self, rules: Iterable[R]) -> None:
        self._root: _Node[R] = _Node()
        self._remembered: dict[tuple[str, str], tuple[R | None, tuple[str, ...]]] = {}
        for rule in rules:
            self._add(rule)

    def find(self, method: str, path: str) -> tuple[R | None, tuple[str, ...]]:
        """The rule, or None, and the values of its `{name}`s in order."""
        key = (method, path)
        found = self._remembered.get(key)
        if found is None:
            found = self._search(self._root, path.split("/")[1:], method) or (None, ())
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            if len(path) <= MAX_REMEMBERED_PATH:
                self._remembered[key] = found
        return found

    def methods(self, path: str) -> frozenset[str]:
        """The methods that have a rule for the path, apart from rules for any method."""
        found = (self.find(method, path)[0] for method in KNOWN_METHODS)
        return frozenset(rule.method for rule in found if rule is not None) - {"*"}

    def _add(self, rule: R) -> None:
        node = self._root
        segments = rule.pattern.split("/")[1:]
        for segment in segments:
            if segment == "**":
                node.below[rule.method] = rule
                return
            if segment.startswith("{"):
                node.named = node.named or _Node()
                node = node.named
            else:
                node = node.literal.setdefault(segment, _Node())
        node.here[rule.method] = rule

    def _search(
        self, node: _Node[R], segments: list[str], method: str
    ) -> tuple[R, tuple[str, ...]] | None:
        if not segments:
            rule = node.here.get(method) or node.here.get("*")
            return (rule, ()) if rule is not None else None
        head, rest = segments[0], segments[1:]
        if head in node.literal:
            found = self._search(node.literal[head], rest, method)
            if found is not None:
                return found
        if node.named is not None and head:
            found = self._search(node.named, rest, method)
            if found is not None:
                return found[0], (head, *found[1])
        rule = node.below.get(method) or node.below.get("*")
        return (rule, ()) if rule is not None else None
