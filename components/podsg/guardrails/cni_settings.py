"""What aws-node is told, with its defaults, and scenes in which it is told something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from podsg.guardrails.record import Fix, Scene
from podsg.model.snapshot import Maybe, Snapshot, VpcCni, known

POD_ENI: Final = "ENABLE_POD_ENI"
MODE: Final = "POD_SECURITY_GROUP_ENFORCING_MODE"
EARLY_DEMUX: Final = "DISABLE_TCP_EARLY_DEMUX"
EXTERNAL_SNAT: Final = "AWS_VPC_K8S_CNI_EXTERNALSNAT"
EXCLUDED_FROM_SNAT: Final = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
CUSTOM_NETWORKING: Final = "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"
PREFIX_DELEGATION: Final = "ENABLE_PREFIX_DELEGATION"
IMDS_ONLY: Final = "ENABLE_IMDS_ONLY_MODE"
MAX_ENI: Final = "MAX_ENI"

# Source: amazon-vpc-cni-k8s README.md, "CNI configuration variables"; empty where it is unset.
DEFAULTS: Final[Mapping[str, str]] = {
    POD_ENI: "false",
    MODE: "strict",
    EARLY_DEMUX: "false",
    EXTERNAL_SNAT: "false",
    EXCLUDED_FROM_SNAT: "",
    CUSTOM_NETWORKING: "false",
    PREFIX_DELEGATION: "false",
    IMDS_ONLY: "false",
    MAX_ENI: "",
}
# Source: strconv.ParseBool of Go, which aws-node reads its switches with.
_ON: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})


def vpc_cni(snapshot: Snapshot) -> VpcCni:
    """Return the VPC CNI of an environment.

    Raises:
        NotKnownError: Nothing was read that tells it.
    """
    return known("the VPC CNI", snapshot.vpc_cni)


def variable(snapshot: Snapshot, name: str) -> str:
    """Return a variable of aws-node, or its default.

    Raises:
        NotKnownError: It is not known.
    """
    return _value(name, known("settings of the VPC CNI", vpc_cni(snapshot).env))


def init_variable(snapshot: Snapshot, name: str) -> str:
    """Return a variable of the init container, or its default.

    Raises:
        NotKnownError: It is not known.
    """
    return _value(name, known("settings of the VPC CNI's init container", vpc_cni(snapshot).init_env))


def is_strict(snapshot: Snapshot) -> bool:
    """Tell whether the enforcing mode is strict.

    Raises:
        NotKnownError: It is not known.
    """
    return variable(snapshot, MODE) == "strict"


def is_standard(snapshot: Snapshot) -> bool:
    """Tell whether the enforcing mode is standard.

    Raises:
        NotKnownError: It is not known.
    """
    return variable(snapshot, MODE) == "standard"


def is_on(snapshot: Snapshot, name: str) -> bool:
    """Tell whether a switch of aws-node is on; what it cannot read is off, the default of all that are here.

    Raises:
        NotKnownError: It is not known.

    Source: amazon-vpc-cni-k8s, utils/utils.go (GetBoolAsStringEnvVar).
    """
    return variable(snapshot, name) in _ON


def whole_number(text: str) -> int | None:
    """Read a number as aws-node and the VPC Resource Controller do; None if it is none.

    Source: strconv.Atoi of Go.

    Example:
        >>> whole_number("30"), whole_number("30s")
        (30, None)
    """
    return int(text) if re.fullmatch("[+-]?[0-9]+", text) else None


def setting(name: str, value: str) -> Fix:
    """Return the fix that sets a variable of aws-node."""
    return Fix(f'set {name} to "{value}" in the env of aws-node', lambda scene: _with_env(scene, name, value))


def init_setting(name: str, value: str) -> Fix:
    """Return the fix that sets a variable of the init container."""
    text = f'set {name} to "{value}" in the init.env of aws-node'
    return Fix(text, lambda scene: _with_init_env(scene, name, value))


def with_vpc_cni(scene: Scene, cni: VpcCni) -> Scene:
    """Return the scene with another VPC CNI."""
    return scene.with_parts(vpc_cni=cni)


def _value(name: str, env: Mapping[str, Maybe[str]]) -> str:
    return known(name, env.get(name, DEFAULTS[name]))


def _with_env(scene: Scene, name: str, value: str) -> Scene:
    cni = vpc_cni(scene.now)
    env = {**known("settings of the VPC CNI", cni.env), name: value}
    return with_vpc_cni(scene, replace(cni, env=env))


def _with_init_env(scene: Scene, name: str, value: str) -> Scene:
    cni = vpc_cni(scene.now)
    env = {**known("settings of the VPC CNI's init container", cni.init_env), name: value}
    return with_vpc_cni(scene, replace(cni, init_env=env))
