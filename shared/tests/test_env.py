import dataclasses
from dataclasses import dataclass
from pathlib import Path

import pytest

from tiketi_shared.env import SettingsError, describe, load, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    port: int = setting(8080, "Where to listen.", low=0, high=65535)
    pace: float = setting(50.0, "People let in.", unit="1/s")
    adaptive: bool = setting(True, "Follow the till.")
    urls: tuple[str, ...] = setting(("http://a", "http://b"), "The others.")
    mode: str = setting("one", "How.", choices=("one", "two"))
    keys: str = setting("dev", "Signs.", secret=True)
    environment: str = setting("development", "Where.", choices=("development", "production"))


def test_an_empty_environment_gives_the_defaults() -> None:
    assert load(Example, {}) == Example()


def test_each_type_is_read_from_its_text() -> None:
    environ = {"PORT": "1", "PACE": "2.5", "ADAPTIVE": "off", "URLS": "x, y", "MODE": "two"}
    assert load(Example, environ) == Example(
        port=1, pace=2.5, adaptive=False, urls=("x", "y"), mode="two"
    )


def test_every_bad_variable_is_named_at_once() -> None:
    environ = {"PORT": "99999", "PACE": "fast", "ADAPTIVE": "maybe", "MODE": "three"}
    with pytest.raises(SettingsError) as caught:
        load(Example, environ)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "PORT", "PACE", "ADAPTIVE", "MODE",
    ]  # fmt: skip
    assert "'fast' is not a number" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (-1, "PORT: -1 is below 0"),
        (0, None),
        (1, None),
        (65534, None),
        (65535, None),
        (65536, "PORT: 65536 is above 65535"),
    ],
)
def test_a_bound_is_the_last_value_that_is_allowed(value: int, problem: str | None) -> None:
    if problem is None:
        assert load(Example, {"PORT": str(value)}).port == value
        return
    with pytest.raises(SettingsError) as caught:
        load(Example, {"PORT": str(value)})
    assert caught.value.problems == [problem]


def test_a_file_goes_before_a_variable(tmp_path: Path) -> None:
    """So that what is mounted wins over what an image brings."""
    secret = tmp_path / "keys"
    secret.write_text("from-a-file")
    environ = {"KEYS": "from-the-image", "KEYS_FILE": str(secret)}
    assert load(Example, environ).keys == "from-a-file"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "keys"
    secret.write_text("from-a-file\n")
    assert load(Example, {"KEYS_FILE": str(secret)}).keys == "from-a-file"


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"KEYS: .*No such file"):
        load(Example, {"KEYS_FILE": str(tmp_path / "missing")})


@pytest.mark.parametrize("given", ["not at all", "by hand", "in a file"])
@pytest.mark.parametrize("production", ["by hand", "in a file"])
def test_production_refuses_a_secret_left_at_its_default(
    tmp_path: Path, given: str, production: str
) -> None:
    environ = given_as("ENVIRONMENT", "production", production, tmp_path)
    with pytest.raises(SettingsError, match="KEYS: production needs a value of its own"):
        load(Example, {**environ, **given_as("KEYS", "dev", given, tmp_path)})
    if given != "not at all":
        assert load(Example, {**environ, **given_as("KEYS", "own", given, tmp_path)}).keys == "own"


def given_as(name: str, value: str, how: str, folder: Path) -> dict[str, str]:
    """The environment that gives a setting its value."""
    if how == "by hand":
        return {name: value}
    if how == "in a file":
        (folder / name).write_text(f"{value}\n")
        return {f"{name}_FILE": str(folder / name)}
    return {}


def test_the_table_names_every_setting_and_hides_the_secret() -> None:
    table = describe(Example)
    assert "| `PACE` | `50.0` | People let in. (1/s) |" in table
    assert "| `KEYS` | a development value | Signs. |" in table


def test_production_refuses_an_unsafe_value() -> None:
    @dataclasses.dataclass(frozen=True)
    class Edge:
        limits: str = setting("on", "Limits.", choices=("on", "off"), unsafe="off")

    with pytest.raises(SettingsError, match="LIMITS: production refuses 'off'"):
        load(Edge, {"ENVIRONMENT": "production", "LIMITS": "off"})
    assert load(Edge, {"LIMITS": "off"}).limits == "off"
