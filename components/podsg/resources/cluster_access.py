"""Who may administer a cluster: access entries, never the aws-auth ConfigMap."""

import hashlib
import re
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from podsg.model import ClusterSpec
from podsg.resources.location import Location
from podsg.resources.owner import Owner

API_PORT = 443
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


def administrators(component: pulumi.Resource, spec: ClusterSpec) -> list[str]:
    """Return the ARNs of who administers a cluster: those that it names, else whoever deploys.

    Warns if it names some, and whoever deploys is not among them.

    Args:
        component: Cluster that a warning is shown at, and whose provider says who deploys.
        spec: Its description.
    """
    principal_arn = caller_principal_arn(component)
    if not spec.admin_principal_arns:
        return [principal_arn]
    if principal_arn not in spec.admin_principal_arns:
        caller = re.split("[/:]", principal_arn)[-1]
        pulumi.log.warn(
            f"cluster.admin_principal_arns: {caller} deploys and is not in it.\n"
            "  Why: Kubernetes objects cannot be made by it: without access from elsewhere, the cluster "
            "refuses its namespaces and policies as unauthorized.\n"
            f"  Fix: add the ARN of {caller}, or deploy as one of those in it.",
            component,
        )
    return spec.admin_principal_arns


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


def open_private_endpoint(
    owner: Owner, cluster_security_group_id: pulumi.Input[str], cidrs: Sequence[str]
) -> list[pulumi.Resource]:
    """Let networks beyond the VPC reach the private endpoint of the Kubernetes API.

    Args:
        owner: Cluster that the rules belong to.
        cluster_security_group_id: Id of the group that the interfaces of the control plane carry.
        cidrs: IPv4 networks, none twice.

    Source: EKS user guide, "Cluster API server endpoint", accessing a private only API server.
    """
    return [
        aws.vpc.SecurityGroupIngressRule(
            owner.child(key),
            security_group_id=cluster_security_group_id,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=API_PORT,
            to_port=API_PORT,
            description=f"from {cidr} to the Kubernetes API, {API_PORT}/tcp",
            tags=owner.tagged(key),
            opts=owner.options(),
        )
        for key, cidr in ((f"api-from-{cidr.replace('/', '-')}", cidr) for cidr in cidrs)
    ]


def principal_key(principal_arn: str) -> str:
    """Return a short name of a principal that depends on nothing but its ARN.

    Example:
        >>> principal_key("arn:aws:iam::123456789012:role/team/Admin")
        'admin-07cb3fb5'
    """
    last = re.sub("[^a-z0-9]+", "-", principal_arn.rsplit("/", 1)[-1].lower())
    digest = hashlib.sha256(principal_arn.encode()).hexdigest()
    return f"{last}-{digest[:8]}"
