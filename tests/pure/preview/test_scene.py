"""An export, or both sides of a preview, as the guardrails judge them."""

from __future__ import annotations

from typing import Any

import pytest

from podsg.errors import InputError
from podsg.guardrails import Verdict, judge
from podsg.preview.scene import scene_of

from .made import POLICY, state
from .test_stack_snapshot import addon


def mode(value: str) -> dict[str, Any]:
    return addon("vpc-cni", {"env": {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": value}})


def failed(document: object) -> set[str]:
    outcomes = judge(scene_of(document, "stack.json"))
    return {one.guardrail.id for one in outcomes if one.verdict is Verdict.FAILED}


def test_a_policy_without_a_selector_is_found_in_an_export() -> None:
    policy = state(POLICY, "ui", {"spec": {"securityGroups": {"groupIds": ["sg-1"]}}})
    assert failed({"deployment": {"resources": [policy]}}) == {"policy-has-selector"}


def test_a_change_is_found_in_a_preview() -> None:
    # given pods of a policy, and a preview that switches the mode
    metadata, labels = {"namespace": "shop", "name": "ui"}, {"app": "ui"}
    spec = {"podSelector": {"matchLabels": labels}, "securityGroups": {"groupIds": ["sg-1"]}}
    pods = {"template": {"metadata": {"labels": labels}, "spec": {"serviceAccountName": "ui"}}}
    same = [
        state(POLICY, "policy", {"metadata": metadata, "spec": spec}),
        state("kubernetes:apps/v1:Deployment", "ui", {"metadata": metadata, "spec": pods}),
        state("kubernetes:core/v1:ServiceAccount", "account", {"metadata": metadata}),
    ]
    steps = [{"op": "same", "oldState": one, "newState": one} for one in same]
    update = {"op": "update", "oldState": mode("strict"), "newState": mode("standard")}

    # when it is judged, then the pods that keep the old mode are told
    assert "pods-restarted-after-mode-change" in failed({"steps": [*steps, update]})
    assert "pods-restarted-after-mode-change" not in failed({"steps": steps})


@pytest.mark.parametrize(
    "document", [{}, [], "text", {"steps": [{"newState": {"type": "t"}}]}, {"deployment": []}, None]
)
def test_other_documents_are_refused(document: object) -> None:
    with pytest.raises(InputError, match=r"stack\.json has 1 problem"):
        scene_of(document, "stack.json")
