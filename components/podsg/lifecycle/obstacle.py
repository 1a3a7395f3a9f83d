"""A reason why a destroy would not finish, and how its cure is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Obstacle:
    """One reason why a destroy would not finish.

    Example:
        >>> print(Obstacle("cluster dev", "deletion protection is on", "EKS refuses.", "switch it off."))
        cluster dev: deletion protection is on
          Why: EKS refuses.
          Fix: switch it off.
    """

    subject: str
    """What stands in the way, with its id."""
    problem: str
    """What was found, with values."""
    reason: str
    """What would refuse, and when."""
    fix: str
    """A setting or a command that takes it away."""

    def __str__(self) -> str:
        """Show it in the form of every message."""
        return f"{self.subject}: {self.problem}\n  Why: {self.reason}\n  Fix: {self.fix}"


@dataclass(frozen=True)
class Commands:
    """How a reader runs commands on this stack, so that a fix can be pasted.

    Args:
        engine: Program that runs `up`, `refresh` and `destroy`.
        options: What names the stack to the engine's program; goes after the verb.
        stack: Name of the stack for `pulumi` itself, such as `organization/shop/dev`.
        prefix: What other programs are started with.

    Example:
        >>> Commands().engine_command("up"), Commands(prefix="lab exec --").tool_command("aws", "ec2")
        ('`pulumi up`', '`lab exec -- aws ec2`')
    """

    engine: str = "pulumi"
    options: str = ""
    stack: str = ""
    prefix: str = ""

    def engine_command(self, verb: str) -> str:
        """Return a command of the engine, quoted."""
        return _quoted(self.engine, verb, self.options)

    def tool_command(self, *words: str) -> str:
        """Return the command of another program, quoted."""
        return _quoted(self.prefix, *words)


def _quoted(*words: str) -> str:
    return f"`{' '.join(filter(None, words))}`"
