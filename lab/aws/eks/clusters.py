"""CreateCluster, DescribeCluster, ListClusters, DeleteCluster: a real control plane behind each cluster."""

from __future__ import annotations

import secrets
import shutil
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

from moto.ec2.exceptions import EC2ClientError
from moto.iam.models import iam_backends

from lab.aws import account, delays
from lab.aws.authorization import controller_session
from lab.aws.eks import access, addon_health, addon_objects, cluster_checks, control_plane_logs, network
from lab.aws.eks.errors import InvalidParameterError, InvalidRequestError, ResourceInUseError
from lab.aws.eks.identity import find_identity
from lab.aws.eks.state import Cluster, Description, EksRequest, now
from lab.aws.lock import BACKEND_LOCK
from lab.cluster.arguments import DataPlane, Settings
from lab.cluster.control_plane import ControlPlane, data_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.aws.eks.backend import LabEKSBackend

PLATFORM_VERSION = "eks.1"
MINIMUM_ZONE_COUNT = 2


def create(request: EksRequest) -> Description:
    """Check everything, make the group and the interfaces, and start the control plane in the background."""
    name = cluster_checks.check_name(request.get("name", ""))
    if name in request.backend.clusters:
        raise ResourceInUseError(f"Cluster already exists with name: {name}")
    cluster_checks.check_served(request)
    cluster_checks.check_role(request, request.get("roleArn", ""), "eks.amazonaws.com")
    vpc_config, place = _vpc_config(request)
    description: Description = {
        "name": name,
        "arn": request.arn("cluster", name),
        "createdAt": now(),
        "version": cluster_checks.check_version(request.get("version", cluster_checks.VERSIONS[-1])),
        "roleArn": request.get("roleArn"),
        "resourcesVpcConfig": vpc_config,
        "kubernetesNetworkConfig": cluster_checks.network_config(request, place.vpc_id),
        "logging": cluster_checks.log_description(cluster_checks.log_setup(request.get("logging"))),
        "status": "CREATING",
        "certificateAuthority": {},
        "platformVersion": PLATFORM_VERSION,
        "tags": dict(request.get("tags", {})),
        "encryptionConfig": cluster_checks.check_encryption(request),
        "accessConfig": cluster_checks.access_config(request),
        "upgradePolicy": request.get("upgradePolicy", {"supportType": "EXTENDED"}),
        "deletionProtection": bool(request.get("deletionProtection", False)),
        "health": {"issues": []},
    }
    cluster = _with_network(request, description, place)
    request.backend.clusters[name] = cluster
    access.bootstrap(request, cluster)
    _launch(request, cluster)
    return {"cluster": description}


def describe(request: EksRequest) -> Description:
    """Answer what is known of the cluster."""
    return {"cluster": request.cluster.description}


def list_names(request: EksRequest) -> Description:
    """Answer the names, sorted, in pages."""
    return request.page("clusters", sorted(request.backend.clusters))


def delete(request: EksRequest) -> Description:
    """Refuse while something hangs on the cluster; else stop it and remove what EKS made, in a thread."""
    cluster = request.cluster
    if cluster.description["deletionProtection"] and cluster.is_active:
        raise InvalidRequestError(
            f"Cluster {cluster.name} has deletion protection enabled. Disable it before deleting the cluster."
        )
    if cluster.nodegroups:
        raise ResourceInUseError("Cluster has nodegroups attached")
    if cluster.fargate_profiles:
        raise ResourceInUseError("Cluster has fargate profiles attached")
    if cluster.status in {"UPDATING", "DELETING"}:
        raise ResourceInUseError(f"Cannot delete because cluster {cluster.name} has status {cluster.status}")
    cluster.description["status"] = "DELETING"
    threading.Thread(target=_remove, args=(request.backend, cluster), daemon=True).start()
    return {"cluster": cluster.description}


def _vpc_config(request: EksRequest) -> tuple[Description, network.Place]:
    wanted = request.get("resourcesVpcConfig", {})
    account_id, region = request.backend.account_id, request.backend.region_name
    subnet_ids, group_ids = list(wanted.get("subnetIds", [])), list(wanted.get("securityGroupIds", []))
    place = network.find_place(account_id, region, subnet_ids)
    if len(place.subnet_by_zone) < MINIMUM_ZONE_COUNT:
        raise InvalidParameterError("Subnets specified must be in at least two different AZs")
    network.check_groups(account_id, region, place.vpc_id, group_ids)
    public, private = wanted.get("endpointPublicAccess", True), wanted.get("endpointPrivateAccess", False)
    description: Description = {
        "subnetIds": subnet_ids,
        "securityGroupIds": group_ids,
        "vpcId": place.vpc_id,
        "endpointPublicAccess": bool(public),
        "endpointPrivateAccess": bool(private),
        "publicAccessCidrs": cluster_checks.check_endpoint(
            public, private, list(wanted.get("publicAccessCidrs", []))
        ),
    }
    return description, place


