"""SecurityGroupPolicy objects that select nothing or give nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from podsg.guardrails.record import Applied, Failure, Fix, Guardrail, Scene, Severity
from podsg.guardrails.selection import policies
from podsg.model.snapshot import Policy, known


def _each_policy(scene: Scene, check: Callable[[Policy], Failure | None]) -> Iterator[Applied]:
    return (Applied(policy, lambda policy=policy: check(policy)) for policy in policies(scene.now))  # type: ignore[misc]


def _has_selector(scene: Scene) -> Iterator[Applied]:
    def check(policy: Policy) -> Failure | None:
        selectors = (
            known("podSelector", policy.pod_selector),
            known("serviceAccountSelector", policy.service_account_selector),
        )
        if selectors != (None, None):
            return None
        labelled = replace(policy, pod_selector={"matchLabels": {"app": policy.name}})
        fix = Fix(
            "give it a podSelector or a serviceAccountSelector with the labels of the pods that it is for",
            lambda scene: scene.with_item("policies", policy, labelled),
        )
        return Failure("it has neither a podSelector nor a serviceAccountSelector", fix)

    yield from _each_policy(scene, check)


GUARDRAILS: Final = (
    Guardrail(
        id="policy-has-selector",
        number=9,
        title="Each SecurityGroupPolicy has a selector",
        severity=Severity.ERROR,
        condition="A SecurityGroupPolicy has neither podSelector nor serviceAccountSelector",
        consequence="the controller passes over it without a word, and the pods keep the groups of the node",
        source="aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/utils/helper.go",
        applies=_has_selector,
        needs=("policies",),
    ),
)
