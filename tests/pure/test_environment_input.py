"""Reading an environment: what passes, and how everything that does not is told at once."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsg.errors import InputError, PodsgError, Problem
from podsg.model import (
    DatabaseSpec,
    EnforcingMode,
    EnvironmentSpec,
    Later,
    LoginSpec,
    NetworkSpec,
    NodeGroupSpec,
    WorkloadSpec,
    created_namespaces,
    database_access,
    input_schema,
    parse_environment,
    parse_part,
    protected,
)
from podsg.model.cluster import ClusterSpec
from tests.pure.mistakes import MISTAKES, Location, make


def problems_of(raw: object) -> dict[str, str]:
    with pytest.raises(InputError) as refused:
        parse_environment(raw)
    return {problem.path: problem.allowed for problem in refused.value.problems}


def test_a_full_environment_passes(written: dict[str, Any]) -> None:
    # given an environment with every part, when it is read
    spec = parse_environment(written)

    # then values are as written, and the rest are defaults
    assert spec.network is not None
    assert spec.network.cidr == "10.42.0.0/16"
    assert spec.cluster is not None
    assert spec.cluster.vpc_cni.enforcing_mode is EnforcingMode.STRICT
    assert protected(spec, spec.cluster)
    assert protected(spec, spec.databases["catalog"])
    assert spec.cluster.login.args[:2] == ["eks", "get-token"]


def test_whole_floats_count_as_integers(written: dict[str, Any]) -> None:
    # given numbers as other languages hand them over
    written["network"]["zone_count"] = 2.0
    written["workloads"]["catalog"]["ports"] = (8080.0,)

    # when read
    spec = parse_environment(written)

    # then they are integers
    assert spec.network is not None
    assert (spec.network.zone_count, spec.workloads["catalog"].ports) == (2, [8080])


def test_the_input_itself_is_left_alone(written: dict[str, Any]) -> None:
    # given an input with mistakes
    written["network"]["zone_cuont"] = 3
    written["node_groups"] = {"A": {}}
    before = copy.deepcopy(written)

    # when it is refused
    problems_of(written)

    # then it is as before
    assert written == before


def test_a_finished_environment_is_judged_again(written: dict[str, Any]) -> None:
    # given a model made without the checks between parts
    written["workloads"]["catalog"]["databases"] = ["orders"]
    spec = EnvironmentSpec.model_validate(written)

    # when it is read, then they are made up for
    assert list(problems_of(spec)) == ["workloads.catalog.databases[0]"]


def test_fifteen_mistakes_are_told_at_once(written: dict[str, Any]) -> None:
    # given fifteen mistakes of as many kinds all over the environment
    chosen = (
        "bad characters",
        "host bits",
        "too many zones",
        "unknown choice",
        "misspelt key",
        "old version",
        "open to everybody",
        "unknown mode",
        "no branch ENIs on t3.large",
        "too many nodes",
        "number for database version",
        "port out of range",
        "misspelt database",
        "port twice",
        "AWS tag",
    )
    cases = [case for case in MISTAKES if case.kind in chosen]
    for case in cases:
        make(written, case.location, case.value)

    # when read
    problems = problems_of(written)

    # then all fifteen are there, and nothing else
    assert len(cases) == 15
    assert set(problems) == {case.path for case in cases}


def test_checks_between_values_run_next_to_malformed_ones(written: dict[str, Any]) -> None:
    # given mistakes that only several values show, each beside a malformed neighbour
    make(written, ("node_groups", "workers", "desired_count"), 9)
    make(written, ("node_groups", "workers", "instance_types", 0), 7)
    make(written, ("node_groups", "workers", "instance_types", 2), "m6i.large")
    make(written, ("workloads", "catalog", "ingress_from", 0, "cidr"), "nonsense")
    make(written, ("workloads", "catalog", "databases", 1), "orders")
    make(written, ("workloads", "catalog", "databases", 2), 5)
    make(written, ("workloads", "ui"), {"namespace": 7, "ports": [80, 80]})

    # when read, then both kinds are told
    assert set(problems_of(written)) == {
        "node_groups.workers.desired_count",
        "node_groups.workers.instance_types[0]",
        "node_groups.workers.instance_types[2]",
        "workloads.catalog.ingress_from[0]",
        "workloads.catalog.ingress_from[0].cidr",
        "workloads.catalog.databases[1]",
        "workloads.catalog.databases[2]",
        "workloads.ui.namespace",
        "workloads.ui.pod_selector",
        "workloads.ui.ports[1]",
    }


def test_what_hangs_on_a_malformed_value_is_not_told(written: dict[str, Any]) -> None:
    # given values that make a check between values meaningless
    make(written, ("node_groups", "workers", "max_count"), "many")
    make(written, ("node_groups", "workers", "desired_count"), 9)
    make(written, ("databases", "catalog", "engine"), "oracle")
    make(written, ("databases", "catalog", "version"), "16")
    make(written, ("workloads", "catalog", "pod_selector"), {"-": "x"})

    # when read, then only the values are told
    assert set(problems_of(written)) == {
        "node_groups.workers.max_count",
        "databases.catalog.engine",
        'workloads.catalog.pod_selector["-"]',
    }


def test_a_misspelt_part_does_not_make_references_unknown(written: dict[str, Any]) -> None:
    # given databases under a misspelt key
    written["databses"] = written.pop("databases")

    # when read, then the key is told, not every grant
    problems = problems_of(written)
    assert list(problems) == ["databses"]
    assert problems["databses"].startswith("databases, the nearest of name,")


def test_the_only_group_under_a_bad_key_is_told_once(written: dict[str, Any]) -> None:
    # given one group with a bad name and a bad value
    written["node_groups"] = {"Workers": {"instance_types": ["m5.large"], "disk_gib": 1}}

    # when read, then name and value are told, not that there is no group
    assert set(problems_of(written)) == {"node_groups.Workers", "node_groups.Workers.disk_gib"}


def test_a_key_and_its_value_can_both_be_bad(written: dict[str, Any]) -> None:
    # given one tag with two mistakes
    written["tags"] = {"aws:team": 5}

    # when read
    with pytest.raises(InputError) as refused:
        parse_environment(written)

    # then both are told
    assert [problem.found for problem in refused.value.problems] == ["5", 'the key "aws:team"']


def test_references_into_nothing_say_so(written: dict[str, Any]) -> None:
    # given a grant, and no database at all
    del written["databases"]

    # when read, then there is nothing to choose from
    assert problems_of(written) == {
        "workloads.catalog.databases[0]": "one of the databases of this input: none, as databases is empty"
    }


def test_one_policy_name_twice_in_a_namespace(written: dict[str, Any]) -> None:
    # given two workloads whose policies would be the same object
    written["workloads"]["ui"] |= {"namespace": "catalog", "policy_name": "catalog-security-groups"}

    # when read, then the second is told
    assert problems_of(written) == {"workloads.ui.policy_name": "another name in namespace catalog"}


@pytest.mark.parametrize("raw", [None, "dev", [], 5])
def test_an_input_that_is_no_mapping(raw: object) -> None:
    # given no environment at all, when read
    with pytest.raises(InputError) as refused:
        parse_environment(raw)

    # then one line says what an environment is
    (problem,) = refused.value.problems
    assert problem.path == ""
    assert problem.allowed.startswith("a mapping with the keys name, network")


def test_the_report_has_head_lines_and_reference(written: dict[str, Any]) -> None:
    # given two mistakes
    make(written, ("network", "zone_count"), 9)
    make(written, ("databases", "catalog", "port"), 70000)

    # when the report is shown
    with pytest.raises(PodsgError) as refused:
        parse_environment(written)

    # then it is complete by itself
    assert str(refused.value).splitlines() == [
        "podsg:environment has 2 problems:",
        "  podsg:environment.databases.catalog.port: found 70000; allowed: 1150 to 65535",
        "  podsg:environment.network.zone_count: found 9; allowed: 2 to 6",
        "  See: stacks/stack.schema.json",
    ]


def test_the_report_masks_account_ids_and_cuts_long_values(written: dict[str, Any]) -> None:
    # given a wrong ARN and a very long name
    make(written, ("cluster", "admin_principal_arns", 0), "arn:aws:iam::123456789012:group/admin")
    make(written, ("name",), "x" * 300)

    # when shown
    with pytest.raises(InputError) as refused:
        parse_environment(written)

    # then neither the account nor the whole name is there
    found = {problem.path: problem.found for problem in refused.value.problems}
    assert found["cluster.admin_principal_arns[0]"] == '"arn:aws:iam::<account>:group/admin"'
    assert found["name"] == f'"{"x" * 59}…"'


def test_a_report_without_a_path_names_the_input_only() -> None:
    # given a problem of the input as a whole, when shown
    error = InputError([Problem("", "nothing", "a mapping")], "podsg:environment")

    # then the path is the input
    assert "  podsg:environment: found nothing; allowed: a mapping" in str(error).splitlines()


@pytest.mark.parametrize(
    ("model", "raw", "path"),
    [
        (NetworkSpec, {"cidr": "10.0.0.0/16", "private_prefix": 17}, "private_prefix"),
        (
            ClusterSpec,
            {"endpoint_access": {"public_cidrs": ["8.0.0.0/8"] * 2}},
            "endpoint_access.public_cidrs[1]",
        ),
        (NodeGroupSpec, {"instance_types": ["m5.large"], "max_count": 1}, "desired_count"),
        (DatabaseSpec, {"engine": "mysql", "version": "9", "instance_class": "db.m5.large"}, "version"),
        (WorkloadSpec, {"namespace": "shop"}, "pod_selector"),
    ],
)
def test_a_part_is_judged_by_itself(model: type[Any], raw: object, path: str) -> None:
    # given one part whose values do not fit together, when it is read alone
    with pytest.raises(InputError) as refused:
        parse_part(model, raw, "part")

    # then its path starts at the part
    assert [problem.path for problem in refused.value.problems] == [path]


def test_a_part_without_checks_of_its_own_passes() -> None:
    # given a part that no check looks at, when read, then it is there
    assert parse_part(LoginSpec, {"command": "login"}, "login").command == "login"


def test_namespaces_are_made_once(written: dict[str, Any]) -> None:
    # given three workloads in two namespaces, one of which exists
    written["workloads"]["jobs"] = {"namespace": "catalog", "pod_selector": {"app": "jobs"}}
    written["workloads"]["ui"]["create_namespace"] = False

    # when asked, then each namespace to make is there once
    assert created_namespaces(parse_environment(written)) == ("catalog",)


def test_access_is_sorted_by_database(written: dict[str, Any]) -> None:
    # given grants of two workloads
    written["databases"]["accounts"] = {
        "engine": "postgres",
        "version": "16",
        "instance_class": "db.m5.large",
    }
    written["workloads"]["ui"] |= {"databases": ["catalog", "accounts"], "pod_selector": {"app": "ui"}}

    # when listed
    access = database_access(parse_environment(written))

    # then they are in order, with port and selector
    assert [(entry.database, entry.workload, entry.port, entry.selector_text) for entry in access] == [
        ("accounts", "ui", 5432, "app=ui service account role=ui"),
        ("catalog", "catalog", 3306, "app.kubernetes.io/name=catalog"),
        ("catalog", "ui", 3306, "app=ui service account role=ui"),
    ]


STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        -1,
        2.5,
        "",
        "a b",
        [],
        {},
        ["a", 5],
        {"[key]": "[key]"},
        {"Bad Key": {}},
        Later(),
        [Later()],
    ]
)


@given(data=st.data())
def test_nothing_written_leads_to_another_error(data: st.DataObject) -> None:
    # given an environment with strange values and keys anywhere
    written = input_schema(EnvironmentSpec)["properties"]
    raw = {key: copy.deepcopy(node["examples"][0]) for key, node in written.items()}
    for _ in range(data.draw(st.integers(1, 5))):
        location: Location = data.draw(st.sampled_from(sorted(_places(raw), key=str)))
        make(raw, location, copy.deepcopy(data.draw(STRANGE)))

    # when read, then it passes or is refused with a report, and no other error comes out
    with contextlib.suppress(InputError):
        parse_environment(raw)


def _places(value: Any, at: Location = ()) -> list[Location]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = [place for step, entry in entries for place in _places(entry, (*at, step))]
    if isinstance(value, dict):
        found += [(*at, "Strange Key"), (*at, "[key]")]
    return [at, *found] if at else found
