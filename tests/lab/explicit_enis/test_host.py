"""Over the protocol alone: a recorded state of an older version, and many cycles in one process."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .host import Host, current_provider, started_host
from .scene import OWNER, Scene

RECORDED = Path(__file__).resolve().parents[2] / "upgrade" / "branch_eni-0.0.0.json"
CYCLES = int(os.environ.get("PODSG_SOAK", "60"))
"""Creates and deletes in one process; a nightly run takes 2,000."""
WARM_UP = 20
MOST_GROWTH = 1.05


def _inputs(enis: Scene, **more: Any) -> dict[str, Any]:
    return {
        "__provider": current_provider(),
        "region": "us-west-2",
        "account_id": "123456789012",
        "profile": "",
        "role_arn": "",
        "podsg_version": "0.0.0",
        "owner": OWNER,
        "name": "one",
        "trunk_eni_id": enis.node.trunk_id,
        "subnet_id": "",
        "vlan_id": 0,
        "group_ids": [enis.node.group("pods")],
        "description": "one",
        "tags": {},
        "cooldown_seconds": 0,
        "adopt_eni_id": "",
        "timeout_minutes": 15,
        **more,
    }


def test_a_state_of_an_older_version_is_read_changed_and_deleted(enis: Scene) -> None:
    # given a branch ENI, and its record as an older version wrote it
    with started_host() as host:
        inputs = _inputs(enis)
        eni_id, outputs = host.create(inputs)
        recorded = json.loads(RECORDED.read_text())
        assert recorded.keys() <= outputs.keys(), "a newer version records less"
        old = {**recorded, **{key: outputs[key] for key, value in recorded.items() if value is None}}

    # when a process of today reads it, then nothing differs, a change arrives, and it can be deleted
    with started_host() as host:
        found_id, found = host.read(eni_id, old)
        assert found_id == eni_id
        assert not host.changes(eni_id, found, inputs)
        other = enis.node.group("others")
        changed = host.update(eni_id, found, {**inputs, "group_ids": [other]})
        assert changed["group_ids"] == [other]
        host.delete(eni_id, {**old, "group_ids": [other]})
    assert enis.owned() == {}


def test_many_cycles_take_no_more_memory_and_descriptors(enis: Scene) -> None:
    with started_host() as host:
        inputs = _inputs(enis)
        for number in range(WARM_UP):
            _cycle(host, inputs, number)
        before = host.process.memory_info().rss, host.process.num_fds()
        for number in range(CYCLES):
            _cycle(host, inputs, number)
        after = host.process.memory_info().rss, host.process.num_fds()
    assert enis.owned() == {}
    assert after[1] <= before[1]
    assert after[0] <= before[0] * MOST_GROWTH, f"{before[0]} grew to {after[0]} bytes"


def _cycle(host: Host, inputs: dict[str, Any], number: int) -> None:
    # Another description each time: EC2 remembers the tokens of those that are gone.
    wanted = {**inputs, "description": f"cycle {number}"}
    eni_id, outputs = host.create(wanted)
    host.delete(eni_id, outputs)
