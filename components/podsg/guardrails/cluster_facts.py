"""What the cluster is, and which version something has."""

from __future__ import annotations

import re

from podsg.model.snapshot import Cluster, Maybe, NotKnownError, Snapshot, Unknown, known


def cluster(snapshot: Snapshot) -> Cluster:
    """Return the cluster of an environment.

    Raises:
        NotKnownError: Nothing was read that tells it.
    """
    return known("the cluster", snapshot.cluster)


def is_ipv6(snapshot: Snapshot) -> bool:
    """Tell whether pods get IPv6 addresses.

    Raises:
        NotKnownError: It is not known.
    """
    return known("IP family of the cluster", cluster(snapshot).ip_family) == "ipv6"


def version_of(subject: str, text: Maybe[str]) -> tuple[int, ...]:
    """Return the numbers of a version.

    Raises:
        NotKnownError: It is not known, or is no version.

    Example:
        >>> version_of("version of the VPC CNI", "v1.22.3-eksbuild.1")
        (1, 22, 3)
    """
    written = known(subject, text)
    found = re.match(r"v?([0-9]+(?:\.[0-9]+){1,2})(?![0-9.])", written)
    if not found:
        raise NotKnownError(subject, Unknown(f"{written!r} is no version"))
    return tuple(int(part) for part in found[1].split("."))
