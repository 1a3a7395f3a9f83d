"""What the engine tells of resources, and what it does not know yet."""

from __future__ import annotations

import pytest

from podsg.model.snapshot import Unknown
from podsg.preview.references import References
from podsg.preview.resources import Resource, has_unknown, of_export, of_preview

from .made import GROUP, SECRET, UNKNOWN, resources, state, urn


def test_a_preview_tells_what_the_update_would_leave() -> None:
    # given steps of all kinds, and a resource that is replaced
    kept, old, new = (state(GROUP, name) for name in ("kept", "old", "new"))
    steps = [
        {"op": "same", "newState": kept},
        {"op": "delete", "newState": old},
        {"op": "delete-replaced", "newState": None},
        {"op": "replace", "newState": new},
        {"op": "create-replacement", "newState": {**new, "id": "sg-2"}},
    ]

    # when they are read, then each that is left is there once, as it will be
    found = of_preview({"steps": steps})
    assert [(one.name, one.id) for one in found] == [("kept", ""), ("new", "sg-2")]


def test_an_export_leaves_out_what_waits_for_its_deletion() -> None:
    found = of_export(
        {"deployment": {"resources": [state(GROUP, "a"), {**state(GROUP, "b"), "delete": True}]}}
    )
    assert [one.name for one in found] == ["a"]


@pytest.mark.parametrize("value", [UNKNOWN, [UNKNOWN], {"a": [{"b": UNKNOWN}]}])
def test_a_value_that_holds_an_unknown_is_unknown_with_its_origin(value: object) -> None:
    (one,) = resources(state(GROUP, "a", {"tags": value}, tags=urn("b")))
    assert has_unknown(value)
    assert one.value("tags") == Unknown("it is known after the update", ("b",))


def test_values() -> None:
    (one,) = resources(state(GROUP, "a", {"name": "x", "description": SECRET}, outputs={"arn": "y"}))
    assert (one.value("name"), one.value("arn"), one.value("tags", {})) == ("x", "y", {})
    assert one.value("description") == Unknown("it is a secret", ("a",))
    assert one.place.urn == urn("a")


def references() -> tuple[References, Resource]:
    found = resources(
        state(GROUP, "there", id_="sg-1"),
        state(GROUP, "new"),
        state("t", "user", {"one": UNKNOWN, "many": ["sg-1", UNKNOWN], "all": UNKNOWN}, one=urn("new")),
    )
    return References(found), found[-1]


def test_an_unknown_id_is_that_of_its_only_source() -> None:
    index, user = references()
    assert index.one(user, "one", GROUP) == "new"
    assert isinstance(index.one(user, "one", "another type"), Unknown)
    assert index.one(user, "missing", GROUP) is None


def test_several_ids() -> None:
    # given a list with an unknown id, of which the source is told, or not
    index, user = references()
    told = Resource(user.urn, user.type, user.inputs, comes_from={"many": (urn("there"), urn("new"))})
    assert index.several(told, "many", GROUP) == ("sg-1", "new")
    assert index.several(user, "many", GROUP) == ("sg-1", user.unknown("many"))

    # and when the whole list is unknown, or not set
    assert isinstance(index.several(user, "all", GROUP), Unknown)
    assert index.several(user, "missing", GROUP) == ()


def test_what_has_to_be_there_before_is_followed_to_its_end() -> None:
    found = resources(
        state("t", "a"),
        state("t", "b", x=urn("a", "t"), y=urn("elsewhere", "t")),
        state("t", "c", x=urn("b", "t")),
    )
    assert References(found).names_before(found[-1]) == {"a", "b", "elsewhere"}
