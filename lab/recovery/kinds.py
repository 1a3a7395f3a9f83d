"""Kinds of AWS objects that a stack makes: how those of an owner are found, and the command that deletes one.

The order of the table is the order of deletion: what holds something comes before it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from lab.recovery import dynamic_kinds, eks_kinds, rds_kinds
from lab.recovery.account import Account, Found, Item, lab_command, name_of, pairs

GONE_STATES: Final = {"deleting", "deleted", "failed"}
RANDOM_NAME: Final = re.compile(r"-[0-9a-f]{7}$")
"""End of a name that the engine's seed made: a second create would choose another one."""


@dataclass(frozen=True)
class Kind:
    """Say how the objects of one resource type are found.

    Args:
        type: The engine's type token.
        find: Returns every object of the owner.
        remade: The next `up` makes the same object again, with the same id, and records it: deleting it
            then would take it from the stack. It is only in the way of a destroy.
    """

    type: str
    find: Callable[[Account], Iterator[Found]]
    remade: bool = False


NOT_LISTED: Final = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "it comes and goes with its VPC",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        "the next up makes the same association again, and it goes with its access entry"
    ),
    **dynamic_kinds.NOTHING_IN_AWS,
}
"""Types without a row, and why."""


def _ec2(
    operation: str, key: str, id_key: str, command: str, after: str = ""
) -> Callable[[Account], Iterator[Found]]:
    """Return the finder of a kind of EC2 resource that carries tags; `after` waits until one is gone."""

    def find(account: Account) -> Iterator[Found]:
        for item in account.own_ec2(operation, key):
            if str(item.get("State", "")).lower() in GONE_STATES or item.get("GroupName") == "default":
                continue
            line = lab_command(f"aws ec2 {command}", item[id_key])
            yield Found(item[id_key], name_of(item), line + after.format(id=item[id_key]))

    return find


def _rules(*, egress: bool) -> Callable[[Account], Iterator[Found]]:
    direction = "egress" if egress else "ingress"

    def find(account: Account) -> Iterator[Found]:
        for rule in account.own_ec2("describe_security_group_rules", "SecurityGroupRules"):
            if bool(rule["IsEgress"]) is egress:
                revoke = f"aws ec2 revoke-security-group-{direction} --group-id"
                rule_id = rule["SecurityGroupRuleId"]
                line = lab_command(revoke, rule["GroupId"], "--security-group-rule-ids", rule_id)
                yield Found(rule_id, name_of(rule), line)

    return find


def _gateways(account: Account) -> Iterator[Found]:
    for gateway in account.own_ec2("describe_internet_gateways", "InternetGateways"):
        gateway_id = gateway["InternetGatewayId"]
        detach = [
            lab_command(
                "aws ec2 detach-internet-gateway --internet-gateway-id", gateway_id, "--vpc-id", item["VpcId"]
            )
            for item in gateway.get("Attachments") or ()
        ]
        delete = lab_command("aws ec2 delete-internet-gateway --internet-gateway-id", gateway_id)
        yield Found(gateway_id, name_of(gateway), " && ".join([*detach, delete]))


def _own_tables(account: Account) -> Iterator[Item]:
    return account.own_ec2("describe_route_tables", "RouteTables")


def _routes(account: Account) -> Iterator[Found]:
    """Return the routes of recorded tables; another table's go with it."""
    for table in _own_tables(account):
        table_id = table["RouteTableId"]
        if not account.has("aws:ec2/routeTable:RouteTable", table_id):
            continue
        for route in table["Routes"]:
            target = route.get("DestinationCidrBlock")
            if target and route.get("Origin") == "CreateRoute":
                command = "aws ec2 delete-route --route-table-id"
                line = lab_command(command, table_id, "--destination-cidr-block", target)
                yield Found(f"r-{table_id}{zlib.crc32(target.encode())}", f"{name_of(table)} {target}", line)


def _table_associations(account: Account) -> Iterator[Found]:
    for table in _own_tables(account):
        for item in table["Associations"]:
            if not item.get("Main"):
                association_id = item["RouteTableAssociationId"]
                line = lab_command("aws ec2 disassociate-route-table --association-id", association_id)
                yield Found(association_id, f"{name_of(table)} {item.get('SubnetId', '')}".strip(), line)


