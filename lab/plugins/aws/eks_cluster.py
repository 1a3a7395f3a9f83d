"""EKS clusters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_set
from lab.plugins.aws.eks_calls import (
    GONE,
    PROPAGATION_SECONDS,
    tag_by_arn,
    timestamp,
    wait_status,
    wait_update,
)
from lab.plugins.aws.record import REGION, TAGS, Autoname, Change, Property, Resource, Timeouts, Values

_NAME: Final = re.compile(r"^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$")
_ROLE_SETTLES: Final = frozenset(
    {
        "InvalidParameterException/does not exist",
        "InvalidParameterException/Error in role params",
        "InvalidParameterException/Role could not be assumed because the trusted entity is not correct",
        "InvalidParameterException/The provided role doesn't have the Amazon EKS Managed Policies",
        "InvalidParameterException/IAM role's policy must include the `ec2:DescribeSubnets` action",
    }
)
"""Source: terraform-provider-aws internal/service/eks/cluster.go, retries of CreateCluster."""
_ENDPOINT: Final = ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
_PLACES: Final = ("subnetIds", "securityGroupIds")

_VPC_CONFIG: Final = {
    "clusterSecurityGroupId": Property(computed=True),
    "endpointPrivateAccess": Property(default=False),
    "endpointPublicAccess": Property(default=True),
    "publicAccessCidrs": Property(computed=True, same=same_set),
    "securityGroupIds": Property(same=same_set),
    "subnetIds": Property(same=same_set),
    "vpcId": Property(computed=True),
}
_ACCESS: Final = {
    "authenticationMode": Property(computed=True, enum="eks:CreateCluster.accessConfig.authenticationMode"),
    "bootstrapClusterCreatorAdminPermissions": Property(replaces=True, write_only=True),
}
_ENCRYPTION: Final = {
    "provider": Property(fields={"keyArn": Property(replaces=True)}),
    "resources": Property(replaces=True, same=same_set),
}
"""Secrets encryption can be turned on in place; turning it off or changing the key needs a new cluster."""
_NETWORK: Final = {
    "ipFamily": Property(
        computed=True, replaces=True, enum="eks:CreateCluster.kubernetesNetworkConfig.ipFamily"
    ),
    "serviceIpv4Cidr": Property(computed=True, replaces=True),
}
_UPGRADE: Final = {"supportType": Property(computed=True, enum="eks:CreateCluster.upgradePolicy.supportType")}


def _find(call: Call, name: str) -> dict[str, Any] | None:
    answer = call.found(GONE, lambda: call.aws("eks", "describe_cluster", name=name))
    return None if answer is None else dict(answer["cluster"])


def _create(call: Call, inputs: Values) -> str:
    encryption = inputs.get("encryptionConfig")
    call.retry(
        _ROLE_SETTLES,
        lambda: call.aws(
            "eks",
            "create_cluster",
            name=inputs["name"],
            version=inputs.get("version"),
            roleArn=inputs["roleArn"],
            resourcesVpcConfig=_vpc_config(inputs["vpcConfig"]),
            kubernetesNetworkConfig=inputs.get("kubernetesNetworkConfig"),
            logging=_logging(inputs.get("enabledClusterLogTypes"), ()),
            encryptionConfig=[encryption] if encryption else None,
            accessConfig=inputs.get("accessConfig"),
            bootstrapSelfManagedAddons=inputs["bootstrapSelfManagedAddons"],
            upgradePolicy=inputs.get("upgradePolicy"),
            deletionProtection=inputs.get("deletionProtection"),
            tags=inputs["tagsAll"],
        ),
        limit=PROPAGATION_SECONDS,
    )
    return str(inputs["name"])


def _vpc_config(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: config[name] for name in (*_PLACES, *_ENDPOINT) if config.get(name) is not None}


def _logging(enabled: list[str] | None, disabled: Any) -> dict[str, Any] | None:
    parts = [
        {"types": sorted(types), "enabled": state}
        for types, state in ((enabled, True), (disabled, False))
        if types
    ]
    return {"clusterLogging": parts} if parts else None


def _wait_active(call: Call, resource_id: str, _: Values) -> None:
    wait_status(
        call,
        f"EKS Cluster ({resource_id}) create",
        lambda: _find(call, resource_id),
        "ACTIVE",
        {"FAILED", "DELETING"},
    )


def _read(call: Call, resource_id: str, state: Values) -> Values | None:
    cluster = _find(call, resource_id)
    if cluster is None:
        return None
    enabled = [
        kind
        for part in (cluster.get("logging") or {}).get("clusterLogging") or ()
        if part.get("enabled")
        for kind in part["types"]
    ]
    encryption = cluster.get("encryptionConfig") or [None]
    issuer = ((cluster.get("identity") or {}).get("oidc") or {}).get("issuer")
    authority = cluster.get("certificateAuthority") or {}
    return {
        "accessConfig": _access(cluster, state),
        "arn": cluster["arn"],
        "bootstrapSelfManagedAddons": state.get("bootstrapSelfManagedAddons", True),
        "certificateAuthority": {"data": authority.get("data")},
        "createdAt": timestamp(cluster.get("createdAt")),
        "deletionProtection": cluster.get("deletionProtection", False),
        "enabledClusterLogTypes": sorted(enabled),
        "encryptionConfig": encryption[0],
        "endpoint": cluster.get("endpoint"),
        "identities": [{"oidcs": [{"issuer": issuer}]}] if issuer else [],
        "kubernetesNetworkConfig": _only(cluster.get("kubernetesNetworkConfig"), _NETWORK),
        "name": cluster["name"],
        "platformVersion": cluster.get("platformVersion"),
        "roleArn": cluster["roleArn"],
        "status": cluster["status"],
        "tagsAll": cluster.get("tags") or {},
        "upgradePolicy": _only(cluster.get("upgradePolicy"), _UPGRADE),
        "version": cluster["version"],
        "vpcConfig": _only(cluster["resourcesVpcConfig"], _VPC_CONFIG),
    }


def _access(cluster: Mapping[str, Any], state: Values) -> Values | None:
    """Read the access mode; whether the creator became administrator is known only from the state."""
    found = _only(cluster.get("accessConfig"), _ACCESS)
    known = state.get("accessConfig") or {}
    bootstrap = "bootstrapClusterCreatorAdminPermissions"
    if found is not None and bootstrap in known:
        found[bootstrap] = known[bootstrap]
    return found


def _only(found: Mapping[str, Any] | None, known: Mapping[str, Property]) -> Values | None:
    return {name: value for name, value in found.items() if name in known} if found else None


def _update(call: Call, resource_id: str, change: Change) -> None:
    if change.touches("version"):
        answer = call.aws("eks", "update_cluster_version", name=resource_id, version=change.new["version"])
        wait_update(call, answer, f"EKS Cluster ({resource_id}) version", name=resource_id)
    for parameters in _config_updates(change):
        answer = call.aws("eks", "update_cluster_config", name=resource_id, **parameters)
        wait_update(call, answer, f"EKS Cluster ({resource_id}) {next(iter(parameters))}", name=resource_id)
    if change.touches("encryptionConfig") and change.new.get("encryptionConfig"):
        answer = call.aws(
            "eks",
            "associate_encryption_config",
            clusterName=resource_id,
            encryptionConfig=[change.new["encryptionConfig"]],
        )
        wait_update(call, answer, f"EKS Cluster ({resource_id}) encryption", name=resource_id)


def _config_updates(change: Change) -> Iterator[dict[str, Any]]:
    """Yield one UpdateClusterConfig per kind of change: EKS takes one kind at a time."""
    new = change.new
    if change.touches("accessConfig"):
        mode = (new.get("accessConfig") or {}).get("authenticationMode")
        yield {"accessConfig": {"authenticationMode": mode}}
    if change.touches("deletionProtection"):
        yield {"deletionProtection": bool(new.get("deletionProtection"))}
    if change.touches("enabledClusterLogTypes"):
        enabled = set(new.get("enabledClusterLogTypes") or ())
        disabled = set(change.old.get("enabledClusterLogTypes") or ()) - enabled
        yield {"logging": _logging(sorted(enabled), disabled)}
    if change.touches("upgradePolicy"):
        yield {"upgradePolicy": new.get("upgradePolicy")}
    if change.touches("vpcConfig"):
        for names in (_ENDPOINT, _PLACES):
            yield from _vpc_update(names, change.old.get("vpcConfig") or {}, new["vpcConfig"])


def _vpc_update(names: tuple[str, ...], old: Values, new: Values) -> Iterator[dict[str, Any]]:
    differs = any(not _VPC_CONFIG[name].same(old.get(name), new[name]) for name in names if name in new)
    if differs:
        yield {"resourcesVpcConfig": {name: new[name] for name in names if new.get(name) is not None}}


def _delete(call: Call, resource_id: str, _: Values) -> None:
    call.retry(
        {"ResourceInUseException/in progress"}, lambda: call.aws("eks", "delete_cluster", name=resource_id)
    )
    wait_status(call, f"EKS Cluster ({resource_id}) delete", lambda: _find(call, resource_id), "", {"FAILED"})


def _name(value: Any) -> str | None:
    return (
        None
        if _NAME.match(value)
        else f"expected 1 to 100 letters, digits, hyphens, underscores, got {value!r}"
    )


RECORDS: Final = (
    Resource(
        type_name="aws:eks/cluster:Cluster",
        sdk="pulumi_aws.eks.cluster:Cluster",
        title="EKS Cluster",
        source="terraform-provider-aws internal/service/eks/cluster.go",
        properties={
            "accessConfig": Property(computed=True, fields=_ACCESS),
            "bootstrapSelfManagedAddons": Property(replaces=True, default=True),
            "deletionProtection": Property(computed=True),
            "enabledClusterLogTypes": Property(
                same=same_set, enum="eks:CreateCluster.logging.clusterLogging.types"
            ),
            "encryptionConfig": Property(fields=_ENCRYPTION),
            "kubernetesNetworkConfig": Property(computed=True, fields=_NETWORK),
            "name": Property(replaces=True, computed=True, check=_name),
            "region": REGION,
            "roleArn": Property(replaces=True),
            "tags": TAGS,
            "upgradePolicy": Property(computed=True, fields=_UPGRADE),
            "version": Property(computed=True),
            "vpcConfig": Property(fields=_VPC_CONFIG),
        },
        create=_create,
        created=_wait_active,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=tag_by_arn(),
        autoname=Autoname(max_length=100),
        timeouts=Timeouts(create=1800, update=3600, delete=900),
        gone=GONE,
    ),
)
