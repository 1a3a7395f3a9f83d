"""An output that the engine compares by its value, not by where it comes from."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pulumi


class _Asked(Awaitable[bool]):
    """Ask only when it is awaited: the SDK does not get so far if the value fails."""

    def __init__(self, ask: Callable[[], Awaitable[bool]]) -> None:
        self._ask = ask

    def __await__(self) -> Generator[Any, Any, bool]:
        return self._ask().__await__()


def by_value(output: pulumi.Output[Any]) -> pulumi.Output[Any]:
    """Return an output with the same value that depends on no resource.

    Where a resource is replaced, the engine takes each input that comes from it for unknown, and the
    Kubernetes provider compares nothing after an unknown kubeconfig. Then only its `cluster` tells whether it
    is another one. Source: pulumi-kubernetes, provider.go, DiffConfig.

    Args:
        output: The value; whoever takes it depends by other inputs on what it comes from.
    """
    value = output.future(with_unknowns=True)
    return pulumi.Output(set(), value, _Asked(output.is_known), _Asked(output.is_secret))
