from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from lab.plugins import wire
from lab.plugins.wire import UNKNOWN, Secret

SIGNATURE = "4dabf18193072939515e22adb298388d"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
SENTINELS = [
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just(UNKNOWN)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        | st.builds(Secret, inner)
    ),
    max_leaves=12,
)
maps = st.dictionaries(st.text(max_size=8), values.filter(lambda value: value is not None), max_size=5)


def struct(content: dict[str, Any]) -> struct_pb2.Struct:
    result = struct_pb2.Struct()
    result.update(content)
    return result


@given(maps)
def test_what_is_encoded_is_decoded_again(content: dict[str, Any]) -> None:
    assert wire.decode(wire.encode(content)) == content


@given(maps)
def test_plain_leaves_no_secret_and_the_same_unknowns(content: dict[str, Any]) -> None:
    assert not wire.secret_paths(wire.plain(content))
    assert wire.has_unknown(wire.plain(content)) == wire.has_unknown(content)


@given(maps)
def test_marks_come_back_where_inputs_return_unchanged(content: dict[str, Any]) -> None:
    marked = wire.remark(wire.plain(content), content)
    assert wire.plain(marked) == wire.plain(content)
    assert not any(wire.secret_paths(content[key]) and not wire.secret_paths(marked[key]) for key in content)


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_every_sentinel_is_unknown(sentinel: str) -> None:
    assert wire.decode(struct({"a": sentinel, "b": [{"c": sentinel}]})) == {
        "a": UNKNOWN,
        "b": [{"c": UNKNOWN}],
    }


def test_integral_numbers_are_integers() -> None:
    decoded = wire.decode(struct({"a": 1.0, "b": 1.5, "c": True, "d": 1e300}))
    assert [type(decoded[key]) for key in "abcd"] == [int, float, bool, float]


def test_top_level_none_is_left_out_and_nested_none_stays() -> None:
    assert wire.decode(wire.encode({"a": None, "b": {"c": None}, "d": [None]})) == {
        "b": {"c": None},
        "d": [None],
    }


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"urn": "urn:x", "id": "sg-1"}, "sg-1"),
        ({"urn": "urn:x", "id": ""}, UNKNOWN),
        ({"urn": "urn:x", "id": SENTINELS[0]}, UNKNOWN),
        ({"urn": "urn:x"}, "urn:x"),
    ],
)
def test_resource_references_become_ids(reference: dict[str, Any], expected: object) -> None:
    assert wire.decode(struct({"a": {SIGNATURE: RESOURCE, **reference}})) == {"a": expected}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"value": 1}, 1),
        ({}, UNKNOWN),
        ({"value": "x", "secret": True, "dependencies": ["urn:x"]}, Secret("x")),
        ({"secret": True}, Secret(UNKNOWN)),
    ],
)
def test_output_values_become_their_value(output: dict[str, Any], expected: object) -> None:
    assert wire.decode(struct({"a": {SIGNATURE: OUTPUT, **output}})) == {"a": expected}


def test_a_value_of_a_foreign_type_names_its_path() -> None:
    with pytest.raises(TypeError, match=r"a\.0\.b: a value of type object"):
        wire.encode({"a": [{"b": object()}]})


def test_remark_marks_whole_values_where_shapes_differ() -> None:
    outputs = {"a": [1, 2], "b": {"c": "x", "d": "y"}, "e": 1, "f": Secret(1)}
    inputs = {"a": [Secret(1)], "b": {"c": Secret("x")}, "e": 1, "z": Secret(1)}
    assert wire.remark(outputs, inputs) == {
        "a": Secret([1, 2]),
        "b": {"c": Secret("x"), "d": "y"},
        "e": 1,
        "f": Secret(1),
    }


def test_secret_paths_are_the_outermost() -> None:
    content = {"a": Secret({"b": Secret(1)}), "c": [1, Secret(2)]}
    assert wire.secret_paths(content) == {("a",), ("c", 1)}


def test_no_text_shows_a_secret() -> None:
    assert "hunter2" not in repr({"a": Secret("hunter2")})


def test_unknown_is_one_instance() -> None:
    assert wire.Unknown() is UNKNOWN
