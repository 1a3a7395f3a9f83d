"""In which role a node's aws-node calls EC2.

Source: aws/amazon-vpc-cni-k8s `docs/iam-policy.md`; EKS user guide, "Configure Amazon VPC CNI plugin to use
IRSA" and "Learn how EKS Pod Identity grants pods access to AWS services".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.aws.authorization import role_session

if TYPE_CHECKING:
    from lab.aws.eks.state import Cluster, Machine

ADDON, AGENT = "vpc-cni", "eks-pod-identity-agent"
SERVICE_ACCOUNT = ("kube-system", "aws-node")


def session(cluster: Cluster, machine: Machine, account_id: str) -> dict[str, str] | None:
    """Return the session of aws-node on an instance, one for each role; None if it finds no credentials."""
    role_arn = _role_arn(cluster, machine)
    if role_arn is None:
        return None
    if role_arn not in machine.sessions:
        machine.sessions[role_arn] = role_session(account_id, role_arn, machine.instance_id)
    return machine.sessions[role_arn]


def _role_arn(cluster: Cluster, machine: Machine) -> str | None:
    """Return the add-on's role, else that of the pod identity association, else the node's.

    An SDK asks a web identity before Pod Identity. An association without the agent on the nodes leaves
    aws-node without credentials. The trust policy of the add-on's role is not looked at.

    Source: EKS user guide, "Understand how EKS Pod Identity works"; aws/amazon-vpc-cni-k8s issue 3840.
    """
    if role_arn := cluster.addons.get(ADDON, {}).get("serviceAccountRoleArn"):
        return str(role_arn)
    for each in cluster.pod_identities.values():
        if (each["namespace"], each["serviceAccount"]) == SERVICE_ACCOUNT:
            return str(each["roleArn"]) if AGENT in cluster.addons else None
    nodegroup = cluster.nodegroups.get(machine.nodegroup)
    return None if nodegroup is None else str(nodegroup["nodeRole"])
