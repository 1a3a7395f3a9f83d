"""Settings of the VPC CNI add-on."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from podsg.model.addresses import refused
from podsg.model.spec import Spec

# Settings that have a field of their own, and its name; None where podsg decides alone.
_TYPED = {
    "ENABLE_POD_ENI": None,
    "POD_SECURITY_GROUP_ENFORCING_MODE": "vpc_cni.enforcing_mode",
    "AWS_VPC_K8S_CNI_EXTERNALSNAT": "vpc_cni.external_snat",
    "ENABLE_PREFIX_DELEGATION": "vpc_cni.prefix_delegation",
    "DISABLE_TCP_EARLY_DEMUX": "vpc_cni.disable_tcp_early_demux",
    "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "vpc_cni.custom_networking",
    "ENI_CONFIG_LABEL_DEF": None,
}
# Our own limit: neither Kubernetes nor EKS counts them; no node agent is set up with more.
_MOST_VARIABLES = 100
_VARIABLE_ALLOWED = (
    "the name of an environment variable: capital letter first, then letters, digits, underscores"
)


def _untyped(name: str) -> str:
    if name in _TYPED:
        field = _TYPED[name]
        raise refused(f"{field}, which sets {name}" if field else f"nothing here: podsg sets {name} itself")
    return name


Variable = Annotated[
    str,
    Field(pattern="^[A-Z][A-Za-z0-9_]*$", json_schema_extra={"patternErrorMessage": _VARIABLE_ALLOWED}),
    AfterValidator(_untyped),
]


class EnforcingMode(StrEnum):
    """Which groups judge the traffic of a pod with a branch ENI."""

    STRICT = "strict"
    """The groups of the pod alone."""
    STANDARD = "standard"
    """Those of the pod, but nobody judges what stays on its node; with `external_snat` off, what leaves the
    VPC is judged by the groups of the node instead."""


class VpcCniSpec(Spec):
    """What the add-on vpc-cni is told; values set by others are kept, never wiped."""

    enforcing_mode: EnforcingMode = Field(default=EnforcingMode.STRICT, strict=False, examples=["strict"])
    """`strict`: only the groups of the pod judge its traffic. `standard`: nobody judges traffic on the own
    node, and with `external_snat` off the groups of the node judge what leaves the VPC.

    Running pods keep the mode they started with."""
    disable_tcp_early_demux: bool | None = Field(default=None, examples=[True])
    """Lets the kubelet probe pods over their branch ENI. Default: true in strict mode, else false."""
    external_snat: bool = Field(default=True, examples=[True])
    """Leaves address translation to the NAT gateway: the groups of the pod judge what leaves the VPC too."""
    prefix_delegation: bool = Field(default=False, examples=[False])
    """Gives ordinary pods addresses from /28 prefixes. Has no effect on the count of branch ENIs."""
    custom_networking: bool | None = Field(default=None, examples=[True])
    """Gives pods addresses of subnets of their own, by one ENIConfig for each zone.

    An environment makes the ENIConfigs; whoever makes a cluster by itself makes them too, before the first
    node. Default: true where the network of the environment has subnets for pods, else false."""
    # Source of the floor: aws/amazon-vpc-resource-controller-k8s, pkg/provider/branch/cooldown/cooldown.go.
    # It has no ceiling; an hour is our own: all the while the ENI takes a place of the node and an address.
    branch_eni_cooldown_seconds: int | None = Field(default=None, ge=30, le=3600, examples=[60])
    """Wait before a branch ENI is deleted after its pod (seconds, 30 to 3600). Default: 60."""
    extra_env: dict[Variable, str] = Field(
        default={}, max_length=_MOST_VARIABLES, examples=[{"WARM_ENI_TARGET": "1"}]
    )
    """Further environment variables of aws-node (name to text, at most 100) without a field here.

    Default: none."""
    extra_init_env: dict[Variable, str] = Field(
        default={}, max_length=_MOST_VARIABLES, examples=[{"ENABLE_V6_EGRESS": "false"}]
    )
    """Further environment variables of its init container (name to text, at most 100). Default: none."""


def early_demux_disabled(spec: VpcCniSpec) -> bool:
    """Tell whether TCP early demux is switched off.

    Returns:
        The written value; without one, true in strict mode, where probes need it, and false in standard mode.

    Source:
        EKS best practices guide, security groups for pods.

    Example:
        >>> early_demux_disabled(VpcCniSpec())
        True
    """
    if spec.disable_tcp_early_demux is not None:
        return spec.disable_tcp_early_demux
    return spec.enforcing_mode is EnforcingMode.STRICT


def configuration_values(spec: VpcCniSpec) -> str:
    """Write the settings as `configurationValues` of the EKS add-on vpc-cni.

    Leaves out the cool-down, which the controller reads from a ConfigMap. Nodes find the ENIConfig with the
    name of their zone.

    Returns:
        JSON with sorted keys; every value is text, as the schema of the add-on demands.

    Source:
        DescribeAddonConfiguration of vpc-cni: `env` and `init.env` are maps of text.

    Example:
        >>> print(configuration_values(VpcCniSpec(enforcing_mode="standard")))
        {"env":{"AWS_VPC_K8S_CNI_EXTERNALSNAT":"true","ENABLE_POD_ENI":"true","POD_SECURITY_GROUP_ENFORCING_MODE":"standard"},"init":{"env":{"DISABLE_TCP_EARLY_DEMUX":"false"}}}
    """
    env = {
        **spec.extra_env,
        "AWS_VPC_K8S_CNI_EXTERNALSNAT": _text(value=spec.external_snat),
        "ENABLE_POD_ENI": "true",
        "POD_SECURITY_GROUP_ENFORCING_MODE": spec.enforcing_mode.value,
    }
    if spec.prefix_delegation:
        env["ENABLE_PREFIX_DELEGATION"] = "true"
    if spec.custom_networking:
        env["AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"] = "true"
        env["ENI_CONFIG_LABEL_DEF"] = "topology.kubernetes.io/zone"
    init_env = {**spec.extra_init_env, "DISABLE_TCP_EARLY_DEMUX": _text(value=early_demux_disabled(spec))}
    return json.dumps({"env": env, "init": {"env": init_env}}, sort_keys=True, separators=(",", ":"))


def _text(*, value: bool) -> str:
    return "true" if value else "false"
