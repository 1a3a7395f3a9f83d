"""The ways to make an environment: each part made here or used as it exists, and what goes with what."""

from __future__ import annotations

from typing import Any

import pytest

from podsg.errors import InputError
from podsg.model import (
    EnvironmentSpec,
    created_namespaces,
    database_access,
    database_ports,
    has_pod_subnets,
    parse_environment,
    protected,
)
from tests.pure.environments import (
    GROUPS,
    SUBNETS,
    all_made_here,
    in_existing_network,
    workloads_alone,
)

NODES = {"workers": {"instance_types": ["m5.large"]}}
WORKLOADS = {"ui": {"namespace": "ui", "pod_selector": {"app": "ui"}}}
LEAST: dict[str, dict[str, Any]] = {
    "all made here": {
        "name": "dev",
        "network": {"cidr": "10.42.0.0/16"},
        "cluster": {},
        "node_groups": NODES,
    },
    "network exists": {
        "name": "dev",
        "existing_network": {"vpc_id": "vpc-01234567", "private_subnet_ids": SUBNETS},
        "cluster": {},
        "node_groups": NODES,
    },
    "network, cluster and database exist": {
        "name": "dev",
        "existing_network": {"vpc_id": "vpc-01234567"},
        "existing_cluster": {"name": "platform"},
        "existing_databases": {
            "orders": {"address": "orders.example.com", "port": 5432, "security_group_id": "sg-01234567"}
        },
        "workloads": {"ui": {**WORKLOADS["ui"], "databases": ["orders"]}},
    },
}


def problems_of(raw: object, region: str | None = None) -> list[str]:
    with pytest.raises(InputError) as refused:
        parse_environment(raw, region=region)
    return [f"{problem.path}: {problem.found}" for problem in refused.value.problems]


@pytest.mark.parametrize("way", LEAST)
def test_each_way_passes_with_nothing_but_what_it_needs(way: str) -> None:
    # given the least that makes an environment, when read, then it passes
    assert parse_environment(LEAST[way]).name == "dev"


@pytest.mark.parametrize(("way", "key"), [(way, key) for way, raw in LEAST.items() for key in raw])
def test_each_way_needs_all_of_it(way: str, key: str) -> None:
    # given the least without one part; workloads alone are what the last way is for, and need not be there
    raw = {part: value for part, value in LEAST[way].items() if part != key}

    # when read, then it is refused
    if key == "workloads":
        assert parse_environment(raw).workloads == {}
    else:
        assert problems_of(raw)


def test_workloads_alone_make_nothing_else() -> None:
    # given workloads on a network, a cluster and a database that exist
    spec = parse_environment(workloads_alone())

    # when asked what is made, then there is no part but the workloads, and the grant goes to what exists
    assert (spec.network, spec.cluster, spec.node_groups, spec.databases) == (None, None, {}, {})
    assert created_namespaces(spec) == ()
    assert database_ports(spec) == {"orders": 5432}
    assert [(entry.workload, entry.database, entry.port) for entry in database_access(spec)] == [
        ("orders", "orders", 5432)
    ]


def test_nodes_and_databases_can_be_made_beside_a_cluster_that_exists() -> None:
    # given a cluster that exists, and node groups and databases to make in its network
    raw = workloads_alone()
    raw["existing_network"]["private_subnet_ids"] = SUBNETS
    raw["node_groups"] = NODES
    raw["databases"] = {"catalog": {"engine": "mysql", "version": "8.4", "instance_class": "db.m5.large"}}

    # when read, then it passes, and databases of both kinds have a port
    assert database_ports(parse_environment(raw)) == {"catalog": 3306, "orders": 5432}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (all_made_here(), False),
        (in_existing_network(), True),
        (workloads_alone(), False),
        ({**all_made_here(), "network": {"cidr": "10.42.0.0/16", "pod_cidr": "100.64.0.0/16"}}, True),
    ],
    ids=["none", "existing", "alone", "own"],
)
def test_subnets_for_pods_are_seen(raw: dict[str, Any], *, expected: bool) -> None:
    # given a network with or without subnets for pods, when asked, then the answer is right
    assert has_pod_subnets(parse_environment(raw)) is expected


def test_an_environment_without_network_has_no_subnets_for_pods() -> None:
    # given an environment that is not checked yet, when asked, then there are none
    assert not has_pod_subnets(EnvironmentSpec(name="dev"))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("part", "expected"), [(None, None), (True, True), (False, False)])
def test_one_setting_protects_what_says_nothing_itself(
    *, whole: bool, part: bool | None, expected: bool | None
) -> None:
    # given a setting for all, and a part with or without one of its own
    raw = all_made_here()
    raw["deletion_protection"] = whole
    if part is not None:
        raw["cluster"]["deletion_protection"] = raw["databases"]["catalog"]["deletion_protection"] = part
    spec = parse_environment(raw)

    # when asked, then the own one wins
    assert spec.cluster is not None
    for it in (spec.cluster, spec.databases["catalog"]):
        assert protected(spec, it) is (whole if expected is None else expected)


def test_a_cluster_that_exists_is_in_a_network_that_exists() -> None:
    # given a cluster that exists, and a network to be made
    raw = workloads_alone()
    del raw["existing_network"]
    raw["network"] = {"cidr": "10.42.0.0/16"}

    # when read, then it is refused once
    assert problems_of(raw) == ["existing_cluster: a cluster beside a network made here"]


def test_custom_networking_needs_subnets_for_pods() -> None:
    # given custom networking in a network that exists, without such subnets
    raw = in_existing_network()
    del raw["existing_network"]["pod_subnet_ids"]
    raw["cluster"]["vpc_cni"] = {"custom_networking": True}

    # when read, then it is refused; with false it passes
    assert problems_of(raw) == ["cluster.vpc_cni.custom_networking: true without subnets for pods"]
    raw["cluster"]["vpc_cni"] = {"custom_networking": False}
    assert not has_pod_subnets(parse_environment(raw))


def test_two_databases_behind_one_group_and_port_are_one_for_a_workload() -> None:
    # given grants to two databases whose rules would be the same, and to one on another port
    raw = workloads_alone()
    orders = raw["existing_databases"]["orders"]
    raw["existing_databases"] |= {
        "reports": {**orders, "address": "b.example"},
        "old": {**orders, "port": 5433},
    }
    raw["workloads"]["orders"]["databases"] = ["orders", "old", "reports"]

    # when read, then the second of the same is told
    assert problems_of(raw) == [
        'workloads.orders.databases[2]: "reports", which has the security group and the port of orders'
    ]


def test_two_databases_made_here_in_one_group_are_one_for_a_workload() -> None:
    # given two databases made here in one group, with the port of their engine
    raw = in_existing_network()
    catalog = raw["databases"]["catalog"]
    raw["databases"]["orders"] = {**catalog, "port": 5432}
    raw["workloads"]["catalog"]["databases"] = ["catalog", "orders"]

    # when read, then the second is told; a workload with one of them passes
    assert problems_of(raw) == [
        'workloads.catalog.databases[1]: "orders", which has the security group and the port of catalog'
    ]
    raw["workloads"]["catalog"]["databases"] = ["orders"]
    assert parse_environment(raw).databases["orders"].security_group_id == GROUPS[1]


ZONES = ["us-west-2a", "us-west-2b", "us-west-2c"]


@pytest.mark.parametrize(("region", "told"), [("us-west-2", []), ("eu-west-1", [0, 1, 2]), (None, [])])
def test_zones_are_of_the_region_of_the_stack(region: str | None, told: list[int]) -> None:
    # given zones of one region, and a stack in that region, in another one, in one that is not known
    raw = all_made_here()
    raw["network"] |= {"zones": ZONES}

    # when read, then zones elsewhere are told one by one
    if told:
        assert problems_of(raw, region) == [f'network.zones[{index}]: "{ZONES[index]}"' for index in told]
    else:
        assert parse_environment(raw, region=region).name == "dev"


def test_zones_of_two_regions_are_told_against_that_of_the_stack() -> None:
    # given a stack in the region of the second zone
    raw = all_made_here()
    raw["network"] |= {"zones": ["eu-west-1a", *ZONES[1:]]}

    # when read, then the first zone is wrong, not the others; one that is malformed is not judged
    assert problems_of(raw, "us-west-2") == ['network.zones[0]: "eu-west-1a"']
    raw["network"]["zones"][0] = "eu-west-1"
    assert problems_of(raw, "us-west-2") == ['network.zones[0]: "eu-west-1"']


def test_a_malformed_first_zone_says_nothing_about_the_others() -> None:
    # given a first zone that is none, when read, then the others are not measured by it
    raw = all_made_here()
    raw["network"] |= {"zones": [7, "us-east-1a", "us-east-1b"]}
    assert problems_of(raw) == ["network.zones[0]: 7"]


def test_subnets_for_pods_are_in_the_region_of_the_stack() -> None:
    # given subnets for pods in another region than the stack, when read, then each is told
    assert problems_of(in_existing_network(), "us-west-1") == [
        'existing_network.pod_subnet_ids.us-west-2a: "us-west-2a"',
        'existing_network.pod_subnet_ids.us-west-2b: "us-west-2b"',
    ]


def test_a_misspelt_part_is_not_told_as_missing_too() -> None:
    # given a network and a cluster under misspelt keys
    raw = all_made_here()
    raw["netwrok"] = raw.pop("network") | {"pod_cidr": "100.64.0.0/16"}
    cluster = raw["clutser"] = raw.pop("cluster")

    # when read, then the keys are told, not that there is neither network nor cluster
    assert problems_of(raw) == ["clutser: an unknown key", "netwrok: an unknown key"]

    # given a cluster that needs something of the network, when read, then it is not told to be missing there
    raw["cluster"] = cluster | {"vpc_cni": {"custom_networking": True}}
    del raw["clutser"]
    assert problems_of(raw) == ["netwrok: an unknown key"]


def test_node_groups_with_bad_names_are_not_told_as_missing_too() -> None:
    # given node groups with bad names alone, when read, then they are told, not that CoreDNS lacks nodes
    raw = all_made_here() | {"node_groups": {"Workers": {"instance_types": ["m5.large"]}}}
    assert problems_of(raw) == ['node_groups.Workers: the key "Workers"']


@pytest.mark.parametrize(
    ("cidr", "pod_cidr"),
    [
        ("10.42.0.0/16", "100.64.0.0/16"),
        ("10.42.0.0/16", "10.0.0.0/16"),
        ("10.1.0.0/16", "10.2.0.0/16"),
        ("10.42.0.0/16", "203.0.0.0/16"),
        ("172.20.0.0/16", "172.30.0.0/16"),
        ("192.168.0.0/17", "192.168.128.0/17"),
        ("100.64.0.0/16", "100.65.0.0/16"),
    ],
)
def test_what_aws_joins_to_a_vpc_passes(cidr: str, pod_cidr: str) -> None:
    # given a VPC and a network for pods that AWS lets it have, when read, then it passes
    raw = all_made_here() | {"network": {"cidr": cidr, "pod_cidr": pod_cidr}}
    assert has_pod_subnets(parse_environment(raw))
