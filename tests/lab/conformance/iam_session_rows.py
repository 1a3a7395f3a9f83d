"""Sessions of IAM roles: their calls are judged by the role's policies."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from lab.faults import Disturbance

from .row import REGION, Clients, Row, refused
from .scene import Scene

_MANAGED = "arn:aws:iam::aws:policy/"
_OWNER = {"Key": "eks:eni:owner", "Value": "eks-vpc-resource-controller"}
_CNI_OWNER = {"Key": "eks:eni:owner", "Value": "amazon-vpc-cni"}
_ANY = "ec2:*"


class _Role(Scene):
    """A VPC, and a role with a session."""

    def __init__(self, clients: Clients, *policies: str, **inline: Any) -> None:
        super().__init__(clients)
        self.name = f"row-{uuid.uuid4().hex[:12]}"
        service = {"Service": "eks.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = clients.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document)["Role"]
        self.account_id = made["Arn"].split(":")[4]
        for policy in policies:
            self.attach(policy)
        if inline:
            self.put(inline)
        answer = clients.sts.assume_role(RoleArn=made["Arn"], RoleSessionName="somebody")
        self._keys = answer["Credentials"]
        self.session_arn: str = answer["AssumedRoleUser"]["Arn"]

    def attach(self, policy: str) -> None:
        self.clients.iam.attach_role_policy(RoleName=self.name, PolicyArn=_MANAGED + policy)

    def put(self, *statements: dict[str, Any]) -> None:
        """Replace the role's own policy."""
        full = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": full})
        self.clients.iam.put_role_policy(RoleName=self.name, PolicyName="own", PolicyDocument=document)

    def client(self, service: str) -> Any:
        """Return a client that signs with the session's keys."""
        keys = self._keys
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
        settings = Config(retries={"total_max_attempts": 1}, proxies={})
        return session.client(service, endpoint_url=self.clients.endpoint_url, config=settings)  # type: ignore[call-overload]

    def tagged(self, tag: dict[str, str]) -> str:
        """Return an interface with a tag, made by the row's own caller."""
        tags = [{"ResourceType": "network-interface", "Tags": [tag]}]
        return self.interface(self.subnet(f"10.0.{len(self._subnets())}.0/24"), TagSpecifications=tags)

    def _subnets(self) -> list[Any]:
        filters = [{"Name": "vpc-id", "Values": [self.vpc_id]}]
        found: list[Any] = self.ec2.describe_subnets(Filters=filters)["Subnets"]
        return found


def _creator(role: _Role, subnet_id: str) -> Callable[[], Any]:
    ec2 = role.client("ec2")
    tags = [{"ResourceType": "network-interface", "Tags": [_OWNER]}]
    return lambda: ec2.create_network_interface(SubnetId=subnet_id, TagSpecifications=tags)


def without_policy(clients: Clients) -> None:
    role = _Role(clients, "AmazonEKSClusterPolicy")
    subnet_id = role.subnet()
    create = _creator(role, subnet_id)
    text = (
        f"You are not authorized to perform this operation. User: {role.session_arn} is not authorized to "
        "perform: ec2:CreateNetworkInterface on resource: "
        f"arn:aws:ec2:{REGION}:{role.account_id}:subnet/{subnet_id} because no identity-based policy allows "
        "the ec2:CreateNetworkInterface action"
    )
    with refused("UnauthorizedOperation", text):
        create()
    role.attach("AmazonEKSVPCResourceController")
    create()
    clients.iam.detach_role_policy(RoleName=role.name, PolicyArn=_MANAGED + "AmazonEKSVPCResourceController")
    with refused("UnauthorizedOperation", text):
        create()


def tags_need_permission(clients: Clients) -> None:
    role = _Role(clients, "AmazonEKSVPCResourceController")
    subnet_id = role.subnet()
    create = _creator(role, subnet_id)
    with refused("UnauthorizedOperation"):
        create()
    role.client("ec2").create_network_interface(SubnetId=subnet_id)
    role.attach("AmazonEKS_CNI_Policy")
    create()


