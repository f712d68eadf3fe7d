"""Synthesises the production stack; what is particular to one operator is context in cdk.json."""

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from tiketi_aws.deployment import Deployment
from tiketi_aws.stack import TiketiStack

app = cdk.App()
TiketiStack(app, "Tiketi", Deployment.from_context(app.node))
cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
app.synth()
