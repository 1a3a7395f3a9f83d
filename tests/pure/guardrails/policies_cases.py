"""Scenes for policies that select nothing or give nothing."""

from __future__ import annotations

from dataclasses import replace

from .case import Case, Kind, now
from .reference import POLICY
from .vpc_cni_cases import LATER

CASES = (
    Case(
        "policy-has-selector",
        Kind.FAILS,
        "it has none",
        now(policies=(replace(POLICY, pod_selector=None),)),
        "neither a podSelector nor a serviceAccountSelector",
    ),
    Case("policy-has-selector", Kind.PASSES, "a selector of pods", now()),
    Case(
        "policy-has-selector",
        Kind.PASSES,
        "a selector of service accounts",
        now(policies=(replace(POLICY, pod_selector=None, service_account_selector={}),)),
    ),
    Case(
        "policy-has-selector",
        Kind.UNDECIDED,
        "it is not known",
        now(policies=(replace(POLICY, pod_selector=LATER),)),
    ),
    Case("policy-has-selector", Kind.NOT_APPLICABLE, "there is no policy", now(policies=())),
)
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
