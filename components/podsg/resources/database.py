"""A relational database for workloads."""

from collections.abc import Sequence
from typing import NotRequired, Optional, TypedDict

import pulumi

from podsg.model import DatabaseSpec, is_aurora
from podsg.resources.aurora import make_aurora
from podsg.resources.database_instance import make_instance
from podsg.resources.database_parts import DatabaseParts, make_subnet_group
from podsg.resources.owner import Owner
from podsg.resources.spec_args import DatabaseSpecInput
from podsg.resources.specification import Description, described


class DatabaseArgs(TypedDict):
    """Inputs of a database."""

    spec: DatabaseSpecInput
    """Engine, size and protection: the fields of one of `databases` in an environment."""
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Private subnets in at least two zones."""
    security_group_id: NotRequired[pulumi.Input[str]]
    """Id of the security group of the database. It needs no rule of its own: grants bring theirs.
    Default: the group that `spec` names."""
    tags: NotRequired[dict[str, str]]
    """Tags of the database and its parts, besides name and owner. Default: none."""


class Database(pulumi.ComponentResource):
    """Make an RDS instance or an Aurora cluster that is private, encrypted and reached over TLS only.

    Its identifier is the component's name; the instances of a cluster add their number, and the one with the
    first number writes until it fails. RDS makes and keeps the administrator's password, so the state holds
    none. Nobody can reach the database until a workload is granted access.

    Another version line upgrades the database in place and gives it a parameter group of the new line. The
    old group goes last, when the database has left it: at once with `apply_immediately`, else after the
    maintenance window; until then RDS refuses to delete it and the update ends with that error. The next
    update after the window finishes it. A version that names a patch stays; one that names a line follows its
    patches.
    """

    address: pulumi.Output[str]
    """DNS name of the database; of an Aurora cluster, that of its writer."""
    port: pulumi.Output[int]
    """TCP port of the database."""
    endpoint: pulumi.Output[str]
    """`address:port` of the database; of an Aurora cluster, that of its writer."""
    reader_endpoint: pulumi.Output[Optional[str]]
    """`address:port` that spreads connections over the readers of an Aurora cluster; none for other
    engines."""
    secret_arn: pulumi.Output[Optional[str]]
    """ARN of the secret with the administrator's name and password, made and rotated by RDS; none while RDS
    shows no secret."""

    def __init__(self, name: str, args: DatabaseArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("podsg:index:Database", name, None, opts)
        description = described(DatabaseSpec, args["spec"], name)
        owner = Owner.of(self, name, args.get("tags"))
        parts = DatabaseParts(
            owner=owner,
            spec=description.spec,
            security_group_id=_security_group_id(name, args, description),
            key_arn=description.given("key_arn"),
            subnet_group=make_subnet_group(owner, args["subnet_ids"], opts),
        )
        made = make_aurora(parts) if is_aurora(parts.spec.engine) else make_instance(parts)
        self.final_snapshot_identifier = parts.final_snapshot_identifier
        self.is_cluster = is_aurora(parts.spec.engine)
        self.address = made.address
        self.port = made.port
        self.endpoint = made.endpoint
        self.reader_endpoint = made.reader_endpoint
        self.secret_arn = made.secret_arn
        self.register_outputs(
            {
                "address": self.address,
                "port": self.port,
                "endpoint": self.endpoint,
                "reader_endpoint": self.reader_endpoint,
                "secret_arn": self.secret_arn,
            }
        )


def _security_group_id(
    name: str, args: DatabaseArgs, description: Description[DatabaseSpec]
) -> pulumi.Input[str]:
    given: Optional[pulumi.Input[str]] = args.get("security_group_id")
    if given is None:
        given = description.given("security_group_id")
    if given is None:
        raise pulumi.RunError(
            f"{name}.security_group_id: found nothing; allowed: the id of a security group, or one in "
            f"{name}.spec.security_group_id"
        )
    return given
