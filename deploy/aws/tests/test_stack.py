"""Every number of the architecture, looked up in the synthesised template."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from tiketi_aws.acknowledged import FINDINGS
from tiketi_aws.deployment import Deployment


def properties(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]


def test_the_network_has_the_assigned_ranges_over_two_zones(
    template: Template, plain_template: dict[str, Any]
) -> None:
    template.has_resource_properties("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"})
    zones: dict[str, list[str]] = {}
    for subnet in properties(plain_template, "AWS::EC2::Subnet"):
        zones.setdefault(str(subnet["AvailabilityZone"]), []).append(subnet["CidrBlock"])
    assert sorted(map(sorted, zones.values())) == [
        ["10.0.1.0/24", "10.0.11.0/24", "10.0.21.0/24"],
        ["10.0.12.0/24", "10.0.2.0/24", "10.0.22.0/24"],
    ]


def test_each_zone_has_its_nat_gateway_and_there_is_one_internet_gateway(
    template: Template,
) -> None:
    template.resource_count_is("AWS::EC2::NatGateway", 2)
    template.resource_count_is("AWS::EC2::InternetGateway", 1)


def test_database_subnets_have_no_way_out(plain_template: dict[str, Any]) -> None:
    tables = {
        name
        for name, resource in plain_template["Resources"].items()
        if resource["Type"] == "AWS::EC2::RouteTable" and "DatabaseSubnet" in name
    }
    routes = properties(plain_template, "AWS::EC2::Route")
    assert len(tables) == 2
    assert not [route for route in routes if route["RouteTableId"]["Ref"] in tables]


def rules(plain_template: dict[str, Any]) -> set[tuple[str, str, int]]:
    """(from, to, port) of every ingress rule, by the names of the security groups."""
    found = {
        (_group(rule["SourceSecurityGroupId"]), _group(rule["GroupId"]), _port(rule["ToPort"]))
        for rule in properties(plain_template, "AWS::EC2::SecurityGroupIngress")
    }
    for key, resource in plain_template["Resources"].items():
        if resource["Type"] == "AWS::EC2::SecurityGroup":
            for rule in resource["Properties"].get("SecurityGroupIngress", []):
                found.add((rule["CidrIp"], _name(key), rule["ToPort"]))
    return found


def _group(reference: dict[str, Any]) -> str:
    return _name(reference["Fn::GetAtt"][0])


def _name(logical_id: str) -> str:
    return logical_id.removeprefix("SecurityGroups")[:-8]


def _port(port: Any) -> int:
    """The cluster's port is given by reference where CDK made the rule."""
    return port if isinstance(port, int) else 5432


def test_security_groups_form_a_chain_from_the_internet_to_the_stores(
    plain_template: dict[str, Any],
) -> None:
    assert rules(plain_template) == {
        ("0.0.0.0/0", "Balancer", 80),
        ("0.0.0.0/0", "Balancer", 443),
        ("Balancer", "Instances", 8080),
        ("Instances", "Redis", 6379),
        ("LineReader", "Redis", 6379),
        ("Instances", "Database", 5432),
        ("Instances", "Broker", 5671),
        ("StoresDatabaseRotationSingleUserSecurityGroup", "Database", 5432),
    }


def test_the_balancer_sticks_for_a_day_and_drains_for_five_minutes(template: Template) -> None:
    attributes = [
        {"Key": "deregistration_delay.timeout_seconds", "Value": "300"},
        {"Key": "stickiness.enabled", "Value": "true"},
        {"Key": "stickiness.type", "Value": "lb_cookie"},
        {"Key": "stickiness.lb_cookie.duration_seconds", "Value": "86400"},
    ]
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {
            "Port": 8080,
            "HealthCheckPath": "/readyz",
            "TargetGroupAttributes": Match.array_with(
                [Match.object_like(attribute) for attribute in attributes]
            ),
        },
    )


def test_the_group_has_two_to_ten_instances_and_scales_out_half_on_spot(
    template: Template,
) -> None:
    template.has_resource_properties(
        "AWS::AutoScaling::AutoScalingGroup",
        {
            "MinSize": "2",
            "MaxSize": "10",
            "MixedInstancesPolicy": {
                "InstancesDistribution": {
                    "OnDemandBaseCapacity": 2,
                    "OnDemandPercentageAboveBaseCapacity": 50,
                }
            },
        },
    )
    template.has_resource_properties(
        "AWS::EC2::LaunchTemplate",
        {
            "LaunchTemplateData": {
                "InstanceType": "t3.medium",
                "MetadataOptions": {"HttpTokens": "required"},
                "BlockDeviceMappings": [Match.object_like({"Ebs": {"Encrypted": True}})],
            }
        },
    )
    template.has_resource_properties(
        "AWS::AutoScaling::LifecycleHook",
        {
            "HeartbeatTimeout": 300,
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        },
    )


