"""What CreateCluster and UpdateClusterConfig refuse, and the form in which EKS keeps what they take.

Source of the limits: EKS API reference (CreateClusterRequest, VpcConfigRequest,
KubernetesNetworkConfigRequest, EncryptionConfig, CreateAccessConfigRequest) and EKS user guide, "Understand
the Kubernetes version lifecycle".
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from moto.kms.models import kms_backends

from lab.aws.eks.errors import InvalidParameterError
from lab.aws.eks.identity import role_trusts
from lab.aws.eks.network import vpc_networks

if TYPE_CHECKING:
    from lab.aws.eks.state import Description, EksRequest

NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9\-_]{0,99}")
VERSIONS = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35")
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
AUTHENTICATION_MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
EVERYWHERE = "0.0.0.0/0"
PRIVATE_RANGES = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
PUBLIC_CIDR_LIMIT = 40
SERVICE_PREFIXES = range(12, 25)
UNSERVED = ("outpostConfig", "remoteNetworkConfig", "zonalShiftConfig", "controlPlaneScalingConfig")


def check_name(name: str) -> str:
    """Return the cluster's name if EKS takes it."""
    if not NAME.fullmatch(name):
        raise InvalidParameterError(
            f"The cluster name '{name}' is not valid: 1 to 100 letters, digits, - and _; first no - or _."
        )
    return name


def check_role(request: EksRequest, arn: str, service: str) -> str:
    """Return the role's ARN if the role exists and trusts the service."""
    if not role_trusts(request.backend.account_id, arn, service, request.backend.partition):
        raise InvalidParameterError(
            f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity "
            "is not correct"
        )
    return arn


def check_version(version: str) -> str:
    """Return the Kubernetes version if EKS has it."""
    if version not in VERSIONS:
        raise InvalidParameterError(
            f"unsupported Kubernetes version {version}; supported: {', '.join(VERSIONS)}"
        )
    return version


def check_served(request: EksRequest) -> None:
    """Refuse what the lab does not play, so that nothing is taken and ignored."""
    wanted = [name for name in UNSERVED if request.get(name)]
    wanted += [name for name in ("computeConfig", "storageConfig") if "True" in str(request.get(name, ""))]
    if wanted:
        raise InvalidParameterError(f"The lab does not serve {', '.join(wanted)}.")


def check_endpoint(public: object, private: object, cidrs: list[str]) -> list[str]:
    """Return the CIDRs that may reach the public endpoint; empty if there is none."""
    if not public and not private:
        raise InvalidParameterError("Private and public endpoint access cannot be false")
    if len(cidrs) > PUBLIC_CIDR_LIMIT:
        raise InvalidParameterError(
            f"publicAccessCidrs has {len(cidrs)} entries, at most {PUBLIC_CIDR_LIMIT}."
        )
    for cidr in cidrs:
        try:
            network = ipaddress.ip_network(cidr)
        except ValueError as error:
            raise InvalidParameterError(f"The CIDR in publicAccessCidrs is invalid: {cidr}") from error
        if isinstance(network, ipaddress.IPv4Network) and any(map(network.subnet_of, PRIVATE_RANGES)):
            raise InvalidParameterError(f"The following CIDRs are not allowed in publicAccessCidrs: [{cidr}]")
    return (cidrs or [EVERYWHERE]) if public else []


def log_setup(wanted: dict[str, Any] | None, current: dict[str, bool] | None = None) -> dict[str, bool]:
    """Merge a logging setting into the present one: log type to enabled or not."""
    merged = dict.fromkeys(LOG_TYPES, False) | (current or {})
    for setup in (wanted or {}).get("clusterLogging", []):
        for log_type in setup.get("types", []):
            if log_type not in LOG_TYPES:
                raise InvalidParameterError(f"Unknown log type {log_type}; known: {', '.join(LOG_TYPES)}")
            merged[log_type] = bool(setup.get("enabled"))
    return merged