def _blocks(account: Account) -> Iterator[Found]:
    """Return the further CIDR blocks of recorded VPCs; another VPC's go with it."""
    for vpc in account.own_ec2("describe_vpcs", "Vpcs"):
        for item in vpc.get("CidrBlockAssociationSet") or ():
            recorded = account.has("aws:ec2/vpc:Vpc", vpc["VpcId"])
            live = item["CidrBlockState"]["State"] in {"associating", "associated"}
            if recorded and live and item["CidrBlock"] != vpc["CidrBlock"]:
                line = lab_command(
                    "aws ec2 disassociate-vpc-cidr-block --association-id", item["AssociationId"]
                )
                yield Found(item["AssociationId"], f"{name_of(vpc)} {item['CidrBlock']}", line)


def _roles(account: Account) -> Iterator[Found]:
    for role in account.own_roles:
        policies = account.all("iam", "list_role_policies", "PolicyNames", RoleName=role)
        attached = account.all("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role)
        lines = [_delete_policy(role, name) for name in policies]
        lines += [_detach(role, item["PolicyArn"]) for item in attached]
        yield Found(role, role, " && ".join([*lines, lab_command("aws iam delete-role --role-name", role)]))


def _recorded_roles(account: Account) -> Iterator[str]:
    return (role for role in account.own_roles if account.has("aws:iam/role:Role", role))


def _policies(*, random: bool) -> Callable[[Account], Iterator[Found]]:
    def find(account: Account) -> Iterator[Found]:
        for role in _recorded_roles(account):
            for name in account.all("iam", "list_role_policies", "PolicyNames", RoleName=role):
                if bool(RANDOM_NAME.search(name)) is random:
                    yield Found(f"{role}:{name}", name, _delete_policy(role, name))

    return find


def _attachments(account: Account) -> Iterator[Found]:
    for role in _recorded_roles(account):
        for item in account.all("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role):
            yield Found(f"{role}/{item['PolicyArn']}", item["PolicyName"], _detach(role, item["PolicyArn"]))


def _delete_policy(role: str, name: str) -> str:
    return lab_command("aws iam delete-role-policy --role-name", role, "--policy-name", name)


def _detach(role: str, arn: str) -> str:
    return lab_command("aws iam detach-role-policy --role-name", role, "--policy-arn", arn)


def _login_providers(account: Account) -> Iterator[Found]:
    for provider in account.all("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"):
        arn = provider["Arn"]
        tags = account.all("iam", "list_open_id_connect_provider_tags", "Tags", OpenIDConnectProviderArn=arn)
        if account.owns(pairs(tags)):
            command = "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn"
            yield Found(arn, arn.partition("/")[2], lab_command(command, arn))


def _keys(account: Account) -> Iterator[Found]:
    for key_id in _own_keys(account):
        if account.call("kms", "describe_key", KeyId=key_id)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            command = "aws kms schedule-key-deletion --pending-window-in-days 7 --key-id"
            yield Found(key_id, "-", lab_command(command, key_id))


def _own_keys(account: Account) -> Iterator[str]:
    for key in account.all("kms", "list_keys", "Keys"):
        tags = account.all("kms", "list_resource_tags", "Tags", KeyId=key["KeyId"])
        if account.owns(pairs(tags, "TagKey", "TagValue")):
            yield key["KeyId"]


def _aliases(account: Account) -> Iterator[Found]:
    own = set(_own_keys(account))
    for alias in account.all("kms", "list_aliases", "Aliases"):
        if alias.get("TargetKeyId") in own:
            name = alias["AliasName"]
            yield Found(name, name, lab_command("aws kms delete-alias --alias-name", name))


def _log_groups(account: Account) -> Iterator[Found]:
    for group in account.all("logs", "describe_log_groups", "logGroups"):
        name, arn = group["logGroupName"], group["arn"].removesuffix(":*")
        if account.owns(account.call("logs", "list_tags_for_resource", resourceArn=arn)["tags"]):
            yield Found(name, name, lab_command("aws logs delete-log-group --log-group-name", name))


_NAT_GONE: Final = " && " + lab_command("aws ec2 wait nat-gateway-deleted --nat-gateway-ids {id}")
_ENDPOINT_GONE: Final = (
    " && while "
    + lab_command("aws ec2 describe-vpc-endpoints --vpc-endpoint-ids {id}")
    + " >/dev/null 2>&1; do sleep 1; done"
)
"""The AWS command line has no `wait` for VPC endpoints; one that is gone is an error of `describe`."""

KINDS: Final = (
    # Before the cluster: a group that a rule names cannot be deleted, so EKS would leave its own behind.
    # Source: EC2 API reference, DeleteSecurityGroup, DependencyViolation.
    Kind("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", _rules(egress=False)),
    Kind("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", _rules(egress=True)),
    # The next up adopts it by its tags, and records it.
    Kind(dynamic_kinds.BRANCH_ENI, dynamic_kinds.branch_enis, remade=True),
    Kind("aws:eks/addon:Addon", eks_kinds.addons),
    Kind("aws:eks/nodeGroup:NodeGroup", eks_kinds.node_groups),
    Kind("aws:eks/accessEntry:AccessEntry", eks_kinds.access_entries),
    Kind("aws:iam/openIdConnectProvider:OpenIdConnectProvider", _login_providers),
    Kind("aws:eks/cluster:Cluster", eks_kinds.clusters),
    Kind("aws:rds/clusterInstance:ClusterInstance", rds_kinds.cluster_instances),
    Kind("aws:rds/cluster:Cluster", rds_kinds.clusters),
    Kind("aws:rds/instance:Instance", rds_kinds.instances),
    Kind("aws:rds/subnetGroup:SubnetGroup", rds_kinds.subnet_groups),
    Kind("aws:rds/parameterGroup:ParameterGroup", rds_kinds.parameter_groups),
    Kind("aws:rds/clusterParameterGroup:ClusterParameterGroup", rds_kinds.cluster_parameter_groups),
    Kind(
        "aws:ec2/launchTemplate:LaunchTemplate",
        _ec2(
            "describe_launch_templates",
            "LaunchTemplates",
            "LaunchTemplateId",
            "delete-launch-template --launch-template-id",
        ),
    ),
    Kind(
        "aws:ec2/flowLog:FlowLog",
        _ec2("describe_flow_logs", "FlowLogs", "FlowLogId", "delete-flow-logs --flow-log-ids"),
    ),
    Kind(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        _ec2(
            "describe_vpc_endpoints",
            "VpcEndpoints",
            "VpcEndpointId",
            "delete-vpc-endpoints --vpc-endpoint-ids",
            _ENDPOINT_GONE,
        ),
    ),
    Kind("aws:ec2/route:Route", _routes),
    Kind("aws:ec2/routeTableAssociation:RouteTableAssociation", _table_associations, remade=True),
    Kind(
        "aws:ec2/natGateway:NatGateway",
        _ec2(
            "describe_nat_gateways",
            "NatGateways",
            "NatGatewayId",
            "delete-nat-gateway --nat-gateway-id",
            _NAT_GONE,
        ),
    ),
    Kind(
        "aws:ec2/eip:Eip",
        _ec2("describe_addresses", "Addresses", "AllocationId", "release-address --allocation-id"),
    ),
    Kind("aws:ec2/internetGateway:InternetGateway", _gateways),
    Kind(
        "aws:ec2/securityGroup:SecurityGroup",
        _ec2("describe_security_groups", "SecurityGroups", "GroupId", "delete-security-group --group-id"),
    ),
    Kind(
        "aws:ec2/routeTable:RouteTable",
        _ec2("describe_route_tables", "RouteTables", "RouteTableId", "delete-route-table --route-table-id"),
    ),
    Kind(
        "aws:ec2/subnet:Subnet", _ec2("describe_subnets", "Subnets", "SubnetId", "delete-subnet --subnet-id")
    ),
    Kind("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation", _blocks),
    Kind("aws:ec2/vpc:Vpc", _ec2("describe_vpcs", "Vpcs", "VpcId", "delete-vpc --vpc-id")),
    Kind("aws:iam/rolePolicy:RolePolicy", _policies(random=True)),
    Kind("aws:iam/rolePolicy:RolePolicy", _policies(random=False), remade=True),
    Kind("aws:iam/rolePolicyAttachment:RolePolicyAttachment", _attachments, remade=True),
    Kind("aws:iam/role:Role", _roles),
    Kind("aws:kms/alias:Alias", _aliases),
    Kind("aws:kms/key:Key", _keys),
    Kind("aws:cloudwatch/logGroup:LogGroup", _log_groups),
)
