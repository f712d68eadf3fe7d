"""Findings of cdk-nag that are meant to be so: where, which, and why."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

_MANAGED = "arn:<AWS::Partition>:iam::aws:policy"
_ASSETS = "arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>"
_READ_ASSET = "Read access to one asset of the deployment, as CDK grants it; nothing is written."
_BY_REFRESH = (
    "Changed by the operator together with a rolling refresh of the instances (deploy/README.md): "
    "a rotation on a schedule would cut the running services off."
)

FINDINGS: dict[str, dict[str, str]] = {
    "SecurityGroups/Balancer": {"EC23": "The load balancer is what the internet reaches."},
    "Stores/RedisAuth": {"SMG4": _BY_REFRESH},
    "Stores/BrokerAuth": {"SMG4": _BY_REFRESH},
    "Compute/SigningKeys": {"SMG4": _BY_REFRESH},
    "Stores/Redis": {"AEC5": "6379 is part of the architecture; the security group is the guard."},
    "Compute/Role": {
        f"IAM4[Policy::{_MANAGED}/AmazonSSMManagedInstanceCore]": "Shell access without SSH keys.",
        f"IAM4[Policy::{_MANAGED}/AmazonEC2ContainerRegistryReadOnly]": "Pulls the images.",
        "IAM5[Action::s3:GetBucket*]": _READ_ASSET,
        "IAM5[Action::s3:GetObject*]": _READ_ASSET,
        "IAM5[Action::s3:List*]": _READ_ASSET,
        f"IAM5[Resource::{_ASSETS}-{{region}}/*]": _READ_ASSET,
    },
    "Compute/Instances": {
        "EC26": "The rule cannot read a launch template; its volume is encrypted (tested).",
    },
    "LineScaling/LineReader": {
        f"IAM4[Policy::{_MANAGED}/service-role/AWSLambdaBasicExecutionRole]": "Writes its log.",
        f"IAM4[Policy::{_MANAGED}/service-role/AWSLambdaVPCAccessExecutionRole]": (
            "Redis is reached from inside the VPC only."
        ),
        "IAM5[Resource::*]": "PutMetricData knows no resources; a condition names the namespace.",
    },
    "Edge/Distribution": {
        "CFR1": "Tickets are sold to the whole world.",
        "CFR2": "Limits per address and account are the gateway's; a WAF is the operator's choice.",
    },
}


def acknowledge_findings(scope: IConstruct, region: str) -> None:
    for path, reasons in FINDINGS.items():
        construct = scope
        for name in path.split("/"):
            construct = construct.node.find_child(name)
        Validations.of(construct).acknowledge(
            *(
                Acknowledgment(
                    id=f"AwsSolutions::AwsSolutions-{rule.format(region=region)}", reason=reason
                )
                for rule, reason in reasons.items()
            )
        )
