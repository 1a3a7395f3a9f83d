"""The network by itself: zones, subnets, ways out, endpoints, flow log."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pytest

from podsg.resources.network import Network

from .graph import Answers, Graph, register

GROUP_ARN = "arn:aws:logs:us-west-2:123456789012:log-group:/platform/flows"
ROLE_ARN = "arn:aws:iam::123456789012:role/platform"
POD_CIDR = "100.64.0.0/16"
SERVICES = ["ec2", "ecr.api", "ecr.dkr", "eks", "sts"]
# What nodes need while there is no NAT.
PRIVATE = {"nat": "none", "interface_endpoints": SERVICES}
# Names are for ever: another one would replace what people have.
NAMES = {
    "vpc",
    "default-group",
    "igw",
    *(f"{kind}-{number}" for kind in ("private", "public") for number in (1, 2)),
    *(f"{kind}-{number}-association" for kind in ("private", "public") for number in (1, 2)),
    "public-routes",
    "public-to-internet",
    "nat-1",
    "nat-1-address",
    "private-1-routes",
    "private-2-routes",
    "private-1-to-nat",
    "private-2-to-nat",
    "s3",
    "flow-log-group",
    "flow-log-role",
    "flow-log-policy",
    "flow-log",
}
POD_NAMES = {"pod-cidr", "pods-1", "pods-2", "pods-1-association", "pods-2-association"}
ENDPOINT_NAMES = {
    "endpoints",
    "endpoints-from-vpc",
    "ec2",
    "ecr-api",
    "ecr-dkr",
    "eks",
    "sts",
}
INTERNET_NAMES = {
    "igw",
    "public-1",
    "public-2",
    "public-routes",
    "public-to-internet",
    "public-1-association",
    "public-2-association",
}
NAT_NAMES = {"nat-1", "nat-1-address", "private-1-to-nat", "private-2-to-nat"}


def network(**fields: Any) -> Graph:
    """Register a network of two zones with these fields besides."""
    spec: Any = {"cidr": "10.0.0.0/16", "zone_count": 2, **fields}
    return register(lambda: Network("office", {"spec": spec, "tags": {"team": "it"}}))


def roles(graph: Graph) -> set[str]:
    """Return the names of what is made, without that of the network."""
    return {resource.name.removeprefix("office-") for resource in graph.custom().values()}


def inputs(graph: Graph, role: str) -> Mapping[str, Any]:
    return graph.named(f"office-{role}").inputs


def outputs(graph: Graph) -> Mapping[str, Any]:
    return graph.outputs_of("Network")


def ways_out(**fields: Any) -> set[str]:
    """Return the roles of what a node would wait for."""
    found: list[Network] = []
    spec: Any = {"cidr": "10.0.0.0/16", "zone_count": 2, **fields}

    def program() -> None:
        found.append(Network("office", {"spec": spec}))

    register(program)
    return {way._name.removeprefix("office-") for way in found[0].ways_out}


def test_names_and_parents_stay() -> None:
    # Given a network of which only the necessary is said, when it is registered
    graph = network()
    # Then everything has the name that it always had, and belongs to the network.
    assert roles(graph) == NAMES
    (component,) = graph.of_type("podsg:index:Network")
    assert {resource.parent for resource in graph.custom().values()} == {component.urn}


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ({"pod_cidr": POD_CIDR}, POD_NAMES),
        ({"interface_endpoints": SERVICES}, ENDPOINT_NAMES),
        (
            {"interface_endpoints": SERVICES, "pod_cidr": POD_CIDR},
            ENDPOINT_NAMES | POD_NAMES | {"endpoints-from-pods"},
        ),
    ],
)
def test_what_is_asked_for_later_changes_nothing(fields: dict[str, Any], more: set[str]) -> None:
    # Given a network, and the same with subnets for pods or endpoints
    before, after = network(), network(**fields)
    # When both are compared, then there is more, and nothing else differs.
    assert roles(after) - roles(before) == more
    assert {urn: after.by_urn[urn].inputs for urn in before.custom()} == {
        urn: resource.inputs for urn, resource in before.custom().items()
    }


def test_named_zones_are_used_in_their_order() -> None:
    # Given zones by name, not in the order of the alphabet
    graph = network(zones=["us-west-2d", "us-west-2b"], pod_cidr=POD_CIDR)
    # When the network is registered, then each kind of subnet is in them, in this order.
    for kind in ("private", "public", "pods"):
        found = [inputs(graph, f"{kind}-{number}")["availabilityZone"] for number in (1, 2)]
        assert found == ["us-west-2d", "us-west-2b"]
    assert outputs(graph)["zones"] == ["us-west-2d", "us-west-2b"]


def test_named_zones_give_the_count() -> None:
    # Given three zones by name and no count, when the network is registered, then it spreads over three.
    spec: Any = {"cidr": "10.0.0.0/16", "zones": ["us-west-2a", "us-west-2b", "us-west-2c"]}
    graph = register(lambda: Network("office", {"spec": spec}))
    assert len(graph.of_type("aws:ec2/subnet:Subnet")) == 6


class Counted(Answers):
    """AWS that keeps what it was asked to make."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[str] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.made.append(args.typ)
        return super().new_resource(args)


