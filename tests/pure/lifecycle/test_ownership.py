from __future__ import annotations

import pytest

from podsg.lifecycle.interfaces import (
    BRANCH_DESCRIPTION,
    CNI_CLUSTER_TAG,
    ENI_OWNER_TAG,
    INSTANCE_TAG,
    TRUNK_DESCRIPTION,
    TRUNK_TAG,
    NetworkInterface,
    cluster_tag,
)
from podsg.lifecycle.ownership import (
    cluster_interfaces,
    instance_of,
    instance_states,
    is_branch,
    is_of_cluster,
    is_trunk,
)
from tests.simulation.decoys import CLUSTER, DEAD, LIVE, Decoy, Yard, cni_tags, controller_tags


def interface(**values: object) -> NetworkInterface:
    return NetworkInterface("eni-1", "vpc-1", "subnet-1", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tags", "is_ours"),
    [
        (controller_tags(), True),
        (cni_tags(), True),
        (controller_tags("bank"), False),
        (cni_tags("bank"), False),
        ({**controller_tags(), cluster_tag(CLUSTER): "shared"}, False),
        ({**controller_tags(), ENI_OWNER_TAG: "somebody"}, False),
        ({cluster_tag(CLUSTER): "owned", CNI_CLUSTER_TAG: CLUSTER}, False),
        ({}, False),
    ],
)
def test_both_tags_make_an_interface_the_cluster_s(tags: dict[str, str], *, is_ours: bool) -> None:
    assert is_of_cluster(interface(tags=tags), CLUSTER) is is_ours


def test_what_an_aws_service_made_is_never_the_cluster_s() -> None:
    assert not is_of_cluster(interface(tags=controller_tags(), is_requester_managed=True), CLUSTER)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({"description": BRANCH_DESCRIPTION}, (True, False)),
        ({"tags": {TRUNK_TAG: "eni-2"}}, (True, False)),
        ({"description": TRUNK_DESCRIPTION}, (False, True)),
        ({"interface_type": "trunk"}, (False, True)),
        ({"description": "aws-K8S-i-1"}, (False, False)),
    ],
)
def test_trunk_and_branch_are_told_apart(values: dict[str, object], kinds: tuple[bool, bool]) -> None:
    found = interface(**values)
    assert (is_branch(found), is_trunk(found)) == kinds


def test_instance_of_an_attachment_counts_more_than_the_tag() -> None:
    tags = {INSTANCE_TAG: DEAD}
    assert instance_of(interface(tags=tags, instance_id=LIVE)) == LIVE
    assert instance_of(interface(tags=tags)) == DEAD
    assert instance_of(interface()) == ""


def test_list_holds_what_both_made_and_nothing_else() -> None:
    # given
    yard = Yard.laid_out()
    ours = {yard.place(Decoy("branch", controller_tags())), yard.place(Decoy("secondary", cni_tags()))}
    yard.place(Decoy("of another cluster", controller_tags("bank")))
    yard.place(Decoy("of another VPC", controller_tags(), vpc="other"))
    yard.place(Decoy("of a service", controller_tags(), is_requester_managed=True))
    # when
    found = cluster_interfaces(yard.ec2, CLUSTER, yard.vpc_id)
    # then
    assert {one.id for one in found} == {*ours, yard.trunk_id}
    assert [one.id for one in found] == sorted(one.id for one in found)
    assert yard.ec2.calls() == {"DescribeNetworkInterfaces": 2}


def test_instance_that_ec2_forgot_is_terminated() -> None:
    yard = Yard.laid_out()
    found = (
        interface(instance_id=LIVE),
        interface(tags={INSTANCE_TAG: DEAD}),
        interface(),
    )
    assert instance_states(yard.ec2, found) == {LIVE: "running", DEAD: "terminated"}


def test_ec2_is_not_asked_about_no_instance() -> None:
    yard = Yard.laid_out()
    assert instance_states(yard.ec2, (interface(),)) == {}
    assert not yard.ec2.log
