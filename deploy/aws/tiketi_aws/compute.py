"""The instances: a group of 2 to 10 that run the compose services, behind the load balancer."""

from pathlib import Path

from aws_cdk import Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from tiketi_aws.deployment import Deployment
from tiketi_aws.security import GATEWAY_PORT, SecurityGroups
from tiketi_aws.stores import Stores
from tiketi_aws.topics import Topics

COMPOSE = Path(__file__).parents[2] / "compose"
START = Path(__file__).parent / "start_instance.sh"
DRAIN_SECONDS = 300
STICKY_SECONDS = 86_400
UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"


class Compute(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        deployment: Deployment,
        vpc: ec2.IVpc,
        groups: SecurityGroups,
        stores: Stores,
        topics: Topics,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self.keys = self._signing_keys()
        self.group = self._instances(deployment, vpc, groups, stores, topics)
        self.balancer = self._balancer(deployment, vpc, groups, access_logs)

    def _signing_keys(self) -> secretsmanager.Secret:
        """Filled by the operator: IDENTITY_KEYS, ADMISSION_KEYS, PLACE_KEYS, DRAW_KEY, TICKET_KEY,
        and where mails are sent and cards are charged SMTP_URL, STRIPE_SECRET_KEY and
        STRIPE_WEBHOOK_SECRET.

        Rotated by adding a key in front, so a rotation is a change of this value and a rolling
        refresh, never a schedule of its own.
        """
        return secretsmanager.Secret(
            self,
            "SigningKeys",
            description="The services' signing keys, as a JSON object of settings",
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _instances(
        self,
        deployment: Deployment,
        vpc: ec2.IVpc,
        groups: SecurityGroups,
        stores: Stores,
        topics: Topics,
    ) -> autoscaling.AutoScalingGroup:
        compose = s3_assets.Asset(self, "Compose", path=str(COMPOSE))
        role = self._role(compose, stores)
        template = ec2.LaunchTemplate(
            self,
            "Template",
            instance_type=ec2.InstanceType("t3.medium"),
            machine_image=ec2.MachineImage.from_ssm_parameter(UBUNTU),
            security_group=groups.instances,
            role=role,
            user_data=self._start(deployment, compose, stores),
            require_imdsv2=True,
            http_put_response_hop_limit=1,
            block_devices=[
                ec2.BlockDevice(
                    device_name="/dev/sda1",
                    volume=ec2.BlockDeviceVolume.ebs(
                        20, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3
                    ),
                )
            ],
        )
        group = autoscaling.AutoScalingGroup(
            self,
            "Instances",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            min_capacity=2,
            max_capacity=10,
            mixed_instances_policy=self._base_and_spot(template),
            health_checks=autoscaling.HealthChecks.with_additional_checks(
                additional_types=[autoscaling.AdditionalHealthCheckType.ELB],
                grace_period=Duration.minutes(5),
            ),
            update_policy=autoscaling.UpdatePolicy.rolling_update(
                max_batch_size=1, min_instances_in_service=2, pause_time=Duration.minutes(6)
            ),
            capacity_rebalance=True,
            group_metrics=[autoscaling.GroupMetrics.all()],
            notifications=[
                autoscaling.NotificationConfiguration(
                    topic=topics.info, scaling_events=autoscaling.ScalingEvents.ALL
                )
            ],
        )
        group.add_lifecycle_hook(
            "Drain",
            lifecycle_transition=autoscaling.LifecycleTransition.INSTANCE_TERMINATING,
            heartbeat_timeout=Duration.seconds(DRAIN_SECONDS),
            default_result=autoscaling.DefaultResult.CONTINUE,
        )
        return group

    @staticmethod
    def _base_and_spot(template: ec2.LaunchTemplate) -> autoscaling.MixedInstancesPolicy:
        """The two that are always there are on demand; of what scales out, half is spot."""
        return autoscaling.MixedInstancesPolicy(
            launch_template=template,
            instances_distribution=autoscaling.InstancesDistribution(
                on_demand_base_capacity=2,
                on_demand_percentage_above_base_capacity=50,
                spot_allocation_strategy=autoscaling.SpotAllocationStrategy.CAPACITY_OPTIMIZED,
            ),
            launch_template_overrides=[
                autoscaling.LaunchTemplateOverrides(instance_type=ec2.InstanceType(name))
                for name in ("t3.medium", "t3a.medium")
            ],
        )

    def _role(self, compose: s3_assets.Asset, stores: Stores) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        for policy in ("AmazonSSMManagedInstanceCore", "AmazonEC2ContainerRegistryReadOnly"):
            role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(policy))
        compose.grant_read(role)
        assert stores.database.secret is not None  # noqa: S101  generated by Stores
        for secret in (
            self.keys, stores.redis_secret, stores.broker_secret, stores.database.secret,
        ):  # fmt: skip
            secret.grant_read(role)
        return role

    def _start(
        self, deployment: Deployment, compose: s3_assets.Asset, stores: Stores
    ) -> ec2.UserData:
        """`start_instance.sh` with what this stack knows as environment variables ahead of it."""
        assert stores.database.secret is not None  # noqa: S101  generated by Stores
        user_data = ec2.UserData.for_linux()
        values = {
            "AWS_DEFAULT_REGION": Stack.of(self).region,
            "COMPOSE_URL": compose.s3_object_url,
            "IMAGE_REGISTRY": deployment.image_registry,
            "TIKETI_VERSION": deployment.version,
            "PUBLIC_URL": f"https://{deployment.domain}",
            "KEYS_SECRET": self.keys.secret_arn,
            "REDIS_SECRET": stores.redis_secret.secret_arn,
            "REDIS_HOST": stores.redis.attr_primary_end_point_address,
            "DATABASE_SECRET": stores.database.secret.secret_arn,
            "DATABASE_HOST": stores.database.cluster_endpoint.hostname,
            "BROKER_SECRET": stores.broker_secret.secret_arn,
            "BROKER_ENDPOINT": Fn.select(0, stores.broker.attr_amqp_endpoints),
            "DRAIN_SECONDS": str(DRAIN_SECONDS),
        }
        user_data.add_commands(*(f"export {name}='{value}'" for name, value in values.items()))
        user_data.add_commands(*START.read_text(encoding="utf-8").splitlines())
        return user_data

    def _balancer(
        self,
        deployment: Deployment,
        vpc: ec2.IVpc,
        groups: SecurityGroups,
        access_logs: s3.IBucket,
    ) -> elbv2.ApplicationLoadBalancer:
        balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=vpc,
            internet_facing=True,
            security_group=groups.balancer,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            idle_timeout=Duration.seconds(120),
            drop_invalid_header_fields=True,
            deletion_protection=True,
        )
        balancer.log_access_logs(access_logs, "balancer")
        balancer.add_redirect(open=False)
        certificate = acm.Certificate.from_certificate_arn(
            self, "Certificate", deployment.origin_certificate_arn
        )
        listener = balancer.add_listener(
            "Https",
            port=443,
            certificates=[certificate],
            ssl_policy=elbv2.SslPolicy.TLS13_RES,
            open=False,
        )
        listener.add_targets(
            "Gateways",
            port=GATEWAY_PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            targets=[self.group],
            stickiness_cookie_duration=Duration.seconds(STICKY_SECONDS),
            deregistration_delay=Duration.seconds(DRAIN_SECONDS),
            health_check=elbv2.HealthCheck(
                path="/readyz",
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=2,
            ),
        )
        return balancer
