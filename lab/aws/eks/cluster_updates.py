"""UpdateClusterConfig and UpdateClusterVersion: one kind of change per call, merged into what is there.

Source: EKS API reference, UpdateClusterConfig and UpdateClusterVersion; texts of the refusals as quoted in
public issues of hashicorp/terraform-provider-aws and eksctl-io/eksctl.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.aws.eks import cluster_checks, network, updates
from lab.aws.eks.errors import InvalidParameterError, InvalidRequestError
from lab.aws.eks.state import Description, EksRequest

ENDPOINT_KEYS = ("endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")
PLACE_KEYS = ("subnetIds", "securityGroupIds")


def update_config(request: EksRequest) -> Description:
    """Start the one change that the request names."""
    request.cluster.require_active()
    cluster_checks.check_served(request)
    wanted = request.get("resourcesVpcConfig", {})
    changes: dict[str, Callable[[EksRequest], Description]] = {}
    if any(wanted.get(key) is not None for key in ENDPOINT_KEYS):
        changes["endpoint access"] = _update_endpoint
    if any(wanted.get(key) is not None for key in PLACE_KEYS):
        changes["VPC"] = _update_place
    changes |= {name: change for name, change in _SIMPLE.items() if request.get(name) is not None}
    if len(changes) != 1:
        found = ", ".join(changes) or "none"
        raise InvalidParameterError(f"Only one type of update can be allowed; found: {found}.")
    updates.refuse_if_updating(request.cluster.description, f"cluster {request.cluster.name}")
    return {"update": next(iter(changes.values()))(request)}


def update_version(request: EksRequest) -> Description:
    """Go up one minor version."""
    cluster = request.cluster
    cluster.require_active()
    updates.refuse_if_updating(cluster.description, f"cluster {cluster.name}")
    present, wanted = cluster.description["version"], cluster_checks.check_version(request.get("version", ""))
    position = cluster_checks.VERSIONS.index(present)
    if cluster_checks.VERSIONS.index(wanted) != position + 1:
        raise InvalidParameterError(
            f"Unsupported Kubernetes minor version update from {present} to {wanted}; "
            "one minor version at a time."
        )
    parameters = {"Version": wanted, "PlatformVersion": cluster.description["platformVersion"]}
    return {
        "update": updates.begin(
            request, "VersionUpdate", parameters, _setter(cluster.description, "version", wanted)
        )
    }


def _setter(subject: Description, key: str, value: Any) -> Callable[[], None]:
    def apply() -> None:
        subject[key] = value

    return apply


def _update_endpoint(request: EksRequest) -> Description:
    present, wanted = request.cluster.description["resourcesVpcConfig"], request.get("resourcesVpcConfig")
    public = wanted.get("endpointPublicAccess", present["endpointPublicAccess"])
    private = wanted.get("endpointPrivateAccess", present["endpointPrivateAccess"])
    cidrs = cluster_checks.check_endpoint(
        public, private, wanted.get("publicAccessCidrs") or present["publicAccessCidrs"]
    )
    merged = {"endpointPublicAccess": public, "endpointPrivateAccess": private, "publicAccessCidrs": cidrs}
    if all(present[key] == value for key, value in merged.items()):
        raise InvalidParameterError(
            f"Cluster is already at the desired configuration with endpointPrivateAccess: {private} , "
            f"endpointPublicAccess: {public}, and Public Endpoint Restrictions: {cidrs}"
        )
    parameters = {key[0].upper() + key[1:]: value for key, value in merged.items()}
    return updates.begin(request, "EndpointAccessUpdate", parameters, lambda: present.update(merged))


def _update_place(request: EksRequest) -> Description:
    """Change subnets or groups; the control plane's interfaces are made anew."""
    cluster, backend = request.cluster, request.backend
    present, wanted = cluster.description["resourcesVpcConfig"], request.get("resourcesVpcConfig")
    merged = {key: list(present[key] if wanted.get(key) is None else wanted[key]) for key in PLACE_KEYS}
    place = network.find_place(backend.account_id, backend.region_name, merged["subnetIds"])
    old = network.find_place(backend.account_id, backend.region_name, present["subnetIds"])
    if place.vpc_id != old.vpc_id or set(place.subnet_by_zone) != set(old.subnet_by_zone):
        raise InvalidParameterError(
            "Provided subnets belong to another VPC or other AZs than those of the cluster."
        )
    network.check_groups(backend.account_id, backend.region_name, place.vpc_id, merged["securityGroupIds"])

    def apply() -> None:
        present.update(merged)
        network.remove_network(backend.account_id, backend.region_name, cluster.interface_ids, None)
        groups = [present["clusterSecurityGroupId"], *merged["securityGroupIds"]]
        cluster.interface_ids = network.create_control_plane_interfaces(
            backend.region_name, place, cluster.name, groups
        )

    parameters = {"Subnets": merged["subnetIds"], "SecurityGroups": merged["securityGroupIds"]}
    return updates.begin(request, "VpcConfigUpdate", parameters, apply)


def _update_logging(request: EksRequest) -> Description:
    description, wanted = request.cluster.description, request.get("logging")
    present = cluster_checks.read_logging(description["logging"])
    merged = cluster_checks.log_setup(wanted, present)
    if merged == present:
        raise InvalidParameterError("No changes needed for the logging config provided")
    setup = cluster_checks.log_description(merged)
    return updates.begin(
        request, "LoggingUpdate", {"ClusterLogging": setup}, _setter(description, "logging", setup)
    )


def _update_access(request: EksRequest) -> Description:
    """Go from the ConfigMap to the API, never back."""
    present, wanted = request.cluster.description["accessConfig"], request.get("accessConfig")
    mode = wanted.get("authenticationMode", present["authenticationMode"])
    modes = cluster_checks.AUTHENTICATION_MODES
    if mode not in modes:
        raise InvalidParameterError(f"Unknown authenticationMode {mode}; known: {', '.join(modes)}")
    if modes.index(mode) != modes.index(present["authenticationMode"]) + 1:
        raise InvalidRequestError(
            f"Unsupported authentication mode update from {present['authenticationMode']} to {mode}"
        )
    return updates.begin(
        request,
        "AccessConfigUpdate",
        {"AuthenticationMode": mode},
        _setter(present, "authenticationMode", mode),
    )


def _update_protection(request: EksRequest) -> Description:
    wanted = bool(request.get("deletionProtection"))
    return updates.begin(
        request,
        "DeletionProtectionUpdate",
        {"DeletionProtection": wanted},
        _setter(request.cluster.description, "deletionProtection", wanted),
    )


def _update_policy(request: EksRequest) -> Description:
    wanted = request.get("upgradePolicy")
    return updates.begin(
        request,
        "UpgradePolicyUpdate",
        {"UpgradePolicy": wanted},
        _setter(request.cluster.description, "upgradePolicy", wanted),
    )


_SIMPLE: dict[str, Callable[[EksRequest], Description]] = {
    "logging": _update_logging,
    "accessConfig": _update_access,
    "deletionProtection": _update_protection,
    "upgradePolicy": _update_policy,
}
