"""What follows from databases, node groups, names and login settings."""

from __future__ import annotations

import pytest

from podsg.model import (
    DatabaseSpec,
    Engine,
    EnvironmentSpec,
    LoginSpec,
    WorkloadSpec,
    architecture,
    cluster_names,
    database_port,
    forced_tls_parameter,
    input_schema,
    instance_count,
    log_exports,
    login_arguments,
    parameter_group_family,
    physical_database_names,
    policy_name,
    storage_gib,
    version_fits,
)
from podsg.model.naming import PhysicalName, name_findings

MYSQL = DatabaseSpec(engine="mysql", version="8.4", instance_class="db.m5.large")
AURORA = DatabaseSpec(engine="aurora-mysql", version="8.0", instance_class="db.r6g.large")


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        (Engine.MYSQL, "8.0", "mysql8.0"),
        (Engine.MYSQL, "8.4.5", "mysql8.4"),
        (Engine.POSTGRES, "14", "postgres14"),
        (Engine.POSTGRES, "18.1", "postgres18"),
        (Engine.AURORA_MYSQL, "8.0", "aurora-mysql8.0"),
        (Engine.AURORA_MYSQL, "8.0.mysql_aurora.3.08.0", "aurora-mysql8.0"),
        (Engine.AURORA_MYSQL, "8.4.mysql_aurora.8.4.7", "aurora-mysql8.4"),
        (Engine.AURORA_POSTGRESQL, "14", "aurora-postgresql14"),
        (Engine.AURORA_POSTGRESQL, "18.3", "aurora-postgresql18"),
    ],
)
def test_versions_that_fit_have_a_family(engine: Engine, version: str, family: str) -> None:
    # given a version of the engine, when judged, then it fits and its family is known
    assert version_fits(engine, version)
    assert parameter_group_family(engine, version) == family


@pytest.mark.parametrize(
    ("engine", "version"),
    [
        (Engine.MYSQL, "8"),
        (Engine.MYSQL, "8.44"),
        (Engine.POSTGRES, "8.4"),
        (Engine.POSTGRES, "13"),
        (Engine.AURORA_MYSQL, "8.0.32"),
        (Engine.AURORA_MYSQL, "8.0.mysql_aurora.2.12.0"),
        (Engine.AURORA_MYSQL, "8.4.mysql_aurora.3.08.0"),
        (Engine.AURORA_POSTGRESQL, "13"),
        (Engine.AURORA_POSTGRESQL, "8.4"),
    ],
)
def test_versions_of_others_do_not_fit(engine: Engine, version: str) -> None:
    # given a version that RDS does not offer for the engine, when judged, then it does not fit
    assert not version_fits(engine, version)


@pytest.mark.parametrize(
    ("engine", "parameter", "logs"),
    [
        (Engine.MYSQL, ("require_secure_transport", "1"), ("error", "slowquery")),
        (Engine.POSTGRES, ("rds.force_ssl", "1"), ("postgresql", "upgrade")),
        (Engine.AURORA_MYSQL, ("require_secure_transport", "ON"), ("error", "slowquery")),
        (Engine.AURORA_POSTGRESQL, ("rds.force_ssl", "1"), ("postgresql",)),
    ],
)
def test_each_engine_has_tls_and_logs(
    engine: Engine, parameter: tuple[str, str], logs: tuple[str, ...]
) -> None:
    # given any engine, when asked, then both are known
    assert forced_tls_parameter(engine) == parameter
    assert log_exports(engine) == logs


def test_instances_and_storage_follow_the_engine() -> None:
    # given databases with and without a written count and storage
    written = MYSQL.model_copy(update={"storage_gib": 100})
    alone = AURORA.model_copy(update={"instance_count": 1})

    # when asked, then Aurora has instances and no storage, the others the other way round
    assert [(instance_count(spec), storage_gib(spec)) for spec in (MYSQL, written, AURORA, alone)] == [
        (1, 20),
        (1, 100),
        (2, None),
        (1, None),
    ]


def test_aurora_has_a_cluster_and_numbered_instances() -> None:
    # given an Aurora cluster, when its names are made
    names = [(name.kind, name.text) for name in physical_database_names("dev", "catalog", AURORA)]

    # then the instances are numbered from 1, and the logs are those of the cluster
    assert names[:3] == [
        ("Aurora cluster", "dev-catalog"),
        ("RDS instance", "dev-catalog-1"),
        ("RDS instance", "dev-catalog-2"),
    ]
    assert ("log group", "/aws/rds/cluster/dev-catalog/slowquery") in names


