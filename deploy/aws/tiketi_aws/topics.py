"""Where alarms go, by severity; what else is subscribed (chat, pager) is the operator's."""

from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class Topics(Construct):
    def __init__(self, scope: Construct, construct_id: str, email: str) -> None:
        super().__init__(scope, construct_id)
        self.critical = self._topic("Critical", email)
        self.warning = self._topic("Warning", email)
        self.info = self._topic("Info", email)

    def _topic(self, name: str, email: str) -> sns.Topic:
        topic = sns.Topic(self, name, enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic
