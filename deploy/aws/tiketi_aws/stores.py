"""The stores, each with its second half in the other zone: Redis, Aurora PostgreSQL, RabbitMQ."""

from aws_cdk import Duration, RemovalPolicy, Tags
from aws_cdk import aws_amazonmq as amazonmq
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from tiketi_aws.security import POSTGRES_PORT, REDIS_PORT, SecurityGroups


class Stores(Construct):
    def __init__(
        self, scope: Construct, construct_id: str, vpc: ec2.IVpc, groups: SecurityGroups
    ) -> None:
        super().__init__(scope, construct_id)
        self._vpc = vpc
        self._isolated = vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.redis_secret = self._secret("RedisAuth", "Redis AUTH token")
        self.broker_secret = self._secret("BrokerAuth", "RabbitMQ user", user="tiketi")
        self.redis = self._redis(groups.redis)
        self.database = self._database(groups.database)
        self.broker = self._broker(groups.broker)

    def _secret(
        self, name: str, description: str, user: str | None = None
    ) -> secretsmanager.Secret:
        generator = secretsmanager.SecretStringGenerator(
            exclude_punctuation=True,
            password_length=40,
            secret_string_template=f'{{"username": "{user}"}}' if user else None,
            generate_string_key="password" if user else None,
        )
        return secretsmanager.Secret(
            self, name, description=description, generate_secret_string=generator
        )

    def _redis(self, group: ec2.SecurityGroup) -> elasticache.CfnReplicationGroup:
        subnets = elasticache.CfnSubnetGroup(
            self,
            "RedisSubnets",
            description="The database subnets",
            subnet_ids=self._isolated.subnet_ids,
        )
        replication_group = elasticache.CfnReplicationGroup(
            self,
            "Redis",
            replication_group_description="The line, sessions and live updates",
            engine="redis",
            engine_version="7.1",
            cache_node_type="cache.r7g.large",
            num_cache_clusters=2,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            auth_token=self.redis_secret.secret_value.unsafe_unwrap(),
            cache_subnet_group_name=subnets.ref,
            security_group_ids=[group.security_group_id],
            port=REDIS_PORT,
            snapshot_retention_limit=1,
        )
        replication_group.apply_removal_policy(RemovalPolicy.SNAPSHOT)
        return replication_group

    def _database(self, group: ec2.SecurityGroup) -> rds.DatabaseCluster:
        instance_type = ec2.InstanceType.of(ec2.InstanceClass.R7G, ec2.InstanceSize.LARGE)
        cluster = rds.DatabaseCluster(
            self,
            "Database",
            engine=rds.DatabaseClusterEngine.aurora_postgres(
                version=rds.AuroraPostgresEngineVersion.VER_15_10
            ),
            writer=rds.ClusterInstance.provisioned("Writer", instance_type=instance_type),
            readers=[
                rds.ClusterInstance.provisioned(
                    "Reader", instance_type=instance_type, promotion_tier=1
                )
            ],
            credentials=rds.Credentials.from_generated_secret("tiketi"),
            default_database_name="tiketi",
            vpc=self._vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[group],
            port=POSTGRES_PORT,
            storage_encrypted=True,
            iam_authentication=True,
            deletion_protection=True,
            backup=rds.BackupProps(retention=Duration.days(14)),
            cloudwatch_logs_exports=["postgresql"],
            removal_policy=RemovalPolicy.SNAPSHOT,
        )
        cluster.add_rotation_single_user(automatically_after=Duration.days(30))
        return cluster

    def _broker(self, group: ec2.SecurityGroup) -> amazonmq.CfnBroker:
        credentials = self.broker_secret
        broker = amazonmq.CfnBroker(
            self,
            "Broker",
            broker_name="tiketi",
            engine_type="RABBITMQ",
            engine_version="3.13",
            deployment_mode="CLUSTER_MULTI_AZ",
            host_instance_type="mq.m5.large",
            publicly_accessible=False,
            auto_minor_version_upgrade=True,
            subnet_ids=self._isolated.subnet_ids,
            security_groups=[group.security_group_id],
            logs=amazonmq.CfnBroker.LogListProperty(general=True),
            users=[
                amazonmq.CfnBroker.UserProperty(
                    username=credentials.secret_value_from_json("username").unsafe_unwrap(),
                    password=credentials.secret_value_from_json("password").unsafe_unwrap(),
                )
            ],
        )
        Tags.of(broker).add("Name", "tiketi-broker")
        return broker