def refused(answers: Answers, *zones: str) -> str:
    """Return why a network in these zones is refused."""
    spec: Any = {"cidr": "10.0.0.0/16", "zones": list(zones)}
    with pytest.raises(pulumi.RunError) as refusal:
        register(lambda: Network("office", {"spec": spec}), answers)
    return str(refusal.value)


def test_zones_of_another_region_are_refused_before_anything_is_made() -> None:
    # Given zones of a region that is not the provider's
    answers = Counted()
    # When the network is registered
    text = refused(answers, "eu-west-1a", "eu-west-1b")
    # Then both are refused at once, with path, value and what is allowed, and AWS was asked for nothing.
    for index, zone in enumerate(("eu-west-1a", "eu-west-1b")):
        assert f'network.zones[{index}]: found "{zone}"; allowed: the zones of this region' in text
    assert "(us-west-2a, us-west-2b, us-west-2c, us-west-2d)" in text
    assert [kind for kind in answers.made if kind.startswith("aws:")] == []


def test_a_zone_that_the_region_does_not_offer_is_refused() -> None:
    # Given a zone of the region that it does not offer, when the network is registered, then it alone is
    # refused.
    text = refused(Answers(), "us-west-2a", "us-west-2f")
    assert 'network.zones[1]: found "us-west-2f"' in text
    assert "zones[0]" not in text


def test_subnets_have_the_networks_that_are_written_out() -> None:
    # Given networks of the subnets
    private, public = ["10.0.16.0/20", "10.0.0.0/20"], ["10.0.64.0/24", "10.0.65.0/24"]
    # When the network is registered, then each subnet has its own.
    graph = network(private_cidrs=private, public_cidrs=public)
    assert [inputs(graph, f"private-{number}")["cidrBlock"] for number in (1, 2)] == private
    assert [inputs(graph, f"public-{number}")["cidrBlock"] for number in (1, 2)] == public


def test_without_public_subnets_there_is_no_internet() -> None:
    # Given a network without public subnets and NAT
    private = ["10.0.0.0/20", "10.0.16.0/20"]
    graph = network(private_cidrs=private, public_cidrs=[], **PRIVATE)
    # When it is registered, then nothing leads to the internet or stands in its way.
    assert roles(graph) == (NAMES - INTERNET_NAMES - NAT_NAMES) | ENDPOINT_NAMES
    assert graph.of_type("aws:ec2/route:Route") == []
    assert outputs(graph)["public_subnet_ids"] == []


def test_without_nat_private_subnets_have_no_way_to_the_internet() -> None:
    # Given public subnets, and no NAT in them, when the network is registered
    graph = network(**PRIVATE)
    # Then the public subnets alone reach the internet; AWS is reached inside the VPC, S3 too.
    assert roles(graph) == (NAMES - NAT_NAMES) | ENDPOINT_NAMES
    (route,) = graph.of_type("aws:ec2/route:Route")
    assert route.inputs["routeTableId"] == "office-public-routes-id"
    assert inputs(graph, "s3")["routeTableIds"] == [
        "office-private-1-routes-id",
        "office-private-2-routes-id",
    ]


