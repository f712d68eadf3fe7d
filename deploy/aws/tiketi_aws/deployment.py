"""What differs from one operator to the next."""

from dataclasses import dataclass, fields

from constructs import Node


@dataclass(frozen=True, slots=True)
class Deployment:
    """Read from the context of cdk.json under `tiketi:`; every field is required."""

    region: str
    domain: str
    hosted_zone_id: str
    hosted_zone_name: str
    edge_certificate_arn: str
    """For CloudFront: must be in us-east-1."""
    origin_certificate_arn: str
    """For the load balancer: in the stack's own region, valid for `origin_domain`."""
    image_registry: str
    version: str
    alarm_email: str
    monthly_budget_usd: int

    @property
    def origin_domain(self) -> str:
        """Where CloudFront finds the load balancer."""
        return f"origin.{self.domain}"

    @classmethod
    def from_context(cls, node: Node) -> "Deployment":
        """Raises ValueError naming every value that is missing."""
        values = {field.name: node.try_get_context(f"tiketi:{field.name}") for field in fields(cls)}
        missing = [f"tiketi:{name}" for name, value in values.items() if value is None]
        if missing:
            raise ValueError(f"missing from the context: {', '.join(missing)}")
        return cls(**values)
