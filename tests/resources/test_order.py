"""What has to be there before what; a destroy goes the other way."""

from __future__ import annotations

import pytest

from podsg.resources import node_group, security_groups_for_pods

from .graph import Graph, dev_environment, environment_of, register_environment

CLUSTER = "dev-cluster-control-plane"
NODES = "dev-workers-nodes"
PROVIDER = "dev-kubernetes"
NAMESPACE = "dev-namespace-catalog"
POLICY = "dev-catalog-policy"
GROUPS = ("dev-node", "dev-pod-catalog", "dev-database-catalog")
DRAIN, NODE_SWEEP, LAST_SWEEP, GATE = "dev-drain", "dev-node-sweep", "dev-last-sweep", "dev-catalog-gate"

# What nodes wait for through their component, which hands it on.
HANDED_ON = (
    "dev-network-nat-1",
    "dev-network-private-1-to-nat",
    "dev-network-private-2-to-nat",
    "dev-network-private-3-to-nat",
    "dev-network-private-1-association",
    "dev-cluster-vpc-cni",
    "dev-cluster-kube-proxy",
    "dev-cluster-eks-pod-identity-agent",
    # What nodes leave behind is swept while their cluster is there.
    "dev-node-sweep",
)

ORDERED_PAIRS = [
    # The provider asks the API once, and rights work only seconds after they are given: add-ons take longer.
    (PROVIDER, "dev-cluster-vpc-cni"),
    (PROVIDER, "dev-cluster-kube-proxy"),
    (PROVIDER, "dev-cluster-eks-pod-identity-agent"),
    ("dev-cluster-vpc-cni", "dev-cluster-admin-podsg-lab-25cff0dc-policy"),
    # Without access no Kubernetes object can be deleted.
    (PROVIDER, "dev-cluster-admin-podsg-lab-25cff0dc"),
    (PROVIDER, "dev-cluster-admin-podsg-lab-25cff0dc-policy"),
    (NAMESPACE, PROVIDER),
    (POLICY, PROVIDER),
    # Pods and policies go while there are nodes.
    (NAMESPACE, NODES),
    (POLICY, NODES),
    (POLICY, NAMESPACE),
    ("dev-coredns", NODES),
    # Nodes need their way out, their network plugin and their rights until they are gone.
    *((NODES, earlier) for earlier in HANDED_ON),
    (NODES, "dev-workers-role-worker-node"),
    (NODES, "dev-workers-role-cni"),
    (NODES, "dev-workers-role-registry"),
    (NODES, "dev-workers-template"),
    (NODES, CLUSTER),
    (NODES, "dev-node"),
    # The cluster works on branch ENIs until it is gone, and logs into a group that was there first.
    (CLUSTER, "dev-cluster-role-cluster-policy"),
    (CLUSTER, "dev-cluster-role-vpc-resource-controller"),
    (CLUSTER, "dev-cluster-log-group"),
    (CLUSTER, "dev-cluster-key"),
    (CLUSTER, "dev-network-private-1"),
    ("dev-cluster-oidc-provider", CLUSTER),
    # Addresses and gateways hold the internet gateway.
    ("dev-network-nat-1", "dev-network-igw"),
    ("dev-network-nat-1-address", "dev-network-igw"),
    ("dev-network-nat-1", "dev-network-public-to-internet"),
    # A group is referenced, or held by an interface.
    (POLICY, "dev-pod-catalog"),
    (POLICY, "dev-catalog-dns-udp-egress"),
    ("dev-catalog-database-catalog-ingress", "dev-pod-catalog"),
    ("dev-catalog-database-catalog-ingress", "dev-database-catalog"),
    ("dev-catalog-dns-tcp-ingress", CLUSTER),
    ("dev-catalog-instance", "dev-database-catalog"),
    ("dev-catalog-instance", "dev-catalog-subnets"),
    ("dev-catalog-instance", "dev-catalog-parameters"),
    ("dev-catalog-instance", "dev-catalog-error-log-group"),
    ("dev-catalog-instance", "dev-catalog-slowquery-log-group"),
    ("dev-network-flow-log", "dev-network-flow-log-group"),
    ("dev-network-flow-log", "dev-network-flow-log-policy"),
    # A destroy passes the gates in this order, and each while it can still see and delete what it has to.
    (DRAIN, POLICY),
    (DRAIN, NAMESPACE),
    (DRAIN, NODES),
    (DRAIN, "dev-coredns"),
    (DRAIN, "dev-catalog-instance"),
    (DRAIN, "dev-catalog-database-catalog-ingress"),
    (DRAIN, "dev-network-flow-log"),
    (POLICY, GATE),
    (GATE, "dev-pod-catalog"),
    (GATE, NODES),
    (GATE, "dev-cluster-admin-podsg-lab-25cff0dc-policy"),
    (NODE_SWEEP, CLUSTER),
    (CLUSTER, LAST_SWEEP),
    ("dev-catalog-instance", LAST_SWEEP),
    *((LAST_SWEEP, group) for group in GROUPS),
    *((LAST_SWEEP, f"dev-network-{kind}-{number}") for kind in ("private", "public") for number in (1, 2, 3)),
]


