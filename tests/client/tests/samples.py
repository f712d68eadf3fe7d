"""Answers for tests, made from the generated shapes: a new member of a shape changes no test."""

import dataclasses
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def sample(shape: type, **known: object) -> dict[str, Any]:
    """The JSON of a `shape`, with the members in `known` and any valid value for the others."""
    hints = get_type_hints(shape)
    assert set(known) <= set(hints)
    made = {
        field.name: _value(field.name, hints[field.name]) for field in dataclasses.fields(shape)
    }
    return {**made, **known}


def _value(name: str, hint: Any) -> object:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return None
    if origin is Literal:
        return arguments[0]
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        return sample(hint)
    if hint is str:
        return f"some {name}"
    return (origin or hint)(len(name)) if hint in (int, float, bool) else (origin or dict)()
