"""The API descriptions are valid, match the code, and have every call of the contract."""

import json
import re
from pathlib import Path

import pytest
from openapi_spec_validator import validate
from tests.contract import describe
from tests.contract.shapes import TARGET, python_shapes
from tests.harness import Json

CONTRACT = Path(__file__).with_name("calls.txt").read_text(encoding="utf-8").splitlines()


def test_the_openapi_description_is_valid() -> None:
    validate(describe.openapi())


def test_every_call_of_the_contract_is_described() -> None:
    described = {
        f"{method.upper()} {re.sub('{[^}]*}', '{}', path)}"
        for path, operations in describe.openapi()["paths"].items()
        for method in operations
    }
    assert not set(CONTRACT) - described


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_what_the_gateway_serves_is_what_the_code_says(name: str) -> None:
    served = (describe.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert served == describe.encoded(getattr(describe, name)()), "run `make openapi`"


def test_the_python_clients_shapes_are_those_of_the_descriptions() -> None:
    made = python_shapes(describe.openapi(), describe.asyncapi())
    assert TARGET.read_text(encoding="utf-8") == made, "run `make openapi`"


def test_no_public_path_leads_to_internal_calls() -> None:
    assert not [path for path in describe.openapi()["paths"] if "/internal/" in path]


def test_every_reference_of_the_live_description_leads_somewhere() -> None:
    described = describe.asyncapi()
    for reference in _references(described):
        found: Json = described
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []


def test_the_live_description_is_json() -> None:
    assert json.loads(describe.encoded(describe.asyncapi()))["asyncapi"] == "3.0.0"
