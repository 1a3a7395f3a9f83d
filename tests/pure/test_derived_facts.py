"""What follows from databases, node groups, names and login settings."""

from __future__ import annotations

import pytest

from podsg.model import (
    DatabaseSpec,
    Engine,
    LoginSpec,
    WorkloadSpec,
    architecture,
    database_names,
    database_port,
    forced_tls_parameter,
    log_exports,
    login_arguments,
    parameter_group_family,
    policy_name,
    version_fits,
)
from podsg.model.naming import PhysicalName, name_findings


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        (Engine.MYSQL, "8.0", "mysql8.0"),
        (Engine.MYSQL, "8.4.5", "mysql8.4"),
        (Engine.POSTGRES, "14", "postgres14"),
        (Engine.POSTGRES, "18.1", "postgres18"),
    ],
)
def test_versions_that_fit_have_a_family(engine: Engine, version: str, family: str) -> None:
    # given a version of the engine, when judged, then it fits and its family is known
    assert version_fits(engine, version)
    assert parameter_group_family(engine, version) == family


@pytest.mark.parametrize(
    ("engine", "version"),
    [(Engine.MYSQL, "8"), (Engine.MYSQL, "8.44"), (Engine.POSTGRES, "8.4"), (Engine.POSTGRES, "13")],
)
def test_versions_of_others_do_not_fit(engine: Engine, version: str) -> None:
    # given a version that RDS does not offer for the engine, when judged, then it does not fit
    assert not version_fits(engine, version)


def test_each_engine_has_tls_and_logs() -> None:
    # given every engine, when asked, then both are known
    assert forced_tls_parameter(Engine.POSTGRES) == ("rds.force_ssl", "1")
    assert log_exports(Engine.MYSQL) == ("error", "slowquery")


@pytest.mark.parametrize(
    ("engine", "version", "port", "expected"),
    [("mysql", "8.4", None, 3306), ("postgres", "16", None, 5432), ("postgres", "16", 6000, 6000)],
)
def test_a_database_has_a_port(engine: Engine, version: str, port: int | None, expected: int) -> None:
    # given a database with or without a written port
    spec = DatabaseSpec(engine=engine, version=version, instance_class="db.m5.large", port=port)

    # when asked, then it has one
    assert database_port(spec) == expected


@pytest.mark.parametrize(
    "instance_type", ["a1.large", "m6g.large", "c7gn.xlarge", "x2gd.medium", "im4gn.large"]
)
def test_graviton_types(instance_type: str) -> None:
    # given a Graviton type, when asked, then it is arm64
    assert architecture(instance_type) == "arm64"


@pytest.mark.parametrize(
    "instance_type", ["m5.large", "g4dn.xlarge", "m7i-flex.large", "u-6tb1.metal", "gr6.4xlarge"]
)
def test_other_types(instance_type: str) -> None:
    # given any other type, when asked, then it is x86_64
    assert architecture(instance_type) == "x86_64"


def test_login_arguments_are_filled_in() -> None:
    # given the default login, when filled in
    arguments = login_arguments(LoginSpec(), "dev-cluster", "us-west-2")

    # then cluster and region stand where they belong
    assert arguments == [
        "eks",
        "get-token",
        "--cluster-name",
        "dev-cluster",
        "--region",
        "us-west-2",
        "--output",
        "json",
    ]


def test_a_written_policy_name_wins() -> None:
    # given a workload with a policy name, when asked, then that is it
    workload = WorkloadSpec(
        namespace="catalog", pod_selector={"app": "catalog"}, policy_name="catalog-rds-access"
    )
    assert policy_name("catalog", workload) == "catalog-rds-access"


@pytest.mark.parametrize(("length", "excess"), [(59, 0), (60, 1)])
def test_a_database_name_may_be_as_long_as_rds_lets_it(length: int, excess: int) -> None:
    # given a name at and above the limit, when the names that follow are made
    names = database_names("dev", "d" * length, ["error"])

    # then only the one above is too long
    assert max(name.too_long for name in names) == excess


def test_a_name_that_is_too_long_says_how_long_it_may_be() -> None:
    # given a name of 12 characters that makes one of 16 where 10 are allowed
    names = [PhysicalName("queue", "dev-twelve-chars", 10), PhysicalName("topic", "dev", 10)]

    # when judged
    (finding,) = name_findings(("queues", "twelve-chars"), names, ("name",))

    # then the allowed length makes it fit
    assert finding.found == "12 characters, 16 in the queue name dev-twelve-chars"
    assert finding.allowed == "at most 6 characters here, so that the name has at most 10"
