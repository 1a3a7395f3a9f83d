from __future__ import annotations

import pytest

from podsg.lifecycle.retries import Kind, Verdict, kind_of, verdict
from tests.simulation.faults import Kind as Fault
from tests.simulation.faults import code_of

CALLS = [
    "DescribeNetworkInterfaces",
    "DescribeTrunkInterfaceAssociations",
    "DescribeInstances",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeVpcs",
    "CreateNetworkInterface",
    "AssociateTrunkInterface",
    "DisassociateTrunkInterface",
    "ModifyNetworkInterfaceAttribute",
    "CreateTags",
    "DeleteTags",
    "DeleteNetworkInterface",
    "DeleteSecurityGroup",
]
RULES = {
    Fault.NOT_FOUND_FRESH: Verdict.RETRY,
    Fault.NOT_FOUND_OLD: Verdict.FAIL,
    Fault.THROTTLE: Verdict.RETRY,
    Fault.SERVER_ERROR: Verdict.RETRY,
    Fault.TIMEOUT_WITH_EFFECT: Verdict.RETRY,
    Fault.TIMEOUT_WITHOUT_EFFECT: Verdict.RETRY,
    Fault.DEPENDENCY_VIOLATION: Verdict.FAIL,
    Fault.IN_USE: Verdict.FAIL,
    Fault.TOKEN_MISMATCH: Verdict.FAIL,
    Fault.NO_FREE_ADDRESS: Verdict.FAIL,
    Fault.LIMIT: Verdict.FAIL,
    Fault.UNAUTHORIZED: Verdict.FAIL,
    Fault.MALFORMED_ID: Verdict.FAIL,
    Fault.WRONG_STATE: Verdict.RETRY,
}
EXCEPTIONS = {
    ("AssociateTrunkInterface", Fault.TIMEOUT_WITH_EFFECT): Verdict.ADOPT,
    ("AssociateTrunkInterface", Fault.TIMEOUT_WITHOUT_EFFECT): Verdict.ADOPT,
    ("DisassociateTrunkInterface", Fault.NOT_FOUND_OLD): Verdict.SUCCESS,
    ("DeleteNetworkInterface", Fault.NOT_FOUND_OLD): Verdict.SUCCESS,
    ("DeleteSecurityGroup", Fault.NOT_FOUND_OLD): Verdict.SUCCESS,
}
CODES = {
    Kind.NOT_FOUND: "InvalidNetworkInterfaceID.NotFound InvalidGroup.NotFound InvalidAssociationID.NotFound",
    Kind.THROTTLED: (
        "RequestLimitExceeded RequestThrottled TooManyRequestsException Throttling ThrottlingException"
        " EC2ThrottledException"
    ),
    Kind.SERVER: "InternalError InternalServerError InternalFailure ServiceUnavailable Unavailable",
    Kind.NO_ANSWER: "RequestTimeout",
    Kind.DEPENDENCY: "DependencyViolation",
    Kind.IN_USE: "InvalidNetworkInterface.InUse InvalidGroup.InUse",
    Kind.TOKEN: "IdempotentParameterMismatch",
    Kind.NO_ADDRESS: "InsufficientFreeAddressesInSubnet PrivateIpAddressLimitExceeded",
    Kind.LIMIT: (
        "NetworkInterfaceLimitExceeded AttachmentLimitExceeded SecurityGroupsPerInterfaceLimitExceeded"
        " TagLimitExceeded ResourceLimitExceeded"
    ),
    Kind.DENIED: "UnauthorizedOperation AuthFailure OptInRequired OperationNotPermitted",
    Kind.LOGIN: "RequestExpired ExpiredToken InvalidClientTokenId Blocked",
    Kind.MALFORMED: "InvalidNetworkInterfaceID.Malformed InvalidGroup.Malformed",
    Kind.STATE: "IncorrectState IncorrectInstanceState",
    Kind.OTHER: "InvalidParameterValue UnsupportedOperation NeverHeardOf",
}


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind in CODES for code in CODES[kind].split()])
def test_code_has_its_kind(kind: Kind, code: str) -> None:
    assert kind_of("CreateNetworkInterface", code) is kind


def test_every_kind_has_a_code() -> None:
    assert set(CODES) == set(Kind)


def test_one_code_means_in_use_at_one_call_only() -> None:
    assert kind_of("DeleteNetworkInterface", "InvalidParameterValue") is Kind.IN_USE
    assert kind_of("AssociateTrunkInterface", "InvalidParameterValue") is Kind.OTHER


def test_no_kind_of_fault_is_left_out() -> None:
    assert set(RULES) == set(Fault)


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name)
@pytest.mark.parametrize("call", CALLS)
def test_table_of_calls_and_faults(call: str, fault: Fault) -> None:
    kind = kind_of(call, code_of(fault, call))
    is_fresh = fault is Fault.NOT_FOUND_FRESH
    assert verdict(call, kind, is_fresh=is_fresh) is EXCEPTIONS.get((call, fault), RULES[fault])


@pytest.mark.parametrize("fault", [one for one in Fault if not one.name.startswith("NOT_FOUND")])
@pytest.mark.parametrize("call", CALLS)
def test_age_of_a_thing_matters_only_where_it_is_not_found(call: str, fault: Fault) -> None:
    kind = kind_of(call, code_of(fault, call))
    assert verdict(call, kind, is_fresh=True) is verdict(call, kind, is_fresh=False)


@pytest.mark.parametrize("kind", [Kind.LOGIN, Kind.OTHER])
@pytest.mark.parametrize("call", CALLS)
def test_what_no_rule_knows_fails(call: str, kind: Kind) -> None:
    assert verdict(call, kind) is Verdict.FAIL
    assert verdict(call, kind, is_fresh=True) is Verdict.FAIL


def test_dry_run_without_an_answer_did_nothing_that_could_be_adopted() -> None:
    assert verdict("AssociateTrunkInterface", Kind.NO_ANSWER, is_dry_run=True) is Verdict.RETRY


def test_dry_run_does_not_wait_for_another_state() -> None:
    assert verdict("AssociateTrunkInterface", Kind.STATE, is_dry_run=True) is Verdict.FAIL
