"""Who may administer a cluster: access entries, never the aws-auth ConfigMap."""

import hashlib
import re
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from podsg.resources.location import Location
from podsg.resources.owner import Owner

ADMIN_POLICY_ARN = "arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


def caller_principal_arn(component: pulumi.Resource) -> str:
    """Return the ARN of the IAM user or role that runs the program; a role's, not that of its session.

    It is read at once, not as an output: the names of the entry and its policy follow from it.

    Args:
        component: Component whose provider says who calls.
    """
    options = pulumi.InvokeOptions(parent=component)
    caller = aws.get_caller_identity(opts=options)
    return aws.iam.get_session_context(arn=caller.arn, opts=options).issuer_arn


def warn_of_missing_access(
    component: pulumi.Resource, principal_arn: str, administrator_arns: Sequence[str]
) -> None:
    """Warn if whoever deploys is not among the administrators of the cluster.

    Args:
        component: Environment that the warning is shown at.
        principal_arn: ARN of the IAM user or role that runs the program; shown by its last part only.
        administrator_arns: ARNs of all administrators.
    """
    if principal_arn in administrator_arns:
        return
    caller = re.split("[/:]", principal_arn)[-1]
    pulumi.log.warn(
        f"cluster.admin_principal_arns: {caller} deploys and is not in it.\n"
        "  Why: Kubernetes objects cannot be made by it: without access from elsewhere, the cluster refuses "
        "its namespaces and policies as unauthorized.\n"
        f"  Fix: add the ARN of {caller}, or deploy as one of those in it.",
        component,
    )


def grant_administration(
    owner: Owner, cluster_name: pulumi.Input[str], principal_arns: Sequence[str], location: Location
) -> list[pulumi.Resource]:
    """Make each principal an administrator of the whole cluster.

    Args:
        owner: Cluster that the entries belong to.
        cluster_name: Its name in EKS.
        principal_arns: ARNs of IAM users and roles, none twice.
        location: Partition of the access policy.

    Returns: Entries and policy associations; nobody has access before both are there.
    """
    access: list[pulumi.Resource] = []
    for principal_arn in principal_arns:
        role = f"admin-{principal_key(principal_arn)}"
        entry = aws.eks.AccessEntry(
            owner.child(role),
            cluster_name=cluster_name,
            principal_arn=principal_arn,
            type="STANDARD",
            tags=owner.tagged(role),
            opts=owner.options(),
        )
        association = aws.eks.AccessPolicyAssociation(
            owner.child(f"{role}-policy"),
            cluster_name=cluster_name,
            principal_arn=entry.principal_arn,
            policy_arn=location.arn(ADMIN_POLICY_ARN),
            access_scope={"type": "cluster"},
            opts=owner.options(),
        )
        access += [entry, association]
    return access


def principal_key(principal_arn: str) -> str:
    """Return a short name of a principal that depends on nothing but its ARN.

    Example:
        >>> principal_key("arn:aws:iam::123456789012:role/team/Admin")
        'admin-07cb3fb5'
    """
    last = re.sub("[^a-z0-9]+", "-", principal_arn.rsplit("/", 1)[-1].lower())
    digest = hashlib.sha256(principal_arn.encode()).hexdigest()
    return f"{last}-{digest[:8]}"
