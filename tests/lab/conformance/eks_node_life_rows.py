"""EKS: node groups start instances, wait for their nodes, drain and end them."""

from __future__ import annotations

import base64
import json
from typing import Any

from .eks_node_rows import running, template, wanted
from .eks_scene import SETTLE_SECONDS, EksScene, scene_of, unique
from .row import Clients, Row, eventually, refused

NODES = "EKS user guide, Managed node groups"
TEMPLATES = "EKS user guide, Customize managed nodes with launch templates"
DELETION = "EKS user guide, Delete a managed node group from your cluster"
PODS = "/api/v1/namespaces/default/pods"


def instances_of(clients: Clients, names: dict[str, str], *states: str) -> list[Any]:
    filters = [
        {"Name": "tag:eks:nodegroup-name", "Values": [names["nodegroupName"]]},
        {"Name": "instance-state-name", "Values": list(states or ("pending", "running"))},
    ]
    found = clients.ec2.describe_instances(Filters=filters)["Reservations"]
    return [instance for each in found for instance in each["Instances"]]


def nodes_of(scene: EksScene, names: dict[str, str]) -> list[Any]:
    nodes = scene.read("/api/v1/nodes")["items"]
    key = "eks.amazonaws.com/nodegroup"
    return [each for each in nodes if each["metadata"]["labels"].get(key) == names["nodegroupName"]]


def is_ready(node: Any) -> bool:
    return any((each["type"], each["status"]) == ("Ready", "True") for each in node["status"]["conditions"])


def user_data(configuration: dict[str, Any], *, plain: bool = False) -> str:
    """Return a NodeConfig as user data: in an archive, or as the only content."""
    content = {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": configuration}
    if plain:
        return base64.b64encode(json.dumps(content).encode()).decode()
    lines = [
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="X"',
        "",
        "--X",
        "Content-Type: application/node.eks.aws",
        "",
        json.dumps(content),
        "--X--",
    ]
    return base64.b64encode("\n".join(lines).encode()).decode()


def _join(clients: Clients) -> None:
    scene = scene_of(clients)
    sizes = {"minSize": 0, "desiredSize": 2, "maxSize": 2}
    taint = {"key": "dedicated", "value": "pods", "effect": "PREFER_NO_SCHEDULE"}
    with running(clients, scalingConfig=sizes, labels={"team": "shop"}, taints=[taint]) as names:
        instances = {each["PrivateDnsName"]: each for each in instances_of(clients, names)}
        nodes = nodes_of(scene, names)
        assert {each["metadata"]["name"] for each in nodes} == set(instances)
        assert len({each["SubnetId"] for each in instances.values()}) == len(nodes) == 2
        for node in nodes:
            instance = instances[node["metadata"]["name"]]
            labels = node["metadata"]["labels"]
            assert is_ready(node)
            assert (labels["team"], labels["eks.amazonaws.com/capacityType"]) == ("shop", "ON_DEMAND")
            zone = instance["Placement"]["AvailabilityZone"]
            assert node["spec"]["providerID"] == f"aws:///{zone}/{instance['InstanceId']}"
            expected = {"key": "dedicated", "value": "pods", "effect": "PreferNoSchedule"}
            assert expected in node["spec"]["taints"]
            assert node["status"]["capacity"]["pods"] == "29"
            (interface,) = instance["NetworkInterfaces"][:1]
            own = scene.describe(scene.main)["resourcesVpcConfig"]["clusterSecurityGroupId"]
            assert [each["GroupId"] for each in interface["Groups"]] == [own]
            tags = {each["Key"]: each["Value"] for each in instance["Tags"]}
            assert tags["eks:cluster-name"] == scene.main
            assert tags[f"kubernetes.io/cluster/{scene.main}"] == "owned"


def _template_settings(clients: Clients) -> None:
    scene = scene_of(clients)
    group_id = scene.group(scene.vpc_id)
    own = template(
        scene,
        InstanceType="m5.large",
        SecurityGroupIds=[group_id],
        UserData=user_data({"kubelet": {"config": {"maxPods": 38}}}),
        TagSpecifications=[
            {"ResourceType": kind, "Tags": [{"Key": "owner", "Value": kind}]}
            for kind in ("instance", "network-interface")
        ],
    )
    with running(clients, launchTemplate=own, instanceTypes=[]) as names:
        (instance,), (node,) = instances_of(clients, names), nodes_of(scene, names)
        assert node["status"]["capacity"]["pods"] == "38"
        labels = node["metadata"]["labels"]
        assert labels["eks.amazonaws.com/sourceLaunchTemplateId"] == own["id"]
        assert labels["eks.amazonaws.com/sourceLaunchTemplateVersion"] == "1"
        (primary,) = [each for each in instance["NetworkInterfaces"] if not each["Attachment"]["DeviceIndex"]]
        assert [each["GroupId"] for each in primary["Groups"]] == [group_id]
        assert {"Key": "owner", "Value": "instance"} in instance["Tags"]
        interface_id = primary["NetworkInterfaceId"]
        found = clients.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id])
        assert {"Key": "owner", "Value": "network-interface"} in found["NetworkInterfaces"][0]["TagSet"]
    (ended,) = instances_of(clients, names, "terminated")
    assert ended["InstanceId"] == instance["InstanceId"]
    with refused("InvalidNetworkInterfaceID.NotFound"):
        clients.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id])
    eventually(lambda: nodes_of(scene, names), [], SETTLE_SECONDS)


