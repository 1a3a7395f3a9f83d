"""Bad input is refused before any AWS call: all mistakes at once, no traceback."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from lab.engine import Engine, EngineError
from tests.lab.conftest import Lab

MISTAKES = {
    "network.cidr": "10.0.0.0/99",
    "databases.catalog.port": 70000,
    "workloads.catalog.databases": ["catalogue"],
    "node_groups.workers.instance_types": ["t3.large"],
    "cluster.vpc_cni.enforcing_mode": "strikt",
}


def make_mistakes(environment: dict[str, Any]) -> None:
    for path, value in MISTAKES.items():
        *parents, last = path.split(".")
        part = environment
        for name in parents:
            part = part.setdefault(name, {})
        part[last] = value


def forget_calls(lab: Lab) -> None:
    request = urllib.request.Request(f"{lab.running().url}/lab/calls/reset", method="POST")
    urllib.request.urlopen(request).close()


def calls(lab: Lab) -> list[Any]:
    with urllib.request.urlopen(f"{lab.running().url}/lab/calls") as response:
        found = json.load(response)
    assert isinstance(found, list)
    return found


def test_the_command_refuses_before_it_starts_the_engine(lab: Lab) -> None:
    # given a stack file with five mistakes
    lab.change(make_mistakes)
    forget_calls(lab)

    # when it is brought up
    done = lab.run("up", "--project", str(lab.project))

    # then every mistake is named, nothing else is, and AWS was not asked
    assert done.returncode == 2
    assert [path for path in MISTAKES if f"podsg:environment.{path}" not in done.stderr] == []
    assert "Traceback" not in done.stderr + done.stdout
    assert calls(lab) == []


def test_the_program_refuses_under_the_engine(activated: Lab) -> None:
    # given the same mistakes, and nobody who looks at the file before the engine does
    activated.change(make_mistakes)
    engine = Engine("dev", print, activated.project)
    forget_calls(activated)

    # when the engine previews
    with pytest.raises(EngineError) as refused:
        engine.preview()

    # then its message has them all
    text = str(refused.value)
    assert [path for path in MISTAKES if f"podsg:environment.{path}" not in text] == []
    assert "Traceback" not in text
    assert calls(activated) == []
