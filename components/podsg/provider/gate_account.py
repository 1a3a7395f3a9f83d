"""What a gate needs of an account: EC2, the cluster and its API, looked up once per operation."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from podsg.errors import AccessDeniedError, AwsError, Explanation
from podsg.lifecycle.calls import Memory, RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.ports import Clock
from podsg.lifecycle.sweep import refuse_unknown_vpc
from podsg.lifecycle.tokens import OWNER_TAG
from podsg.provider.clock import MachineClock
from podsg.provider.ec2 import BotoEc2
from podsg.provider.kubernetes import KubernetesApi, connect
from podsg.provider.target import Client, Target, masked

CLOCK: Final = MachineClock()
PACING: Final = Pacing(CLOCK)
"""One for the process: all its operations share the account's limits."""
MEMORY: Final = Memory(CLOCK)
SECONDS_PER_MINUTE: Final = 60.0
# Beyond the wait of an operation itself: time for its last calls.
_SLACK_SECONDS: Final = 1800.0

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class GateAccount:
    """The account of one operation of a gate.

    Args:
        inputs: Inputs of the gate.
        client: Makes boto3 clients of the expected account.
        ec2: EC2, paced and tried again.
        clock: Time.
    """

    inputs: Inputs
    client: Client
    ec2: RetryingEc2
    clock: Clock

    @classmethod
    def of(cls, inputs: Inputs, connected: Callable[[Target], Client] | None = None) -> GateAccount:
        """Connect, and look whether this is the expected account and has the VPC.

        AWS calls: sts:GetCallerIdentity, ec2:DescribeVpcs.

        Raises:
            WrongAccountError: It is another account.
            StateError: It has no such VPC in this region.
        """
        account = cls.without_vpc(inputs, connected)
        refuse_unknown_vpc(account.ec2, inputs["vpc_id"])
        return account

    @classmethod
    def without_vpc(cls, inputs: Inputs, connected: Callable[[Target], Client] | None = None) -> GateAccount:
        """Connect, and look whether this is the expected account: once per process and target.

        AWS calls: sts:GetCallerIdentity.

        Raises:
            WrongAccountError: It is another account.
        """
        client = (connected or _connected)(target_of(inputs))
        deadline = Deadline(CLOCK, _seconds(inputs) + _SLACK_SECONDS)
        ec2 = RetryingEc2(BotoEc2(client("ec2")), CLOCK, PACING, deadline, memory=MEMORY)
        return cls(inputs, client, ec2, CLOCK)

    @property
    def timeout_seconds(self) -> float:
        """Return how long the operation may wait."""
        return _seconds(self.inputs)

    def cluster(self) -> dict[str, Any] | None:
        """Return what EKS says of the cluster; None if it is gone.

        AWS calls: eks:DescribeCluster.

        Raises:
            AccessDeniedError: The caller may not ask.
            AwsError: EKS does not tell for another reason.
        """
        try:
            found: dict[str, Any] = self.client("eks").describe_cluster(name=self.inputs["cluster_name"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise self._untold(error, is_denied=_is_denied(error)) from None
        except BotoCoreError as error:
            raise self._untold(error, is_denied=False) from None
        cluster: dict[str, Any] = found["cluster"]
        return cluster

    def _untold(self, error: Exception, *, is_denied: bool) -> AwsError:
        made, fix = (
            (AccessDeniedError, "attach the policy that `podsg enis iam` prints to the caller.")
            if is_denied
            else (AwsError, "run the same command again when EKS answers.")
        )
        return made(
            Explanation(
                f"eks:DescribeCluster ({self.inputs['cluster_name']})",
                masked(str(error)),
                "whether pods have to be drained depends on it.",
                fix,
                "docs/how-to/destroy.md",
            )
        )

    def kubernetes(self) -> KubernetesApi | None:
        """Return the API of the cluster; None if the cluster is gone."""
        return self._api

    @functools.cached_property
    def _api(self) -> KubernetesApi | None:
        """Log in once per operation: each login starts a command."""
        return connect(self.inputs["kubeconfig"]) if self.cluster() else None

    def own_group_ids(self) -> frozenset[str]:
        """Return the security groups of the stack in the VPC.

        EC2 calls: DescribeSecurityGroups.
        """
        filters = {f"tag:{OWNER_TAG}": [self.inputs["owner"]], "vpc-id": [self.inputs["vpc_id"]]}
        return frozenset(group.id for group in self.ec2.describe_security_groups(filters=filters))


@functools.cache
def _connected(target: Target) -> Client:
    return target.client()


def target_of(inputs: Inputs) -> Target:
    """Return where the calls of a gate go, and as whom."""
    return Target(inputs["region"], inputs["account_id"], inputs["profile"], inputs["role_arn"])


def _is_denied(error: ClientError) -> bool:
    return "AccessDenied" in error.response["Error"]["Code"]


def _seconds(inputs: Inputs) -> float:
    return float(inputs["timeout_minutes"]) * SECONDS_PER_MINUTE


def say(line: str) -> None:
    """Tell the user: the engine shows what a plugin prints."""
    print(line, flush=True)  # noqa: T201 - this is how a plugin speaks
