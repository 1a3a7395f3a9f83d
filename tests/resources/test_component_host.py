"""What other languages send to the components, and what they are told when it does not hold."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.errors import InputPropertiesError
from pulumi.provider.server import ComponentInitError

from podsg.errors import InputError
from podsg.model import InterfaceEndpoint, parse_environment
from podsg.resources import Environment, Network, SecurityGroupsForPods
from podsg.resources.component_host import ComponentHost
from podsg.resources.spec_args import EnvironmentSpecArgs

from .graph import Answers, Graph, register

HOST = ComponentHost([Environment, Network, SecurityGroupsForPods])
Values = dict[str, Any]


def mapped(component: str, inputs: Values) -> Values:
    return dict(HOST.map_inputs(inputs, HOST._component_defs[component]))


def refused(component: str, inputs: Values) -> dict[str, tuple[str, str]]:
    with pytest.raises(InputError) as error:
        mapped(component, inputs)
    return {problem.path: (problem.found, problem.allowed) for problem in error.value.problems}


ENVIRONMENT: Values = {
    "name": "dev",
    "network": {"cidr": "10.42.0.0/16", "zoneCount": 2.0, "interfaceEndpoints": ["ecr.api", "sts"]},
    "cluster": {"vpcCni": {"enforcingMode": "standard", "extraEnv": {"WARM_ENI_TARGET": "1"}}},
    "nodeGroups": {"big-nodes": {"instanceTypes": ["m5.large"], "desiredCount": 1.0}},
    "workloads": {
        "ui": {
            "namespace": "ui",
            "podSelector": {"app_name": "ui", "zone_count": "2"},
            "ports": [8080.0],
            "ingressFrom": [{"cidr": "10.0.0.0/8", "ports": [443.0]}],
        }
    },
    "tags": {"cost_center": "7"},
}


def test_names_are_renamed_and_those_that_people_chose_are_not() -> None:
    # given an environment as another language sends it, when mapped
    spec = mapped("Environment", {"spec": ENVIRONMENT})["spec"]

    # then names of fields are Python's, at every depth, and keys of maps are as they were
    assert spec["network"]["zone_count"] == 2
    assert spec["cluster"]["vpc_cni"] == {"enforcing_mode": "standard", "extra_env": {"WARM_ENI_TARGET": "1"}}
    assert spec["node_groups"] == {"big-nodes": {"instance_types": ["m5.large"], "desired_count": 1}}
    assert spec["workloads"]["ui"]["pod_selector"] == {"app_name": "ui", "zone_count": "2"}
    assert spec["workloads"]["ui"]["ingress_from"] == [{"cidr": "10.0.0.0/8", "ports": [443]}]
    assert spec["tags"] == {"cost_center": "7"}

    # then it reads as the environment that was meant
    read = parse_environment(spec)
    assert read.network is not None
    assert [endpoint.value for endpoint in read.network.interface_endpoints] == ["ecr.api", "sts"]


# Python programs may write the values of enums as text: the type checker of this project reads this too.
TYPED: EnvironmentSpecArgs = {
    "name": "dev",
    "network": {
        "cidr": "10.42.0.0/16",
        "nat": "single",
        "interface_endpoints": [InterfaceEndpoint.STS, "ec2"],
    },
    "cluster": {"vpc_cni": {"enforcing_mode": "strict"}},
    "node_groups": {"workers": {"instance_types": ["m5.large"]}},
    "databases": {"catalog": {"engine": "mysql", "version": "8.4", "instance_class": "db.t4g.micro"}},
}


def test_a_typed_program_reads_as_it_is_written() -> None:
    # given a description that type checkers accept, when read, then it holds
    read = parse_environment(TYPED)
    assert read.network is not None
    assert read.network.interface_endpoints == [InterfaceEndpoint.STS, InterfaceEndpoint.EC2]


WORKLOAD: Values = {
    "workload": "ui",
    "spec": {"namespace": "ui", "podSelector": {"app": "ui"}},
    "namespace": "ui",
    "podSecurityGroupId": "sg-1",
    "clusterSecurityGroupId": "sg-2",
    "nodeSecurityGroupId": "sg-3",
}


def test_whole_numbers_arrive_as_such() -> None:
    # given numbers as the wire has them, in lists and in maps, when mapped, then they are whole
    databases = {"my_catalog": {"securityGroupId": "sg-4", "port": 3306.0}}
    found = mapped(
        "SecurityGroupsForPods", {**WORKLOAD, "databases": databases, "callers": {"ui": [80.0, 443.0]}}
    )
    assert found["databases"] == {"my_catalog": {"security_group_id": "sg-4", "port": 3306}}
    numbers = [found["databases"]["my_catalog"]["port"], *found["callers"]["ui"]]
    assert [type(number) for number in numbers] == [int, int, int]


def test_what_is_left_out_stays_left_out() -> None:
    # given an input that is null, when mapped, then it is as if nobody had written it
    assert "tags" not in mapped("Network", {"spec": {"cidr": "10.0.0.0/16"}, "tags": None})


SHAPES: dict[str, tuple[Values, str, str, str]] = {
    "misspelt": (
        {"spec": {"cidr": "c", "zoneCuont": 2}},
        "spec.zoneCuont",
        "an unknown key",
        "zoneCount, the n",
    ),
    "Python's name": (
        {"spec": {"cidr": "c", "zone_count": 2}},
        "spec.zone_count",
        "an unknown key",
        "zoneCount",
    ),
    "nothing like it": ({"spec": {"cidr": "c", "q": 2}}, "spec.q", "an unknown key", "cidr, zoneCount"),
    "at the top": ({"spec": {"cidr": "c"}, "tag": {}}, "tag", "an unknown key", "tags"),
    "missing": ({"spec": {}}, "spec.cidr", "nothing", "a value"),
    "missing at the top": ({}, "spec", "nothing", "a value"),
    "no mapping": (
        {"spec": "10.0.0.0/16"},
        "spec",
        '"10.0.0.0/16"',
        "a mapping with the keys cidr, zoneCount",
    ),
    "no text": ({"spec": {"cidr": 10.0}}, "spec.cidr", "10.0", "text"),
    "no whole number": ({"spec": {"cidr": "c", "zoneCount": 2.5}}, "spec.zoneCount", "2.5", "a whole number"),
    "no number": ({"spec": {"cidr": "c", "zoneCount": True}}, "spec.zoneCount", "true", "a whole number"),
    "no list": ({"spec": {"cidr": "c", "zones": "a"}}, "spec.zones", '"a"', "a list"),
    "no item": ({"spec": {"cidr": "c", "zones": ["a", 1.0]}}, "spec.zones[1]", "1.0", "text"),
    "no map": ({"spec": {"cidr": "c"}, "tags": ["a"]}, "tags", "a list of 1 item", "a mapping"),
    "no entry": ({"spec": {"cidr": "c"}, "tags": {"a": 1.0}}, "tags.a", "1.0", "text"),
    "no choice": (
        {"spec": {"cidr": "c", "nat": "sinlge"}},
        "spec.nat",
        '"sinlge"',
        "single, per_zone or none",
    ),
    "no choice in a list": (
        {"spec": {"cidr": "c", "interfaceEndpoints": ["sts", "s3"]}},
        "spec.interfaceEndpoints[1]",
        '"s3"',
        "autoscaling, ",
    ),
}


@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_a_wrong_shape_is_refused(case: str) -> None:
    # given a network with one wrong key or value, when mapped, then it alone is told, with what is allowed
    inputs, path, found, allowed = SHAPES[case]
    problems = refused("Network", inputs)
    assert set(problems) == {path}
    assert problems[path][0] == found
    assert problems[path][1].startswith(allowed)


def test_all_wrong_shapes_are_told_at_once() -> None:
    # given several mistakes at different places, when mapped, then each is there
    inputs = {"spec": {"zoneCount": "2", "nat": 1.0}, "tag": {}}
    assert set(refused("Network", inputs)) == {"tag", "spec.cidr", "spec.zoneCount", "spec.nat"}


def construct(component: str, name: str, inputs: Values, answers: Answers | None = None) -> Graph:
    return register(lambda: HOST.construct(name, f"podsg:index:{component}", inputs), answers)


def test_outputs_may_come_where_the_schema_says_so() -> None:
    # given an id that comes later and a range that comes later
    def program() -> None:
        later = pulumi.Output.from_input("sg-0123456789abcdef0")
        found = mapped("SecurityGroupsForPods", {**WORKLOAD, "podSecurityGroupId": later})
        assert found["pod_security_group_id"] is later
        spec = {**WORKLOAD["spec"], "securityGroupIds": [later]}
        found = mapped("SecurityGroupsForPods", {**WORKLOAD, "spec": spec})
        assert found["spec"]["security_group_ids"] == [later]
        together = pulumi.Output.from_input(["sg-0123456789abcdef0"])
        spec = {**WORKLOAD["spec"], "securityGroupIds": together}
        found = mapped("SecurityGroupsForPods", {**WORKLOAD, "spec": spec})
        assert found["spec"]["security_group_ids"] is together
        problems = refused("Network", {"spec": {"cidr": pulumi.Output.from_input("10.0.0.0/16")}})

        # then the id passes, and the range, which decides on what is made, is refused
        assert problems == {
            "spec.cidr": ("a secret, or a value that comes later", "a value that is known from the start")
        }

    # when both are mapped
    register(program)


def test_a_component_is_made_and_gives_its_outputs() -> None:
    # given a network as another language sends it, when made, then it is the network that Python makes
    found: list[Values] = []

    def program() -> None:
        made = HOST.construct(
            "office", "podsg:index:Network", {"spec": {"cidr": "10.0.0.0/16", "zoneCount": 2.0}}
        )
        found.append(dict(made.state))

    graph = register(program)
    assert len(graph.of_type("aws:ec2/subnet:Subnet")) == 4
    assert {"vpcId", "privateSubnetIds", "publicSubnetIds"} <= set(found[0])


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"cidr": "10.0.0.0/16", "zoneCuont": 2},
            r"office\.spec\.zoneCuont: found an unknown key; allowed: zoneCount",
        ),
        ({"cidr": "10.0.0.0/16", "zoneCount": 9.0}, r"office\.spec\.zoneCount: found 9; allowed: 2 to 6"),
    ],
)
def test_a_refusal_is_text_for_people(spec: Values, told: str) -> None:
    # given a wrong shape or value, when the component is made, then the engine gets text and no traceback
    with pytest.raises(InputPropertiesError, match=told) as error:
        construct("Network", "office", {"spec": spec})
    assert "components/schema.json" in error.value.message
    assert "_" not in error.value.message
    assert error.value.__suppress_context__


def test_an_error_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a component with a bug, when it is made, then the bug is not taken for a refused input
    def buggy(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(HOST._components, "Network", buggy)
    with pytest.raises(ComponentInitError) as error:
        construct("Network", "office", {"spec": {"cidr": "10.0.0.0/16"}})
    assert isinstance(error.value.inner, ZeroDivisionError)