def _with_network(request: EksRequest, description: Description, place: network.Place) -> Cluster:
    """Make the cluster security group and the interfaces, last of all: a refusal leaves nothing behind."""
    account_id, region = request.backend.account_id, request.backend.region_name
    identity = find_identity(account_id, request.access_key_id, request.backend.partition)
    vpc_config = description["resourcesVpcConfig"]
    group_id = network.create_cluster_group(account_id, region, place.vpc_id, description["name"])
    vpc_config["clusterSecurityGroupId"] = group_id
    cluster = Cluster(
        description,
        creator_arn=identity.principal_arn if identity else "",
        creator_is_admin=description["accessConfig"]["bootstrapClusterCreatorAdminPermissions"],
    )
    try:
        cluster.interface_ids = network.create_control_plane_interfaces(
            region, place, cluster.name, [group_id, *vpc_config["securityGroupIds"]]
        )
    except EC2ClientError as error:
        network.remove_network(account_id, region, cluster.interface_ids, group_id)
        raise InvalidParameterError(str(error.message)) from error
    return cluster


def _launch(request: EksRequest, cluster: Cluster) -> None:
    region = request.backend.region_name
    issuer = f"https://oidc.eks.{region}.amazonaws.com/id/{secrets.token_hex(16).upper()}"
    own_url = f"http://127.0.0.1:{request.server_port}/lab"
    settings = Settings(
        cluster.description["kubernetesNetworkConfig"]["serviceIpv4Cidr"],
        issuer,
        f"{own_url}/access-review/{cluster.name}",
        data_plane=_data_plane(request, cluster),
    )
    own_addons = bool(request.get("bootstrapSelfManagedAddons", True))
    url = f"{own_url}/token-review/{cluster.name}"

    def start() -> ControlPlane:
        plane = ControlPlane.start(cluster.name, request.state_dir, url, settings)
        if own_addons:
            _install_addons(plane, cluster.description, region)
        return plane

    arguments = (request.backend, cluster, start, settings.issuer)
    cluster.starter = threading.Thread(target=_start, args=arguments, daemon=True)
    cluster.starter.start()


def _data_plane(request: EksRequest, cluster: Cluster) -> DataPlane:
    """Say on whose behalf the parts of the cluster call EC2.

    The VPC Resource Controller has a session of the cluster role, so that its policies decide. The node agent
    looks at machines as the lab's own user; what it calls as aws-node it calls in the role of that one, of
    which the machines route gives it a session for each instance.

    Source: EKS user guide, "Amazon EKS cluster IAM role" (AmazonEKSVPCResourceController).
    """
    account_id = request.backend.account_id
    return DataPlane(
        vpc_id=cluster.description["resourcesVpcConfig"]["vpcId"],
        region=request.backend.region_name,
        account_id=account_id,
        aws_url=f"http://127.0.0.1:{request.server_port}",
        controller_credentials=controller_session(account_id, cluster.description["roleArn"], cluster.name),
        agent_credentials=_lab_credentials(account_id),
    )


def _lab_credentials(account_id: str) -> dict[str, str]:
    key = iam_backends[account_id]["aws"].list_access_keys(account.USER_NAME)[0]
    return {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}


def _install_addons(plane: ControlPlane, description: Description, region: str) -> None:
    try:
        with plane.administration() as admin:
            addon_objects.install_self_managed(admin, description, region)
    except BaseException:
        plane.stop()
        raise


def _start(backend: LabEKSBackend, cluster: Cluster, start: Callable[[], ControlPlane], issuer: str) -> None:
    """Start the control plane, then make the cluster ACTIVE; with the reason FAILED if it does not start."""
    try:
        plane = start()
    except Exception as error:  # noqa: BLE001  whatever it was, DescribeCluster has to say it
        traceback.print_exc(file=sys.stderr)
        with BACKEND_LOCK:
            cluster.description["status"] = "FAILED"
            cluster.description["health"] = {"issues": [{"code": "InternalFailure", "message": str(error)}]}
        return
    with BACKEND_LOCK:
        wanted = backend.clusters.get(cluster.name) is cluster and cluster.status == "CREATING"
        if wanted:
            _activate(cluster, plane, issuer)
    if not wanted:
        plane.stop()
        return
    addon_health.observe(backend, cluster)


def _activate(cluster: Cluster, plane: ControlPlane, issuer: str) -> None:
    cluster.control_plane = plane
    cluster.description |= {
        "status": "ACTIVE",
        "endpoint": plane.endpoint,
        "certificateAuthority": {"data": plane.certificate_authority_data},
        "identity": {"oidc": {"issuer": issuer}},
    }


def _remove(backend: LabEKSBackend, cluster: Cluster) -> None:
    if cluster.starter is not None:
        cluster.starter.join()
    if cluster.control_plane is not None:
        cluster.control_plane.stop()
        cluster.control_plane = None
    else:
        shutil.rmtree(data_folder(backend.state_dir(), cluster.name), ignore_errors=True)
    time.sleep(delays.seconds(delays.CLUSTER_DELETION))
    with BACKEND_LOCK:
        if backend.clusters.get(cluster.name) is not cluster:
            return
        group_id = cluster.description["resourcesVpcConfig"]["clusterSecurityGroupId"]
        network.remove_network(backend.account_id, backend.region_name, cluster.interface_ids, group_id)
        control_plane_logs.write_last(backend.account_id, backend.region_name, cluster)
        del backend.clusters[cluster.name]
