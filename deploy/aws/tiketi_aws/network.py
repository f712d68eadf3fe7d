"""The network: two zones, each with a public, a private and a database subnet.

The address ranges are part of the architecture (firewalls elsewhere name them), so they are
assigned here one by one instead of being cut from the block in order of appearance.
"""

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

VPC_RANGE = "10.0.0.0/16"
SUBNET_RANGES = {
    "Public": ("10.0.1.0/24", "10.0.2.0/24"),
    "Private": ("10.0.11.0/24", "10.0.12.0/24"),
    "Database": ("10.0.21.0/24", "10.0.22.0/24"),
}


@jsii.implements(ec2.IIpAddresses)
class AssignedAddresses:
    """Answers CDK's requests for address ranges from `SUBNET_RANGES`."""

    def allocate_vpc_cidr(self) -> ec2.VpcIpamOptions:
        return ec2.VpcIpamOptions(cidr_block=VPC_RANGE)

    def allocate_subnets_cidr(
        self, request: ec2.AllocateCidrRequest | None = None, **_: object
    ) -> ec2.SubnetIpamOptions:
        ranges = [cidr for zones in SUBNET_RANGES.values() for cidr in zones]
        return ec2.SubnetIpamOptions(
            allocated_subnets=[ec2.AllocatedSubnet(cidr=cidr) for cidr in ranges]
        )


class Network(Construct):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        kinds = {
            "Public": ec2.SubnetType.PUBLIC,
            "Private": ec2.SubnetType.PRIVATE_WITH_EGRESS,
            "Database": ec2.SubnetType.PRIVATE_ISOLATED,
        }
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=AssignedAddresses(),
            max_azs=2,
            nat_gateways=2,
            subnet_configuration=[
                ec2.SubnetConfiguration(name=name, subnet_type=kinds[name], cidr_mask=24)
                for name in SUBNET_RANGES
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                logs.LogGroup(self, "FlowLogs", retention=logs.RetentionDays.ONE_MONTH)
            ),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
