"""The guardrails over a described environment: errors stop it, warnings show, waivers hold for a while."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from .graph import dev_environment, register_environment


def environment(env: dict[str, str], **vpc_cni: Any) -> dict[str, Any]:
    """The dev environment with further settings of the VPC CNI."""
    written = dev_environment()
    written["cluster"]["vpc_cni"] |= {"extra_env": env, **vpc_cni}
    return written


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Text of each warning, and the resource that it is shown at."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(
        pulumi.log, "warn", lambda text, resource: found.append((text, type(resource).__name__))
    )
    return found


def test_what_breaks_pods_is_refused_at_once() -> None:
    # Given no interface left for the trunk and a mode that hides the kubelet's probes, when it is made
    with pytest.raises(pulumi.RunError) as refused:
        register_environment(environment({"MAX_ENI": "1", "ENABLE_IMDS_ONLY_MODE": "true"}))

    # Then one message tells both, with what to do.
    text = str(refused.value)
    assert text.startswith("dev has 2 findings that break pods:")
    assert "max-eni-leaves-slot-for-trunk: cluster.vpc_cni: " in text
    assert "no-multi-nic-or-imds-only-mode: cluster.vpc_cni: " in text
    assert text.count("  Fix: ") == 2


def test_a_waiver_leaves_a_finding_standing() -> None:
    # Given the first of them with a waiver, when it is made, then it passes.
    written = environment({"MAX_ENI": "1"})
    written["waivers"] = [
        {
            "guardrail": "max-eni-leaves-slot-for-trunk",
            "subject": "cluster.vpc_cni",
            "reason": "nodes are replaced next week",
            "until": "2999-12-31",
        }
    ]
    assert register_environment(written).named("dev-catalog-policy")


def test_what_may_hurt_later_is_a_warning_at_the_environment(warnings: list[tuple[str, str]]) -> None:
    # Given groups of nodes that judge what leaves the VPC, when it is made, then it is warned, and goes on.
    written = environment({}, enforcing_mode="standard", external_snat=False, disable_tcp_early_demux=False)
    assert register_environment(written).named("dev-catalog-policy")
    ((text, resource),) = warnings
    assert text.startswith("external-snat-in-standard-mode: cluster.vpc_cni: ")
    assert resource == "Environment"


def test_nothing_is_said_of_the_environment_as_it_is(warnings: list[tuple[str, str]]) -> None:
    register_environment(dev_environment())
    assert warnings == []
