"""The production architecture on AWS, from the network up."""

from aws_cdk import Environment, Stack
from constructs import Construct

from tiketi_aws.acknowledged import acknowledge_findings
from tiketi_aws.compute import Compute
from tiketi_aws.deployment import Deployment
from tiketi_aws.edge import Edge, private_bucket
from tiketi_aws.network import Network
from tiketi_aws.scaling import LineScaling
from tiketi_aws.security import SecurityGroups
from tiketi_aws.stores import Stores
from tiketi_aws.topics import Topics
from tiketi_aws.watch import Watching


class TiketiStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment) -> None:
        super().__init__(scope, construct_id, env=Environment(region=deployment.region))
        self.network = Network(self, "Network")
        vpc = self.network.vpc
        self.groups = SecurityGroups(self, "SecurityGroups", vpc)
        self.topics = Topics(self, "Topics", deployment.alarm_email)
        self.stores = Stores(self, "Stores", vpc, self.groups)
        access_logs = private_bucket(self, "AccessLogs")
        self.compute = Compute(
            self, "Compute", deployment, vpc, self.groups, self.stores, self.topics, access_logs
        )
        self.scaling = LineScaling(
            self, "LineScaling", vpc, self.groups, self.stores, self.compute.group
        )
        self.edge = Edge(self, "Edge", deployment, self.compute.balancer, access_logs)
        self.watching = Watching(
            self, "Watching", deployment, self.compute, self.stores, self.topics
        )
        acknowledge_findings(self, deployment.region)
