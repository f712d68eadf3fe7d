"""Scaling on the line: three alarms on `QueueSize`, each with its step and its own cooldown.

Simple scaling policies, since only they have a cooldown that means what it says; a step policy
has an estimated warm-up in its place. The reader of the line writes the metric every minute.
"""

from dataclasses import dataclass

import jsii
from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from tiketi_aws.bundling import bundled
from tiketi_aws.security import SecurityGroups
from tiketi_aws.stores import Stores

NAMESPACE = "Tiketi"


@dataclass(frozen=True, slots=True)
class Step:
    """Change the number of instances by `change` when the line crosses `threshold`."""

    name: str
    comparison: cloudwatch.ComparisonOperator
    threshold: int
    period: Duration
    periods: int
    change: int
    cooldown_seconds: int


STEPS = (
    Step(
        "LineOver5000", cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        5_000, Duration.minutes(1), 1, +2, 180,
    ),
    Step(
        "LineOver20000", cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        20_000, Duration.minutes(1), 1, +5, 300,
    ),
    Step(
        "LineUnder1000", cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        1_000, Duration.minutes(5), 2, -1, 600,
    ),
)  # fmt: skip


@jsii.implements(cloudwatch.IAlarmAction)
class _Scale:
    """An alarm action that runs a scaling policy."""

    def __init__(self, policy: autoscaling.CfnScalingPolicy) -> None:
        self._policy = policy

    def bind(self, scope: Construct, alarm: cloudwatch.IAlarm) -> cloudwatch.AlarmActionConfig:
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._policy.ref)


class LineScaling(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        vpc: ec2.IVpc,
        groups: SecurityGroups,
        stores: Stores,
        instances: autoscaling.AutoScalingGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        self.line_reader = self._line_reader(vpc, groups, stores)
        self.alarms = [self._alarm(step, instances) for step in STEPS]

    def _line_reader(
        self, vpc: ec2.IVpc, groups: SecurityGroups, stores: Stores
    ) -> lambda_.Function:
        function = lambda_.Function(
            self,
            "LineReader",
            description="Writes QueueSize and ActiveUsers of every event to CloudWatch",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="handler.handle",
            code=bundled("line_reader"),
            timeout=Duration.seconds(20),
            memory_size=256,
            reserved_concurrent_executions=1,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[groups.line_reader],
            dead_letter_queue=sqs.Queue(self, "Missed", enforce_ssl=True),
            log_group=logs.LogGroup(self, "Logs", retention=logs.RetentionDays.ONE_MONTH),
            environment={
                "REDIS_HOST": stores.redis.attr_primary_end_point_address,
                "REDIS_SECRET": stores.redis_secret.secret_arn,
                "NAMESPACE": NAMESPACE,
            },
        )
        stores.redis_secret.grant_read(function)
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
            )
        )
        events.Rule(
            self,
            "EveryMinute",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[targets.LambdaFunction(function, retry_attempts=0)],
        )
        return function

    def _alarm(self, step: Step, instances: autoscaling.AutoScalingGroup) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            step.name,
            alarm_description=f"{step.change:+d} instances, then {step.cooldown_seconds} s of rest",
            metric=queue_size(step.period),
            threshold=step.threshold,
            comparison_operator=step.comparison,
            evaluation_periods=step.periods,
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )
        policy = autoscaling.CfnScalingPolicy(
            self,
            f"{step.name}Policy",
            auto_scaling_group_name=instances.auto_scaling_group_name,
            policy_type="SimpleScaling",
            adjustment_type="ChangeInCapacity",
            scaling_adjustment=step.change,
            cooldown=str(step.cooldown_seconds),
        )
        alarm.add_alarm_action(_Scale(policy))
        return alarm


def queue_size(period: Duration) -> cloudwatch.Metric:
    """Everybody waiting, over all events."""
    return cloudwatch.Metric(
        namespace=NAMESPACE, metric_name="QueueSize", statistic="Maximum", period=period
    )
