"""Who may talk to whom: a chain from the internet to the stores, each link by security group."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

GATEWAY_PORT = 8080
REDIS_PORT = 6379
POSTGRES_PORT = 5432
AMQPS_PORT = 5671


class SecurityGroups(Construct):
    def __init__(self, scope: Construct, construct_id: str, vpc: ec2.IVpc) -> None:
        super().__init__(scope, construct_id)

        def group(name: str, description: str, *, outbound: bool) -> ec2.SecurityGroup:
            return ec2.SecurityGroup(
                self, name, vpc=vpc, description=description, allow_all_outbound=outbound
            )

        self.balancer = group("Balancer", "Load balancer", outbound=False)
        self.instances = group("Instances", "Instances that run the services", outbound=True)
        self.line_reader = group("LineReader", "Lambda that reads the line", outbound=True)
        self.redis = group("Redis", "Redis", outbound=False)
        self.database = group("Database", "Database", outbound=False)
        self.broker = group("Broker", "Message broker", outbound=False)

        for port in (80, 443):
            self.balancer.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "The internet")
        self._allow(self.balancer, self.instances, GATEWAY_PORT)
        self._allow(self.instances, self.redis, REDIS_PORT)
        self._allow(self.line_reader, self.redis, REDIS_PORT)
        self._allow(self.instances, self.database, POSTGRES_PORT)
        self._allow(self.instances, self.broker, AMQPS_PORT)

    @staticmethod
    def _allow(source: ec2.SecurityGroup, target: ec2.SecurityGroup, port: int) -> None:
        target.add_ingress_rule(source, ec2.Port.tcp(port), "From the link before")
        if not source.allow_all_outbound:
            source.add_egress_rule(target, ec2.Port.tcp(port), "To the next link")
