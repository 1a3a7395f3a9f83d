"""What a destroy deletes: where others must have nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from podsg.lifecycle.facts import Live, Recorded

CLUSTER = "aws:eks/cluster:Cluster"
DATABASE = "aws:rds/instance:Instance"
AURORA_CLUSTER = "aws:rds/cluster:Cluster"
AURORA_INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
FARGATE_PROFILE = "aws:eks/fargateProfile:FargateProfile"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE_POLICY_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
# Which property names it in AWS.
_NAMED_BY = {CLUSTER: "name", DATABASE: "identifier", AURORA_CLUSTER: "clusterIdentifier"}


@dataclass(frozen=True)
class Scope:
    """Hold what a destroy of the stack deletes, by what EC2, EKS and RDS call it."""

    ids: frozenset[str]
    """Ids of EC2 and of other services."""
    names: Mapping[str, str]
    """Id to logical name."""
    vpc_ids: frozenset[str]
    subnet_ids: frozenset[str]
    group_ids: frozenset[str]
    """Security groups that it deletes itself."""
    cluster_group_ids: frozenset[str]
    """Cluster security groups: EKS deletes them with their clusters."""
    revoking_group_ids: frozenset[str]
    """Groups whose deletion takes rules that name them along."""
    protectable: Mapping[tuple[str, str], Recorded]
    """Clusters and databases by type and name."""
    cluster_members: frozenset[tuple[str, str, str]]
    """Node groups and Fargate profiles: type, cluster, name."""
    database_names: frozenset[str]
    """Identifiers of RDS instances, those of Aurora clusters among them."""
    roles: frozenset[str]
    """Names of roles whose policies have to go before them."""
    role_policies: frozenset[tuple[str, str]]
    """Role and policy: the ARN of an attached one, the name of an inline one."""

    @classmethod
    def of(cls, recorded: Iterable[Recorded], live: Live) -> Scope:
        """Sort what was recorded."""
        deleted = [one for one in recorded if one.is_deleted]
        protectable = {
            (one.type, one.text(_NAMED_BY[one.type])): one for one in deleted if one.type in _NAMED_BY
        }
        groups = [one for one in deleted if one.type == GROUP]
        return cls(
            ids=frozenset(filter(None, (one.id for one in deleted)))
            | frozenset(filter(None, (one.text("securityGroupRuleId") for one in deleted))),
            names={one.id: one.name for one in deleted},
            vpc_ids=frozenset(one.id for one in deleted if one.type == VPC),
            subnet_ids=frozenset(one.id for one in deleted if one.type == SUBNET),
            group_ids=frozenset(one.id for one in groups),
            cluster_group_ids=frozenset(
                cluster.group_id
                for cluster in live.clusters
                if (CLUSTER, cluster.name) in protectable and cluster.group_id
            ),
            revoking_group_ids=frozenset(
                one.id for one in groups if one.value("revokeRulesOnDelete") is True
            ),
            protectable=protectable,
            cluster_members=frozenset(_members(deleted)),
            database_names=frozenset(
                one.text("identifier") for one in deleted if one.type in {DATABASE, AURORA_INSTANCE}
            ),
            roles=frozenset(
                one.id for one in deleted if one.type == ROLE and one.value("forceDetachPolicies") is not True
            ),
            role_policies=frozenset(_role_policies(deleted)),
        )

    def blocked_by(self, vpc_id: str, subnet_ids: Iterable[str], group_ids: Iterable[str]) -> list[str]:
        """List what cannot be deleted while something with this place and these groups is there.

        Returns:
            Groups and subnets, each sorted, else the VPC; empty if nothing of the stack is concerned.
        """
        groups = sorted((self.group_ids | self.cluster_group_ids).intersection(group_ids))
        subnets = sorted(self.subnet_ids.intersection(subnet_ids))
        return groups + subnets or sorted(self.vpc_ids & {vpc_id})

    def placed(self, ids: Iterable[str]) -> str:
        """Say how something stands to what it blocks: groups are carried, the rest is a place."""
        blocked = list(ids)
        groups = [one for one in blocked if one in self.group_ids | self.cluster_group_ids]
        places = [one for one in blocked if one not in groups]
        said = [f"carries {self.shown(groups)}"] if groups else []
        return " and ".join([*said, f"is in {self.shown(places)}"] if places else said)

    def shown(self, ids: Iterable[str]) -> str:
        """Return ids with the logical names of what has one."""
        named = (f"{one} ({self.names[one]})" if one in self.names else one for one in ids)
        return ", ".join(named)


def _members(recorded: Iterable[Recorded]) -> Iterable[tuple[str, str, str]]:
    for one in recorded:
        if one.type == NODE_GROUP:
            yield NODE_GROUP, one.text("clusterName"), one.text("nodeGroupName")
        elif one.type == FARGATE_PROFILE:
            yield FARGATE_PROFILE, one.text("clusterName"), one.text("fargateProfileName")


def _role_policies(recorded: Iterable[Recorded]) -> Iterable[tuple[str, str]]:
    for one in recorded:
        if one.type == ROLE_POLICY_ATTACHMENT:
            yield one.text("role"), one.text("policyArn")
        elif one.type == ROLE_POLICY:
            yield one.text("role"), one.text("name")
