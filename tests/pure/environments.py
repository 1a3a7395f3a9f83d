"""Environments that pass: everything made here, a cluster in a network that exists, workloads alone."""

from __future__ import annotations

from typing import Any

SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
GROUPS = [f"sg-0123456789abcdef{number}" for number in range(6)]


def all_made_here() -> dict[str, Any]:
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
        "waivers": [
            {
                "guardrail": "pod-eni-enabled",
                "subject": "cluster.vpc_cni",
                "reason": "the pods come next month",
                "until": "2026-12-31",
            }
        ],
    }


def in_existing_network() -> dict[str, Any]:
    """A cluster, nodes and an Aurora cluster in a VPC that exists, with keys, roles and groups that exist."""
    return {
        "name": "staging",
        "existing_network": {
            "vpc_id": "vpc-0123456789abcdef0",
            "private_subnet_ids": SUBNETS.copy(),
            "pod_subnet_ids": {
                "us-west-2a": "subnet-0123456789abcdef2",
                "us-west-2b": "subnet-0123456789abcdef3",
            },
        },
        "cluster": {
            "key_arn": "arn:aws:kms:us-west-2:123456789012:key/0123abcd",
            "role_arn": "arn:aws:iam::123456789012:role/control-plane",
            "create_log_group": False,
            "node_security_group_id": GROUPS[0],
        },
        "node_groups": {
            "workers": {
                "instance_types": ["m7g.large"],
                "role_arn": "arn:aws:iam::123456789012:role/platform/nodes",
            }
        },
        "databases": {
            "catalog": {
                "engine": "aurora-postgresql",
                "version": "16",
                "instance_class": "db.r6g.large",
                "instance_count": 2,
                "security_group_id": GROUPS[1],
                "key_arn": "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-0123abcd",
                "create_log_groups": False,
            }
        },
        "workloads": {
            "catalog": {
                "namespace": "catalog",
                "pod_selector": {"app": "catalog"},
                "databases": ["catalog"],
                "security_group_ids": [GROUPS[2], GROUPS[3]],
            },
            "ui": {"namespace": "ui", "pod_selector": {"app": "ui"}, "security_group_ids": [GROUPS[4]]},
        },
    }


def workloads_alone() -> dict[str, Any]:
    """Workloads on a VPC, a cluster and a database that all exist."""
    return {
        "name": "shop",
        "existing_network": {"vpc_id": "vpc-01234567"},
        "existing_cluster": {
            "name": "platform",
            "node_security_group_id": "sg-01234567",
            "oidc_provider_arn": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.example/id/EXAMPLE",
        },
        "existing_databases": {
            "orders": {
                "address": "orders.abc.us-west-2.rds.amazonaws.com",
                "port": 5432,
                "security_group_id": GROUPS[5],
                "secret_arn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:orders-a1b2c3",
            }
        },
        "workloads": {
            "orders": {
                "namespace": "default",
                "create_namespace": False,
                "pod_selector": {"app": "orders"},
                "databases": ["orders"],
            }
        },
    }
