"""Which ENIConfig a node uses."""

from __future__ import annotations

from lab.nodes.objects import Object, annotations_of, labels_of
from lab.nodes.settings import Settings

DEFAULT_NAME = "default"
_EXTERNAL_LABEL = "vpc.amazonaws.com/externalEniConfig"


def eni_config_name(node: Object, settings: Settings) -> str:
    """Return the name of the node's ENIConfig, whether there is one of that name or not.

    Source: aws/amazon-vpc-cni-k8s `pkg/eniconfig/eniconfig.go` (GetNodeSpecificENIConfigName).

    Example:
        >>> from lab.nodes.settings import read
        >>> zone = {"topology.kubernetes.io/zone": "us-west-2a"}
        >>> settings = read({"ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"})
        >>> eni_config_name({"metadata": {"name": "node", "labels": zone}}, settings)
        'us-west-2a'
    """
    labels = labels_of(node)
    for words, key in (
        (labels, _EXTERNAL_LABEL),
        (annotations_of(node), settings.annotation),
        (labels, settings.label),
    ):
        if key in words:
            return words[key]
    return DEFAULT_NAME
