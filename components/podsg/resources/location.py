"""Where the AWS provider of a component works."""

from dataclasses import dataclass
from typing import Optional

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class Location:
    """Hold partition, account and region, read through the provider of the component itself."""

    partition: pulumi.Output[str]
    account_id: pulumi.Output[str]
    region: pulumi.Output[str]

    @classmethod
    def of(cls, component: Optional[pulumi.Resource]) -> "Location":
        """Look the three values up with the provider of a component's children; None is the default one."""
        options = pulumi.InvokeOptions(parent=component)
        return cls(
            partition=aws.get_partition_output(opts=options).partition,
            account_id=aws.get_caller_identity_output(opts=options).account_id,
            region=aws.get_region_output(opts=options).region,
        )

    def arn(self, text: str) -> pulumi.Output[str]:
        """Fill `{partition}`, `{account_id}` and `{region}` of an ARN in.

        Args:
            text: An ARN, for example `arn:{partition}:iam::{account_id}:root`.
        """
        return pulumi.Output.format(
            text, partition=self.partition, account_id=self.account_id, region=self.region
        )
