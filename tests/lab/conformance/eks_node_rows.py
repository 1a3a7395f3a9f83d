"""EKS: node groups, add-ons and pod identity associations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .eks_scene import EksScene, scene_of, unique
from .row import Clients, Row, eventually, refused

NODES = "EKS API reference, CreateNodegroup"
TEMPLATES = "EKS user guide, Customize managed nodes with launch templates"
ADDONS = "EKS API reference, CreateAddon"
CONFIGURATION = "EKS API reference, DescribeAddonConfiguration; issue 2491 of aws/amazon-vpc-cni-k8s"
PODS = "EKS API reference, CreatePodIdentityAssociation"
CNI = {
    "env": {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "strict"},
    "init": {"env": {"DISABLE_TCP_EARLY_DEMUX": "true"}},
}


def _group(scene: EksScene, **changes: Any) -> dict[str, Any]:
    return {
        "clusterName": scene.main,
        "nodegroupName": unique("n"),
        "subnets": scene.subnet_ids,
        "nodeRole": scene.node_role,
        "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 2},
        "instanceTypes": ["m5.large", "m5a.large"],
    } | changes


@contextmanager
def _running(clients: Clients, **changes: Any) -> Iterator[dict[str, str]]:
    """Have a node group for a while; gives its names."""
    scene = scene_of(clients)
    request = _group(scene, **changes)
    assert clients.eks.create_nodegroup(**request)["nodegroup"]["status"] == "CREATING"
    names = {key: request[key] for key in ("clusterName", "nodegroupName")}
    scene.wait("describe_nodegroup", "nodegroup", "ACTIVE", **names)
    yield names
    assert clients.eks.delete_nodegroup(**names)["nodegroup"]["status"] == "DELETING"
    present = request["nodegroupName"]
    cluster = names["clusterName"]
    eventually(lambda: present in clients.eks.list_nodegroups(clusterName=cluster)["nodegroups"], False, 10)
    with refused("ResourceNotFoundException", f"No node group found for name: {present}."):
        clients.eks.describe_nodegroup(**names)


def _refuses(
    changes: Callable[[EksScene], dict[str, Any]], code: str = "InvalidParameterException"
) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        request = _group(scene_of(clients), **changes(scene_of(clients)))
        with refused(code):
            clients.eks.create_nodegroup(**request)
        found = clients.eks.list_nodegroups(clusterName=scene_of(clients).main)["nodegroups"]
        assert request["nodegroupName"] not in found

    return check


def _template(scene: EksScene, **data: Any) -> dict[str, str]:
    made = scene.clients.ec2.create_launch_template(
        LaunchTemplateName=unique("t"), LaunchTemplateData=data or {"UserData": ""}
    )["LaunchTemplate"]
    return {"id": str(made["LaunchTemplateId"])}


def _profile(scene: EksScene) -> dict[str, str]:
    return _template(scene, IamInstanceProfile={"Name": "nodes"})


def _in_subnet(scene: EksScene) -> dict[str, str]:
    return _template(scene, NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": scene.subnet_ids[0]}])


def _sizes(low: int, desired: int, high: int) -> dict[str, Any]:
    return {"scalingConfig": {"minSize": low, "desiredSize": desired, "maxSize": high}}


def _inactive_cluster(clients: Clients) -> None:
    scene = scene_of(clients)
    request = scene.request()
    # What the request names is made first: the new cluster must not become ACTIVE meanwhile.
    group = _group(scene, clusterName=request["name"])
    clients.eks.create_cluster(**request)
    with refused("InvalidRequestException"):
        clients.eks.create_nodegroup(**group)
    clients.eks.delete_cluster(name=request["name"])


def _group_life(clients: Clients) -> None:
    scene = scene_of(clients)
    with _running(clients, labels={"a": "1"}, tags={"b": "2"}) as names:
        found = clients.eks.describe_nodegroup(**names)["nodegroup"]
        assert found["instanceTypes"] == ["m5.large", "m5a.large"]
        assert found["version"] == scene.describe(scene.main)["version"]
        assert found["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 2}
        assert found["subnets"] == scene.subnet_ids
        with refused("ResourceInUseException"):
            clients.eks.create_nodegroup(**_group(scene, nodegroupName=names["nodegroupName"]))
        entry = clients.eks.describe_access_entry(clusterName=scene.main, principalArn=scene.node_role)
        assert entry["accessEntry"]["type"] == "EC2_LINUX"


def _group_with_template(clients: Clients) -> None:
    template = _template(scene_of(clients), InstanceType="m5.large")
    with _running(clients, launchTemplate=template | {"version": "$Latest"}, instanceTypes=[]) as names:
        found = clients.eks.describe_nodegroup(**names)["nodegroup"]["launchTemplate"]
        assert (found["id"], found["version"]) == (template["id"], "1")


def _group_update(clients: Clients) -> None:
    scene = scene_of(clients)
    with _running(clients, labels={"a": "1"}) as names:
        with refused("InvalidParameterException"):
            clients.eks.update_nodegroup_config(**names, scalingConfig={"desiredSize": 9})
        started = clients.eks.update_nodegroup_config(
            **names, scalingConfig={"desiredSize": 3}, labels={"addOrUpdateLabels": {"b": "2"}}
        )
        assert started["update"]["type"] == "ConfigUpdate"
        with refused("ResourceInUseException"):
            clients.eks.delete_nodegroup(**names)
        group = {"nodegroupName": names["nodegroupName"]}
        scene.update(started, scene.main, **group)
        found = clients.eks.describe_nodegroup(**names)["nodegroup"]
        assert found["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 3}
        assert found["labels"] == {"a": "1", "b": "2"}
        updates = clients.eks.list_updates(name=scene.main, **group)["updateIds"]
        assert updates == [started["update"]["id"]]
        with refused("InvalidParameterException"):
            clients.eks.update_nodegroup_version(**names, version="1.35")


def _cluster_in_use(clients: Clients) -> None:
    scene = scene_of(clients)
    in_use = refused("ResourceInUseException", "Cluster has nodegroups attached")
    with _running(clients, clusterName=scene.plain), in_use:
        clients.eks.delete_cluster(name=scene.plain)


@contextmanager
def _installed(clients: Clients, name: str = "vpc-cni", **more: Any) -> Iterator[dict[str, str]]:
    """Have an add-on for a while; gives its names."""
    scene = scene_of(clients)
    names = {"clusterName": scene.main, "addonName": name}
    assert clients.eks.create_addon(**names, **more)["addon"]["status"] == "CREATING"
    eventually(lambda: clients.eks.describe_addon(**names)["addon"]["status"] == "CREATING", False)
    yield names
    assert clients.eks.delete_addon(**names)["addon"]["status"] == "DELETING"
    eventually(lambda: name in clients.eks.list_addons(clusterName=scene.main)["addons"], False)
    with refused("ResourceNotFoundException", f"No addon: {name} found in cluster: {scene.main}"):
        clients.eks.describe_addon(**names)


def _refuses_addon(**changes: Any) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        request = {"clusterName": scene_of(clients).main, "addonName": "kube-proxy"} | changes
        with refused("InvalidParameterException"):
            clients.eks.create_addon(**request)
        assert (
            request["addonName"] not in clients.eks.list_addons(clusterName=request["clusterName"])["addons"]
        )

    return check


def _refuses_values(*values: Any) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        for each in values:
            text = each if isinstance(each, str) else json.dumps(each)
            _refuses_addon(addonName="vpc-cni", configurationValues=text)(clients)

    return check


def _addon_life(clients: Clients) -> None:
    text = json.dumps(CNI)
    with _installed(clients, configurationValues=text, tags={"a": "1"}) as names:
        found = clients.eks.describe_addon(**names)["addon"]
        assert (found["status"], found["configurationValues"]) == ("ACTIVE", text)
        assert clients.eks.list_tags_for_resource(resourceArn=found["addonArn"])["tags"] == {"a": "1"}
        with refused("ResourceInUseException", "Addon already exists."):
            clients.eks.create_addon(**names)


def _addon_keeps_values(clients: Clients) -> None:
    scene = scene_of(clients)
    text = json.dumps(CNI)
    versions = clients.eks.describe_addon_versions(addonName="vpc-cni")["addons"][0]["addonVersions"]
    with _installed(clients, configurationValues=text, addonVersion=versions[1]["addonVersion"]) as names:
        addon = {"addonName": names["addonName"]}
        for rule, expected in (("PRESERVE", text), ("OVERWRITE", None)):
            started = clients.eks.update_addon(
                **names, addonVersion=versions[0]["addonVersion"], resolveConflicts=rule
            )
            assert started["update"]["type"] == "AddonUpdate"
            with refused("ResourceInUseException"):
                clients.eks.update_addon(**names, resolveConflicts=rule)
            scene.update(started, scene.main, **addon)
            found = clients.eks.describe_addon(**names)["addon"]
            assert found["addonVersion"] == versions[0]["addonVersion"]
            assert found.get("configurationValues") == expected
        with refused("InvalidParameterException"):
            clients.eks.update_addon(**names, configurationValues='{"env": {"NO_SUCH": "1"}}')


def _addon_takes_values(clients: Clients) -> None:
    scene = scene_of(clients)
    other = json.dumps(CNI | {"init": {"env": {"DISABLE_TCP_EARLY_DEMUX": "false"}}})
    with _installed(clients, configurationValues=json.dumps(CNI)) as names:
        started = clients.eks.update_addon(**names, configurationValues=other, resolveConflicts="PRESERVE")
        scene.update(started, scene.main, addonName=names["addonName"])
        assert clients.eks.describe_addon(**names)["addon"]["configurationValues"] == other


def _needs_nodes(clients: Clients) -> None:
    def status() -> str:
        return str(clients.eks.describe_addon(**names)["addon"]["status"])

    with _installed(clients, "coredns") as names:
        found = clients.eks.describe_addon(**names)["addon"]
        assert found["status"] == "DEGRADED"
        assert [each["code"] for each in found["health"]["issues"]] == ["InsufficientNumberOfReplicas"]
        with _running(clients):
            eventually(status, "ACTIVE")
        eventually(status, "DEGRADED")


def _schema(clients: Clients) -> None:
    version = clients.eks.describe_addon_versions(addonName="vpc-cni")["addons"][0]["addonVersions"][0]
    found = clients.eks.describe_addon_configuration(
        addonName="vpc-cni", addonVersion=version["addonVersion"]
    )
    schema = json.loads(found["configurationSchema"])
    assert schema["properties"]["env"]["properties"]["ENABLE_POD_ENI"] == {"type": "string"}
    assert "DISABLE_TCP_EARLY_DEMUX" in schema["properties"]["init"]["properties"]["env"]["properties"]
    (default,) = [each for each in version["compatibilities"] if each["clusterVersion"] == "1.34"]
    assert default["defaultVersion"] is True


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
            lambda scene: {"launchTemplate": _template(scene) | {"version": "7"}}, "InvalidRequestException"
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
        _refuses(lambda scene: {"launchTemplate": _template(scene), "diskSize": 50}),
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
    Row("eks-addon-name", "Unknown add-ons are refused", ADDONS, _refuses_addon(addonName="vpc-cnii")),
    Row("eks-addon-version", "Unknown versions are refused", ADDONS, _refuses_addon(addonVersion="v0.0.1")),
    Row(
        "eks-addon-values-form",
        "Configuration values are an object",
        CONFIGURATION,
        _refuses_values("[1]", "{"),
    ),
    Row(
        "eks-addon-values-unknown",
        "Unknown configuration keys are refused",
        CONFIGURATION,
        _refuses_values(
            {"environment": {}}, {"Init": {"env": {}}}, {"InitEnv": {}}, {"env": {"NO_SUCH": "1"}}
        ),
    ),
    Row(
        "eks-addon-values-demux",
        "Early demux is a variable of the init container",
        CONFIGURATION,
        _refuses_values({"env": {"DISABLE_TCP_EARLY_DEMUX": "true"}}),
    ),
    Row(
        "eks-addon-values-text",
        "Configuration values of the VPC CNI are text",
        "issue 3059 of aws/amazon-vpc-cni-k8s",
        _refuses_values({"env": {"ENABLE_POD_ENI": True}}, {"env": {"WARM_IP_TARGET": 1}}),
    ),
    Row("eks-addon-life", "An add-on is CREATING, ACTIVE, DELETING, gone", ADDONS, _addon_life),
    Row(
        "eks-addon-values-kept",
        "PRESERVE keeps the configuration values, OVERWRITE without values drops them",
        "EKS API reference, UpdateAddon (resolveConflicts); issue 2268 of aws/amazon-vpc-cni-k8s",
        _addon_keeps_values,
    ),
    Row(
        "eks-addon-values-set",
        "PRESERVE with configuration values sets them",
        "EKS API reference, UpdateAddon (configurationValues, resolveConflicts)",
        _addon_takes_values,
    ),
    Row(
        "eks-addon-needs-nodes",
        "CoreDNS is DEGRADED without nodes",
        "EKS API reference, AddonIssue (InsufficientNumberOfReplicas)",
        _needs_nodes,
    ),
    Row(
        "eks-addon-schema", "Versions and the schema of configuration values are told", CONFIGURATION, _schema
    ),
    Row("eks-pod-identity", "One role per service account, trusted by pods", PODS, _association_life),
]
