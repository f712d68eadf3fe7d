import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from tiketi_aws.deployment import Deployment
from tiketi_aws.stack import TiketiStack

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    settings: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return settings


@pytest.fixture(scope="session")
def synthesised(context: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the synthesised stack; fails on a finding of cdk-nag not explained."""
    out = tmp_path_factory.mktemp("cdk")
    app = cdk.App(context=context, outdir=str(out))
    TiketiStack(app, "Tiketi", Deployment.from_context(app.node))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return out


@pytest.fixture(scope="session")
def plain_template(synthesised: Path) -> dict[str, Any]:
    template: dict[str, Any] = json.loads((synthesised / "Tiketi.template.json").read_text())
    return template


@pytest.fixture(scope="session")
def template(plain_template: dict[str, Any]) -> Template:
    return Template.from_json(plain_template)
