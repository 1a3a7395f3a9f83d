"""`podsg check`: what is read, what is found, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from podsg.cli.main import build_app

STACKS = Path(__file__).resolve().parents[2] / "stacks"
POLICY = """\
apiVersion: vpcresources.k8s.aws/v1beta1
kind: SecurityGroupPolicy
metadata: {name: ui, namespace: shop}
spec:
  podSelector: {matchLabels: {app: ui}}
  securityGroups: {groupIds: [sg-0123456789abcdef0]}
"""
BROKEN = POLICY.replace("  podSelector: {matchLabels: {app: ui}}\n", "")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(build_app(Path("/")), ["check", *arguments], input=stdin)


def found(*arguments: str, stdin: str = "") -> dict[str, Any]:
    result = json.loads(run(*arguments, "--format", "json", stdin=stdin).stdout)
    assert isinstance(result, dict)
    return result


def ids(result: dict[str, Any]) -> set[str]:
    return {one["guardrail"] for one in result["findings"]}


def test_a_policy_without_a_selector_is_an_error(folder: Path) -> None:
    (folder / "policy.yaml").write_text(BROKEN)
    done = run("policy.yaml")
    assert done.exit_code == 1
    assert (
        "error: policy-has-selector: SecurityGroupPolicy shop/ui (policy.yaml:1): it has neither"
        in done.stdout
    )
    assert "Fix: give it a podSelector" in done.stdout


def test_folders_and_standard_input_are_judged_together(folder: Path) -> None:
    (folder / "deploy").mkdir()
    (folder / "deploy" / "policy.yaml").write_text(POLICY)
    result = found("deploy", "-", stdin=BROKEN)
    assert {one["file"] for one in result["findings"] if one["guardrail"] == "policy-has-selector"} == {"-"}


def test_what_manifests_do_not_tell_is_undecided(folder: Path) -> None:
    (folder / "policy.yaml").write_text(POLICY)
    result = found("policy.yaml")
    assert "pod-eni-enabled" in {one["guardrail"] for one in result["undecided"]}
    assert "undecided" in run("policy.yaml").stdout
    assert "pod-eni-enabled: " in run("policy.yaml", "--undecided").stdout


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_nothing_is_found_in_the_stacks_of_this_project(stack: str) -> None:
    result = found(str(STACKS / f"Pulumi.{stack}.yaml"))
    assert (result["exit_code"], result["findings"]) == (0, [])


def test_a_bad_file_ends_with_2_and_the_others_are_checked(folder: Path) -> None:
    (folder / "bad.yaml").write_text("a: [")
    (folder / "policy.yaml").write_text(BROKEN)
    result = found("bad.yaml", "missing.yaml", "policy.yaml")
    assert result["exit_code"] == 2
    assert {one["file"] for one in result["unread"]} == {"bad.yaml", "missing.yaml"}
    assert "policy-has-selector" in ids(result)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a: [", "it cannot be read"),
        ("", "it is empty"),
        ("config: {}\n", "it has no config podsg:environment"),
        ("[]\n", "it has no config podsg:environment"),
        ("config: {'podsg:environment': {name: dev, netwrok: {}}}\n", "netwrok: found an unknown key"),
    ],
)
def test_a_stack_file_that_does_not_hold_is_told(folder: Path, content: str, says: str) -> None:
    (folder / "Pulumi.dev.yaml").write_text(content)
    done = run("Pulumi.dev.yaml")
    assert done.exit_code == 2
    assert says in done.stdout


def test_waivers_of_a_file(folder: Path) -> None:
    (folder / "policy.yaml").write_text(BROKEN)
    waiver = {
        "guardrail": "policy-has-selector",
        "subject": "SecurityGroupPolicy shop/ui",
        "reason": "it goes next week",
        "until": "2999-12-31",
    }
    (folder / "waivers.yaml").write_text(yaml.safe_dump([waiver]))
    result = found("policy.yaml", "--waivers", "waivers.yaml")
    assert [one["reason"] for one in result["waived"]] == ["it goes next week"]
    assert "policy-has-selector" not in ids(result)


@pytest.mark.parametrize(
    ("content", "says"), [("{}", "no list of waivers"), ("[{until: x}]", "waivers[0].until")]
)
def test_bad_waivers_are_told(folder: Path, content: str, says: str) -> None:
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "waivers.yaml").write_text(content)
    done = run("policy.yaml", "--waivers", "waivers.yaml")
    assert done.exit_code == 2
    assert says in done.stdout


def test_waivers_of_a_stack_file_count_for_it(folder: Path) -> None:
    stack = yaml.safe_load((STACKS / "Pulumi.dev.yaml").read_text())
    waiver = {"guardrail": "pod-eni-enabled", "subject": "x", "reason": "y", "until": "2999-12-31"}
    stack["config"]["podsg:environment"]["waivers"] = [waiver]
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(stack))
    assert ids(found("Pulumi.dev.yaml")) == {"waiver-matches"}


@pytest.mark.parametrize(("form", "begins"), [("sarif", "{"), ("github", "::error file=policy.yaml,line=1,")])
def test_forms_for_machines(folder: Path, form: str, begins: str) -> None:
    (folder / "policy.yaml").write_text(BROKEN)
    assert run("policy.yaml", "--format", form).stdout.startswith(begins)


def test_a_stack_of_any_program(folder: Path) -> None:
    policy = {
        "urn": "urn:pulumi:dev::shop::kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy::ui",
        "type": "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy",
        "inputs": {"spec": {"securityGroups": {"groupIds": ["sg-0123456789abcdef0"]}}},
    }
    (folder / "export.json").write_text(json.dumps({"deployment": {"resources": [policy]}}))
    result = found("--stack", "export.json")
    assert [(one["guardrail"], one["urn"]) for one in result["findings"]] == [
        ("policy-has-selector", policy["urn"])
    ]


@pytest.mark.parametrize("content", ["{", "{}", "null"])
def test_a_stack_that_cannot_be_read_is_told(folder: Path, content: str) -> None:
    (folder / "export.json").write_text(content)
    assert run("--stack", "export.json").exit_code == 2


def test_nothing_to_check_is_said(folder: Path) -> None:
    done = run()
    assert done.exit_code == 2
    assert "name a PATH or a --stack" in done.output
