"""EKS: where nodes find a way out, how many pods they take, and what keeps their number."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .eks_node_life_rows import fails, instances_of, is_ready, nodes_of, user_data
from .eks_node_rows import running, template
from .eks_scene import CNI_POLICY, SETTLE_SECONDS, EksScene, scene_of, trust, unique
from .row import REGION, Clients, Row, eventually

PRIVATE = "EKS user guide, Deploy private clusters with limited internet access"
TEMPLATES = "EKS user guide, Customize managed nodes with launch templates"
SERVICES = ("ec2", "ecr.api", "ecr.dkr", "sts")
IMAGE_ID = "ami-0123456789abcdef0"
JOIN_PROBLEM = "Instances failed to join the kubernetes cluster"


def _table_of(scene: EksScene, subnet_id: str) -> str:
    filters = [{"Name": "association.subnet-id", "Values": [subnet_id]}]
    return str(scene.clients.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"])


@contextmanager
def _endpoints(scene: EksScene, subnet_id: str, *services: str) -> Iterator[None]:
    """Have interface endpoints in a subnet, and s3 in its route table, for a while."""
    ec2, vpc_id = scene.clients.ec2, scene.vpc_id
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    requests: list[dict[str, Any]] = [
        {"VpcEndpointType": "Interface", "SubnetIds": [subnet_id], "PrivateDnsEnabled": True}
        | {"ServiceName": f"com.amazonaws.{REGION}.{each}"}
        for each in services
    ]
    tables = [_table_of(scene, subnet_id)]
    requests.append({"ServiceName": f"com.amazonaws.{REGION}.s3", "RouteTableIds": tables})
    made = [ec2.create_vpc_endpoint(VpcId=vpc_id, **each)["VpcEndpoint"] for each in requests]
    ids = [each["VpcEndpointId"] for each in made]
    yield
    ec2.delete_vpc_endpoints(VpcEndpointIds=ids)
    filters = [{"Name": "vpc-endpoint-id", "Values": ids}]
    eventually(lambda: ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"], [], SETTLE_SECONDS)


def _endpoints_only(clients: Clients) -> None:
    scene = scene_of(clients)
    subnet_id = scene.subnet(scene.vpc_id, "10.1.242.0/24", "a")
    scene.own_table(scene.vpc_id, subnet_id)
    with _endpoints(scene, subnet_id, *SERVICES[:-1]):
        fails(clients, "NodeCreationFailure", JOIN_PROBLEM, subnets=[subnet_id])
    with _endpoints(scene, subnet_id, *SERVICES), running(clients, subnets=[subnet_id]) as names:
        assert [is_ready(each) for each in nodes_of(scene, names)] == [True]


def _public_subnet(clients: Clients) -> None:
    scene, ec2 = scene_of(clients), clients.ec2
    subnet_id = scene.subnet(scene.vpc_id, "10.1.243.0/24", "a")
    filters = [{"Name": "attachment.vpc-id", "Values": [scene.vpc_id]}]
    gateway = ec2.describe_internet_gateways(Filters=filters)["InternetGateways"][0]["InternetGatewayId"]
    scene.own_table(scene.vpc_id, subnet_id, GatewayId=gateway)
    problem = f"One or more Amazon EC2 Subnets of [{subnet_id}] for node group "
    fails(clients, "Ec2SubnetInvalidConfiguration", problem, subnets=[subnet_id])
    ec2.modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": True})
    with running(clients, subnets=[subnet_id]) as names:
        (instance,) = instances_of(clients, names)
        assert instance["PublicIpAddress"]
        assert [is_ready(each) for each in nodes_of(scene, names)] == [True]


def _pods_of_a_node(clients: Clients) -> None:
    scene = scene_of(clients)
    kubelet = {"kubelet": {"config": {"maxPods": 38}, "flags": ["--max-pods=17"]}}
    for more in (
        {"UserData": user_data(kubelet)},
        {"UserData": user_data(kubelet, plain=True), "ImageId": IMAGE_ID},
    ):
        own = template(scene, InstanceType="m5.large", **more)
        with running(clients, launchTemplate=own, instanceTypes=[]) as names:
            assert [each["status"]["capacity"]["pods"] for each in nodes_of(scene, names)] == ["17"]


def _replaces(clients: Clients) -> None:
    scene = scene_of(clients)
    with running(clients) as names:
        (old,) = instances_of(clients, names)
        clients.ec2.terminate_instances(InstanceIds=[old["InstanceId"]])
        eventually(
            lambda: [each["InstanceId"] != old["InstanceId"] for each in instances_of(clients, names)],
            [True],
            SETTLE_SECONDS,
        )
        (new,) = instances_of(clients, names)
        eventually(
            lambda: [(each["metadata"]["name"], is_ready(each)) for each in nodes_of(scene, names)],
            [(new["PrivateDnsName"], True)],
            SETTLE_SECONDS,
        )
        assert clients.eks.describe_nodegroup(**names)["nodegroup"]["status"] == "ACTIVE"


def _pace(clients: Clients) -> None:
    scene = scene_of(clients)
    sizes = {"minSize": 0, "desiredSize": 4, "maxSize": 4}
    own = template(scene, InstanceType="m5.large")
    pace = {"maxUnavailablePercentage": 50}
    first = own | {"version": "1"}
    with running(
        clients, launchTemplate=first, instanceTypes=[], scalingConfig=sizes, updateConfig=pace
    ) as names:
        old = {each["InstanceId"] for each in instances_of(clients, names)}
        clients.ec2.create_launch_template_version(
            LaunchTemplateId=own["id"], LaunchTemplateData={"InstanceType": "m5.xlarge"}
        )
        started = clients.eks.update_nodegroup_version(**names, launchTemplate=own | {"version": "2"})
        group = {"name": names["clusterName"], "nodegroupName": names["nodegroupName"]}
        most = 0
        while clients.eks.describe_update(**group, updateId=started["update"]["id"])["update"]["status"] == (
            "InProgress"
        ):
            present = {each["InstanceId"] for each in instances_of(clients, names)}
            if old <= present:
                most = max(most, len(present - old))
        scene.update(started, scene.main, nodegroupName=names["nodegroupName"])
        assert most == 2
        new = instances_of(clients, names)
        assert {each["InstanceType"] for each in new} == {"m5.xlarge"}
        assert len(new) == 4


def _full_subnet(clients: Clients) -> None:
    scene, ec2 = scene_of(clients), clients.ec2
    subnet_id = scene.subnet(scene.vpc_id, "10.1.241.64/28", "a")
    holder = ec2.create_network_interface(SubnetId=subnet_id, SecondaryPrivateIpAddressCount=9)
    with running(clients, subnets=[subnet_id]) as names:
        started = clients.eks.update_nodegroup_config(**names, scalingConfig={"desiredSize": 2})
        group = {"name": names["clusterName"], "nodegroupName": names["nodegroupName"]}
        update = {"updateId": started["update"]["id"], **group}
        eventually(
            lambda: clients.eks.describe_update(**update)["update"]["status"], "Failed", SETTLE_SECONDS
        )
        (error,) = clients.eks.describe_update(**update)["update"]["errors"]
        assert error["errorCode"] == "InsufficientFreeAddresses"
        found = clients.eks.describe_nodegroup(**names)["nodegroup"]
        assert found["status"] == "DEGRADED"
        assert [each["code"] for each in found["health"]["issues"]] == ["InsufficientFreeAddresses"]
        interface_id = holder["NetworkInterface"]["NetworkInterfaceId"]
        ec2.delete_network_interface(NetworkInterfaceId=interface_id)
        scene.wait("describe_nodegroup", "nodegroup", "ACTIVE", **names)
        assert clients.eks.describe_nodegroup(**names)["nodegroup"]["health"]["issues"] == []
        assert len(instances_of(clients, names)) == 2


def _caller(clients: Clients, cluster: str) -> str:
    """Return in whose name aws-node of the cluster's only node calls EC2; empty if it has no credentials."""
    url = f"{clients.endpoint_url}/lab/machines/{cluster}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        (machine,) = json.load(answer)["machines"]
    if (found := machine["credentials"]) is None:
        return ""
    own = Clients(clients.endpoint_url, found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"])
    name, session = str(own.sts.get_caller_identity()["Arn"]).split("/")[1:]
    assert session == machine["instance_id"]
    return name


def _role_of_aws_node(clients: Clients) -> None:
    scene, eks = scene_of(clients), clients.eks
    name = unique("r")
    document = trust("pods.eks.amazonaws.com")
    role = clients.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    clients.iam.attach_role_policy(RoleName=name, PolicyArn=CNI_POLICY)
    cluster = {"clusterName": scene.plain}
    account = {"namespace": "kube-system", "serviceAccount": "aws-node"}
    with running(clients, **cluster):
        assert _caller(clients, scene.plain) == scene.node_role.rpartition("/")[2]
        made = eks.create_pod_identity_association(**cluster, **account, roleArn=role)["association"]
        assert _caller(clients, scene.plain) == ""
        eks.create_addon(**cluster, addonName="eks-pod-identity-agent")
        assert _caller(clients, scene.plain) == name
        eks.delete_pod_identity_association(**cluster, associationId=made["associationId"])
        eks.create_addon(**cluster, addonName="vpc-cni", serviceAccountRoleArn=role)
        assert _caller(clients, scene.plain) == name
        for each in ("vpc-cni", "eks-pod-identity-agent"):
            scene.wait("describe_addon", "addon", "ACTIVE", **cluster, addonName=each)
            eks.delete_addon(**cluster, addonName=each, preserve=True)
        eventually(lambda: eks.list_addons(**cluster)["addons"], [], SETTLE_SECONDS)


ROWS = [
    Row(
        "eks-nodes-endpoints-only",
        "Endpoints alone are a way out, if none is missing",
        PRIVATE,
        _endpoints_only,
    ),
    Row(
        "eks-nodes-public-subnet",
        "A public subnet has to give its instances addresses",
        "EKS user guide, Create a managed node group; sassoftware/viya4-iac-aws issue 271",
        _public_subnet,
    ),
    Row(
        "eks-nodes-max-pods",
        "The kubelet's flag wins over its file; with an own image plain YAML is user data, too",
        f"{TEMPLATES}; awslabs/amazon-eks-ami, nodeadm API",
        _pods_of_a_node,
    ),
    Row(
        "eks-nodes-lost-instance",
        "An instance that somebody terminates is replaced, and its node goes",
        "EC2 Auto Scaling user guide, Health checks for instances in an Auto Scaling group",
        _replaces,
    ),
    Row(
        "eks-nodes-update-pace",
        "An update replaces as many nodes at a time as the percentage says",
        "EKS API reference, NodegroupUpdateConfig (how many more nodes EKS starts first is not played)",
        _pace,
    ),
    Row(
        "eks-nodes-degraded",
        "A launch that EC2 refuses makes the node group DEGRADED until there is room",
        "EKS API reference, Issue (InsufficientFreeAddresses)",
        _full_subnet,
    ),
    Row(
        "eks-nodes-cni-role",
        "aws-node calls EC2 in the role of its add-on, of its pod identity, or of the node",
        "EKS user guide, Configure Amazon VPC CNI plugin to use IRSA; Understand how EKS Pod Identity works",
        _role_of_aws_node,
    ),
]