def test_instances_start_the_compose_services(plain_template: dict[str, Any]) -> None:
    [launch] = properties(plain_template, "AWS::EC2::LaunchTemplate")
    user_data = str(launch["LaunchTemplateData"]["UserData"])
    assert "docker compose -f services.yml up --detach --wait" in user_data
    assert "ENVIRONMENT=production" in user_data


def test_the_start_script_is_valid_shell() -> None:
    script = Path(__file__).parents[1] / "tiketi_aws" / "start_instance.sh"
    subprocess.run(["bash", "-n", str(script)], check=True)


@pytest.mark.parametrize(
    ("comparison", "threshold", "period", "periods", "change", "cooldown"),
    [
        ("GreaterThanThreshold", 5000, 60, 1, 2, "180"),
        ("GreaterThanThreshold", 20000, 60, 1, 5, "300"),
        ("LessThanThreshold", 1000, 300, 2, -1, "600"),
    ],
)
def test_the_line_scales_the_group(  # noqa: PLR0917  one case of a table
    plain_template: dict[str, Any],
    comparison: str,
    threshold: int,
    period: int,
    periods: int,
    change: int,
    cooldown: str,
) -> None:
    [alarm] = [
        alarm
        for alarm in properties(plain_template, "AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "QueueSize" and alarm["Threshold"] == threshold
    ]
    assert alarm["ComparisonOperator"] == comparison
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (period, periods)
    policy = plain_template["Resources"][alarm["AlarmActions"][0]["Ref"]]["Properties"]
    assert policy["AdjustmentType"] == "ChangeInCapacity"
    assert (policy["ScalingAdjustment"], policy["Cooldown"]) == (change, cooldown)


def test_a_line_that_is_not_measured_changes_nothing(plain_template: dict[str, Any]) -> None:
    scaling = [
        alarm
        for alarm in properties(plain_template, "AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "QueueSize" and alarm["Threshold"] <= 20_000
    ]
    assert [alarm["TreatMissingData"] for alarm in scaling] == ["missing"] * 3


def test_an_update_replaces_one_instance_at_a_time_while_two_serve(
    plain_template: dict[str, Any],
) -> None:
    [group] = [
        resource
        for resource in plain_template["Resources"].values()
        if resource["Type"] == "AWS::AutoScaling::AutoScalingGroup"
    ]
    update = group["UpdatePolicy"]["AutoScalingRollingUpdate"]
    assert (update["MaxBatchSize"], update["MinInstancesInService"]) == (1, 2)


def test_instances_drain_as_long_as_the_balancer_gives_them(
    plain_template: dict[str, Any],
) -> None:
    [launch] = properties(plain_template, "AWS::EC2::LaunchTemplate")
    user_data = str(launch["LaunchTemplateData"]["UserData"])
    assert re.search(r"export DRAIN_SECONDS=\\*'300\\*'", user_data)


def test_a_quiet_live_connection_outlives_two_of_its_pings(
    plain_template: dict[str, Any],
) -> None:
    [balancer] = properties(plain_template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    attributes = {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}
    assert int(attributes["idle_timeout.timeout_seconds"]) > 2 * 20


def test_the_line_is_read_every_minute_from_inside_the_network(template: Template) -> None:
    template.has_resource_properties("AWS::Events::Rule", {"ScheduleExpression": "rate(1 minute)"})
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {"Handler": "handler.handle", "VpcConfig": Match.any_value(), "Timeout": 20},
    )


def test_each_store_has_its_second_half_in_the_other_zone(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ElastiCache::ReplicationGroup",
        {
            "NumCacheClusters": 2,
            "AutomaticFailoverEnabled": True,
            "MultiAZEnabled": True,
            "TransitEncryptionEnabled": True,
            "AtRestEncryptionEnabled": True,
        },
    )
    template.resource_count_is("AWS::RDS::DBInstance", 2)
    template.has_resource_properties(
        "AWS::RDS::DBCluster",
        {
            "Engine": "aurora-postgresql",
            "StorageEncrypted": True,
            "DeletionProtection": True,
            "BackupRetentionPeriod": 14,
        },
    )
    template.has_resource_properties(
        "AWS::AmazonMQ::Broker",
        {"EngineType": "RABBITMQ", "DeploymentMode": "CLUSTER_MULTI_AZ"},
    )


def test_the_app_is_cached_for_seven_days_and_the_api_only_where_it_says_so(
    plain_template: dict[str, Any],
) -> None:
    policies = {
        policy["CachePolicyConfig"].get("Comment", "assets"): policy["CachePolicyConfig"]
        for policy in properties(plain_template, "AWS::CloudFront::CachePolicy")
    }
    assert policies.pop("assets")["DefaultTTL"] == 7 * 86_400
    [api] = policies.values()
    assert (api["DefaultTTL"], api["MinTTL"]) == (0, 0)
    [distribution] = properties(plain_template, "AWS::CloudFront::Distribution")
    behaviors = {
        behavior["PathPattern"]: behavior
        for behavior in distribution["DistributionConfig"]["CacheBehaviors"]
    }
    assert set(behaviors) == {"/assets/*", "/api/*", "/ws"}
    assert behaviors["/api/*"]["AllowedMethods"] == [
        "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE",
    ]  # fmt: skip


def test_names_lead_to_the_edge_and_the_balancer(plain_template: dict[str, Any]) -> None:
    names = {record["Name"] for record in properties(plain_template, "AWS::Route53::RecordSet")}
    assert names == {"tickets.example.com.", "origin.tickets.example.com."}


@pytest.mark.parametrize(
    ("threshold", "severity"),
    [(80, "Critical"), (90, "Critical"), (5, "Critical"), (50_000, "Critical"), (70, "Warning"),
     (0.5, "Warning")],
)  # fmt: skip
def test_alarms_go_to_the_topic_of_their_severity(
    plain_template: dict[str, Any], threshold: float, severity: str
) -> None:
    [alarm] = [
        alarm
        for alarm in properties(plain_template, "AWS::CloudWatch::Alarm")
        if alarm["Threshold"] == threshold
    ]
    assert alarm["AlarmActions"][0]["Ref"].startswith(f"Topics{severity}")
    assert alarm["AlarmDescription"].startswith(severity.lower())
    assert alarm["EvaluationPeriods"] == 3
    assert {alarm.get("Period", 60)} | {
        part["MetricStat"]["Period"] for part in alarm.get("Metrics", []) if "MetricStat" in part
    } == {60}


@pytest.mark.parametrize(
    ("requests", "failed", "alarms"),
    [(0, 0, False), (1000, 50, False), (1000, 51, True), (10, 10, True)],
)
def test_more_than_five_of_a_hundred_requests_failing_is_an_alarm(
    plain_template: dict[str, Any], requests: int, failed: int, alarms: bool
) -> None:
    [alarm] = [
        alarm
        for alarm in properties(plain_template, "AWS::CloudWatch::Alarm")
        if alarm["Threshold"] == 5
    ]
    [expression] = [part["Expression"] for part in alarm["Metrics"] if "Expression" in part]
    values = {"failed": failed, "requests": requests, "MAX": max}
    value = eval(expression, {"__builtins__": {}}, values)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert (value > alarm["Threshold"]) is alarms


def test_there_is_a_budget_and_a_dashboard(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Budgets::Budget", {"Budget": {"BudgetLimit": {"Amount": 2500, "Unit": "USD"}}}
    )
    template.resource_count_is("AWS::CloudWatch::Dashboard", 1)


def test_every_acknowledged_finding_has_a_reason_of_its_own_kind() -> None:
    for reasons in FINDINGS.values():
        for reason in reasons.values():
            assert len(reason.split()) >= 3


def test_cfn_lint_finds_no_error(synthesised: Path) -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    subprocess.run(
        [str(linter), "--non-zero-exit-code", "error", str(synthesised / "Tiketi.template.json")],
        check=True,
    )


def test_a_missing_value_of_the_context_is_named() -> None:
    class Empty:
        def try_get_context(self, key: str) -> None:
            return None

    with pytest.raises(ValueError, match="tiketi:domain"):
        Deployment.from_context(Empty())  # type: ignore[arg-type]  # only this method is used