def log_description(setup: dict[str, bool]) -> Description:
    """Write a logging setting as EKS answers it: one entry of enabled types, one of the others."""
    groups = [
        {"types": [name for name in LOG_TYPES if setup[name] is enabled], "enabled": enabled}
        for enabled in (True, False)
    ]
    return {"clusterLogging": [group for group in groups if group["types"]]}


def read_logging(description: Description) -> dict[str, bool]:
    """Read a logging setting back from its description."""
    return {
        name: bool(group["enabled"]) for group in description["clusterLogging"] for name in group["types"]
    }


def check_encryption(request: EksRequest) -> list[Description]:
    """Return the encryption setting if its key exists and can encrypt."""
    configuration = request.get("encryptionConfig", [])
    for each in configuration:
        if each.get("resources") != ["secrets"]:
            raise InvalidParameterError("encryptionConfig resources must be [secrets].")
        _check_key(request, each.get("provider", {}).get("keyArn", ""))
    if len(configuration) > 1:
        raise InvalidParameterError("encryptionConfig takes at most one entry.")
    return list(configuration)


def _check_key(request: EksRequest, arn: str) -> None:
    backend = kms_backends[request.backend.account_id][request.backend.region_name]
    prefix = f"arn:{request.backend.partition}:kms:{request.backend.region_name}:"
    name = arn.rpartition(":")[2]
    key_id = backend.get_key_id_from_alias(name) if name.startswith("alias/") else name.removeprefix("key/")
    key = backend.keys.get(str(key_id)) if arn.startswith(prefix) else None
    if key is None:
        raise InvalidParameterError(f"The keyArn in encryptionConfig provider {arn} is invalid: no such key.")
    if key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise InvalidParameterError(f"The keyArn {arn} is in state {key.key_state} or cannot encrypt.")


def network_config(request: EksRequest, vpc_id: str) -> Description:
    """Return the Kubernetes network: the service range asked for, or one that the VPC does not overlap."""
    wanted = request.get("kubernetesNetworkConfig", {})
    if wanted.get("ipFamily", "ipv4") != "ipv4":
        raise InvalidParameterError("The lab serves ipFamily ipv4 only.")
    networks = vpc_networks(request.backend.account_id, request.backend.region_name, vpc_id)
    if cidr := wanted.get("serviceIpv4Cidr"):
        _check_service_cidr(cidr, networks)
    else:
        default, other = (ipaddress.IPv4Network(each) for each in ("172.20.0.0/16", "10.100.0.0/16"))
        cidr = str(other if any(map(default.overlaps, networks)) else default)
    return {"serviceIpv4Cidr": cidr, "ipFamily": "ipv4", "elasticLoadBalancing": {"enabled": False}}


def _check_service_cidr(cidr: str, vpc: list[ipaddress.IPv4Network]) -> None:
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise InvalidParameterError(f"serviceIpv4Cidr {cidr} is not an IPv4 range.") from error
    if not any(map(network.subnet_of, PRIVATE_RANGES)) or network.prefixlen not in SERVICE_PREFIXES:
        raise InvalidParameterError(f"serviceIpv4Cidr {cidr} must be private, between /24 and /12.")
    if any(map(network.overlaps, vpc)):
        raise InvalidParameterError(f"serviceIpv4Cidr {cidr} overlaps with the VPC.")


def access_config(request: EksRequest) -> Description:
    """Return the access setting with EKS's defaults: CONFIG_MAP, the creator an administrator."""
    wanted = request.get("accessConfig", {})
    mode = wanted.get("authenticationMode", "CONFIG_MAP")
    if mode not in AUTHENTICATION_MODES:
        raise InvalidParameterError(
            f"Unknown authenticationMode {mode}; known: {', '.join(AUTHENTICATION_MODES)}"
        )
    bootstrap = wanted.get("bootstrapClusterCreatorAdminPermissions", True)
    return {"bootstrapClusterCreatorAdminPermissions": bool(bootstrap), "authenticationMode": mode}
