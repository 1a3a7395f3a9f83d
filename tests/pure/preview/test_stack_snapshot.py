"""The picture of a stack: its network, its cluster, its nodes and its Kubernetes objects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podsg.model.snapshot import NOT_READ, GroupRule, Snapshot, Unknown, known

from .made import GROUP, POLICY, SECRET, UNKNOWN, picture, state, urn

SUBNET, VPC = "aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc"
TABLE, ROUTE = "aws:ec2/routeTable:RouteTable", "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
CLUSTER, ADDON = "aws:eks/cluster:Cluster", "aws:eks/addon:Addon"
NODES, TEMPLATE = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/launchTemplate:LaunchTemplate"
ROLE, ATTACHMENT = "aws:iam/role:Role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
FARGATE = "aws:eks/fargateProfile:FargateProfile"
IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
DEPLOYMENT, ACCOUNT = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ServiceAccount"
CONFIG = "kubernetes:core/v1:ConfigMapPatch"
ANYWHERE = "0.0.0.0/0"


def routed(name: str, **route: str) -> list[dict[str, Any]]:
    """A subnet still to be made, whose route table has one default route."""
    return [
        state(SUBNET, name, {"cidrBlock": "10.0.1.0/24", "availabilityZone": "us-west-2a"}),
        state(TABLE, f"{name}-table"),
        state(
            ROUTE,
            f"{name}-route",
            {"routeTableId": UNKNOWN, "destinationCidrBlock": ANYWHERE, **route},
            routeTableId=urn(f"{name}-table", TABLE),
        ),
        state(
            ASSOCIATION,
            f"{name}-association",
            {"subnetId": UNKNOWN, "routeTableId": UNKNOWN},
            subnetId=urn(name, SUBNET),
            routeTableId=urn(f"{name}-table", TABLE),
        ),
    ]


def test_subnets_and_where_their_default_route_leads() -> None:
    inline: dict[str, Any] = {
        "routes": [{"cidrBlock": ANYWHERE, "gatewayId": "igw-1"}, {"cidrBlock": "10.9.0.0/16"}]
    }
    snapshot = picture(
        *routed("private", natGatewayId=UNKNOWN),
        *routed("public", gatewayId="igw-1"),
        *routed("other", transitGatewayId="tgw-1"),
        state(ROUTE, "peer", {"routeTableId": "rtb-1", "destinationCidrBlock": "10.8.0.0/16"}),
        state(SUBNET, "there", {"cidrBlock": UNKNOWN}, id_="subnet-1"),
        state(TABLE, "own", inline, id_="rtb-1"),
        state(ASSOCIATION, "last", {"subnetId": "subnet-1", "routeTableId": "rtb-1"}),
        state(SUBNET, "alone", {"cidrBlock": "10.0.9.0/28"}),
        state(SUBNET, "six"),
    )
    found = {one.place.subject: one for one in known("subnets", snapshot.subnets)}
    assert {name: one.default_route for name, one in found.items()} == {
        "private": "nat",
        "public": "internet",
        "other": "other",
        "there": "internet",
        "alone": "none",
        "six": "none",
    }
    assert (found["private"].free_addresses, found["alone"].free_addresses) == (251, 11)
    assert isinstance(found["there"].free_addresses, Unknown)
    assert isinstance(found["six"].free_addresses, Unknown)
    assert isinstance(found["alone"].zone, Unknown)


def rules(snapshot: Snapshot, name: str) -> tuple[GroupRule, ...]:
    (group,) = (one for one in known("groups", snapshot.security_groups) if one.place.subject == name)
    return known("rules", group.rules)


def test_rules_of_their_own_between_groups_to_be_made() -> None:
    flow: dict[str, Any] = {"ipProtocol": "tcp", "fromPort": 8080, "toPort": 8080}
    ids = {"securityGroupId": UNKNOWN, "referencedSecurityGroupId": UNKNOWN}
    snapshot = picture(
        state(GROUP, "pods", {"vpcId": UNKNOWN}, vpcId=urn("main", VPC)),
        state(VPC, "main", id_="vpc-1"),
        state(GROUP, "nodes"),
        state(
            INGRESS,
            "in",
            {**flow, **ids},
            securityGroupId=urn("pods"),
            referencedSecurityGroupId=urn("nodes"),
        ),
        state(EGRESS, "out", {"ipProtocol": "-1", "cidrIpv4": ANYWHERE, **ids}, securityGroupId=urn("pods")),
    )
    assert rules(snapshot, "pods") == (
        GroupRule(True, "tcp", 8080, 8080, peer_group_id="nodes"),
        GroupRule(
            False,
            "-1",
            -1,
            -1,
            peer_group_id=Unknown("it is known after the update"),
            peer_cidr=ANYWHERE,
        ),
    )
    (pods, _) = known("groups", snapshot.security_groups)
    assert (pods.id, pods.vpc_id) == ("pods", "vpc-1")


def test_rules_of_older_forms() -> None:
    flow = {"type": "ingress", "protocol": "tcp", "fromPort": 1, "toPort": 2, "securityGroupId": "sg-1"}
    inline = {
        "ingress": [{"protocol": "tcp", "fromPort": 5, "toPort": 5, "securityGroups": [UNKNOWN, "sg-2"]}],
        "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": [ANYWHERE]}],
    }
    snapshot = picture(
        state(GROUP, "a", inline, id_="sg-1"),
        state(RULE, "self", {**flow, "self": True}),
        state(RULE, "group", {**flow, "sourceSecurityGroupId": "sg-9"}),
        state(RULE, "cidrs", {**flow, "cidrBlocks": ["10.0.0.0/8", UNKNOWN]}),
        state(RULE, "port", {**flow, "fromPort": UNKNOWN}),
    )
    found = rules(snapshot, "a")
    assert [(one.is_ingress, one.peer_group_id) for one in found[:3]] == [
        (True, Unknown("it is known after the update")),
        (True, "sg-2"),
        (False, None),
    ]
    assert [one.peer_group_id for one in found[3:5]] == ["sg-1", "sg-9"]
    assert [one.peer_cidr for one in found[5:7]] == ["10.0.0.0/8", Unknown("it is known after the update")]
    assert isinstance(found[7].from_port, Unknown)


def test_a_rule_of_a_group_that_is_not_known_leaves_all_rules_unknown() -> None:
    snapshot = picture(
        state(GROUP, "a"), state(INGRESS, "in", {"ipProtocol": "tcp", "securityGroupId": UNKNOWN})
    )
    (group,) = known("groups", snapshot.security_groups)
    assert isinstance(group.rules, Unknown)


def addon(name: str, values: str | dict[str, Any]) -> dict[str, Any]:
    text = values if isinstance(values, str) else json.dumps(values)
    return state(ADDON, name, {"addonName": name, "configurationValues": text})


def test_a_cluster_its_role_and_its_vpc_cni() -> None:
    arn = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController"
    snapshot = picture(
        state(ROLE, "another"),
        state(ROLE, "role"),
        state(ATTACHMENT, "attached", {"role": UNKNOWN, "policyArn": arn}, role=urn("role", ROLE)),
        state(
            CLUSTER,
            "main",
            {"name": "dev", "version": "1.35", "roleArn": UNKNOWN, "computeConfig": {"enabled": False}},
            outputs={"vpcConfig": {"vpcId": "vpc-1", "clusterSecurityGroupId": "sg-1"}},
            roleArn=urn("role", ROLE),
        ),
        addon("vpc-cni", {"env": {"ENABLE_POD_ENI": "true"}, "init": {"env": {"A": "b"}}}),
        addon("kube-proxy", {"mode": "ipvs"}),
        state(
            CONFIG,
            "cooldown",
            {
                "metadata": {"namespace": "kube-system", "name": "amazon-vpc-cni"},
                "data": {"branch-eni-cooldown": "30"},
            },
        ),
    )
    cluster, cni = known("cluster", snapshot.cluster), known("VPC CNI", snapshot.vpc_cni)
    assert (cluster.name, cluster.vpc_id, cluster.dns_group_id) == ("dev", "vpc-1", "sg-1")
    assert (cluster.ip_family, cluster.has_auto_mode, cluster.kube_proxy_mode) == ("ipv4", False, "ipvs")
    assert known("role", cluster.role_policies) == {"AmazonEKSVPCResourceController"}
    assert (cni.env, cni.init_env, cni.cooldown) == ({"ENABLE_POD_ENI": "true"}, {"A": "b"}, "30")
    assert isinstance(cni.version, Unknown)
    assert cni.has_network_policy is False


def test_what_a_new_cluster_does_not_tell_yet() -> None:
    snapshot = picture(state(CLUSTER, "main", {"name": "dev", "roleArn": "arn:aws:iam::1:role/x"}))
    cluster = known("cluster", snapshot.cluster)
    assert isinstance(cluster.vpc_id, Unknown)
    assert isinstance(cluster.role_policies, Unknown)
    assert cluster.kube_proxy_mode == NOT_READ
    assert snapshot.vpc_cni == NOT_READ


def test_a_policy_of_the_role_that_is_not_known() -> None:
    snapshot = picture(
        state(ROLE, "role", id_="r", outputs={"arn": "arn:aws:iam::1:role/r"}),
        state(ATTACHMENT, "attached", {"role": "r", "policyArn": UNKNOWN}),
        state(CLUSTER, "main", {"roleArn": "arn:aws:iam::1:role/r"}),
    )
    assert isinstance(known("cluster", snapshot.cluster).role_policies, Unknown)


@pytest.mark.parametrize("values", [UNKNOWN, "{"])
def test_settings_of_an_add_on_that_cannot_be_read(values: str) -> None:
    snapshot = picture(state(CLUSTER, "main"), addon("vpc-cni", values), addon("kube-proxy", values))
    assert isinstance(known("VPC CNI", snapshot.vpc_cni).env, Unknown)
    assert isinstance(known("cluster", snapshot.cluster).kube_proxy_mode, Unknown)


def test_several_clusters_and_add_ons_are_none_that_is_known() -> None:
    two = [state(CLUSTER, name) for name in "ab"] + [
        addon("vpc-cni", ""),
        {**addon("vpc-cni", ""), "urn": urn("x")},
    ]
    snapshot = picture(*two)
    assert snapshot.cluster == Unknown("the stack has 2 clusters")
    assert snapshot.vpc_cni == Unknown("the stack has 2 add-ons vpc-cni")


def test_node_groups() -> None:
    snapshot = picture(
        state(GROUP, "nodes"),
        state(TEMPLATE, "another"),
        state(TEMPLATE, "template", {"vpcSecurityGroupIds": [UNKNOWN]}, vpcSecurityGroupIds=urn("nodes")),
        state(
            NODES,
            "workers",
            {
                "instanceTypes": ["m5.large"],
                "amiType": "AL2023_x86_64_STANDARD",
                "scalingConfig": {"desiredSize": 2},
                "subnetIds": ["subnet-1"],
                "launchTemplate": {"id": UNKNOWN},
            },
            launchTemplate=urn("template", TEMPLATE),
        ),
        state(NODES, "plain", {"subnetIds": UNKNOWN, "instanceTypes": UNKNOWN}),
        state(NODES, "partly", {"subnetIds": ["subnet-1", UNKNOWN]}),
    )
    workers, plain, partly = known("nodes", snapshot.node_groups)
    assert (workers.instance_types, workers.desired_count) == (("m5.large",), 2)
    assert (workers.security_group_ids, workers.subnet_ids) == (("nodes",), ("subnet-1",))
    assert isinstance(workers.max_pods, Unknown)
    assert (plain.max_pods, plain.kernel_settings) == (None, {})
    unknown = (
        plain.subnet_ids,
        plain.instance_types,
        plain.security_group_ids,
        plain.ami_type,
        partly.subnet_ids,
    )
    assert all(isinstance(one, Unknown) for one in unknown)
    assert isinstance(plain.desired_count, Unknown)


def test_fargate_profiles() -> None:
    snapshot = picture(
        state(FARGATE, "a", {"selectors": [{"namespace": "shop", "labels": {"app": "ui"}}]}),
        state(FARGATE, "b", {"selectors": UNKNOWN}),
    )
    first, second = known("profiles", snapshot.fargate_profiles)
    assert first.selectors == (("shop", {"app": "ui"}),)
    assert isinstance(second.selectors, Unknown)


def test_kubernetes_objects_with_groups_to_be_made() -> None:
    metadata = {"namespace": "shop", "name": "ui"}
    selector = {"podSelector": {"matchLabels": {"app": "ui"}}}
    template = {
        "metadata": {"labels": {"app": "ui"}},
        "spec": {"serviceAccountName": "ui", "hostNetwork": UNKNOWN},
    }
    snapshot = picture(
        state(GROUP, "pods"),
        state(
            POLICY,
            "policy",
            {"metadata": metadata, "spec": {**selector, "securityGroups": {"groupIds": [UNKNOWN]}}},
            spec=urn("pods"),
        ),
        state(
            POLICY, "secret", {"metadata": {"name": SECRET}, "spec": {"securityGroups": {"groupIds": SECRET}}}
        ),
        state(DEPLOYMENT, "ui", {"metadata": metadata, "spec": {"replicas": 2, "template": template}}),
        state(ACCOUNT, "account", {"metadata": metadata}),
        state(ACCOUNT, "other", {"metadata": UNKNOWN}),
        state(IDENTITY, "identity", {"namespace": "shop", "serviceAccount": "ui"}),
        state("kubernetes:helm.sh/v3:Release", "chart"),
        state("kubernetes:yaml:ConfigFile", "file"),
    )
    policy, secret = known("policies", snapshot.policies)
    assert policy.group_ids == ("pods",)
    assert policy.depends_on == {"pods"}
    assert (secret.name, secret.group_ids) == ("secret", Unknown("it is a secret"))
    (pods,) = known("pods", snapshot.pod_sets)
    assert (pods.replicas, pods.labels, pods.service_account) == (2, {"app": "ui"}, "ui")
    assert pods.is_host_network == Unknown("it is known after the update")
    assert pods.place.urn == urn("ui", DEPLOYMENT)
    account, other = known("accounts", snapshot.service_accounts)
    assert account.has_pod_identity is True
    assert (other.name, isinstance(other.has_pod_identity, Unknown)) == ("other", True)


def test_the_vpc_cni_of_a_daemon_set() -> None:
    pod = {"containers": [{"name": "aws-node", "image": "cni:v1.20.0", "env": [{"name": "A", "value": "b"}]}]}
    daemons = {
        "metadata": {"namespace": "kube-system", "name": "aws-node"},
        "spec": {"template": {"spec": {**pod, "initContainers": [{"name": "aws-vpc-cni-init"}]}}},
    }
    snapshot = picture(state("kubernetes:apps/v1:DaemonSet", "cni", daemons))
    assert known("VPC CNI", snapshot.vpc_cni).env == {"A": "b"}