def test_pods_get_subnets_of_their_own() -> None:
    # Given a second network for pods, when it is registered
    graph = network(pod_cidr=POD_CIDR)
    # Then the VPC has it before its subnets, which are cut from it, one in each zone.
    assert inputs(graph, "pod-cidr") == {"vpcId": "office-vpc-id", "cidrBlock": POD_CIDR}
    for number, (zone, cidr) in enumerate(
        (("us-west-2a", "100.64.0.0/19"), ("us-west-2b", "100.64.32.0/19")), start=1
    ):
        subnet = graph.named(f"office-pods-{number}")
        assert (subnet.inputs["availabilityZone"], subnet.inputs["cidrBlock"]) == (zone, cidr)
        assert (subnet.inputs["vpcId"], subnet.inputs["mapPublicIpOnLaunch"]) == ("office-vpc-id", False)
        assert graph.waits_for(subnet, graph.named("office-pod-cidr"))
        # They use the way out of their zone, and take no load balancers.
        assert inputs(graph, f"pods-{number}-association") == {
            "routeTableId": f"office-private-{number}-routes-id",
            "subnetId": f"office-pods-{number}-id",
        }
        assert not [key for key in subnet.inputs["tags"] if key.startswith("kubernetes.io/")]


def test_pod_subnets_are_told_with_their_zones() -> None:
    # Given a network with subnets for pods
    found: dict[str, Any] = {}

    def program() -> None:
        spec: Any = {"cidr": "10.0.0.0/16", "zone_count": 2, "pod_cidr": POD_CIDR}
        pairs = Network("office", {"spec": spec}).pod_subnets
        pulumi.Output.all(*(part for pair in pairs for part in pair)).apply(
            lambda parts: found.update(zip(parts[::2], parts[1::2], strict=True))
        )

    # When a program asks for them, then it gets zone and id of each.
    register(program)
    assert found == {"us-west-2a": "office-pods-1-id", "us-west-2b": "office-pods-2-id"}


def test_endpoints_are_private_and_found_by_name() -> None:
    # Given services, when the network is registered
    graph = network(interface_endpoints=SERVICES)
    # Then each has an endpoint in every private subnet, behind one group, under the service's own name.
    for service in SERVICES:
        endpoint = dict(inputs(graph, service.replace(".", "-")))
        assert endpoint.pop("tags")["Name"] == f"office-{service.replace('.', '-')}"
        assert endpoint == {
            "vpcId": "office-vpc-id",
            "serviceName": f"com.amazonaws.us-west-2.{service}",
            "vpcEndpointType": "Interface",
            "privateDnsEnabled": True,
            "subnetIds": ["office-private-1-id", "office-private-2-id"],
            "securityGroupIds": ["office-endpoints-id"],
        }
    group = inputs(graph, "endpoints")
    assert group["description"] == "Interface endpoints of office"
    assert not {"ingress", "egress"} & group.keys()


def test_endpoints_are_reached_from_the_vpc_alone() -> None:
    # Given services and a network for pods, when it is registered
    graph = network(interface_endpoints=["sts"], pod_cidr=POD_CIDR)
    # Then there is a rule for the VPC and one for the pods, over HTTPS, and each says from whom to whom.
    rules = graph.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    found = {rule.name: (rule.inputs["cidrIpv4"], rule.inputs["description"]) for rule in rules}
    assert found == {
        "office-endpoints-from-vpc": (
            "10.0.0.0/16",
            "from 10.0.0.0/16 to the interface endpoints of office, 443/tcp",
        ),
        "office-endpoints-from-pods": (
            POD_CIDR,
            "from 100.64.0.0/16 to the interface endpoints of office, 443/tcp",
        ),
    }
    for rule in rules:
        ports = (rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"])
        assert (*ports, rule.inputs["securityGroupId"]) == ("tcp", 443, 443, "office-endpoints-id")
    assert graph.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule") == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {},
            {
                "nat-1",
                "private-1-to-nat",
                "private-2-to-nat",
                "private-1-association",
                "private-2-association",
                "s3",
            },
        ),
        (
            {**PRIVATE, "pod_cidr": POD_CIDR},
            (ENDPOINT_NAMES - {"endpoints"})
            | {"endpoints-from-pods", "s3", "pods-1-association", "pods-2-association"}
            | {"private-1-association", "private-2-association"},
        ),
    ],
)
def test_nodes_can_wait_for_every_way_out(fields: dict[str, Any], expected: set[str]) -> None:
    # Given a network with NAT, and one without it, when one asks for the ways out, then none is missing.
    assert ways_out(**fields) == expected


