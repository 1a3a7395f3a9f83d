"""The environment of an aws-node pod, judged as aws-node judges it when it starts.

Only what this lab plays is kept. Prefix delegation, IPv6, subnet discovery, several network cards and the
shrinking of the pool of addresses are not played: such settings are judged where aws-node would stop because
of them, and have no other effect. `DISABLE_TCP_EARLY_DEMUX` of the init container, which stops nothing and
needs packets to matter, is left to whoever judges the DaemonSet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lab.nodes.objects import Object

CONTAINER = "aws-node"
MODES = ("strict", "standard")
DEFAULT_LABEL = "k8s.amazonaws.com/eniConfig"
_TRUE = {"1", "t", "T", "TRUE", "true", "True"}
_FALSE = {"0", "f", "F", "FALSE", "false", "False"}
_MTU = (576, 9001)
_MTU_V6 = (1280, 9001)
_RESERVED_PREFIXES = ("eth", "lo", "vlan")
_PREFIX_LENGTH = 4
_POLICY_MODES = ("none", "strict", "standard")

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    """Hold what aws-node reads from its environment.

    Attributes:
        pod_eni: `ENABLE_POD_ENI`: ask for a trunk ENI.
        custom_networking: `AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG`: pods' addresses come from an ENIConfig.
        label: `ENI_CONFIG_LABEL_DEF`: the node label that names the ENIConfig.
        annotation: `ENI_CONFIG_ANNOTATION_DEF`: the node annotation that names it.
        warm_eni_target: `WARM_ENI_TARGET`: spare ENIs (count).
        warm_ip_target: `WARM_IP_TARGET`: spare addresses (count), None if unset; replaces spare ENIs.
        minimum_ip_target: `MINIMUM_IP_TARGET`: addresses at least (count), None if unset.
        max_eni: `MAX_ENI` (count), None if it sets no limit.
        cluster_name: `CLUSTER_NAME`: with it, ENIs carry the cluster's name and their owner as tags.
    """

    pod_eni: bool
    custom_networking: bool
    label: str
    annotation: str
    warm_eni_target: int
    warm_ip_target: int | None
    minimum_ip_target: int | None
    max_eni: int | None
    cluster_name: str


def environment_of(pod: Object, container: str = CONTAINER) -> dict[str, str]:
    """Return the environment of a container of a pod; a value from elsewhere counts as unset."""
    spec = pod["spec"]
    for each in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        if each["name"] == container:
            plain = [entry for entry in each.get("env") or [] if "valueFrom" not in entry]
            return {entry["name"]: entry.get("value", "") for entry in plain}
    return {}


def read(environment: Environment) -> Settings:
    """Read the settings; what aws-node cannot parse becomes its default.

    Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (getWarmENITarget, getWarmIPTarget,
        getMinimumIPTarget, getMaxENI, UseCustomNetworkCfg), `pkg/eniconfig/eniconfig.go`, `utils/utils.go`.

    Example:
        >>> read({"ENABLE_POD_ENI": "1", "WARM_ENI_TARGET": "many"}).warm_eni_target
        1
    """
    target = _count(environment, "WARM_ENI_TARGET")
    most = _count(environment, "MAX_ENI")
    return Settings(
        pod_eni=flag(environment, "ENABLE_POD_ENI"),
        custom_networking=flag(environment, "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"),
        label=environment.get("ENI_CONFIG_LABEL_DEF") or DEFAULT_LABEL,
        annotation=environment.get("ENI_CONFIG_ANNOTATION_DEF") or DEFAULT_LABEL,
        warm_eni_target=1 if target is None else target,
        warm_ip_target=_count(environment, "WARM_IP_TARGET"),
        minimum_ip_target=_count(environment, "MINIMUM_IP_TARGET"),
        max_eni=most or None,
        cluster_name=environment.get("CLUSTER_NAME", ""),
    )


def flag(environment: Environment, name: str, *, default: bool = False) -> bool:
    """Read a switch by Go's rules; another word is the default.

    Source: aws/amazon-vpc-cni-k8s `utils/utils.go` (GetBoolAsStringEnvVar); Go, strconv.ParseBool.

    Example:
        >>> flag({"ENABLE_POD_ENI": "yes"}, "ENABLE_POD_ENI")
        False
    """
    word = environment.get(name, "")
    return word in _TRUE if word in _TRUE | _FALSE else default


def refusal(environment: Environment) -> str | None:
    """Return the line with which aws-node stops at its start, None if it starts.

    Source: aws/amazon-vpc-cni-k8s `cmd/aws-vpc-cni/main.go` (validateEnvVars, validateMTU);
        `pkg/ipamd/ipamd.go` (isConfigValid, getNetworkPolicyMode). After a refusal of the latter file the
        container lives until its liveness probe fails; this lab shows both alike, as a container that ended.

    Example:
        >>> refusal({"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "lenient"})
        "POD_SECURITY_GROUP_ENFORCING_MODE must be set to either 'strict' or 'standard'"
    """
    for check in (_plugin, _mode, _cooldown, _mtu, _warm_targets, _families, _policy_mode):
        if line := check(environment):
            return line
    return None


def _plugin(environment: Environment) -> str | None:
    if environment.get("AWS_VPC_K8S_PLUGIN_LOG_FILE") == "stdout":
        return "AWS_VPC_K8S_PLUGIN_LOG_FILE cannot be set to stdout"
    prefix = environment.get("AWS_VPC_K8S_CNI_VETHPREFIX", "eni")
    if len(prefix) > _PREFIX_LENGTH:
        return "AWS_VPC_K8S_CNI_VETHPREFIX cannot be longer than 4 characters"
    if prefix in _RESERVED_PREFIXES:
        return "AWS_VPC_K8S_CNI_VETHPREFIX cannot be set to reserved values 'eth', 'vlan', or 'lo'"
    return None


def _mode(environment: Environment) -> str | None:
    mode = environment.get("POD_SECURITY_GROUP_ENFORCING_MODE", MODES[0])
    if flag(environment, "ENABLE_POD_ENI") and mode not in MODES:
        return "POD_SECURITY_GROUP_ENFORCING_MODE must be set to either 'strict' or 'standard'"
    return None


def _cooldown(environment: Environment) -> str | None:
    word = environment.get("IP_COOLDOWN_PERIOD", "30")
    value = integer(word)
    if value is None or value < 0:
        return f"IP_COOLDOWN_PERIOD MUST be a valid positive integer. {word} is invalid"
    return None


def _mtu(environment: Environment) -> str | None:
    least, most = _MTU_V6 if flag(environment, "ENABLE_IPv6") else _MTU
    for name in ("AWS_VPC_ENI_MTU", "POD_MTU"):
        word = environment.get(name, str(most))
        value = integer(word)
        if value is None:
            return f"{name} MUST be a valid integer. {word} is invalid"
        if not least <= value <= most:
            return f"{name} cannot be less than {least} or greater than {most}. {word} is invalid"
    return None


def _warm_targets(environment: Environment) -> str | None:
    names = ("WARM_IP_TARGET", "WARM_PREFIX_TARGET", "MINIMUM_IP_TARGET")
    words = [environment.get(name, "0") for name in names]
    if flag(environment, "ENABLE_PREFIX_DELEGATION") and all(word <= "0" for word in words):
        return "ENABLE_PREFIX_DELEGATION needs one of WARM_IP_TARGET, WARM_PREFIX_TARGET, MINIMUM_IP_TARGET"
    return None


def _families(environment: Environment) -> str | None:
    four, six = flag(environment, "ENABLE_IPv4"), flag(environment, "ENABLE_IPv6")
    if four and six:
        return "IPv4 and IPv6 are both enabled. VPC CNI currently does not support dual stack mode"
    if not four and not six:
        return "IPv4 and IPv6 are both disabled. One of them have to be enabled"
    custom = flag(environment, "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG")
    if six and (custom or not flag(environment, "ENABLE_PREFIX_DELEGATION")):
        return "IPv6 is supported only in Prefix Delegation mode, and not with Custom Networking"
    return None


def _policy_mode(environment: Environment) -> str | None:
    if environment.get("NETWORK_POLICY_ENFORCING_MODE", "none").lower() not in _POLICY_MODES:
        return "invalid Network policy mode, supported modes: none, strict, standard"
    return None


def integer(word: str) -> int | None:
    """Read an integer by Go's rules, None if it is none.

    Source: Go documentation, strconv.Atoi.

    Example:
        >>> integer("+12"), integer(" 12"), integer("")
        (12, None, None)
    """
    return int(word) if re.fullmatch(r"[+-]?[0-9]+", word, re.ASCII) else None


def _count(environment: Environment, name: str) -> int | None:
    """Return a number that is not negative, None if there is none."""
    value = integer(environment.get(name, ""))
    return value if value is not None and value >= 0 else None