@pytest.mark.parametrize(("later", "earlier"), ORDERED_PAIRS)
def test_pair_is_a_dependency_path(dev: Graph, later: str, earlier: str) -> None:
    # Given the reference environment, when it is registered, then one waits for the other, never the reverse.
    assert dev.waits_for(dev.named(later), dev.named(earlier))
    assert not dev.waits_for(dev.named(earlier), dev.named(later))


def test_a_dependency_that_is_not_handed_on_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given components that keep what they wait for from their children
    for module in (node_group, security_groups_for_pods):
        monkeypatch.setattr(module, "handed_on", lambda own, _: own)
    # When the reference environment is registered
    graph = register_environment(dev_environment())
    # Then the pairs that come through a component fail: a parent hands nothing on by itself.
    missing = {
        (later, earlier)
        for later, earlier in ORDERED_PAIRS
        if not graph.waits_for(graph.named(later), graph.named(earlier))
    }
    assert missing == {(NODES, earlier) for earlier in HANDED_ON}
    assert graph.named(NODES).urn not in graph.named(POLICY).waits_for


def test_the_drain_gate_waits_for_everything(dev: Graph) -> None:
    # Given the reference environment, when it is registered, then a destroy changes nothing before the gate.
    gate = dev.named(DRAIN)
    earlier = {one.name for one in dev.custom().values() if dev.waits_for(gate, one)}
    assert {one.name for one in dev.custom().values()} - earlier == {DRAIN}


def test_a_policy_waits_for_nodes_by_itself(dev: Graph) -> None:
    # Given the reference environment, when one reads the policy's own dependencies, then the nodes are there.
    assert dev.named(NODES).urn in dev.named(POLICY).waits_for


@pytest.mark.parametrize("group", GROUPS)
def test_groups_are_made_before_the_cluster(dev: Graph, group: str) -> None:
    # Given a group, when one looks at its parent and at all it waits for, then the cluster is not among them.
    resource = dev.named(group)
    parent = dev.by_urn[resource.parent]
    assert parent.type == "podsg:index:Environment"
    assert not any(dev.waits_for(one, dev.named(CLUSTER)) for one in (resource, parent))


def test_nothing_waits_for_a_component() -> None:
    # Given an environment with several of each part
    environment = dev_environment()
    environment["node_groups"]["more"] = {"instance_types": ["m7g.large"]}
    environment["workloads"]["ui"] = {
        "namespace": "ui",
        "pod_selector": {"app": "ui"},
        "egress_to": [{"workload": "catalog", "ports": [8080]}],
    }
    # When it is registered
    graph = register_environment(environment)
    # Then no component is a dependency of anything: that would make an update wait for ever.
    components = {resource.urn for resource in graph if not resource.custom}
    assert len(components) == 8
    assert {resource.name for resource in graph if resource.waits_for & components} == set()


