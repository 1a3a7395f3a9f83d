"""The features that aws-node asks for in its node's CNINode."""

from __future__ import annotations

from lab.nodes.objects import Object

SECURITY_GROUPS_FOR_PODS = "SecurityGroupsForPods"
CUSTOM_NETWORKING = "CustomNetworking"


def has_feature(cni_node: Object, name: str, value: str = "") -> bool:
    """Say whether a CNINode has a feature with exactly this value."""
    features = (cni_node.get("spec") or {}).get("features") or []
    return any(each.get("name") == name and (each.get("value") or "") == value for each in features)


def with_feature(cni_node: Object, name: str, value: str = "") -> Object:
    """Return the change that gives a CNINode a feature; one of that name with another value goes.

    The change holds for this version of the object only: if another writer was faster, it is refused.

    Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (AddFeatureToCNINode).

    Example:
        >>> cni_node = {"metadata": {"resourceVersion": "7"}, "spec": {}}
        >>> with_feature(cni_node, "CustomNetworking", "us-west-2a")["spec"]
        {'features': [{'name': 'CustomNetworking', 'value': 'us-west-2a'}]}
    """
    others = [each for each in (cni_node.get("spec") or {}).get("features") or [] if each.get("name") != name]
    feature = {"name": name, "value": value} if value else {"name": name}
    return {
        "metadata": {"resourceVersion": cni_node["metadata"]["resourceVersion"]},
        "spec": {"features": [*others, feature]},
    }
