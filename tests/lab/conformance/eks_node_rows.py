"""EKS: node groups as requests see them, and pod identity associations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .eks_scene import SETTLE_SECONDS, EksScene, scene_of, unique
from .row import Clients, Row, eventually, refused

NODES = "EKS API reference, CreateNodegroup"
TEMPLATES = "EKS user guide, Customize managed nodes with launch templates"
PODS = "EKS API reference, CreatePodIdentityAssociation"


def wanted(scene: EksScene, **changes: Any) -> dict[str, Any]:
    return {
        "clusterName": scene.main,
        "nodegroupName": unique("n"),
        "subnets": scene.subnet_ids,
        "nodeRole": scene.node_role,
        "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 1},
        "instanceTypes": ["m5.large", "m5a.large"],
    } | changes


@contextmanager
def running(clients: Clients, **changes: Any) -> Iterator[dict[str, str]]:
    """Have a node group for a while; gives its names."""
    scene = scene_of(clients)
    request = wanted(scene, **changes)
    assert clients.eks.create_nodegroup(**request)["nodegroup"]["status"] == "CREATING"
    names = {key: request[key] for key in ("clusterName", "nodegroupName")}
    scene.wait("describe_nodegroup", "nodegroup", "ACTIVE", **names)
    yield names
    assert clients.eks.delete_nodegroup(**names)["nodegroup"]["status"] == "DELETING"
    present = request["nodegroupName"]
    cluster = names["clusterName"]
    eventually(
        lambda: present in clients.eks.list_nodegroups(clusterName=cluster)["nodegroups"],
        False,
        SETTLE_SECONDS,
    )
    with refused("ResourceNotFoundException", f"No node group found for name: {present}."):
        clients.eks.describe_nodegroup(**names)


def _refuses(
    changes: Callable[[EksScene], dict[str, Any]], code: str = "InvalidParameterException"
) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        request = wanted(scene_of(clients), **changes(scene_of(clients)))
        with refused(code):
            clients.eks.create_nodegroup(**request)
        found = clients.eks.list_nodegroups(clusterName=scene_of(clients).main)["nodegroups"]
        assert request["nodegroupName"] not in found

    return check


def template(scene: EksScene, **data: Any) -> dict[str, str]:
    made = scene.clients.ec2.create_launch_template(
        LaunchTemplateName=unique("t"), LaunchTemplateData=data or {"UserData": ""}
    )["LaunchTemplate"]
    return {"id": str(made["LaunchTemplateId"])}


def _unknown_type(clients: Clients) -> None:
    problem = "The following supplied instance types do not exist: [m5.tiny]"
    with refused("InvalidParameterException", problem):
        clients.eks.create_nodegroup(**wanted(scene_of(clients), instanceTypes=["m5.large", "m5.tiny"]))


def _profile(scene: EksScene) -> dict[str, str]:
    return template(scene, IamInstanceProfile={"Name": "nodes"})


def _in_subnet(scene: EksScene) -> dict[str, str]:
    return template(scene, NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": scene.subnet_ids[0]}])


def _sizes(low: int, desired: int, high: int) -> dict[str, Any]:
    return {"scalingConfig": {"minSize": low, "desiredSize": desired, "maxSize": high}}


def _inactive_cluster(clients: Clients) -> None:
    scene = scene_of(clients)
    request = scene.request()
    # What the request names is made first: the new cluster must not become ACTIVE meanwhile.
    group = wanted(scene, clusterName=request["name"])
    clients.eks.create_cluster(**request)
    with refused("InvalidRequestException"):
        clients.eks.create_nodegroup(**group)
    clients.eks.delete_cluster(name=request["name"])


def _group_life(clients: Clients) -> None:
    scene = scene_of(clients)
    with running(clients, labels={"a": "1"}, tags={"b": "2"}) as names:
        found = clients.eks.describe_nodegroup(**names)["nodegroup"]
        assert found["instanceTypes"] == ["m5.large", "m5a.large"]
        assert found["version"] == scene.describe(scene.main)["version"]
        assert found["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 1}
        assert found["subnets"] == scene.subnet_ids
        with refused("ResourceInUseException"):
            clients.eks.create_nodegroup(**wanted(scene, nodegroupName=names["nodegroupName"]))
        entry = clients.eks.describe_access_entry(clusterName=scene.main, principalArn=scene.node_role)
        assert entry["accessEntry"]["type"] == "EC2_LINUX"


def _group_with_template(clients: Clients) -> None:
    own = template(scene_of(clients), InstanceType="m5.large")
    with running(clients, launchTemplate=own | {"version": "$Latest"}, instanceTypes=[]) as names:
        found = clients.eks.describe_nodegroup(**names)["nodegroup"]["launchTemplate"]
        assert (found["id"], found["version"]) == (own["id"], "1")


def _group_update(clients: Clients) -> None:
    scene = scene_of(clients)
    with running(clients, labels={"a": "1"}) as names:
        with refused("InvalidParameterException"):
            clients.eks.update_nodegroup_config(**names, scalingConfig={"desiredSize": 9})
        started = clients.eks.update_nodegroup_config(
            **names, scalingConfig={"desiredSize": 2}, labels={"addOrUpdateLabels": {"b": "2"}}
        )
        assert started["update"]["type"] == "ConfigUpdate"
        with refused("ResourceInUseException"):
            clients.eks.delete_nodegroup(**names)
        group = {"nodegroupName": names["nodegroupName"]}
        scene.update(started, scene.main, **group)
        found = clients.eks.describe_nodegroup(**names)["nodegroup"]
        assert found["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 2}
        assert found["labels"] == {"a": "1", "b": "2"}
        updates = clients.eks.list_updates(name=scene.main, **group)["updateIds"]
        assert updates == [started["update"]["id"]]
        with refused("InvalidParameterException"):
            clients.eks.update_nodegroup_version(**names, version="1.35")


def _cluster_in_use(clients: Clients) -> None:
    scene = scene_of(clients)
    in_use = refused("ResourceInUseException", "Cluster has nodegroups attached")
    with running(clients, clusterName=scene.plain), in_use:
        clients.eks.delete_cluster(name=scene.plain)


def _association_life(clients: Clients) -> None:
    scene = scene_of(clients)
    wanted = {"clusterName": scene.main, "namespace": unique("ns"), "serviceAccount": "app"}
    with refused("InvalidParameterException"):
        clients.eks.create_pod_identity_association(**wanted, roleArn=scene.node_role)
    made = clients.eks.create_pod_identity_association(**wanted, roleArn=scene.pod_role)["association"]
    with refused("ResourceInUseException"):
        clients.eks.create_pod_identity_association(**wanted, roleArn=scene.pod_role)
    names = {"clusterName": scene.main, "associationId": made["associationId"]}
    found = clients.eks.describe_pod_identity_association(**names)["association"]
    assert found["roleArn"] == scene.pod_role
    listed = clients.eks.list_pod_identity_associations(clusterName=scene.main, namespace=wanted["namespace"])
    assert [each["associationId"] for each in listed["associations"]] == [made["associationId"]]
    clients.eks.delete_pod_identity_association(**names)
    with refused("ResourceNotFoundException"):
        clients.eks.describe_pod_identity_association(**names)


ROWS = [
    Row(
        "eks-nodes-cluster",
        "A node group needs a cluster",
        NODES,
        _refuses(lambda _: {"clusterName": "none"}, "ResourceNotFoundException"),
    ),
    Row("eks-nodes-cluster-active", "A node group needs an ACTIVE cluster", NODES, _inactive_cluster),
    Row(
        "eks-nodes-role",
        "CreateNodegroup refuses a role that does not exist or that EC2 may not assume",
        "EKS user guide, Amazon EKS node IAM role",
        _refuses(lambda scene: {"nodeRole": scene.cluster_role}),
    ),
    Row(
        "eks-nodes-subnet-foreign",
        "CreateNodegroup refuses subnets of another VPC",
        NODES,
        _refuses(lambda scene: {"subnets": [scene.foreign_subnet_id]}),
    ),
    Row(
        "eks-nodes-size-desired",
        "CreateNodegroup refuses more wanted nodes than allowed",
        "EKS API reference, NodegroupScalingConfig",
        _refuses(lambda _: _sizes(1, 5, 4)),
    ),
    Row(
        "eks-nodes-size-minimum",
        "CreateNodegroup refuses fewer wanted nodes than the minimum",
        "EKS API reference, NodegroupScalingConfig",
        _refuses(lambda _: _sizes(3, 2, 4)),
    ),
    Row(
        "eks-nodes-template-unknown",
        "CreateNodegroup refuses an unknown launch template",
        TEMPLATES,
        _refuses(lambda _: {"launchTemplate": {"name": "none"}}, "InvalidRequestException"),
    ),
    Row(
        "eks-nodes-template-version",
        "CreateNodegroup refuses an unknown version of a launch template",
        TEMPLATES,
        _refuses(
            lambda scene: {"launchTemplate": template(scene) | {"version": "7"}}, "InvalidRequestException"
        ),
    ),
    Row(
        "eks-nodes-template-profile",
        "A launch template may not name an instance profile",
        TEMPLATES,
        _refuses(lambda scene: {"launchTemplate": _profile(scene)}, "InvalidRequestException"),
    ),
    Row(
        "eks-nodes-template-subnet",
        "A launch template may not name a subnet",
        TEMPLATES,
        _refuses(lambda scene: {"launchTemplate": _in_subnet(scene)}, "InvalidRequestException"),
    ),
    Row(
        "eks-nodes-template-disk",
        "The disk belongs in the launch template if there is one",
        TEMPLATES,
        _refuses(lambda scene: {"launchTemplate": template(scene), "diskSize": 50}),
    ),
    Row(
        "eks-nodes-type",
        "CreateNodegroup refuses instance types that do not exist",
        "terraform-aws-modules/terraform-aws-eks issue 1279",
        _unknown_type,
    ),
    Row(
        "eks-nodes-version",
        "Nodes cannot be newer than the cluster",
        "EKS user guide, Understand the Kubernetes version lifecycle on EKS (version skew)",
        _refuses(lambda _: {"version": "1.35"}),
    ),
    Row("eks-nodes-life", "A node group is CREATING, ACTIVE, DELETING, gone", NODES, _group_life),
    Row(
        "eks-nodes-template",
        "A launch template's version is shown as a number",
        TEMPLATES,
        _group_with_template,
    ),
    Row(
        "eks-nodes-update",
        "Sizes and labels are merged",
        "EKS API reference, UpdateNodegroupConfig",
        _group_update,
    ),
    Row(
        "eks-nodes-hold-cluster",
        "A cluster with node groups cannot be deleted",
        "EKS API reference, DeleteCluster",
        _cluster_in_use,
    ),
    Row("eks-pod-identity", "One role per service account, trusted by pods", PODS, _association_life),
]
