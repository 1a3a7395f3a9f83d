"""Subnets of a network."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsg.errors import InputError
from podsg.model import NatMode, NetworkSpec, plan_subnets

PREFIXES = ("private_prefix", "public_prefix")


@st.composite
def networks(draw: st.DrawFn) -> NetworkSpec:
    prefix = draw(st.integers(16, 20))
    return NetworkSpec(
        cidr=str(IPv4Network((draw(st.integers(0x0A00, 0x0AFF)) << 16, prefix))),
        zone_count=draw(st.integers(2, 6)),
        private_prefix=draw(st.none() | st.integers(17, 28)),
        public_prefix=draw(st.none() | st.integers(17, 28)),
    )


@st.composite
def roomy_networks(draw: st.DrawFn) -> NetworkSpec:
    """Draw networks that hold subnets for six zones, up to almost the last address."""
    own = draw(st.integers(16, 20))
    return NetworkSpec(
        cidr=str(IPv4Network((draw(st.integers(0x0A00, 0x0AFF)) << 16, own))),
        zone_count=draw(st.integers(2, 5)),
        private_prefix=draw(st.none() | st.integers(own + 3, 28)),
        public_prefix=draw(st.none() | st.integers(own + 5, 28)),
    )


def assert_plan_holds(spec: NetworkSpec) -> None:
    plan = plan_subnets(spec)
    blocks = [IPv4Network(text) for text in (*plan.private, *plan.public)]
    assert len(plan.private) == len(plan.public) == spec.zone_count
    assert all(block.subnet_of(IPv4Network(spec.cidr)) for block in blocks)
    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))


@given(roomy_networks())
def test_every_plan_holds(spec: NetworkSpec) -> None:
    # given a network with room, when it is cut, then there are as many blocks as zones, inside it, apart
    assert_plan_holds(spec)


@given(networks())
def test_a_network_is_cut_or_names_a_prefix_that_passes(spec: NetworkSpec) -> None:
    # given a network with subnets of any size, when it is cut
    try:
        assert_plan_holds(spec)
    except InputError as error:
        (problem,) = error.problems

        # then what is refused passes with the first allowed prefix, or the defaults if no single one helps
        field = problem.path.rpartition(".")[2]
        prefixes = {field: int(problem.allowed.split()[0])} if field else dict.fromkeys(PREFIXES)
        assert_plan_holds(spec.model_copy(update=prefixes))


@given(roomy_networks())
def test_a_zone_more_moves_no_subnet(spec: NetworkSpec) -> None:
    # given two plans that differ by one zone
    before = plan_subnets(spec)
    after = plan_subnets(spec.model_copy(update={"zone_count": spec.zone_count + 1}))

    # when compared, then the first zones have what they had
    assert after.private[:-1] == before.private
    assert after.public[:-1] == before.public


@pytest.mark.parametrize("prefix", range(16, 21))
def test_the_defaults_fit_six_zones(prefix: int) -> None:
    # given the defaults in a network of each size, when it is cut for six zones
    plan = plan_subnets(NetworkSpec(cidr=f"10.0.0.0/{prefix}", zone_count=6))

    # then all fit, private ones eight to the network
    assert IPv4Network(plan.private[0]).prefixlen == prefix + 3
    assert IPv4Network(plan.public[0]).prefixlen == prefix + 8


def test_the_prefix_that_was_written_is_blamed() -> None:
    # given public subnets that are too large, and default private ones
    spec = NetworkSpec(cidr="10.0.0.0/16", zone_count=3, public_prefix=18)

    # when it is cut, then the public prefix is to change
    with pytest.raises(InputError, match=r"network\.public_prefix: found 18; allowed: 19 to 28 for 3 zones"):
        plan_subnets(spec)


def test_two_prefixes_that_are_both_too_short() -> None:
    # given subnets of which neither kind fits beside the other
    spec = NetworkSpec(cidr="10.0.0.0/20", private_prefix=20, public_prefix=20)

    # when it is cut, then both are named, with a pair that passes
    with pytest.raises(
        InputError, match=r"network: found private_prefix 20 and public_prefix 20; .* 23 and 28"
    ):
        plan_subnets(spec)


@given(st.integers(16, 24), st.integers(2, 6))
def test_pods_get_an_eighth_of_their_network_in_each_zone(prefix: int, zones: int) -> None:
    # given a network for pods of any size
    spec = NetworkSpec(cidr="10.42.0.0/16", zone_count=zones, pod_cidr=f"100.64.0.0/{prefix}")

    # when it is cut
    blocks = [IPv4Network(text) for text in plan_subnets(spec).pods]

    # then each zone has an eighth of it, apart from the others
    assert len(blocks) == zones
    assert all(block.subnet_of(IPv4Network(f"100.64.0.0/{prefix}")) for block in blocks)
    assert {block.prefixlen for block in blocks} == {prefix + 3}
    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))


PRIVATE = ["10.42.64.0/20", "10.42.0.0/18"]
PUBLIC = ["10.42.80.0/28", "10.42.80.16/28"]


def test_networks_that_are_written_out_are_taken_as_they_are() -> None:
    # given subnets of any order and size
    spec = NetworkSpec(cidr="10.42.0.0/16", zone_count=2, private_cidrs=PRIVATE, public_cidrs=PUBLIC)

    # when it is cut, then they are the plan
    plan = plan_subnets(spec)
    assert (plan.private, plan.public, plan.pods) == (tuple(PRIVATE), tuple(PUBLIC), ())


@pytest.mark.parametrize("private", [None, PRIVATE])
def test_a_network_can_do_without_public_subnets(private: list[str] | None) -> None:
    # given no public subnets, beside private ones that are cut or written out
    spec = NetworkSpec(
        cidr="10.42.0.0/16", zone_count=2, nat=NatMode.NONE, private_cidrs=private, public_cidrs=[]
    )

    # when it is cut, then there are private ones alone
    plan = plan_subnets(spec)
    assert plan.public == ()
    assert plan.private == tuple(private or ("10.42.0.0/19", "10.42.32.0/19"))


def test_room_that_public_subnets_leave_is_for_private_ones() -> None:
    # given private subnets that fill the network, when there are no public ones, then they fit
    spec = NetworkSpec(cidr="10.42.0.0/16", zone_count=2, private_prefix=17, public_cidrs=[])
    assert plan_subnets(spec).private == ("10.42.0.0/17", "10.42.128.0/17")
