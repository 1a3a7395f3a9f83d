"""What each EC2 instance type holds."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from podsg.capacity.limits import VERSION, InstanceLimits, default_max_pods, known_limits, limits_of

LAB_TABLE = Path(__file__).resolve().parents[3] / "lab" / "aws" / "ec2" / "trunk_instance_limits.csv"


def test_the_table_has_every_type_of_its_source() -> None:
    # given the table of the pinned controller
    limits = known_limits().values()

    # then it has all types, and those that can have a trunk
    assert VERSION == "v1.8.2"
    assert len(limits) == 1423
    assert sum(one.is_trunk_compatible for one in limits) == 1320
    assert max(one.branch_eni_count for one in limits) == 120


def test_the_table_is_that_of_the_lab() -> None:
    # given the rows that the simulated EC2 goes by
    lines = LAB_TABLE.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))

    # then both say the same of each type
    assert {row["instance_type"]: tuple(list(row.values())[1:]) for row in rows} == {
        name: (
            str(one.interface_count),
            str(one.addresses_per_interface),
            str(one.is_trunk_compatible).lower(),
            str(one.branch_eni_count),
        )
        for name, one in known_limits().items()
    }


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("m5.large", InstanceLimits("m5.large", 3, 10, True, 9)),
        ("m5.xlarge", InstanceLimits("m5.xlarge", 4, 15, True, 18)),
        ("c5.4xlarge", InstanceLimits("c5.4xlarge", 8, 30, True, 54)),
        ("m7i-flex.large", InstanceLimits("m7i-flex.large", 3, 10, True, 3)),
        ("c7g.medium", InstanceLimits("c7g.medium", 2, 4, True, 4)),
        ("t3.large", InstanceLimits("t3.large", 3, 12, False, 0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_limits_of_a_type(instance_type: str, expected: InstanceLimits) -> None:
    assert limits_of(instance_type) == expected


def test_a_type_that_is_not_in_the_table() -> None:
    assert limits_of("m99.large") is None
    assert limits_of("m99.large", {}) is None


def test_overrides_go_before_the_table() -> None:
    # given limits of a new type, and other ones of a type in the table
    overrides = {name: InstanceLimits(name, 3, 10, True, 11) for name in ("m99.large", "m5.large")}

    # then they count, and all other types are as they were
    assert limits_of("m99.large", overrides) == overrides["m99.large"]
    assert limits_of("m5.large", overrides) == overrides["m5.large"]
    assert limits_of("m5.xlarge", overrides) == limits_of("m5.xlarge")


@pytest.mark.parametrize(("instance_type", "expected"), [("m5.large", 29), ("m5.xlarge", 58)])
def test_default_max_pods(instance_type: str, expected: int) -> None:
    limits = limits_of(instance_type)
    assert limits is not None
    assert default_max_pods(limits) == expected
