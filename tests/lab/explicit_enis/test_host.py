"""Over the protocol alone: a recorded state of an older version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .host import current_provider, started_host
from .scene import OWNER, Scene

RECORDED = Path(__file__).resolve().parents[2] / "upgrade" / "branch_eni-0.0.0.json"


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