def fails(clients: Clients, code: str, text: str, **changes: Any) -> None:
    """Expect CREATE_FAILED with this issue, then delete the node group."""
    scene = scene_of(clients)
    request = wanted(scene, **changes)
    names = {key: request[key] for key in ("clusterName", "nodegroupName")}
    assert clients.eks.create_nodegroup(**request)["nodegroup"]["status"] == "CREATING"
    found = scene.wait("describe_nodegroup", "nodegroup", "CREATE_FAILED", **names)
    (issue,) = found["health"]["issues"]
    assert issue["code"] == code, issue
    assert text in issue["message"], issue
    clients.eks.delete_nodegroup(**names)
    cluster, present = names["clusterName"], names["nodegroupName"]
    eventually(
        lambda: present in clients.eks.list_nodegroups(clusterName=cluster)["nodegroups"],
        False,
        SETTLE_SECONDS,
    )
    assert instances_of(clients, names) == []


def _no_way_out(clients: Clients) -> None:
    subnets = [scene_of(clients).closed_subnet_id]
    problem = "Instances failed to join the kubernetes cluster"
    fails(clients, "NodeCreationFailure", problem, subnets=subnets)


def _no_address(clients: Clients) -> None:
    fails(clients, "InsufficientFreeAddresses", "", subnets=[scene_of(clients).full_subnet_id])


def _bad_template(clients: Clients) -> None:
    scene, code = scene_of(clients), "Ec2LaunchTemplateInvalidConfiguration"
    script = base64.b64encode(b"#!/bin/sh\n").decode()
    for data, text in (
        ({"InstanceType": "m5.tiny"}, "The specified instance type m5.tiny is not valid"),
        (
            {"UserData": script, "InstanceType": "m5.large"},
            "User data was not in the MIME multipart format.",
        ),
        ({"SecurityGroupIds": ["sg-00000000000000000"], "InstanceType": "m5.large"}, "sg-0000"),
    ):
        own = template(scene, **data)
        fails(clients, code, text, launchTemplate=own, instanceTypes=[])


