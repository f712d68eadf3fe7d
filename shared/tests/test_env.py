import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        (-1, "PORT: -1 is below the minimum of 0"),
        (0, None),
        (1, None),
        (65534, None),
        (65535, None),
        (65536, "PORT: 65536 is above the maximum of 65535"),
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


def problems(cls: type[Any], environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(cls, environ)
    shown = "".join(f"\n  {problem}" for problem in caught.value.problems)
    assert str(caught.value) == f"bad settings:{shown}"
    return caught.value.problems


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PORT", "-1", "PORT: -1 is below the minimum of 0"),
        ("PORT", "65536", "PORT: 65536 is above the maximum of 65535"),
        ("PORT", "1.5", "PORT: '1.5' is not a whole number"),
        ("PACE", "fast", "PACE: 'fast' is not a number"),
        ("ADAPTIVE", "maybe", "ADAPTIVE: 'maybe' is not on or off"),
        ("MODE", "three", "MODE: 'three' is not one of one, two"),
    ],
)
def test_a_bad_value_is_told_with_what_is_accepted(name: str, value: str, problem: str) -> None:
    assert problems(Example, {name: value}) == [problem]


@pytest.mark.parametrize("port", [0, 65535])
def test_a_bound_itself_is_accepted(port: int) -> None:
    assert load(Example, {"PORT": str(port)}).port == port


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("TRUE", True), ("yes", True), ("On", True), ("0", False), ("False", False),
     ("no", False), ("OFF", False)],
)  # fmt: skip
def test_a_switch_is_read_in_each_of_its_words(text: str, value: bool) -> None:
    assert load(Example, {"ADAPTIVE": text}).adaptive is value


def test_a_list_is_separated_by_commas_and_empty_parts_are_left_out() -> None:
    assert load(Example, {"URLS": " http://a ,, http://b,"}).urls == ("http://a", "http://b")
    assert load(Example, {"URLS": ""}).urls == ()


def test_the_file_goes_before_the_variable_itself(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(" ключ \n", encoding="utf-8")
    environ = {"KEYS": "plain", "KEYS_FILE": str(tmp_path / "keys"), "MODE_FILE": ""}
    assert load(Example, environ).keys == "ключ"


def test_without_an_environment_the_process_s_own_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", "4321")
    assert load(Example).port == 4321
    assert load(Example, {}).port == 8080


def test_production_names_each_value_that_it_refuses() -> None:
    @dataclass(frozen=True)
    class Edge:
        first: str = setting("dev", "One.", secret=True)
        limits: str = setting("on", "Limits.", unsafe="off")
        second: str = setting("dev2", "Two.", secret=True)

    environ = {"ENVIRONMENT": "production", "FIRST": "dev", "LIMITS": "off"}
    assert problems(Edge, environ) == [
        "FIRST: production needs a value of its own",
        "LIMITS: production refuses 'off'",
        "SECOND: production needs a value of its own",
    ]
    kept = {"ENVIRONMENT": "production", "FIRST": "a", "SECOND": "b"}
    assert load(Edge, kept) == Edge("a", "on", "b")
    for environment in ("development", "test"):
        assert load(Edge, {"ENVIRONMENT": environment}) == Edge()


def test_the_table_is_exact() -> None:
    assert describe(Example).split("\n") == [
        "| variable | default | meaning |",
        "| --- | --- | --- |",
        "| `PORT` | `8080` | Where to listen. |",
        "| `PACE` | `50.0` | People let in. (1/s) |",
        "| `ADAPTIVE` | `on` | Follow the till. |",
        "| `URLS` | `http://a,http://b` | The others. |",
        "| `MODE` | `one` | How. |",
        "| `KEYS` | a development value | Signs. |",
        "| `ENVIRONMENT` | `development` | Where. |",
    ]


def test_a_switch_that_is_off_is_shown_so() -> None:
    @dataclass(frozen=True)
    class Switch:
        debug: bool = setting(False, "Tell more.")

    assert "| `DEBUG` | `off` | Tell more. |" in describe(Switch)
