"""EKS: clusters. What CreateCluster refuses and makes, what updates merge, what a deletion takes along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .eks_scene import EksScene, scene_of
from .row import Clients, Row, eventually, refused

CREATE = "EKS API reference, CreateCluster"
UPDATE = "EKS API reference, UpdateClusterConfig"
NETWORK = "EKS user guide, View Amazon EKS networking requirements for VPC and subnets"
GROUPS = "EKS user guide, View Amazon EKS security group requirements for clusters"
UNKNOWN_KEY = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000"


def _refuses(
    changes: Callable[[EksScene], dict[str, Any]], code: str = "InvalidParameterException"
) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        scene = scene_of(clients)
        request = scene.request(**changes(scene))
        before = clients.ec2.describe_security_groups()["SecurityGroups"]
        with refused(code):
            clients.eks.create_cluster(**request)
        assert clients.ec2.describe_security_groups()["SecurityGroups"] == before

    return check


def _encrypted(arn: str, resource: str = "secrets") -> dict[str, Any]:
    return {"encryptionConfig": [{"resources": [resource], "provider": {"keyArn": arn}}]}


def _vpc(**changes: Any) -> dict[str, Any]:
    return {"resourcesVpcConfig": changes}


def _name_taken(clients: Clients) -> None:
    scene = scene_of(clients)
    with refused("ResourceInUseException", f"Cluster already exists with name: {scene.plain}"):
        clients.eks.create_cluster(**scene.request(name=scene.plain))


def _own_group(clients: Clients) -> None:
    scene = scene_of(clients)
    group_id = scene.describe(scene.main)["resourcesVpcConfig"]["clusterSecurityGroupId"]
    group = clients.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    assert group["GroupName"].startswith(f"eks-cluster-sg-{scene.main}-")
    assert group["VpcId"] == scene.vpc_id
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
    assert tags["aws:eks:cluster-name"] == scene.main
    assert tags[f"kubernetes.io/cluster/{scene.main}"] == "owned"
    (ingress,) = group["IpPermissions"]
    assert (ingress["IpProtocol"], ingress["UserIdGroupPairs"][0]["GroupId"]) == ("-1", group_id)
    assert [rule["IpProtocol"] for rule in group["IpPermissionsEgress"]] == ["-1"]


def _interfaces(clients: Clients, cluster: str) -> list[Any]:
    filters = [{"Name": "description", "Values": [f"Amazon EKS {cluster}"]}]
    found = clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    return list(found)


def _own_interfaces(clients: Clients) -> None:
    scene = scene_of(clients)
    group_id = scene.describe(scene.main)["resourcesVpcConfig"]["clusterSecurityGroupId"]
    interfaces = _interfaces(clients, scene.main)
    assert len({each["AvailabilityZone"] for each in interfaces}) == len(interfaces) == 2
    for each in interfaces:
        assert each["RequesterManaged"]
        assert each["Status"] == "in-use"
        assert {group["GroupId"] for group in each["Groups"]} == {group_id, scene.extra_group_id}


def _interfaces_hold_group(clients: Clients) -> None:
    scene = scene_of(clients)
    assert scene.main
    with refused("DependencyViolation"):
        clients.ec2.delete_security_group(GroupId=scene.extra_group_id)


def _description(clients: Clients) -> None:
    scene = scene_of(clients)
    found = scene.describe(scene.main)
    vpc_config = found["resourcesVpcConfig"]
    assert (vpc_config["vpcId"], vpc_config["subnetIds"]) == (scene.vpc_id, scene.subnet_ids)
    assert (vpc_config["endpointPublicAccess"], vpc_config["endpointPrivateAccess"]) == (False, True)
    assert found["encryptionConfig"][0]["provider"]["keyArn"] == scene.key_arn
    assert found["accessConfig"]["authenticationMode"] == "API"
    assert found["deletionProtection"] is True
    assert found["tags"] == {"purpose": "rows"}
    assert found["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.us-west-2.amazonaws.com/id/")
    enabled = [group["types"] for group in found["logging"]["clusterLogging"] if group["enabled"]]
    assert enabled == [["audit"]]


def _defaults(clients: Clients) -> None:
    found = scene_of(clients).describe(scene_of(clients).plain)
    assert found["resourcesVpcConfig"]["endpointPublicAccess"] is True
    assert found["resourcesVpcConfig"]["publicAccessCidrs"] == ["0.0.0.0/0"]
    assert found["kubernetesNetworkConfig"]["serviceIpv4Cidr"] in {"172.20.0.0/16", "10.100.0.0/16"}
    access = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}
    assert found["accessConfig"] == access
    assert found["upgradePolicy"] == {"supportType": "EXTENDED"}


def _life(clients: Clients) -> None:
    """Follow one cluster from CREATING to gone, with a repeated create in between."""
    scene = scene_of(clients)
    request = scene.request(clientRequestToken="token-of-a-row", accessConfig={"authenticationMode": "API"})
    started = clients.eks.create_cluster(**request)["cluster"]
    assert started["status"] == "CREATING"
    assert "endpoint" not in started
    again = clients.eks.create_cluster(**request)["cluster"]
    assert again["arn"] == started["arn"]
    name = request["name"]
    eventually(lambda: scene.describe(name)["status"], "ACTIVE", 60)
    (principal,) = clients.eks.list_access_entries(clusterName=name)["accessEntries"]
    assert principal == clients.sts.get_caller_identity()["Arn"]
    found = scene.describe(name)
    assert found["endpoint"].startswith("https://127.0.0.1:")
    group_id = found["resourcesVpcConfig"]["clusterSecurityGroupId"]
    assert clients.eks.delete_cluster(name=name)["cluster"]["status"] == "DELETING"
    eventually(lambda: name in clients.eks.list_clusters()["clusters"], False, 15)
    with refused("ResourceNotFoundException", f"No cluster found for name: {name}."):
        scene.describe(name)
    assert _interfaces(clients, name) == []
    with refused("InvalidGroup.NotFound"):
        clients.ec2.describe_security_groups(GroupIds=[group_id])


def _delete_while_creating(clients: Clients) -> None:
    scene = scene_of(clients)
    request = scene.request(deletionProtection=True)
    clients.eks.create_cluster(**request)
    assert clients.eks.delete_cluster(name=request["name"])["cluster"]["status"] == "DELETING"
    eventually(lambda: request["name"] in clients.eks.list_clusters()["clusters"], False, 15)
    assert _interfaces(clients, request["name"]) == []


def _protected(clients: Clients) -> None:
    scene = scene_of(clients)
    with refused("InvalidRequestException"):
        clients.eks.delete_cluster(name=scene.main)
    assert scene.describe(scene.main)["status"] == "ACTIVE"


def _one_kind(clients: Clients) -> None:
    logging = {"clusterLogging": [{"types": ["api"], "enabled": True}]}
    changes = {"logging": logging, "resourcesVpcConfig": {"endpointPublicAccess": True}}
    with refused("InvalidParameterException"):
        clients.eks.update_cluster_config(name=scene_of(clients).main, **changes)


def _merged_logging(clients: Clients) -> None:
    scene = scene_of(clients)
    for enabled, expected in ((True, ["api", "audit"]), (False, ["audit"])):
        logging = {"clusterLogging": [{"types": ["api"], "enabled": enabled}]}
        started = clients.eks.update_cluster_config(name=scene.main, logging=logging)
        assert started["update"]["type"] == "LoggingUpdate"
        assert started["update"]["status"] == "InProgress"
        assert scene.describe(scene.main)["status"] == "UPDATING"
        with refused("ResourceInUseException"):
            clients.eks.update_cluster_config(name=scene.main, logging=logging)
        scene.update(started, scene.main)
        found = scene.describe(scene.main)["logging"]["clusterLogging"]
        assert next(group["types"] for group in found if group["enabled"]) == expected
        with refused("InvalidParameterException", "No changes needed for the logging config provided"):
            clients.eks.update_cluster_config(name=scene.main, logging=logging)
    updates = clients.eks.list_updates(name=scene.main)["updateIds"]
    assert started["update"]["id"] in updates


def _merged_endpoint(clients: Clients) -> None:
    scene = scene_of(clients)
    wanted = {"endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]}
    for changes in (wanted, {"endpointPublicAccess": False}):
        before = scene.describe(scene.main)["resourcesVpcConfig"]
        started = clients.eks.update_cluster_config(name=scene.main, resourcesVpcConfig=changes)
        assert started["update"]["type"] == "EndpointAccessUpdate"
        scene.update(started, scene.main)
        after = scene.describe(scene.main)["resourcesVpcConfig"]
        for key in ("subnetIds", "securityGroupIds", "vpcId", "clusterSecurityGroupId"):
            assert after[key] == before[key]
        assert after["endpointPrivateAccess"] is True
        with refused("InvalidParameterException"):
            clients.eks.update_cluster_config(name=scene.main, resourcesVpcConfig=changes)


def _other_groups(clients: Clients) -> None:
    scene = scene_of(clients)
    for group_ids in ([], [scene.extra_group_id]):
        changes = {"securityGroupIds": group_ids}
        started = clients.eks.update_cluster_config(name=scene.main, resourcesVpcConfig=changes)
        assert started["update"]["type"] == "VpcConfigUpdate"
        scene.update(started, scene.main)
        found = scene.describe(scene.main)["resourcesVpcConfig"]
        assert (found["securityGroupIds"], found["subnetIds"]) == (group_ids, scene.subnet_ids)
        for each in _interfaces(clients, scene.main):
            held = {group["GroupId"] for group in each["Groups"]}
            assert held == {found["clusterSecurityGroupId"], *group_ids}


def _mode_back(clients: Clients) -> None:
    with refused("InvalidRequestException"):
        clients.eks.update_cluster_config(
            name=scene_of(clients).main, accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"}
        )


def _version_step(clients: Clients) -> None:
    scene = scene_of(clients)
    for refused_version in ("1.35", "1.33", "1.32", "9.99"):
        with refused("InvalidParameterException"):
            clients.eks.update_cluster_version(name=scene.main, version=refused_version)
    started = clients.eks.update_cluster_version(name=scene.main, version="1.34")
    assert started["update"]["type"] == "VersionUpdate"
    scene.update(started, scene.main)
    assert scene.describe(scene.main)["version"] == "1.34"


def _tags(clients: Clients) -> None:
    scene = scene_of(clients)
    arn = scene.describe(scene.main)["arn"]
    clients.eks.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    clients.eks.untag_resource(resourceArn=arn, tagKeys=["a", "b"])
    assert clients.eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"purpose": "rows"}
    with refused("ResourceNotFoundException"):
        clients.eks.list_tags_for_resource(resourceArn=f"{arn}-other")


def _versions(clients: Clients) -> None:
    found = clients.eks.describe_cluster_versions()["clusterVersions"]
    (default,) = [each["clusterVersion"] for each in found if each["defaultVersion"]]
    assert default == scene_of(clients).describe(scene_of(clients).plain)["version"]


ROWS = [
    Row(
        "eks-cluster-role-unknown",
        "CreateCluster refuses a role that does not exist",
        CREATE,
        _refuses(lambda _: {"roleArn": "arn:aws:iam::123456789012:role/none"}),
    ),
    Row(
        "eks-cluster-role-trust",
        "CreateCluster refuses a role that EKS may not assume",
        "EKS user guide, Amazon EKS cluster IAM role",
        _refuses(lambda scene: {"roleArn": scene.node_role}),
    ),
    Row(
        "eks-cluster-subnet-unknown",
        "CreateCluster refuses an unknown subnet",
        NETWORK,
        _refuses(lambda _: _vpc(subnetIds=["subnet-00000000", "subnet-00000001"])),
    ),
    Row(
        "eks-cluster-one-zone",
        "CreateCluster refuses subnets in one zone",
        NETWORK,
        _refuses(lambda scene: _vpc(subnetIds=scene.subnet_ids[:1])),
    ),
    Row(
        "eks-cluster-two-vpcs",
        "CreateCluster refuses subnets of two VPCs",
        NETWORK,
        _refuses(lambda scene: _vpc(subnetIds=[scene.subnet_ids[0], scene.foreign_subnet_id])),
    ),
    Row(
        "eks-cluster-group-unknown",
        "CreateCluster refuses an unknown security group",
        GROUPS,
        _refuses(lambda _: _vpc(securityGroupIds=["sg-00000000"])),
    ),
    Row(
        "eks-cluster-group-foreign",
        "CreateCluster refuses a security group of another VPC",
        GROUPS,
        _refuses(lambda scene: _vpc(securityGroupIds=[scene.group(scene.foreign_vpc_id)])),
    ),
    Row(
        "eks-cluster-version-unknown",
        "CreateCluster refuses a Kubernetes version that EKS does not have",
        "EKS user guide, Understand the Kubernetes version lifecycle on EKS",
        _refuses(lambda _: {"version": "1.19"}),
    ),
    Row(
        "eks-cluster-name-form",
        "CreateCluster refuses a name of another form",
        CREATE,
        _refuses(lambda _: {"name": "-no"}),
    ),
    Row(
        "eks-cluster-key-unknown",
        "CreateCluster refuses a KMS key that does not exist",
        "EKS API reference, Provider (keyArn)",
        _refuses(lambda _: _encrypted(UNKNOWN_KEY)),
    ),
    Row(
        "eks-cluster-encryption-resources",
        "CreateCluster encrypts secrets and nothing else",
        "EKS API reference, EncryptionConfig (the only supported value is secrets)",
        _refuses(lambda scene: _encrypted(scene.key_arn, "configmaps")),
    ),
    Row(
        "eks-cluster-log-type",
        "CreateCluster refuses an unknown log type",
        "EKS API reference, LogSetup (types)",
        _refuses(lambda _: {"logging": {"clusterLogging": [{"types": ["kubelet"], "enabled": True}]}}),
    ),
    Row(
        "eks-cluster-no-endpoint",
        "CreateCluster refuses a cluster that nobody can reach",
        "eksctl-io/eksctl, documentation of private clusters; text in public issues",
        _refuses(lambda _: _vpc(endpointPublicAccess=False, endpointPrivateAccess=False)),
    ),
    Row(
        "eks-cluster-private-cidr",
        "CreateCluster refuses private ranges for the public endpoint",
        "EKS user guide, Control network access to cluster API server endpoint (reserved addresses)",
        _refuses(lambda _: _vpc(publicAccessCidrs=["10.0.0.0/8"])),
    ),
    Row(
        "eks-cluster-service-cidr",
        "CreateCluster refuses a service range that overlaps with the VPC",
        "EKS API reference, KubernetesNetworkConfigRequest (serviceIpv4Cidr)",
        _refuses(lambda _: {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.1.0.0/16"}}),
    ),
    Row("eks-cluster-name-taken", "CreateCluster refuses a name that is taken", CREATE, _name_taken),
    Row("eks-cluster-group", "EKS makes the cluster security group", GROUPS, _own_group),
    Row("eks-cluster-interfaces", "EKS makes two interfaces with its groups", NETWORK, _own_interfaces),
    Row(
        "eks-cluster-holds-group",
        "A group of the control plane's interfaces cannot be deleted",
        "EC2 API reference, DeleteSecurityGroup (DependencyViolation)",
        _interfaces_hold_group,
    ),
    Row("eks-cluster-description", "DescribeCluster shows what was asked for", CREATE, _description),
    Row("eks-cluster-defaults", "What is not asked for gets EKS's defaults", CREATE, _defaults),
    Row(
        "eks-cluster-life",
        "A cluster is CREATING, ACTIVE, DELETING, gone; its group and interfaces go with it",
        "EKS API reference, Cluster (status), CreateCluster (clientRequestToken), DeleteCluster",
        _life,
    ),
    Row(
        "eks-cluster-delete-creating",
        "A cluster can be deleted while it is created, protected or not",
        "EKS user guide, Protect EKS clusters from accidental deletion",
        _delete_while_creating,
    ),
    Row(
        "eks-cluster-protected",
        "DeleteCluster refuses a protected cluster",
        "EKS user guide, Protect EKS clusters from accidental deletion",
        _protected,
    ),
    Row(
        "eks-update-one-kind",
        "UpdateClusterConfig takes one kind of change at a time",
        "hashicorp/terraform-provider-aws, internal/service/eks/cluster.go (one call per kind)",
        _one_kind,
    ),
    Row("eks-update-logging", "Log types are merged; no change is refused", UPDATE, _merged_logging),
    Row(
        "eks-update-endpoint", "An endpoint update keeps the rest of the VPC block", UPDATE, _merged_endpoint
    ),
    Row("eks-update-groups", "Other groups come to the control plane's interfaces", UPDATE, _other_groups),
    Row(
        "eks-update-mode-back",
        "The authentication mode does not go back",
        "EKS user guide, Change authentication mode to use access entries",
        _mode_back,
    ),
    Row(
        "eks-update-version",
        "UpdateClusterVersion goes up one minor version",
        "EKS user guide, Update existing cluster to new Kubernetes version",
        _version_step,
    ),
    Row("eks-tags", "Tags come and go", "EKS API reference, TagResource", _tags),
    Row(
        "eks-versions",
        "DescribeClusterVersions names the version that CreateCluster takes by default",
        "EKS API reference, DescribeClusterVersions",
        _versions,
    ),
]