PROD_PAIRS = [
    # A node reads the ENIConfig of its zone once, when it starts; the add-on brings the kind.
    *(("prod-workers-nodes", f"prod-eni-config-us-west-2{letter}") for letter in "abc"),
    ("prod-eni-config-us-west-2a", "prod-cluster-vpc-cni"),
    ("prod-eni-config-us-west-2a", "prod-kubernetes"),
    ("prod-eni-config-us-west-2a", "prod-network-pods-1"),
    ("prod-eni-config-us-west-2a", "prod-node"),
    # Pods need their way out until they are gone, and nodes reach AWS through the endpoints.
    ("prod-workers-nodes", "prod-network-pods-1-association"),
    ("prod-workers-nodes", "prod-network-ecr-api"),
    ("prod-workers-nodes", "prod-network-sts"),
    ("prod-network-pods-1", "prod-network-pod-cidr"),
    ("prod-network-ecr-api", "prod-network-endpoints"),
    # The private endpoint is open before somebody beyond the VPC asks it.
    ("prod-kubernetes", "prod-cluster-api-from-10.0.0.0-8"),
    ("prod-orders-instance-1", "prod-orders-cluster"),
    ("prod-orders-cluster", "prod-orders-cluster-parameters"),
    ("prod-orders-cluster", "prod-orders-subnets"),
    ("prod-orders-cluster", "prod-database-orders"),
    ("prod-orders-cluster", "prod-orders-postgresql-log-group"),
]


@pytest.fixture(scope="module")
def prod() -> Graph:
    """What the production environment registers."""
    return register_environment(environment_of("prod"))


@pytest.mark.parametrize(("later", "earlier"), PROD_PAIRS)
def test_pair_of_prod_is_a_dependency_path(prod: Graph, later: str, earlier: str) -> None:
    # Given the production environment, when it is registered, then one waits for the other, never back.
    assert prod.waits_for(prod.named(later), prod.named(earlier))
    assert not prod.waits_for(prod.named(earlier), prod.named(later))


def test_every_custom_resource_belongs_to_a_component(dev: Graph) -> None:
    # Given the reference environment, when one looks at parents, then each is a component of podsg.
    parents = {dev.by_urn[resource.parent].type.split(":")[0] for resource in dev.custom().values()}
    assert parents == {"podsg"}


def test_every_node_group_carries_every_dependent() -> None:
    # Given two node groups
    environment = dev_environment()
    environment["node_groups"]["more"] = {"instance_types": ["c6g.large", "m6g.large"]}
    # When they are registered
    graph = register_environment(environment)
    # Then what needs nodes waits for both, and the image fits the architecture.
    for later in (NAMESPACE, POLICY, "dev-coredns"):
        for nodes in (NODES, "dev-more-nodes"):
            assert graph.waits_for(graph.named(later), graph.named(nodes))
    assert graph.named("dev-more-nodes").inputs["amiType"] == "AL2023_ARM_64_STANDARD"
    assert graph.named(NODES).inputs["amiType"] == "AL2023_x86_64_STANDARD"


def test_each_nat_gateway_is_waited_for() -> None:
    # Given a NAT gateway per zone
    environment = dev_environment()
    environment["network"]["nat"] = "per_zone"
    # When it is registered
    graph = register_environment(environment)
    # Then each zone has a route to its own, and the nodes wait for all.
    for number in (1, 2, 3):
        gateway = graph.named(f"dev-network-nat-{number}")
        route = graph.named(f"dev-network-private-{number}-to-nat")
        assert route.inputs["natGatewayId"] == f"{gateway.name}-id"
        assert graph.waits_for(graph.named(NODES), gateway)
