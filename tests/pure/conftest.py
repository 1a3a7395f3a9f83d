"""What people may write: one environment that passes, new for each test."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no fault, and failures are shown, not kept in the checkout.
settings.register_profile("podsg", deadline=None, database=None)
settings.load_profile("podsg")


@pytest.fixture
def written() -> dict[str, Any]:
    return {
        "name": "dev",
        "network": {"cidr": "10.42.0.0/16", "zone_count": 3},
        "cluster": {
            "version": "1.35",
            "endpoint_access": {"public_cidrs": ["203.0.113.0/24", "198.51.100.0/24"]},
            "admin_principal_arns": ["arn:aws:iam::123456789012:role/admin"],
            "vpc_cni": {"enforcing_mode": "strict", "extra_env": {"WARM_ENI_TARGET": "1"}},
            "login": {"command": "aws"},
        },
        "node_groups": {"workers": {"instance_types": ["m5.large", "m6i.large"], "desired_count": 2}},
        "databases": {"catalog": {"engine": "mysql", "version": "8.4", "instance_class": "db.t4g.micro"}},
        "workloads": {
            "catalog": {
                "namespace": "catalog",
                "pod_selector": {"app.kubernetes.io/name": "catalog"},
                "ports": [8080, 8443],
                "databases": ["catalog"],
                "ingress_from": [{"workload": "ui", "ports": [8080]}],
            },
            "ui": {
                "namespace": "ui",
                "service_account_selector": {"role": "ui"},
                "egress_to": [{"cidr": "10.0.0.0/8", "ports": [443]}],
            },
        },
        "tags": {"team": "shop"},
    }
