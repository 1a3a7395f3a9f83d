"""The function that looks up an EKS cluster.

Source: terraform-provider-aws `internal/service/eks/cluster_data_source.go`; names and shapes of the outputs
as in the SDK's `eks/get_cluster.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.plugins.aws.call import Call
from lab.plugins.aws.eks_calls import GONE, timestamp
from lab.plugins.aws.record import Values
from lab.plugins.interface import PluginError


def clusters(call: Call, _: Values) -> Values:
    """List the names of all clusters of the region.

    Source: terraform-provider-aws `internal/service/eks/clusters_data_source.go`.
    """
    names = call.pages("eks", "list_clusters", "clusters")
    return {"id": call.region, "names": names, "region": call.region}


def cluster(call: Call, args: Values) -> Values:
    """Find a cluster by name."""
    name = str(args["name"])
    found = call.found(GONE, lambda: call.aws("eks", "describe_cluster", name=name)["cluster"])
    if found is None:
        raise PluginError(f"reading EKS Cluster ({name}): couldn't find resource")
    return {
        "accessConfigs": [_access(found["accessConfig"])] if found.get("accessConfig") else [],
        "arn": found["arn"],
        "certificateAuthorities": [{"data": (found.get("certificateAuthority") or {}).get("data", "")}],
        "clusterId": found.get("id", ""),
        "computeConfigs": [],
        "controlPlaneScalingConfigs": [],
        "createdAt": timestamp(found.get("createdAt")),
        "deletionProtection": found.get("deletionProtection", False),
        "enabledClusterLogTypes": _log_types(found),
        "endpoint": found.get("endpoint", ""),
        "id": name,
        "identities": _identities(found),
        "kubeApiServerConfigs": [],
        "kubeControllerManagerConfigs": [],
        "kubeSchedulerConfigs": [],
        "kubernetesNetworkConfigs": [_network(found["kubernetesNetworkConfig"])],
        "name": found["name"],
        "outpostConfigs": [],
        "platformVersion": found.get("platformVersion", ""),
        "region": call.region,
        "remoteNetworkConfigs": [],
        "roleArn": found["roleArn"],
        "status": found["status"],
        "storageConfigs": [],
        "tags": {key: text for key, text in found.get("tags", {}).items() if call.session.shows_tag(key)},
        "upgradePolicies": [found["upgradePolicy"]] if found.get("upgradePolicy") else [],
        "version": found["version"],
        "vpcConfig": _place(found["resourcesVpcConfig"]),
        "zonalShiftConfigs": [],
    }


def _access(found: Mapping[str, Any]) -> Values:
    """Describe the access mode; EKS never tells whether the creator became administrator."""
    return {
        "authenticationMode": found["authenticationMode"],
        "bootstrapClusterCreatorAdminPermissions": found.get(
            "bootstrapClusterCreatorAdminPermissions", False
        ),
    }


def _log_types(found: Mapping[str, Any]) -> list[str]:
    parts = (found.get("logging") or {}).get("clusterLogging") or ()
    return sorted(kind for part in parts if part.get("enabled") for kind in part["types"])


def _identities(found: Mapping[str, Any]) -> list[Values]:
    issuer = ((found.get("identity") or {}).get("oidc") or {}).get("issuer")
    return [{"oidcs": [{"issuer": issuer}]}] if issuer else []


def _network(found: Mapping[str, Any]) -> Values:
    balancing = found.get("elasticLoadBalancing")
    return {
        "elasticLoadBalancings": [balancing] if balancing else [],
        "ipFamily": found.get("ipFamily", ""),
        "serviceIpv4Cidr": found.get("serviceIpv4Cidr", ""),
        "serviceIpv6Cidr": found.get("serviceIpv6Cidr", ""),
    }


def _place(found: Mapping[str, Any]) -> Values:
    return {
        "clusterSecurityGroupId": found["clusterSecurityGroupId"],
        "controlPlaneEgressMode": found.get("controlPlaneEgressMode", ""),
        "endpointPrivateAccess": found["endpointPrivateAccess"],
        "endpointPublicAccess": found["endpointPublicAccess"],
        "publicAccessCidrs": found["publicAccessCidrs"],
        "securityGroupIds": found["securityGroupIds"],
        "subnetIds": found["subnetIds"],
        "vpcId": found["vpcId"],
    }
