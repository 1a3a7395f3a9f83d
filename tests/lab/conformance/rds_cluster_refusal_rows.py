"""Aurora clusters: what CreateDBCluster refuses, with nothing made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .rds_cluster_scene import Clusters
from .rds_rows import UNKNOWN_KEY
from .row import Clients, Row, refused

CREATE = "RDS API reference, CreateDBCluster"
LOGS = "RDS API reference, CreateDBCluster (EnableCloudwatchLogsExports)"
VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"


def _refuses(code: str, text: str | None = None, **changes: Any) -> Callable[[Clients], None]:
    return _refuses_made(code, lambda _: changes, text)


def _refuses_made(
    code: str, changes: Callable[[Clusters], dict[str, Any]], text: str | None = None
) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        clusters = Clusters(clients)
        request = clusters.request(**changes(clusters))
        with refused(code, text):
            clients.rds.create_db_cluster(**request)
        found = clients.rds.describe_db_clusters()["DBClusters"]
        assert request["DBClusterIdentifier"] not in {each["DBClusterIdentifier"] for each in found}

    return check


def _foreign_group(clusters: Clusters) -> dict[str, Any]:
    return {"VpcSecurityGroupIds": [clusters.scene.group(clusters.scene.vpc("10.5.0.0/16"))]}


def _row(name: str, title: str, source: str, check: Callable[[Clients], None]) -> Row:
    return Row(f"rds-cluster-{name}", title, source, check)


ROWS = [
    _row(
        "identifier",
        "An identifier is a letter, letters, digits, single hyphens",
        CREATE,
        _refuses(VALUE, DBClusterIdentifier="a--b"),
    ),
    _row(
        "engine", "CreateDBCluster refuses an unknown engine", CREATE, _refuses(VALUE, Engine="aurora-nosql")
    ),
    _row(
        "engine-version",
        "CreateDBCluster refuses an unknown engine version",
        CREATE,
        _refuses(COMBINATION, "Cannot find version 99.9 for aurora-postgresql", EngineVersion="99.9"),
    ),
    _row(
        "instance-class",
        "An Aurora cluster has no instance class of its own",
        "hashicorp/terraform-provider-aws#30596",
        _refuses(COMBINATION, DBClusterInstanceClass="db.r6g.large"),
    ),
    _row(
        "user-reserved",
        "CreateDBCluster refuses a reserved user name",
        CREATE,
        _refuses(VALUE, MasterUsername="admin"),
    ),
    _row(
        "user-form",
        "CreateDBCluster refuses a user name of the wrong form",
        CREATE,
        _refuses(VALUE, MasterUsername="1catalog"),
    ),
    _row(
        "password-missing",
        "CreateDBCluster needs a password or a managed one",
        CREATE,
        _refuses(VALUE, ManageMasterUserPassword=None),
    ),
    _row(
        "password-twice",
        "A managed password excludes one of one's own",
        CREATE,
        _refuses(COMBINATION, MasterUserPassword="not-so-secret"),
    ),
    _row(
        "database-name",
        "CreateDBCluster refuses a database name of the wrong form",
        "hashicorp/terraform-provider-aws#38528",
        _refuses(
            VALUE,
            "DatabaseName must begin with a letter and contain only alphanumeric characters.",
            DatabaseName="my-svc-dev",
        ),
    ),
    _row(
        "retention",
        "Backups of a cluster cannot be switched off",
        CREATE,
        _refuses(VALUE, BackupRetentionPeriod=0),
    ),
    _row("port", "CreateDBCluster refuses a port out of range", CREATE, _refuses(VALUE, Port=1149)),
    _row(
        "log-type",
        "CreateDBCluster refuses logs of another engine",
        LOGS,
        _refuses(COMBINATION, EnableCloudwatchLogsExports=["upgrade"]),
    ),
    _row(
        "group-unknown",
        "CreateDBCluster refuses an unknown security group",
        CREATE,
        _refuses(VALUE, VpcSecurityGroupIds=["sg-00000000"]),
    ),
    _row(
        "group-foreign",
        "CreateDBCluster refuses a security group of another VPC",
        CREATE,
        _refuses_made(COMBINATION, _foreign_group),
    ),
    _row(
        "subnet-group-unknown",
        "CreateDBCluster refuses an unknown subnet group",
        CREATE,
        _refuses("DBSubnetGroupNotFoundFault", DBSubnetGroupName="none"),
    ),
    _row(
        "key-unknown",
        "CreateDBCluster refuses an unknown KMS key",
        CREATE,
        _refuses("KMSKeyNotAccessibleFault", StorageEncrypted=True, KmsKeyId=UNKNOWN_KEY),
    ),
    _row(
        "parameter-group-unknown",
        "CreateDBCluster refuses an unknown parameter group",
        "terraform-aws-modules/terraform-aws-rds-aurora#50",
        _refuses(
            "DBClusterParameterGroupNotFound",
            "DBClusterParameterGroup not found: none",
            DBClusterParameterGroupName="none",
        ),
    ),
    _row(
        "parameter-group-family",
        "CreateDBCluster refuses a parameter group of another family",
        "hashicorp/terraform-provider-aws#28848",
        _refuses_made(
            COMBINATION,
            lambda clusters: {"DBClusterParameterGroupName": clusters.parameters("aurora-postgresql15")},
        ),
    ),
]
