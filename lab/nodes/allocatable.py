"""The kubelet's copy of an extended resource: what a controller wrote to a node's capacity becomes usable."""

from __future__ import annotations

from lab.nodes.objects import POD_ENI, Object


def correction(node: Object) -> Object | None:
    """Return the change of a node's status that makes allocatable branch ENIs equal capacity, None if none.

    Source: Kubernetes documentation, "Advertise Extended Resources for a Node": the kubelet copies what is
        patched into `status.capacity` to `status.allocatable`.

    Example:
        >>> correction({"status": {"capacity": {"vpc.amazonaws.com/pod-eni": "9"}, "allocatable": {}}})
        {'status': {'allocatable': {'vpc.amazonaws.com/pod-eni': '9'}}}
        >>> correction({"status": {"capacity": {}, "allocatable": {}}}) is None
        True
    """
    status = node.get("status") or {}
    wanted = (status.get("capacity") or {}).get(POD_ENI)
    if wanted == (status.get("allocatable") or {}).get(POD_ENI):
        return None
    return {"status": {"allocatable": {POD_ENI: wanted}}}
