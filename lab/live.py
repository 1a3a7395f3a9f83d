"""What is there in AWS of what a stack has recorded, and around it; reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lab.session import Session
from lab.status import client
from podsg.lifecycle import (
    Cluster,
    Database,
    Instance,
    Interface,
    Kind,
    Live,
    Part,
    Recorded,
    RolePolicy,
    Rule,
)

EKS_CLUSTER = "aws:eks/cluster:Cluster"
DATABASES = {"aws:rds/instance:Instance": "db", "aws:rds/cluster:Cluster": "db_cluster"}
NETWORKED = {"aws:ec2/securityGroup:SecurityGroup", "aws:ec2/subnet:Subnet"}


def live_facts(recorded: Sequence[Recorded], session: Session) -> Live:
    """Read what stands around the recorded resources; what is gone is not in it.

    Args:
        recorded: What the engine has recorded of the stack.
        session: The running lab.

    Returns:
        Everything but the Kubernetes APIs.
    """
    reader = _Reader(session, tuple(one for one in recorded if one.is_deleted))
    return Live(
        clusters=tuple(reader.clusters()),
        databases=tuple(reader.databases()),
        snapshots=frozenset(reader.taken_snapshots("aws:rds/instance:Instance")),
        cluster_snapshots=frozenset(reader.taken_snapshots("aws:rds/cluster:Cluster")),
        parts=tuple(reader.parts()),
        instances=tuple(reader.instances()),
        interfaces=tuple(reader.interfaces()),
        rules=tuple(reader.rules()),
        role_policies=tuple(reader.role_policies()),
    )


@dataclass(frozen=True)
class _PartKind:
    """How EC2 lists the parts of one kind, and which of them count."""

    kind: Kind
    operation: str
    key: str
    id_key: str
    filter_name: str = "vpc-id"
    counts: Callable[[Mapping[str, Any]], bool] = lambda _: True


def _is_not_main(table: Mapping[str, Any]) -> bool:
    return not any(association.get("Main") for association in table["Associations"])


_PART_KINDS = (
    _PartKind(Kind.SUBNET, "describe_subnets", "Subnets", "SubnetId"),
    _PartKind(Kind.ROUTE_TABLE, "describe_route_tables", "RouteTables", "RouteTableId", counts=_is_not_main),
    _PartKind(
        Kind.INTERNET_GATEWAY,
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayId",
        "attachment.vpc-id",
    ),
    _PartKind(
        Kind.NAT_GATEWAY,
        "describe_nat_gateways",
        "NatGateways",
        "NatGatewayId",
        counts=lambda gateway: gateway["State"] not in {"deleted", "failed"},
    ),
    _PartKind(
        Kind.VPC_ENDPOINT,
        "describe_vpc_endpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        counts=lambda endpoint: endpoint["State"].lower() != "deleted",
    ),
    _PartKind(
        Kind.SECURITY_GROUP,
        "describe_security_groups",
        "SecurityGroups",
        "GroupId",
        counts=lambda group: group["GroupName"] != "default",
    ),
    _PartKind(
        Kind.NETWORK_ACL,
        "describe_network_acls",
        "NetworkAcls",
        "NetworkAclId",
        counts=lambda acl: not acl["IsDefault"],
    ),
)


@dataclass(frozen=True)
class _Reader:
    """Read from AWS what concerns the recorded resources."""

    session: Session
    recorded: tuple[Recorded, ...]

    def clusters(self) -> Iterator[Cluster]:
        eks = client(self.session, "eks")
        for name in (one.id for one in self.recorded if one.type == EKS_CLUSTER):
            try:
                found = eks.describe_cluster(name=name)["cluster"]
            except eks.exceptions.ResourceNotFoundException:
                continue
            groups = self._all("eks", "list_nodegroups", "nodegroups", clusterName=name)
            profiles = self._all("eks", "list_fargate_profiles", "fargateProfileNames", clusterName=name)
            yield Cluster(
                name=name,
                deletion_protection=bool(found.get("deletionProtection")),
                node_groups=frozenset(groups),
                fargate_profiles=frozenset(profiles),
                group_id=found["resourcesVpcConfig"].get("clusterSecurityGroupId", ""),
            )

    def databases(self) -> Iterator[Database]:
        for one in self._all("rds", "describe_db_instances", "DBInstances"):
            place = one.get("DBSubnetGroup", {})
            yield Database(
                identifier=one["DBInstanceIdentifier"],
                is_cluster=False,
                deletion_protection=bool(one.get("DeletionProtection")),
                vpc_id=place.get("VpcId", ""),
                subnet_ids=frozenset(each["SubnetIdentifier"] for each in place.get("Subnets", [])),
                group_ids=_database_groups(one),
                cluster_identifier=one.get("DBClusterIdentifier", ""),
            )
        for one in self._all("rds", "describe_db_clusters", "DBClusters"):
            yield Database(
                identifier=one["DBClusterIdentifier"],
                is_cluster=True,
                deletion_protection=bool(one.get("DeletionProtection")),
                group_ids=_database_groups(one),
            )

    def taken_snapshots(self, resource_type: str) -> Iterator[str]:
        """Return those names of final snapshots that are taken."""
        noun = DATABASES[resource_type]
        describe = getattr(client(self.session, "rds"), f"describe_{noun}_snapshots")
        parameter = f"{noun.title().replace('Db', 'DB').replace('_', '')}SnapshotIdentifier"
        for one in self.recorded:
            name = one.text("finalSnapshotIdentifier")
            if one.type != resource_type or not name:
                continue
            try:
                describe(**{parameter: name})
            except ClientError as error:
                if "SnapshotNotFound" not in error.response["Error"]["Code"]:
                    raise
            else:
                yield name

    def parts(self) -> Iterator[Part]:
        for kind in _PART_KINDS:
            for one in self._in_networks(kind.operation, kind.key, kind.filter_name):
                if kind.counts(one):
                    yield _part(kind, one)

    def instances(self) -> Iterator[Instance]:
        for reservation in self._in_networks("describe_instances", "Reservations"):
            for one in reservation["Instances"]:
                if one["State"]["Name"] != "terminated":
                    yield Instance(
                        one["InstanceId"], one["VpcId"], one["SubnetId"], _groups(one), _tags(one, "Tags")
                    )

    def interfaces(self) -> Iterator[Interface]:
        for one in self._in_networks("describe_network_interfaces", "NetworkInterfaces"):
            yield Interface(
                id=one["NetworkInterfaceId"],
                vpc_id=one["VpcId"],
                subnet_id=one["SubnetId"],
                group_ids=_groups(one),
                description=one.get("Description", ""),
                instance_id=one.get("Attachment", {}).get("InstanceId") or "",
                is_service_managed=bool(one.get("RequesterManaged")),
                tags=_tags(one, "TagSet"),
            )

    def rules(self) -> Iterator[Rule]:
        for one in self._all("ec2", "describe_security_group_rules", "SecurityGroupRules"):
            if named := one.get("ReferencedGroupInfo", {}).get("GroupId"):
                yield Rule(one["SecurityGroupRuleId"], one["GroupId"], named, one["IsEgress"])

    def role_policies(self) -> Iterator[RolePolicy]:
        iam = client(self.session, "iam")
        for role in (one.id for one in self.recorded if one.type == "aws:iam/role:Role"):
            try:
                iam.get_role(RoleName=role)
            except iam.exceptions.NoSuchEntityException:
                continue
            for one in self._all("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role):
                yield RolePolicy(role, one["PolicyArn"], is_inline=False)
            for name in self._all("iam", "list_role_policies", "PolicyNames", RoleName=role):
                yield RolePolicy(role, name, is_inline=True)

    def _in_networks(self, operation: str, key: str, filter_name: str = "vpc-id") -> Iterable[dict[str, Any]]:
        """List what is in the VPCs in which the stack has something."""
        vpc_ids = {one.id for one in self.recorded if one.type == "aws:ec2/vpc:Vpc"}
        vpc_ids |= {one.text("vpcId") for one in self.recorded if one.type in NETWORKED}
        if not vpc_ids:
            return ()
        return self._all("ec2", operation, key, Filters=[{"Name": filter_name, "Values": sorted(vpc_ids)}])

    def _all(self, service: str, operation: str, key: str, **parameters: Any) -> Iterable[Any]:
        api = client(self.session, service)
        if not api.can_paginate(operation):
            found: list[Any] = getattr(api, operation)(**parameters)[key]
            return found
        pages = api.get_paginator(operation).paginate(**parameters)
        return (item for page in pages for item in page[key])


def _part(kind: _PartKind, one: Mapping[str, Any]) -> Part:
    attachments = one["Attachments"] if kind.kind is Kind.INTERNET_GATEWAY else []
    addresses = one.get("NatGatewayAddresses", [])
    interfaces = {each.get("NetworkInterfaceId", "") for each in addresses}
    is_gateway = kind.kind is Kind.NAT_GATEWAY
    return Part(
        kind=kind.kind,
        id=one[kind.id_key],
        vpc_id=attachments[0]["VpcId"] if attachments else one["VpcId"],
        subnet_ids=frozenset([one["SubnetId"]] if is_gateway else one.get("SubnetIds", [])),
        group_ids=_groups(one),
        interface_ids=frozenset(interfaces - {""}) | frozenset(one.get("NetworkInterfaceIds", [])),
        label=_tags(one, "Tags").get("Name", ""),
    )


def _groups(one: Mapping[str, Any]) -> frozenset[str]:
    found = one.get("Groups") or one.get("SecurityGroups") or []
    return frozenset(each["GroupId"] for each in found)


def _database_groups(one: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(each["VpcSecurityGroupId"] for each in one.get("VpcSecurityGroups", []))


def _tags(one: Mapping[str, Any], key: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in one.get(key, [])}
