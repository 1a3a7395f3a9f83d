"""The add-ons that the lab knows: versions, and the schema of their configuration values.

Source: EKS user guide, "AWS add-ons"; names of the VPC CNI's variables from README.md of
aws/amazon-vpc-cni-k8s; shape of its schema (strings only, unknown keys refused, early demux only in
`init.env`) from issues 2491 and 3059 there and issue 2667 of terraform-aws-modules/terraform-aws-eks.
Version numbers have AWS's form; they are the lab's choice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

CNI_VARIABLES = (
    "ADDITIONAL_ENI_TAGS",
    "ANNOTATE_POD_IP",
    "AWS_EC2_ENDPOINT",
    "AWS_EXTERNAL_SERVICE_CIDRS",
    "AWS_MANAGE_ENIS_NON_SCHEDULABLE",
    "AWS_VPC_CNI_NODE_PORT_SUPPORT",
    "AWS_VPC_ENI_MTU",
    "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG",
    "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS",
    "AWS_VPC_K8S_CNI_EXTERNALSNAT",
    "AWS_VPC_K8S_CNI_LOGLEVEL",
    "AWS_VPC_K8S_CNI_LOG_FILE",
    "AWS_VPC_K8S_CNI_RANDOMIZESNAT",
    "AWS_VPC_K8S_CNI_VETHPREFIX",
    "AWS_VPC_K8S_PLUGIN_LOG_FILE",
    "AWS_VPC_K8S_PLUGIN_LOG_LEVEL",
    "CLUSTER_ENDPOINT",
    "CLUSTER_NAME",
    "DISABLE_INTROSPECTION",
    "DISABLE_LEAKED_ENI_CLEANUP",
    "DISABLE_METRICS",
    "DISABLE_NETWORK_RESOURCE_PROVISIONING",
    "DISABLE_POD_V6",
    "ENABLE_BANDWIDTH_PLUGIN",
    "ENABLE_IMDS_ONLY_MODE",
    "ENABLE_IPv4",
    "ENABLE_IPv6",
    "ENABLE_MULTI_NIC",
    "ENABLE_NFTABLES",
    "ENABLE_POD_ENI",
    "ENABLE_PREFIX_DELEGATION",
    "ENABLE_SUBNET_DISCOVERY",
    "ENABLE_V4_EGRESS",
    "ENABLE_V6_EGRESS",
    "ENI_CONFIG_ANNOTATION_DEF",
    "ENI_CONFIG_LABEL_DEF",
    "INTROSPECTION_BIND_ADDRESS",
    "IP_COOLDOWN_PERIOD",
    "MAX_ENI",
    "MINIMUM_IP_TARGET",
    "NETWORK_POLICY_ENFORCING_MODE",
    "POD_MTU",
    "POD_SECURITY_GROUP_ENFORCING_MODE",
    "VPC_ID",
    "WARM_ENI_TARGET",
    "WARM_IP_TARGET",
    "WARM_PREFIX_TARGET",
)
CNI_INIT_VARIABLES = ("DISABLE_TCP_EARLY_DEMUX", "ENABLE_V6_EGRESS")


def _strings(names: tuple[str, ...]) -> Schema:
    properties = {name: {"type": "string"} for name in names}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


ENI_CONFIG: Schema = _object(
    create={"type": "boolean"},
    region={"type": "string"},
    subnets={
        "type": "object",
        "additionalProperties": _object(
            id={"type": "string"}, securityGroups={"type": "array", "items": {"type": "string"}}
        )
        | {"required": ["id"]},
    },
) | {"required": ["create", "region", "subnets"]}
"""ENIConfigs by zone.