def test_nothing_is_public_by_itself() -> None:
    # Given a network with everything
    graph = network(pod_cidr=POD_CIDR, interface_endpoints=SERVICES, nat="per_zone")
    # When it is registered, then no subnet gives public addresses, and no rule lets in who is outside.
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in graph.of_type("aws:ec2/subnet:Subnet"))
    rules = graph.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {IPv4Network(rule.inputs["cidrIpv4"]).is_global for rule in rules} == {False}


def test_everything_with_tags_says_whose_it_is() -> None:
    # Given a network with everything, when it is registered, then only what takes no tags has none.
    graph = network(pod_cidr=POD_CIDR, interface_endpoints=SERVICES)
    untagged = {
        resource.type.rsplit(":", 1)[-1]
        for resource in graph.custom().values()
        if "tags" not in resource.inputs
    }
    assert untagged == {"Route", "RouteTableAssociation", "RolePolicy", "VpcIpv4CidrBlockAssociation"}
    for resource in graph.custom().values():
        tags = resource.inputs.get("tags")
        if tags:
            assert (tags["podsg:owner"], tags["team"], tags["Name"]) == ("podsg/dev", "it", resource.name)


def test_a_log_group_can_be_brought() -> None:
    # Given a log group that exists, when the network is registered
    graph = network(flow_log_group_arn=GROUP_ARN)
    # Then none is made, the flow log writes to it, and its role may do so.
    assert roles(graph) == NAMES - {"flow-log-group"}
    assert inputs(graph, "flow-log")["logDestination"] == GROUP_ARN
    assert graph.waits_for(graph.named("office-flow-log"), graph.named("office-flow-log-policy"))
    assert f'"Resource": ["{GROUP_ARN}", "{GROUP_ARN}:*"]' in inputs(graph, "flow-log-policy")["policy"]


def test_a_flow_log_role_can_be_brought() -> None:
    # Given a role that exists, when the network is registered, then it is used, and nothing of it is made.
    graph = network(flow_log_role_arn=ROLE_ARN)
    assert roles(graph) == NAMES - {"flow-log-role", "flow-log-policy"}
    assert inputs(graph, "flow-log")["iamRoleArn"] == ROLE_ARN
    assert graph.waits_for(graph.named("office-flow-log"), graph.named("office-flow-log-group"))


def test_both_can_come_from_the_same_program() -> None:
    # Given a log group and a role that other resources tell
    def program() -> None:
        group, role = (pulumi.Output.from_input(arn) for arn in (GROUP_ARN, ROLE_ARN))
        spec: Any = {"cidr": "10.0.0.0/16", "zone_count": 2}
        spec |= {"flow_log_group_arn": group, "flow_log_role_arn": role}
        Network("office", {"spec": spec})

    graph = register(program)
    # When the network is registered, then the flow log has both, and neither is made.
    assert roles(graph) == NAMES - {"flow-log-group", "flow-log-role", "flow-log-policy"}
    flow_log = inputs(graph, "flow-log")
    assert (flow_log["logDestination"], flow_log["iamRoleArn"]) == (GROUP_ARN, ROLE_ARN)


def test_outputs() -> None:
    # Given a network with subnets for pods, when it is registered, then it tells its parts in their order.
    assert outputs(network(pod_cidr=POD_CIDR)) == {
        "vpc_id": "office-vpc-id",
        "vpc_cidr": "10.0.0.0/16",
        "zones": ["us-west-2a", "us-west-2b"],
        "private_subnet_ids": ["office-private-1-id", "office-private-2-id"],
        "public_subnet_ids": ["office-public-1-id", "office-public-2-id"],
        "pod_subnet_ids": ["office-pods-1-id", "office-pods-2-id"],
    }
    assert outputs(network())["pod_subnet_ids"] == []