def _scaling(clients: Clients) -> None:
    scene = scene_of(clients)
    with running(clients, labels={"a": "1", "b": "1"}) as names:
        (first,) = instances_of(clients, names)
        group = {"nodegroupName": names["nodegroupName"]}
        started = clients.eks.update_nodegroup_config(
            **names,
            scalingConfig={"desiredSize": 2},
            labels={"addOrUpdateLabels": {"b": "2"}, "removeLabels": ["a"]},
            taints={"addOrUpdateTaints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}]},
        )
        scene.update(started, scene.main, **group)
        nodes = nodes_of(scene, names)
        assert [each["metadata"]["labels"].get("a") for each in nodes] == [None, None]
        assert [each["metadata"]["labels"]["b"] for each in nodes] == ["2", "2"]
        expected = {"key": "k", "value": "v", "effect": "NoSchedule"}
        assert all(expected in each["spec"]["taints"] for each in nodes)
        started = clients.eks.update_nodegroup_config(**names, scalingConfig={"desiredSize": 1})
        scene.update(started, scene.main, **group)
        assert [each["InstanceId"] for each in instances_of(clients, names)] == [first["InstanceId"]]


def _replacement(clients: Clients) -> None:
    scene = scene_of(clients)
    own = template(scene, InstanceType="m5.large")
    with running(clients, launchTemplate=own | {"version": "1"}, instanceTypes=[]) as names:
        (old,) = instances_of(clients, names)
        clients.ec2.create_launch_template_version(
            LaunchTemplateId=own["id"], LaunchTemplateData={"InstanceType": "m5.xlarge"}
        )
        started = clients.eks.update_nodegroup_version(**names, launchTemplate=own | {"version": "2"})
        scene.update(started, scene.main, nodegroupName=names["nodegroupName"])
        (new,) = instances_of(clients, names)
        assert new["InstanceType"] == "m5.xlarge"
        assert new["InstanceId"] != old["InstanceId"]
        (ended,) = instances_of(clients, names, "terminated")
        assert ended["InstanceId"] == old["InstanceId"]
        found = clients.eks.describe_nodegroup(**names)["nodegroup"]["launchTemplate"]
        assert found["version"] == "2"


def _pod(name: str, names: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "nodeSelector": {"eks.amazonaws.com/nodegroup": names["nodegroupName"]},
            "containers": [{"name": "app", "image": "registry.k8s.io/pause:3.10"}],
        },
    }


def _phase(scene: EksScene, name: str) -> str:
    found = scene.read(f"{PODS}/{name}")
    return "gone" if found is None else str(found["status"].get("phase"))


def _drain(clients: Clients) -> None:
    scene = scene_of(clients)
    free, guarded = unique("free"), unique("guarded")
    with running(clients) as names:
        budget = {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": guarded},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": guarded}}},
        }
        scene.make("/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget)
        for name in (free, guarded):
            scene.make(PODS, _pod(name, names))
        for name in (free, guarded):
            eventually(lambda name=name: _phase(scene, name), "Running", SETTLE_SECONDS)  # type: ignore[misc]
        clients.eks.delete_nodegroup(**names)
        eventually(lambda: _phase(scene, free), "gone", SETTLE_SECONDS)
        assert "deletionTimestamp" not in scene.read(f"{PODS}/{guarded}")["metadata"]
        assert [each["spec"].get("unschedulable") for each in nodes_of(scene, names)] == [True]
        assert len(instances_of(clients, names)) == 1
    assert len(instances_of(clients, names, "terminated")) == 1


ROWS = [
    Row("eks-nodes-join", "ACTIVE means: each instance has a Ready node with EKS's labels", NODES, _join),
    Row(
        "eks-nodes-template-settings",
        "The launch template decides on groups, tags and pods; the interface ends with its instance",
        TEMPLATES,
        _template_settings,
    ),
    Row(
        "eks-nodes-no-way-out",
        "Without NAT gateway or endpoints nodes do not join",
        "EKS user guide, Troubleshoot managed node groups (NodeCreationFailure)",
        _no_way_out,
    ),
    Row(
        "eks-nodes-no-address",
        "A subnet without free addresses gives no instances",
        "EKS API reference, Issue (InsufficientFreeAddresses)",
        _no_address,
    ),
    Row(
        "eks-nodes-template-invalid",
        "What EC2 does not start from a launch template is told as an issue",
        "terraform-aws-modules/terraform-aws-eks issues 3648 and 2708 (instance type, user data)",
        _bad_template,
    ),
    Row(
        "eks-nodes-scaling",
        "Nodes come and go with the size, the newest first; labels and taints reach them",
        "EKS API reference, UpdateNodegroupConfig (which instance ends is the lab's choice)",
        _scaling,
    ),
    Row(
        "eks-nodes-replacement",
        "A new version of the launch template replaces the nodes",
        "EKS user guide, Understand each phase of node updates",
        _replacement,
    ),
    Row(
        "eks-nodes-drain",
        "Deletion evicts pods, respects disruption budgets for a while, then ends the instances",
        DELETION,
        _drain,
    ),
]
