from __future__ import annotations

import pytest

from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.tokens import NAME_TAG, OWNER_TAG, client_token, is_own, own_tags

LONGEST = 64
PARTS = ("shop/dev", "one", "eni-1", 7, ("subnet-1", ["sg-1"]), 0)


def test_token_is_what_ec2_takes() -> None:
    token = client_token("shöp/dev" * 50)
    assert len(token) <= LONGEST
    assert token.isascii()


def test_same_parts_make_the_same_token_in_any_process() -> None:
    assert client_token("a", 1) == "2657442bb4a48d62f780ea60395ef2d203da2669fa41cdc1f4f080b25ddb1a6a"


@pytest.mark.parametrize("place", range(len(PARTS)))
def test_each_part_makes_another_token(place: int) -> None:
    other = [*PARTS[:place], "something else", *PARTS[place + 1 :]]
    assert client_token(*other) != client_token(*PARTS)


def test_parts_do_not_run_into_each_other() -> None:
    assert client_token("ab", "c") != client_token("a", "bc")


@pytest.mark.parametrize("key", [OWNER_TAG, NAME_TAG])
def test_user_tags_do_not_hide_whose_it_is(key: str) -> None:
    tags = own_tags("shop/dev", "one", {key: "mallory", "Name": "shown"})
    assert (tags[OWNER_TAG], tags[NAME_TAG], tags["Name"]) == ("shop/dev", "one", "shown")


@pytest.mark.parametrize(("owner", "name"), [("shop/prod", "one"), ("shop/dev", "two")])
def test_interface_of_another_stack_or_resource_is_not_own(owner: str, name: str) -> None:
    mine = NetworkInterface("eni-1", "vpc-1", "subnet-1", tags=own_tags("shop/dev", "one", {}))
    assert is_own(mine, "shop/dev", "one")
    assert not is_own(mine, owner, name)