@pytest.mark.parametrize(
    ("engine", "version", "port", "expected"),
    [
        ("mysql", "8.4", None, 3306),
        ("aurora-mysql", "8.0", None, 3306),
        ("postgres", "16", None, 5432),
        ("aurora-postgresql", "16", None, 5432),
        ("postgres", "16", 6000, 6000),
    ],
)
def test_a_database_has_a_port(engine: Engine, version: str, port: int | None, expected: int) -> None:
    # given a database with or without a written port
    spec = DatabaseSpec(engine=engine, version=version, instance_class="db.m5.large", port=port)

    # when asked, then it has one
    assert database_port(spec) == expected


# Every family of aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/aws/vpc/limits.go, and Grace Blackwell.
ARM_FAMILIES = """
    a1 c6g c6gd c6gn c7g c7g-flex c7gd c7gn c8g c8g-flex c8gb c8gd c8gn c9g c9gd g5g hpc7g i4g i8g
    i8ge im4gn is4gen m6g m6gd m7g m7g-flex m7gd m8g m8g-flex m8gb m8gd m8gn m9g m9gd mac-m3ultra
    mac-m4 mac-m4max mac-m4pro mac2 mac2-m1ultra mac2-m2 mac2-m2pro p6e-gb200 p6e-gb300 r6g r6gd r7g
    r7gd r8g r8gb r8gd r8gn r9g r9gd t4g x2gd x8g
"""
X86_FAMILIES = """
    c1 c3 c4 c5 c5a c5ad c5d c5n c6a c6i c6id c6in c7a c7i c7i-flex c8a c8i c8i-flex c8ib c8id c8in
    c8ine d2 d3 d3en dl1 dl2q f1 f2 g4ad g4dn g5 g6 g6e g6f g7 g7e gr6 gr6f h1 i2 i3 i3en i4i i7i
    i7ie inf1 inf2 m1 m2 m3 m4 m5 m5a m5ad m5d m5dn m5n m5zn m6a m6i m6id m6idn m6in m7a m7i
    m7i-flex m8a m8azn m8i m8i-flex m8ib m8id m8idb m8idn m8in m8ine mac1 p3 p3dn p4d p4de p5 p5e
    p5en p6-b200 p6-b300 r3 r4 r5 r5a r5ad r5b r5d r5dn r5n r6a r6i r6id r6idn r6in r7a r7i r7iz r8a
    r8i r8i-flex r8ib r8id r8idb r8idn r8in t1 t2 t3 t3a trn1 trn1n u-3tb1 u-6tb1 u7i-12tb u7i-6tb
    u7i-8tb u7in-16tb u7in-24tb u7in-32tb vt1 x1 x1e x2idn x2iedn x2iezn x8aedz x8i z1d
"""


@pytest.mark.parametrize("family", ARM_FAMILIES.split())
def test_arm_families(family: str) -> None:
    # given a type with a Graviton, Grace or Apple processor, when asked, then it is arm64
    assert architecture(f"{family}.4xlarge") == "arm64"


@pytest.mark.parametrize("family", X86_FAMILIES.split())
def test_other_families(family: str) -> None:
    # given any other type, when asked, then it is x86_64
    assert architecture(f"{family}.4xlarge") == "x86_64"


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
    names = physical_database_names("dev", "d" * length, MYSQL)

    # then only the one above is too long
    assert max(name.too_long for name in names) == excess


def test_every_name_of_an_environment_leaves_room_for_its_cluster() -> None:
    # given the longest name that an environment can have, when the names that follow are made, then all fit
    longest = input_schema(EnvironmentSpec)["properties"]["name"]["maxLength"]
    assert max(name.too_long for name in cluster_names("d" * longest)) == 0


def test_a_name_that_is_too_long_says_how_long_it_may_be() -> None:
    # given a name of 12 characters that makes one of 16 where 10 are allowed
    names = [PhysicalName("queue", "dev-twelve-chars", 10), PhysicalName("topic", "dev", 10)]

    # when judged
    (finding,) = name_findings(("queues", "twelve-chars"), names, ("name",))

    # then the allowed length makes it fit
    assert finding.found == "12 characters, 16 in the queue name dev-twelve-chars"
    assert finding.allowed == "at most 6 characters here, so that the name has at most 10"
