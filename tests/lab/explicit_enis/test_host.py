"""Over the protocol alone: a recorded state of an older version."""

from __future__ import annotations

import json
from pathlib import Path

from .host import inputs_of, started_host
from .scene import Scene

RECORDED = Path(__file__).resolve().parents[2] / "upgrade" / "branch_eni-0.0.0.json"


def test_a_state_of_an_older_version_is_read_changed_and_deleted(enis: Scene) -> None:
    # given a branch ENI, and its record as an older version wrote it
    with started_host() as host:
        recorded = json.loads(RECORDED.read_text())
        inputs = {**inputs_of(enis), "owner": recorded["owner"]}
        eni_id, outputs = host.create(inputs)
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
    assert eni_id not in enis.vlans()
    filters = [{"Name": "network-interface-id", "Values": [eni_id]}]
    assert enis.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []
