"""Values that come while the engine works: taken for ids and ARNs of what exists, refused elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from podsg.errors import InputError
from podsg.model import Later, NodeGroupSpec, parse_environment, parse_part
from podsg.model.location import Location
from tests.pure.environments import GROUPS, all_made_here, in_existing_network, workloads_alone
from tests.pure.mistakes import make
from tests.pure.mistakes.mistake import Start

KNOWN = "a value that is known before anything is made: "


def problems_of(raw: object) -> dict[str, str]:
    with pytest.raises(InputError) as refused:
        parse_environment(raw)
    return {problem.path: problem.found for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("start", "location"),
    [
        (all_made_here, ("network", "flow_log_group_arn")),
        (all_made_here, ("network", "flow_log_role_arn")),
        (in_existing_network, ("existing_network", "vpc_id")),
        (in_existing_network, ("existing_network", "private_subnet_ids")),
        (in_existing_network, ("existing_network", "private_subnet_ids", 0)),
        (in_existing_network, ("existing_network", "private_subnet_ids", 1)),
        (in_existing_network, ("existing_network", "pod_subnet_ids", "us-west-2a")),
        (in_existing_network, ("cluster", "key_arn")),
        (in_existing_network, ("cluster", "role_arn")),
        (in_existing_network, ("cluster", "node_security_group_id")),
        (in_existing_network, ("node_groups", "workers", "role_arn")),
        (in_existing_network, ("databases", "catalog", "key_arn")),
        (in_existing_network, ("databases", "catalog", "security_group_id")),
        (in_existing_network, ("workloads", "catalog", "security_group_ids")),
        (in_existing_network, ("workloads", "catalog", "security_group_ids", 1)),
        (workloads_alone, ("existing_cluster", "name")),
        (workloads_alone, ("existing_cluster", "node_security_group_id")),
        (workloads_alone, ("existing_cluster", "oidc_provider_arn")),
        (workloads_alone, ("existing_databases", "orders", "address")),
        (workloads_alone, ("existing_databases", "orders", "security_group_id")),
        (workloads_alone, ("existing_databases", "orders", "secret_arn")),
    ],
)
def test_an_id_or_arn_may_come_later(start: Start, location: Location) -> None:
    # given a value that comes later at a place for an id or ARN
    written = start()
    make(written, location, Later())
    if "egress_to" in location:
        del written["workloads"]["ui"]["egress_to"][0]["cidr"]

    # when read, then it passes
    assert parse_environment(written).name == written["name"]


def test_all_of_them_may_come_later_at_once() -> None:
    # given a list, an item, an entry and single values that come later
    written = in_existing_network()
    written["existing_network"] = {
        "vpc_id": Later(),
        "private_subnet_ids": Later(),
        "pod_subnet_ids": {"us-west-2a": Later(), "us-west-2b": Later()},
    }
    written["workloads"]["catalog"]["security_group_ids"] = [Later(), Later()]
    written["workloads"]["ui"]["security_group_ids"] = Later()

    # when read
    spec = parse_environment(written)

    # then what stands in is of the right kind, and is not compared with anything
    assert spec.existing_network is not None
    assert set(spec.existing_network.pod_subnet_ids) == {"us-west-2a", "us-west-2b"}
    assert spec.workloads["catalog"].security_group_ids[0].startswith("sg-")


def test_a_part_by_itself_takes_them_too() -> None:
    # given a node group whose role comes later, when read alone, then it passes
    spec = parse_part(NodeGroupSpec, {"instance_types": ["m5.large"], "role_arn": Later()}, "workers")
    assert spec.role_arn


@pytest.mark.parametrize(
    ("location", "allowed"),
    [
        (("name",), "lower-case letters, digits"),
        (("network",), "a mapping with the keys cidr"),
        (("network", "cidr"), "an IPv4 network of /16 to /20"),
        (("network", "zone_count"), "2 to 6"),
        (("network", "nat"), "single, per_zone or none"),
        (("network", "interface_endpoints"), "a list of 0 to 12 items"),
        (("cluster", "create_log_group"), "true or false"),
        (("cluster", "vpc_cni", "extra_env", "WARM_ENI_TARGET"), "text, in quotes"),
        (("workloads",), "a mapping of 0 to 2500 entries"),
        (("workloads", "catalog", "databases", 0), "lower-case letters, digits"),
        (("existing_network", "pod_subnet_ids"), "a mapping of 0 to 6 entries"),
    ],
)
def test_what_the_plan_rests_on_must_be_known(location: Location, allowed: str) -> None:
    # given a value that comes later at a place that decides what is made
    written = in_existing_network() if location[0] == "existing_network" else all_made_here()
    make(written, location, Later())

    # when read
    with pytest.raises(InputError) as refused:
        parse_environment(written)

    # then it is refused in words that say so, once
    (problem,) = refused.value.problems
    assert problem.found == "a value that comes later"
    assert problem.allowed.startswith(f"{KNOWN}{allowed}")


def test_an_environment_that_comes_later_is_refused() -> None:
    # given nothing but a value that comes later, when read, then it is refused as a whole
    assert problems_of(Later()) == {"": "a value that comes later"}


def test_a_misspelt_key_is_told_whatever_its_value() -> None:
    # given a value that comes later under a misspelt key
    written = in_existing_network()
    written["cluster"]["key_anr"] = written["cluster"].pop("key_arn")
    written["cluster"]["key_anr"] = Later()

    # when read, then the key is told
    assert problems_of(written) == {"cluster.key_anr": "an unknown key"}


def test_other_problems_of_the_same_part_are_told_nevertheless() -> None:
    # given values that come later in parts with mistakes that do not hang on them
    written: dict[str, Any] = in_existing_network()
    written["network"] = {"cidr": "10.42.0.0/16"}
    written["existing_cluster"] = {"name": Later()}
    written["existing_network"]["vpc_id"] = Later()
    written["existing_network"]["private_subnet_ids"] = []
    written["existing_databases"] = {
        "catalog": {"address": Later(), "port": 5432, "security_group_id": GROUPS[5]}
    }
    written["cluster"]["key_arn"] = Later()
    written["cluster"]["vpc_cni"] = {"custom_networking": False}
    written["databases"]["catalog"] |= {"key_arn": Later(), "instance_count": 1}
    written["databases"]["catalog-1"] = {
        "engine": "mysql",
        "version": "8.4",
        "instance_class": "db.m5.large",
        "key_arn": Later(),
    }
    written["node_groups"] = {
        "n" * 60: {
            "instance_types": ["m5.large"],
            "desired_count": 0,
            "min_count": 0,
            "role_arn": Later(),
        }
    }

    # when read, then they are told
    assert set(problems_of(written)) == {
        "existing_network",
        "existing_network.private_subnet_ids",
        "existing_cluster",
        "existing_databases.catalog",
        "databases.catalog-1",
        "node_groups",
        f"node_groups.{'n' * 60}",
    }


def test_a_value_that_comes_later_says_what_it_is() -> None:
    # given such a value, when shown, then the text needs no program to be understood
    assert str(Later()) == "a value that comes later"