Source: aws/amazon-vpc-cni-k8s `charts/aws-vpc-cni` (values.yaml, templates/eniconfig.yaml). Which keys are
required is taken from public uses: no public record shows this part of the schema.
"""

COMMON: dict[str, Schema] = {
    "affinity": {"type": "object"},
    "podAnnotations": {"type": "object"},
    "podLabels": {"type": "object"},
    "resources": {"type": "object"},
    "tolerations": {"type": "array"},
}


@dataclass(frozen=True)
class Addon:
    """One add-on.

    Attributes:
        kind: AWS's category.
        versions: Oldest first; `{version}` stands for the cluster's Kubernetes version.
        properties: Top-level configuration values besides the common ones.
        needs_nodes: Stays DEGRADED until there is a node group (or Fargate profile) to run on.
        namespace: Where it runs.
    """

    kind: str
    versions: tuple[str, ...]
    properties: dict[str, Schema] = field(default_factory=dict)
    needs_nodes: bool = False
    namespace: str = "kube-system"

    def versions_for(self, kubernetes_version: str) -> list[str]:
        """Return the versions that fit a Kubernetes version, newest first."""
        return [each.format(version=kubernetes_version) for each in reversed(self.versions)]

    @property
    def schema(self) -> Schema:
        """Return the JSON schema of the configuration values."""
        return _object(**(COMMON | self.properties))


CATALOG: dict[str, Addon] = {
    "vpc-cni": Addon(
        "networking",
        ("v1.20.4-eksbuild.2", "v1.21.1-eksbuild.3"),
        {
            "enableNetworkPolicy": {"type": "string", "enum": ["true", "false"]},
            "enableWindowsIpam": {"type": "string", "enum": ["true", "false"]},
            "eniConfig": ENI_CONFIG,
            "env": _strings(CNI_VARIABLES),
            "init": _object(env=_strings(CNI_INIT_VARIABLES)),
            "nodeAgent": {"type": "object"},
        },
    ),
    "kube-proxy": Addon(
        "networking",
        ("v{version}.0-eksbuild.1", "v{version}.0-eksbuild.2"),
        {"mode": {"type": "string", "enum": ["iptables", "ipvs"]}, "ipvs": {"type": "object"}},
    ),
    "coredns": Addon(
        "networking",
        ("v1.12.4-eksbuild.1", "v1.13.1-eksbuild.1"),
        {
            "autoScaling": {"type": "object"},
            "corefile": {"type": "string"},
            "nodeSelector": {"type": "object"},
            "replicaCount": {"type": "integer"},
            "topologySpreadConstraints": {"type": "array"},
        },
        needs_nodes=True,
    ),
    "eks-pod-identity-agent": Addon(
        "security",
        ("v1.3.9-eksbuild.3", "v1.3.10-eksbuild.1"),
        {"agent": {"type": "object"}, "priorityClassName": {"type": "string"}},
    ),
    "aws-ebs-csi-driver": Addon(
        "storage",
        ("v1.52.1-eksbuild.1", "v1.53.0-eksbuild.1"),
        {"controller": {"type": "object"}, "node": {"type": "object"}},
        needs_nodes=True,
    ),
    "metrics-server": Addon(
        "observability", ("v0.8.0-eksbuild.3",), {"replicas": {"type": "integer"}}, needs_nodes=True
    ),
}

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
}


def violations(value: object, schema: Schema, path: str = "$") -> list[str]:
    """Compare a value with a schema of the forms used above.

    Returns:
        One text per violation, each beginning with the path; empty if the value fits.
    """
    expected = _TYPES[schema["type"]]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        return [f"{path}: {type(value).__name__} found, {schema['type']} expected"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: does not have a value in the enumeration {schema['enum']}"]
    if isinstance(value, list) and "items" in schema:
        return [
            each
            for index, item in enumerate(value)
            for each in violations(item, schema["items"], f"{path}[{index}]")
        ]
    return _member_violations(value, schema, path) if isinstance(value, dict) else []


def _member_violations(value: dict[str, object], schema: Schema, path: str) -> list[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    found = [
        f"{path}.{key}: is missing but it is required"
        for key in schema.get("required", ())
        if key not in value
    ]
    for key, member in value.items():
        if key in known:
            found += violations(member, known[key], f"{path}.{key}")
        elif isinstance(others, dict):
            found += violations(member, others, f"{path}.{key}")
        elif not others:
            found.append(
                f"{path}.{key}: is not defined in the schema and the schema does not allow "
                "additional properties"
            )
    return found
