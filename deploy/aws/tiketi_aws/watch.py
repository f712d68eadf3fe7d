"""Alarms by severity, a dashboard, and a budget."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk.aws_elasticloadbalancingv2 import HttpCodeTarget
from constructs import Construct

from tiketi_aws.compute import Compute
from tiketi_aws.deployment import Deployment
from tiketi_aws.scaling import queue_size
from tiketi_aws.stores import Stores
from tiketi_aws.topics import Topics

MINUTE = Duration.minutes(1)


@dataclass(frozen=True, slots=True)
class Watch:
    """Alarm when `metric` is over `threshold` for three minutes."""

    name: str
    severity: str
    metric: cloudwatch.IMetric
    threshold: float
    meaning: str


class Watching(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        deployment: Deployment,
        compute: Compute,
        stores: Stores,
        topics: Topics,
    ) -> None:
        super().__init__(scope, construct_id)
        self._topics = {"critical": topics.critical, "warning": topics.warning}
        self.watches = _watches(compute, stores)
        for watch in self.watches:
            self._alarm(watch)
        self._dashboard()
        self._budget(deployment)

    def _alarm(self, watch: Watch) -> None:
        alarm = cloudwatch.Alarm(
            self,
            watch.name,
            alarm_description=f"{watch.severity}: {watch.meaning}",
            metric=watch.metric,
            threshold=watch.threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=3,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        action = actions.SnsAction(self._topics[watch.severity])
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)

    def _dashboard(self) -> None:
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name="Tiketi")
        dashboard.add_widgets(
            cloudwatch.GraphWidget(title="The line", left=[queue_size(MINUTE)], width=12),
            cloudwatch.GraphWidget(
                title="Active buyers",
                left=[
                    cloudwatch.Metric(
                        namespace="Tiketi",
                        metric_name="ActiveUsers",
                        statistic="Maximum",
                        period=MINUTE,
                    )
                ],
                width=12,
            ),
        )
        dashboard.add_widgets(
            *(
                cloudwatch.GraphWidget(title=watch.name, left=[watch.metric], width=8)
                for watch in self.watches
            )
        )

    def _budget(self, deployment: Deployment) -> None:
        subscriber = budgets.CfnBudget.SubscriberProperty(
            subscription_type="EMAIL", address=deployment.alarm_email
        )
        notifications = [
            budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=budgets.CfnBudget.NotificationProperty(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=threshold,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[subscriber],
            )
            for kind, threshold in (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
        ]
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(
                    amount=deployment.monthly_budget_usd, unit="USD"
                ),
            ),
            notifications_with_subscribers=notifications,
        )


def _watches(compute: Compute, stores: Stores) -> list[Watch]:
    balancer, instances = compute.balancer, compute.group
    redis_memory = cloudwatch.Metric(
        namespace="AWS/ElastiCache",
        metric_name="DatabaseMemoryUsagePercentage",
        dimensions_map={"ReplicationGroupId": stores.redis.ref},
        statistic="Maximum",
        period=MINUTE,
    )
    cpu = cloudwatch.Metric(
        namespace="AWS/EC2",
        metric_name="CPUUtilization",
        dimensions_map={"AutoScalingGroupName": instances.auto_scaling_group_name},
        statistic="Average",
        period=MINUTE,
    )
    failed = balancer.metrics.http_code_target(
        HttpCodeTarget.TARGET_5XX_COUNT, period=MINUTE, statistic="Sum"
    )
    requests = balancer.metrics.request_count(period=MINUTE, statistic="Sum")
    failed_share = cloudwatch.MathExpression(
        expression="100 * failed / MAX([requests, 1])",
        using_metrics={"failed": failed, "requests": requests},
        period=MINUTE,
    )
    p95 = balancer.metrics.target_response_time(period=MINUTE, statistic="p95")
    database_cpu = stores.database.metric_cpu_utilization(period=MINUTE)
    return [
        Watch("DatabaseCpu", "critical", database_cpu, 80, "database CPU over 80 %"),
        Watch("RedisMemory", "critical", redis_memory, 90, "Redis memory over 90 %"),
        Watch("FailedRequests", "critical", failed_share, 5, "over 5 % of requests fail"),
        Watch("LongLine", "critical", queue_size(MINUTE), 50_000, "over 50,000 waiting"),
        Watch("Cpu", "warning", cpu, 70, "instances' CPU over 70 %"),
        Watch("SlowRequests", "warning", p95, 0.5, "P95 over 500 ms"),
    ]
