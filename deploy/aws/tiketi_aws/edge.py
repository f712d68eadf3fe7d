"""The edge: CloudFront before the app's bucket and the load balancer, and the names in DNS.

The app is cached for seven days (its file names carry hashes). `/api/*` is not cached but for
what says that it may be: the cache policy's default time is 0 and honours Cache-Control, so
that the shared status document, `public, max-age=1`, is fetched once a second by each edge.
"""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from tiketi_aws.deployment import Deployment

APP_CACHE = Duration.days(7)


def private_bucket(scope: Construct, name: str, *, logs: s3.IBucket | None = None) -> s3.Bucket:
    return s3.Bucket(
        scope,
        name,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        object_ownership=s3.ObjectOwnership.OBJECT_WRITER if logs is None else None,
        removal_policy=RemovalPolicy.RETAIN,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=name if logs else None,
    )


class Edge(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        deployment: Deployment,
        balancer: elbv2.IApplicationLoadBalancer,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = private_bucket(self, "App", logs=access_logs)
        services = origins.HttpOrigin(
            deployment.origin_domain,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            read_timeout=Duration.seconds(60),
            keepalive_timeout=Duration.seconds(60),
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Tiketi",
            domain_names=[deployment.domain],
            certificate=acm.Certificate.from_certificate_arn(
                self, "Certificate", deployment.edge_certificate_arn
            ),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            default_root_object="index.html",
            default_behavior=self._pages(services),
            additional_behaviors={
                "/assets/*": self._assets(),
                "/api/*": self._api(services),
                "/ws": self._api(services),
            },
            log_bucket=access_logs,
            log_file_prefix="edge/",
        )
        self._names(deployment, balancer)

    @staticmethod
    def _pages(services: origins.HttpOrigin) -> cloudfront.BehaviorOptions:
        """Pages come from the gateway: it sends index.html for any of the app's own paths."""
        return cloudfront.BehaviorOptions(
            origin=services,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            compress=True,
        )

    def _assets(self) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy(
                self,
                "AssetCache",
                default_ttl=APP_CACHE,
                min_ttl=APP_CACHE,
                max_ttl=APP_CACHE,
                enable_accept_encoding_brotli=True,
                enable_accept_encoding_gzip=True,
            ),
            compress=True,
        )

    def _api(self, services: origins.HttpOrigin) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=services,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=self._api_cache(),
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            compress=True,
        )

    def _api_cache(self) -> cloudfront.CachePolicy:
        existing = self.node.try_find_child("ApiCache")
        if isinstance(existing, cloudfront.CachePolicy):
            return existing
        return cloudfront.CachePolicy(
            self,
            "ApiCache",
            comment="Nothing but what says that it may be cached",
            default_ttl=Duration.seconds(0),
            min_ttl=Duration.seconds(0),
            max_ttl=Duration.days(365),
            query_string_behavior=cloudfront.CacheQueryStringBehavior.all(),
            header_behavior=cloudfront.CacheHeaderBehavior.allow_list("Accept", "Authorization"),
            enable_accept_encoding_brotli=True,
            enable_accept_encoding_gzip=True,
        )

    def _names(self, deployment: Deployment, balancer: elbv2.IApplicationLoadBalancer) -> None:
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self,
            "Zone",
            hosted_zone_id=deployment.hosted_zone_id,
            zone_name=deployment.hosted_zone_name,
        )
        edge = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.distribution))
        route53.ARecord(self, "Name", zone=zone, record_name=deployment.domain, target=edge)
        route53.AaaaRecord(self, "Name6", zone=zone, record_name=deployment.domain, target=edge)
        route53.ARecord(
            self,
            "OriginName",
            zone=zone,
            record_name=deployment.origin_domain,
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(balancer)),
        )
