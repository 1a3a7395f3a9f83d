"""Everything that exists in the lab, object by object: what differs between two moments is what was done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.paths import state_folder
from lab.session import Session
from lab.status import client, kubernetes_api

# Told anew with each look, or by somebody who writes no object.
_PASSING = {
    "ResponseMetadata",
    "resourceVersion",
    "managedFields",
    "health",
    "LatestRestorableTime",
    "AvailableIpAddressCount",
    "modifiedAt",
}
# Seen by themselves: rules are objects of their own, and a group only repeats them.
_REPEATED = {"IpPermissions", "IpPermissionsEgress"}
_KINDS = (
    ("v1", "Namespace"),
    ("v1", "ServiceAccount"),
    ("v1", "ConfigMap"),
    ("apps/v1", "DaemonSet"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy"),
)
_LISTS = (
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("secretsmanager", "list_secrets", "SecretList", "ARN"),
)


@dataclass(frozen=True)
class Inventory:
    """Objects by kind and id, each as JSON."""

    objects: dict[tuple[str, str], str]

    def added_since(self, earlier: Inventory) -> dict[tuple[str, str], dict[str, Any]]:
        return {key: json.loads(self.objects[key]) for key in self.objects.keys() - earlier.objects.keys()}

    def removed_since(self, earlier: Inventory) -> list[tuple[str, str]]:
        return sorted(earlier.objects.keys() - self.objects.keys())

    def changed_since(self, earlier: Inventory) -> list[tuple[str, str]]:
        both = self.objects.keys() & earlier.objects.keys()
        return sorted(key for key in both if self.objects[key] != earlier.objects[key])


def take_inventory(session: Session) -> Inventory:
    """List everything in EC2, EKS, RDS, IAM, KMS, CloudWatch Logs, Secrets Manager and Kubernetes."""
    objects = dict(_aws(session))
    for name in client(session, "eks").list_clusters()["clusters"]:
        objects |= dict(_cluster(session, name))
    for kubeconfig in (state_folder() / "aws" / "clusters").glob("*/admin.kubeconfig"):
        objects |= dict(_kubernetes(kubeconfig))
    return Inventory({key: _text(value) for key, value in objects.items()})


def _aws(session: Session) -> Iterator[tuple[tuple[str, str], Any]]:
    for service, operation, key, identity in _LISTS:
        api = client(session, service)
        pages = (
            api.get_paginator(operation).paginate()
            if api.can_paginate(operation)
            else [getattr(api, operation)()]
        )
        for page in pages:
            for item in page[key]:
                yield (key, item[identity]), item | _tags(api, service, key, item)
    kms = client(session, "kms")
    for key in kms.list_keys()["Keys"]:
        yield ("keys", key["KeyId"]), kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    for role in client(session, "iam").list_roles()["Roles"]:
        attached = client(session, "iam").list_attached_role_policies(RoleName=role["RoleName"])
        inline = client(session, "iam").list_role_policies(RoleName=role["RoleName"])
        yield (
            ("role policies", role["RoleName"]),
            [attached["AttachedPolicies"], inline["PolicyNames"]],
        )


def _tags(api: Any, service: str, key: str, item: dict[str, Any]) -> dict[str, Any]:
    """Return the tags of what is listed without them."""
    if key == "OpenIDConnectProviderList":
        found = api.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=item["Arn"])
        return {"Tags": found["Tags"]}
    arn = next(
        (value for name, value in item.items() if name.endswith("Arn") and ":rds:" in str(value)), None
    )
    if service != "rds" or arn is None:
        return {}
    return {"Tags": api.list_tags_for_resource(ResourceName=arn)["TagList"]}


def _cluster(session: Session, name: str) -> Iterator[tuple[tuple[str, str], Any]]:
    eks = client(session, "eks")
    yield ("cluster", name), eks.describe_cluster(name=name)["cluster"]
    for addon in eks.list_addons(clusterName=name)["addons"]:
        yield (f"add-on of {name}", addon), eks.describe_addon(clusterName=name, addonName=addon)
    for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
        found = eks.describe_nodegroup(clusterName=name, nodegroupName=group)
        yield (f"node group of {name}", group), found
    for principal in eks.list_access_entries(clusterName=name)["accessEntries"]:
        entry = {"clusterName": name, "principalArn": principal}
        policies = eks.list_associated_access_policies(**entry)["associatedAccessPolicies"]
        found = eks.describe_access_entry(**entry)["accessEntry"] | {"policies": policies}
        yield (f"access entry of {name}", principal), found


def _kubernetes(kubeconfig: Path) -> Iterator[tuple[tuple[str, str], Any]]:
    cluster = kubeconfig.parent.name
    api = kubernetes_api(kubeconfig)
    for version, kind in _KINDS:
        for item in api.resources.get(api_version=version, kind=kind).get().to_dict()["items"]:
            found = item["metadata"]
            yield (f"{kind} of {cluster}", f"{found.get('namespace', '')}/{found['name']}"), item


def _text(value: Any) -> str:
    return json.dumps(_lasting(value), sort_keys=True, default=str)


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(entry) for key, entry in value.items() if key not in _PASSING | _REPEATED}
    if isinstance(value, list):
        return [_lasting(entry) for entry in value]
    return value
