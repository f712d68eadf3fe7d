"""Settings from the environment: every bad variable is reported at once, by name.

A service declares a frozen dataclass whose fields are made by `setting(...)`; the variable's name
is the field's name in capitals. `NAME_FILE` may name a file that holds the value (a mounted
secret). `load` returns the instance or raises `SettingsError`; `describe` gives the table that
`--help` prints and the service's README carries.
"""

import dataclasses
import os
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

S = TypeVar("S")

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class SettingsError(Exception):
    """One line for every variable that cannot be used."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("bad settings:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


def setting(  # noqa: PLR0913  a setting has many properties, most have defaults
    default: Any,
    sentence: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    unsafe: str = "",
) -> Any:
    """A field of a settings dataclass.

    `secret` marks a value whose default a start with ENVIRONMENT=production refuses; `unsafe` is
    another value that it refuses.
    """
    metadata = {
        "sentence": sentence, "unit": unit, "low": low, "high": high, "choices": choices,
        "secret": secret, "unsafe": unsafe,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata=metadata)


def load(cls: type[S], environ: Mapping[str, str] | None = None) -> S:
    """Read `cls` from `environ` (the process's own when None).

    Raises SettingsError naming every variable that is malformed, out of bounds, or, in
    production, a secret left at its default.
    """
    environ = os.environ if environ is None else environ
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]  # S is a dataclass by contract
        name = field.name.upper()
        try:
            raw = _raw(name, environ)
            if raw is not None:
                values[field.name] = _checked(_parse(raw, hints[field.name]), field.metadata)
        except (ValueError, OSError) as error:
            problems.append(f"{name}: {error}")
    if values.get("environment", environ.get("ENVIRONMENT")) == "production":
        problems += _unfit_for_production(cls, values)
    if problems:
        raise SettingsError(problems)
    return cls(**values)


def describe(cls: type[Any]) -> str:
    """The settings of `cls` as a Markdown table."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for field in dataclasses.fields(cls):
        shown = "a development value" if field.metadata["secret"] else f"`{_shown(field.default)}`"
        unit = f" ({field.metadata['unit']})" if field.metadata["unit"] else ""
        rows.append(f"| `{field.name.upper()}` | {shown} | {field.metadata['sentence']}{unit} |")
    return "\n".join(rows)


def _raw(name: str, environ: Mapping[str, str]) -> str | None:
    if path := environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return environ.get(name)


def _parse(raw: str, hint: Any) -> Any:
    parsers: dict[Any, Callable[[str], Any]] = {bool: _boolean, int: int, float: float}
    if typing.get_origin(hint) is tuple:
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    try:
        return parsers.get(hint, str)(raw)
    except ValueError:
        raise ValueError(f"{raw!r} is not {_article(hint.__name__)}") from None


def _boolean(raw: str) -> bool:
    if raw.lower() in _TRUE | _FALSE:
        return raw.lower() in _TRUE
    raise ValueError(raw)


def _checked(value: Any, metadata: Mapping[str, Any]) -> Any:
    low, high, choices = metadata["low"], metadata["high"], metadata["choices"]
    if low is not None and value < low:
        raise ValueError(f"{value} is below the minimum of {low}")
    if high is not None and value > high:
        raise ValueError(f"{value} is above the maximum of {high}")
    if choices and value not in choices:
        raise ValueError(f"{value!r} is not one of {', '.join(choices)}")
    return value


def _unfit_for_production(cls: type[Any], values: Mapping[str, Any]) -> list[str]:
    problems = []
    for field in dataclasses.fields(cls):
        value = values.get(field.name, field.default)
        if field.metadata["secret"] and value == field.default:
            problems.append(f"{field.name.upper()}: production needs a value of its own")
        if field.metadata["unsafe"] and value == field.metadata["unsafe"]:
            problems.append(f"{field.name.upper()}: production refuses {value!r}")
    return problems


def _article(type_name: str) -> str:
    return {"int": "a whole number", "float": "a number", "bool": "on or off"}.get(
        type_name, f"a {type_name}"
    )


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default)
