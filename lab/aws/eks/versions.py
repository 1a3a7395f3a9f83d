"""DescribeClusterVersions: the Kubernetes versions that the lab knows.

Source: EKS API reference, DescribeClusterVersions. Dates are left out: they are not the lab's to know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.aws.eks.cluster_checks import VERSIONS

if TYPE_CHECKING:
    from lab.aws.eks.state import Description, EksRequest

STANDARD_SUPPORT_COUNT = 3


def describe(request: EksRequest) -> Description:
    """Answer the versions, newest first."""
    wanted, default_only = request.get("clusterVersions", []), request.get("defaultOnly")
    found = [
        {
            "clusterVersion": version,
            "clusterType": "eks",
            "defaultPlatformVersion": "eks.1",
            "defaultVersion": not position,
            "status": "standard-support" if position < STANDARD_SUPPORT_COUNT else "extended-support",
            "versionStatus": "STANDARD_SUPPORT" if position < STANDARD_SUPPORT_COUNT else "EXTENDED_SUPPORT",
            "kubernetesPatchVersion": f"{version}.0",
        }
        for position, version in enumerate(reversed(VERSIONS))
        if (not wanted or version in wanted) and (not default_only or not position)
    ]
    return request.page("clusterVersions", found)
