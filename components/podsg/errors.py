"""Every error that podsg raises on purpose.

```
PodsgError
├── InputError                 the input of a person does not hold: every problem at once
├── GuardrailError             best practices are not kept, and pods would break: every finding at once
├── AwsError                   AWS refused, or did not answer
│   ├── Ec2CallError             one EC2 call, with EC2's own code
│   │   └── RefusedCallError       EC2 refused it for a reason that a second try does not cure
│   ├── NotFoundError            something that has to be there is not
│   ├── InUseError               something else still holds it
│   ├── CapacityError            no address, no slot or no VLAN is free
│   ├── ThrottledError           EC2 kept on limiting the rate until the deadline
│   ├── AccessDeniedError        the caller may not make the call
│   ├── TrunkCallNotOpenError    this account may not associate trunk interfaces
│   └── WrongAccountError        the credentials belong to another account
├── KubernetesCallError        the Kubernetes API refused, or did not answer
│   ├── ApiUnreachableError      it cannot be reached
│   ├── ForbiddenError           the caller may not make the call
│   └── DisruptionBudgetError    a PodDisruptionBudget does not allow an eviction now
├── DeadlineError              a bounded wait ended; what is left is named
└── StateError                 what is recorded and what is there cannot both be right
```
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

INPUT_REFERENCE = "stacks/stack.schema.json"


class PodsgError(Exception):
    """Anything that podsg refuses or cannot do; its text alone is meant to suffice."""


@dataclass(frozen=True, order=True)
class Problem:
    """One value of the input that does not hold.

    Example:
        >>> print(Problem("databases.catalog.port", "70000", "1150 to 65535"))
        databases.catalog.port: found 70000; allowed: 1150 to 65535
    """

    path: str
    """Where the value stands, seen from the root of the input; empty for the root itself."""
    found: str
    """The value as it is shown to people."""
    allowed: str
    """What would pass at this place."""

    def __str__(self) -> str:
        """Show place, value and what is allowed in one line."""
        return f"{self.path}: found {self.found}; allowed: {self.allowed}"


@dataclass(frozen=True)
class FileProblem:
    """A file or folder that is not read, and why.

    Example:
        >>> print(FileProblem("apps/ui.yaml", "a tab indents this line; YAML indents with spaces", 12))
        apps/ui.yaml:12: a tab indents this line; YAML indents with spaces
    """

    file: str
    """File or folder, as it was named."""
    text: str
    """What is wrong, and what to do."""
    line: int = 0
    """Line that shows it (1 or more); 0 if no line does."""

    def __str__(self) -> str:
        """Show it in one line."""
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


class InputError(PodsgError):
    """An input is refused, with all its problems in one report.

    Args:
        problems: What does not hold, at least one; shown in the given order.
        subject: Name of the input, the start of every path.

    Example:
        >>> print(InputError([Problem("network.zone_count", "9", "2 to 6")]))
        podsg:environment has 1 problem:
          podsg:environment.network.zone_count: found 9; allowed: 2 to 6
          See: stacks/stack.schema.json
    """

    def __init__(self, problems: Iterable[Problem], subject: str = "podsg:environment") -> None:
        """Keep the problems and make the report."""
        self.problems = tuple(problems)
        self.subject = subject
        count = len(self.problems)
        head = f"{subject} has {count} problem{'' if count == 1 else 's'}:"
        lines = [f"  {self._located(problem)}" for problem in self.problems]
        super().__init__("\n".join([head, *lines, f"  See: {INPUT_REFERENCE}"]))

    def _located(self, problem: Problem) -> Problem:
        path = ".".join(part for part in (self.subject, problem.path) if part)
        return Problem(path, problem.found, problem.allowed)


class GuardrailError(PodsgError):
    """An environment would break pods, with all findings in one report.

    Args:
        findings: What was found, at least one, each as people read it; shown in the given order.
        subject: Name of the environment.

    Example:
        >>> print(GuardrailError(["pod-eni-enabled: cluster.vpc_cni: it is off."], "dev"))
        dev has 1 finding that breaks pods:
          pod-eni-enabled: cluster.vpc_cni: it is off.
    """

    def __init__(self, findings: Iterable[str], subject: str) -> None:
        """Make the report."""
        self.findings = tuple(findings)
        count = len(self.findings)
        head = f"{subject} has {count} finding{' that breaks' if count == 1 else 's that break'} pods:"
        super().__init__("\n".join([head, *(_indented(one) for one in self.findings)]))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


@dataclass(frozen=True)
class Explanation:
    """What an error tells, in the order in which it is read.

    Example:
        >>> print(Explanation("drain", "2 pods are left", "a budget keeps them.", "scale them down.", "x.md"))
        drain: 2 pods are left
          Why: a budget keeps them.
          Fix: scale them down.
          See: x.md
    """

    subject: str
    problem: str
    reason: str
    fix: str
    reference: str = ""

    def __str__(self) -> str:
        """Show all parts, one per line."""
        lines = [f"{self.subject}: {self.problem}", f"  Why: {self.reason}", f"  Fix: {self.fix}"]
        return "\n".join([*lines, f"  See: {self.reference}"] if self.reference else lines)


class ExplainedError(PodsgError):
    """An error that says what happened, why it matters and what to do.

    Args:
        explanation: All of it; the text of the error.
    """

    def __init__(self, explanation: Explanation) -> None:
        """Keep the parts."""
        self.explanation = explanation
        super().__init__(str(explanation))


class AwsError(ExplainedError):
    """AWS refused, or did not answer."""


class Ec2CallError(AwsError):
    """One EC2 call failed.

    Args:
        call: Operation as AWS writes it, such as `DeleteNetworkInterface`.
        code: EC2's code, such as `DependencyViolation`; `RequestTimeout` if no answer came.
        message: EC2's text.
    """

    def __init__(self, call: str, code: str, message: str = "") -> None:
        """Keep call and code, by which callers decide."""
        self.call, self.code, self.message = call, code, message
        super().__init__(
            Explanation(
                f"ec2:{call}", f"{code}: {message}", "the call was not done.", "see the EC2 error code."
            )
        )


class NotFoundError(AwsError):
    """Something that has to be there is not."""


class InUseError(AwsError):
    """Something else still holds what is to go."""


class CapacityError(AwsError):
    """No address, no slot or no VLAN is free."""


class ThrottledError(AwsError):
    """EC2 kept on limiting the rate until the deadline."""


class AccessDeniedError(AwsError):
    """The caller may not make a call."""


class TrunkCallNotOpenError(AwsError):
    """This account may not associate trunk interfaces."""


class WrongAccountError(AwsError):
    """The credentials belong to another account than the one that is expected."""


class KubernetesCallError(ExplainedError):
    """The Kubernetes API refused, or did not answer.

    Args:
        explanation: What happened.
        status: HTTP status; 0 without an answer.
    """

    def __init__(self, explanation: Explanation, status: int = 0) -> None:
        """Keep the status, by which callers decide."""
        self.status = status
        super().__init__(explanation)


class ApiUnreachableError(KubernetesCallError):
    """The Kubernetes API cannot be reached."""


class ForbiddenError(KubernetesCallError):
    """The caller may not make a call."""


class DisruptionBudgetError(KubernetesCallError):
    """A PodDisruptionBudget does not allow an eviction now."""


class DeadlineError(ExplainedError):
    """A bounded wait ended; its text names what is left."""


class StateError(ExplainedError):
    """What is recorded and what is there cannot both be right."""
