"""The account as the lab hands it out: no default VPC, one IAM user with an access key."""

from __future__ import annotations

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

ACCOUNT_ID = "123456789012"
USER_NAME = "podsg-lab"


def prepare(account_id: str, region: str) -> dict[str, str]:
    """Remove the region's default VPC and make the lab's caller.

    Returns:
        `access_key_id` and `secret_access_key` of the user `podsg-lab`.
    """
    _remove_default_vpc(account_id, region)
    backend = iam_backends[account_id]["aws"]
    backend.create_user(region, USER_NAME)
    key = backend.create_access_key(USER_NAME)
    return {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}


def _remove_default_vpc(account_id: str, region: str) -> None:
    backend = ec2_backends[account_id][region]
    vpc = backend.get_default_vpc()
    if vpc is None:
        return
    for subnet in backend.describe_subnets(filters={"vpc-id": [vpc.id]}):
        backend.delete_subnet(subnet.id)
    backend.delete_vpc(vpc.id)
