"""The shapes of the Python client, generated from the public descriptions.

datamodel-code-generator makes a frozen dataclass of each schema, which msgspec decodes. (Its own
Structs cannot be frozen.)
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.harness import Json

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "tests/client/src/tiketi_client/contract.py"

_HEADER = '"""Generated from the gateway\'s openapi.json and asyncapi.json by `make openapi`."""'
_OPTIONS = [
    "--input-file-type=jsonschema",
    "--schema-version=2020-12",
    "--output-model-type=dataclasses.dataclass",
    '--dataclass-arguments={"frozen": true, "slots": true, "kw_only": true}',
    "--target-python-version=3.11",
    "--enum-field-as-literal=all",
    "--use-schema-description",
    "--use-single-line-docstring",
    "--collapse-root-models",
    "--keep-model-order",
    "--disable-timestamp",
    f"--custom-file-header={_HEADER}",
    "--formatters=builtin",
]


def python_shapes(*described: Json) -> str:
    """A module with the schemas of all of `described`; equal names must be equal schemas."""
    schemas: Json = {}
    for document in described:
        for name, schema in document["components"]["schemas"].items():
            if schemas.setdefault(name, schema) != schema:
                raise ValueError(f"two schemas are called {name}")
    with TemporaryDirectory() as folder:
        source, made = Path(folder, "schemas.json"), Path(folder, "contract.py")
        source.write_text(json.dumps({"$defs": _plain(schemas, named=True)}), encoding="utf-8")
        generator = [sys.executable, "-m", "datamodel_code_generator", *_OPTIONS]
        subprocess.run([*generator, f"--input={source}", f"--output={made}"], check=True)
        subprocess.run(
            [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated", "--line-length=100",
             str(made)],
            check=True,
        )  # fmt: skip
        return made.read_text(encoding="utf-8")


def _plain(node: object, *, named: bool = False) -> object:
    """The schema with references within the document, without titles and line breaks.

    `named` says that the keys of `node` are names, not keywords of JSON Schema.
    """
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if named:
        return {name: _plain(schema) for name, schema in node.items()}
    if "$ref" in node:
        return {"$ref": node["$ref"].replace("#/components/schemas/", "#/$defs/")}
    plain: Json = {
        word: _plain(value, named=word == "properties")
        for word, value in node.items()
        if word != "title"
    }
    if "description" in plain:
        plain["description"] = " ".join(plain["description"].split())
    return plain