def tag_of_resource(clients: Clients) -> None:
    role = _Role(clients, "AmazonEKSVPCResourceController")
    ec2 = role.client("ec2")
    request = {"AwsAccountId": role.account_id, "Permission": "INSTANCE-ATTACH"}
    with refused("UnauthorizedOperation"):
        ec2.create_network_interface_permission(NetworkInterfaceId=role.tagged(_CNI_OWNER), **request)
    ec2.create_network_interface_permission(NetworkInterfaceId=role.tagged(_OWNER), **request)


def cluster_policy_deletes(clients: Clients) -> None:
    role = _Role(clients, "AmazonEKSClusterPolicy")
    ec2 = role.client("ec2")
    with refused("UnauthorizedOperation"):
        ec2.delete_network_interface(NetworkInterfaceId=role.tagged(_OWNER))
    ec2.delete_network_interface(NetworkInterfaceId=role.tagged(_CNI_OWNER))


def reading(clients: Clients) -> None:
    role = _Role(clients, "AmazonEKSClusterPolicy")
    ec2 = role.client("ec2")
    ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [role.vpc_id]}])
    text = (
        f"You are not authorized to perform this operation. User: {role.session_arn} is not authorized to "
        "perform: ec2:DescribeNatGateways because no identity-based policy allows the "
        "ec2:DescribeNatGateways action"
    )
    with refused("UnauthorizedOperation", text):
        ec2.describe_nat_gateways(NatGatewayIds=["nat-0123456789abcdef0"])


def denial_wins(clients: Clients) -> None:
    role = _Role(clients, Action=_ANY)
    subnet_id, other_id = role.subnet("10.0.1.0/24"), role.subnet("10.0.2.0/24")
    ec2 = role.client("ec2")
    denied = f"arn:aws:ec2:*:*:subnet/{subnet_id}"
    role.put({"Action": _ANY}, {"Effect": "Deny", "Action": "ec2:Create*", "Resource": denied})
    arn = f"arn:aws:ec2:{REGION}:{role.account_id}:subnet/{subnet_id}"
    text = (
        f"You are not authorized to perform this operation. User: {role.session_arn} is not authorized to "
        f"perform: ec2:CreateNetworkInterface on resource: {arn} with an explicit deny in an identity-based "
        "policy"
    )
    with refused("UnauthorizedOperation", text):
        ec2.create_network_interface(SubnetId=subnet_id)
    ec2.create_network_interface(SubnetId=other_id)


def version_that_counts(clients: Clients) -> None:
    role = _Role(clients)
    ec2 = role.client("ec2")
    statement = {"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": statement}
    arn = clients.iam.create_policy(PolicyName=role.name, PolicyDocument=json.dumps(document))["Policy"][
        "Arn"
    ]
    clients.iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)
    ec2.describe_vpcs()
    statement["Action"] = "ec2:DescribeSubnets"
    clients.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    ec2.describe_subnets()
    with refused("UnauthorizedOperation"):
        ec2.describe_vpcs()


def trunk_calls_are_private(clients: Clients) -> None:
    role = _Role(clients, Action=_ANY)
    ec2 = role.client("ec2")
    subnet_id = role.subnet()
    trunk_id = role.interface(subnet_id, InterfaceType="trunk")
    with refused("UnauthorizedOperation"):
        ec2.associate_trunk_interface(
            TrunkInterfaceId=trunk_id, BranchInterfaceId=role.interface(subnet_id), VlanId=1
        )
    with refused("UnauthorizedOperation"):
        ec2.disassociate_trunk_interface(AssociationId="trunk-assoc-0123456789abcdef0")
    ec2.describe_trunk_interface_associations()


def trunk_calls_opened(clients: Clients) -> None:
    missing = "eni-0123456789abcdef0"
    request = {"TrunkInterfaceId": missing, "BranchInterfaceId": missing, "VlanId": 1, "DryRun": True}
    allowed, silent = _Role(clients, Action=_ANY), _Role(clients)
    with Disturbance(clients.endpoint_url).during() as lab:
        lab.trunk_calls(are_open=True)
        with refused("DryRunOperation"):
            allowed.client("ec2").associate_trunk_interface(**request)
        with refused("UnauthorizedOperation"):
            silent.client("ec2").associate_trunk_interface(**request)
    with refused("UnauthorizedOperation"):
        allowed.client("ec2").associate_trunk_interface(**request)


