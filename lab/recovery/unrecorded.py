"""List what carries the owner tag of a stack and is not in its record, with the commands that delete it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from lab.errors import LabError
from lab.recovery.account import Account, Found
from lab.recovery.kinds import KINDS, Kind
from lab.recovery.kubernetes_kinds import owned_objects

DESTROY = "destroy"
ATTEMPTS = 5
GONE = re.compile(r"NotFound(Exception|Fault)?$|^NoSuchEntity$")
"""Error codes of EC2, EKS, RDS, IAM, KMS and CloudWatch Logs for what is not there (any more)."""


@dataclass(frozen=True)
class Unrecorded:
    """Hold one object that exists and is not recorded.

    Args:
        type: The engine's type token.
        id: The id that the engine would record.
        name: What people call it.
        command: Shell line that deletes it.
    """

    type: str
    id: str
    name: str
    command: str

    def __str__(self) -> str:
        """Return the line that is shown."""
        return f"{self.type} {self.id} {self.name}: {self.command}"


class UnrecordedError(LabError):
    """Refuse a destroy: what is not recorded would stay behind, or be in its way."""

    def __init__(self, stack: str, unrecorded: tuple[Unrecorded, ...]) -> None:
        self.unrecorded = unrecorded
        super().__init__(
            f"{told(stack, unrecorded)}\nNothing has been destroyed.",
            why="a destroy deletes what is recorded: these would stay, or keep others from being deleted.",
            fix=f"run the commands above from the top, then `podsg lab {DESTROY}` again.",
        )


def find_unrecorded(account: Account, verb: str, say: Callable[[str], None]) -> tuple[Unrecorded, ...]:
    """Return what the owner has and the engine does not record, in the order of deletion.

    What the next `up` makes again with the same id is left out, except before a destroy.

    Args:
        account: The account, with what is recorded.
        verb: `up`, `preview`, `refresh` or `destroy`.
        say: Told what could not be looked at.
    """
    return tuple(
        Unrecorded(type_name, found.id, found.name, found.command)
        for type_name, found in (*owned_objects(account.owner, say), *_in_aws(account, verb))
        if not account.has(type_name, found.id)
    )


def _in_aws(account: Account, verb: str) -> Iterator[tuple[str, Found]]:
    for kind in KINDS:
        if verb == DESTROY or not kind.remade:
            yield from ((kind.type, found) for found in _found(kind, account))


def _found(kind: Kind, account: Account) -> list[Found]:
    """Look again if something went between its listing and its description: AWS still ends what was asked."""
    for _ in range(ATTEMPTS):
        try:
            return list(kind.find(account))
        except ClientError as error:
            if not GONE.search(error.response["Error"]["Code"]):
                raise
            account = account.afresh()
    return list(kind.find(account))


def told(stack: str, unrecorded: tuple[Unrecorded, ...]) -> str:
    """Return what people read about it: a heading and one line per object."""
    number = "1 object exists" if len(unrecorded) == 1 else f"{len(unrecorded)} objects exist"
    heading = (
        f"{number} that {stack} made and did not record, because a command was cut off."
        " These commands, run from the top, delete them:"
    )
    return "\n".join([heading, *map(str, unrecorded)])
