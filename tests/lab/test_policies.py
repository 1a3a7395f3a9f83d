"""What policy documents allow and deny."""

from __future__ import annotations

from typing import Any

import pytest

from lab.aws.policies import Decision, Query, decide

_ARN = "arn:aws:ec2:us-west-2:111122223333:subnet/subnet-1"


def _decide(statement: dict[str, Any], resource: str | None = _ARN, **context: list[str]) -> Decision:
    full = {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", **statement}
    keys = {name.replace("_", ":"): values for name, values in context.items()}
    return decide([{"Statement": [full]}], Query("ec2:CreateTags", resource, keys))


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ({}, Decision.ALLOWED),
        ({"Action": ["s3:Get*", "EC2:create*"]}, Decision.ALLOWED),
        ({"Action": "ec2:CreateTag"}, Decision.SILENT),
        ({"Action": "ec2:CreateTag?"}, Decision.ALLOWED),
        ({"Action": None, "NotAction": "ec2:*"}, Decision.SILENT),
        ({"Action": None, "NotAction": "iam:*"}, Decision.ALLOWED),
        ({"Resource": "arn:aws:ec2:*:*:network-interface/*"}, Decision.SILENT),
        ({"Resource": ["x", "arn:aws:ec2:*:*:subnet/*"]}, Decision.ALLOWED),
        ({"Resource": None, "NotResource": "arn:aws:ec2:*:*:subnet/*"}, Decision.SILENT),
        ({"Effect": "Deny"}, Decision.DENIED),
        ({"Effect": "Deny", "Action": "iam:*"}, Decision.SILENT),
    ],
)
def test_statement_names_actions_and_resources(statement: dict[str, Any], wanted: Decision) -> None:
    assert _decide(statement) is wanted


@pytest.mark.parametrize(
    ("operator", "wanted", "found", "holds"),
    [
        ("StringEquals", "a", ["a"], True),
        ("StringEquals", ["b", "a"], ["a"], True),
        ("StringEquals", "a", ["A"], False),
        ("StringEquals", "a", [], False),
        ("StringEqualsIfExists", "a", [], True),
        ("StringEqualsIgnoreCase", "a", ["A"], True),
        ("StringLike", "a*", ["abc"], True),
        ("StringNotEquals", "a", ["b"], True),
        ("StringNotEquals", ["a", "b"], ["b"], False),
        ("StringNotEquals", "a", [], True),
        ("ForAnyValue:StringEquals", "a", ["b", "a"], True),
        ("ForAnyValue:StringEquals", "a", [], False),
        ("ForAllValues:StringEquals", "a", ["b", "a"], False),
        ("ForAllValues:StringEquals", ["a", "b"], ["b", "a"], True),
        ("ForAllValues:StringEquals", "a", [], True),
        ("Null", "true", [], True),
        ("Null", "false", ["a"], True),
        ("Null", "true", ["a"], False),
        ("Bool", "true", ["True"], True),
        ("NumericEquals", "1", ["1"], False),
    ],
)
def test_conditions_hold(operator: str, wanted: object, found: list[str], *, holds: bool) -> None:
    statement = {"Condition": {operator: {"AWS:TagKeys": wanted}}}
    decision = _decide(statement, aws_tagkeys=found)
    assert decision is (Decision.ALLOWED if holds else Decision.SILENT)


def test_denial_wins_whatever_its_place() -> None:
    allow = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    deny = {"Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}}
    for documents in ([allow, deny], [deny, allow]):
        assert decide(documents, Query("ec2:CreateTags")) is Decision.DENIED


def test_unknown_resource_is_allowed_by_any_and_denied_by_all() -> None:
    assert _decide({"Resource": _ARN}, None) is Decision.ALLOWED
    assert _decide({"Resource": _ARN, "Effect": "Deny"}, None) is Decision.SILENT
    assert _decide({"Effect": "Deny"}, None) is Decision.DENIED