def dry_run_of_a_deletion(clients: Clients) -> None:
    # given: a role that may delete interfaces with one tag
    owned = {"StringEquals": {"aws:ResourceTag/eks:eni:owner": _OWNER["Value"]}}
    role = _Role(clients, Action="ec2:DeleteNetworkInterface", Condition=owned)
    ec2, own_id = role.client("ec2"), role.tagged(_OWNER)

    # then: a dry run tells the right from the wrong one, and what is not there has no tag
    with refused("DryRunOperation"):
        ec2.delete_network_interface(NetworkInterfaceId=own_id, DryRun=True)
    for other_id in (role.tagged(_CNI_OWNER), "eni-0123456789abcdef0"):
        with refused("UnauthorizedOperation"):
            ec2.delete_network_interface(NetworkInterfaceId=other_id, DryRun=True)
    assert role.describe_interface(own_id)["Status"] == "available"


def own_name(clients: Clients) -> None:
    role = _Role(clients)
    assert role.client("sts").get_caller_identity()["Arn"] == role.session_arn
    role.put({"Effect": "Deny", "Action": "*"})
    assert role.client("sts").get_caller_identity()["Arn"] == role.session_arn


def other_services(clients: Clients) -> None:
    role = _Role(clients)
    reason = "because no identity-based policy allows the"
    start = f"User: {role.session_arn} is not authorized to perform:"
    with refused("AccessDenied", f"{start} iam:ListRoles {reason} iam:ListRoles action"):
        role.client("iam").list_roles()
    with refused("AccessDeniedException", f"{start} eks:ListClusters {reason} eks:ListClusters action"):
        role.client("eks").list_clusters()
    with refused("AccessDeniedException"):
        role.client("secretsmanager").list_secrets()
    role.put({"Action": ["iam:ListRoles", "eks:List*"]})
    role.client("iam").list_roles()
    role.client("eks").list_clusters()


_GUIDE = "IAM user guide, "
_LOGIC = _GUIDE + "policy evaluation logic"
_REFERENCE = "Service authorization reference, Amazon EC2"

ROWS = [
    Row(
        "iam-session-refused",
        "a session may do what its role's policies say at the moment of the call",
        _GUIDE + "access denied error messages; kubernetes-sigs/karpenter issue 2813 (EC2's words)",
        without_policy,
    ),
    Row(
        "iam-session-tags",
        "tags on creation need ec2:CreateTags",
        "EC2 user guide, grant permission to tag Amazon EC2 resources on creation",
        tags_need_permission,
    ),
    Row(
        "iam-session-resource-tag",
        "a permission can depend on the tags of the resource",
        "AWS managed policy reference, AmazonEKSVPCResourceController; " + _REFERENCE,
        tag_of_resource,
    ),
    Row(
        "iam-session-cluster-policy",
        "the cluster policy deletes interfaces of the VPC CNI only",
        "AWS managed policy reference, AmazonEKSClusterPolicy",
        cluster_policy_deletes,
    ),
    Row("iam-session-read", "reading is refused without a resource", _REFERENCE, reading),
    Row("iam-session-deny", "a denial wins, on its resources only", _LOGIC, denial_wins),
    Row(
        "iam-session-version",
        "the default version of a policy counts",
        "IAM API reference, CreatePolicyVersion (SetAsDefault)",
        version_that_counts,
    ),
    Row(
        "iam-session-trunk",
        "trunk calls are closed to customers' roles (the words are the lab's own choice)",
        "aws/amazon-vpc-resource-controller-k8s README",
        trunk_calls_are_private,
    ),
    Row(
        "iam-session-trunk-open",
        "where trunk calls are open, policies decide about them",
        "EC2 API reference, AssociateTrunkInterface; " + _REFERENCE,
        trunk_calls_opened,
    ),
    Row(
        "iam-session-dry-run",
        "a dry run of a deletion asks for the right to delete this very interface",
        "EC2 API reference, DeleteNetworkInterface (DryRun); " + _REFERENCE,
        dry_run_of_a_deletion,
    ),
    Row(
        "iam-session-caller",
        "who one is can always be asked",
        "STS API reference, GetCallerIdentity",
        own_name,
    ),
    Row(
        "iam-session-services",
        "other services refuse in their own protocol",
        _GUIDE + "access denied error messages",
        other_services,
    ),
]
