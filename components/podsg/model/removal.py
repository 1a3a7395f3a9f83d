"""How what an environment made goes again: bounded waits, and what happens to running pods."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from podsg.model.spec import Spec


class OnRemove(StrEnum):
    """What happens to running pods of a workload that is removed: they hold its security group."""

    RESTART = "restart"
    """They are evicted, within their disruption budgets, and come back with what other policies give them,
    else with the groups of their node."""
    WAIT = "wait"
    """Nothing is done to them: whoever runs them restarts them before the timeout."""
    FAIL = "fail"
    """The operation ends with an error that names them."""


class DestroySpec(Spec):
    """How an environment is destroyed."""

    # Our own limits: a drain that lasts longer than a day is not going to end.
    drain_timeout_minutes: int = Field(default=30, ge=1, le=1440, examples=[30])
    """How long pods with branch ENIs may take to go, disruption budgets respected (minutes, 1 to 1440)."""
    sweep_timeout_minutes: int = Field(default=30, ge=1, le=1440, examples=[30])
    """How long network interfaces of the cluster and its databases may take to go (minutes, 1 to 1440)."""
    allow_foreign: bool = Field(default=False, examples=[False])
    """Goes on although others have policies, pods with branch ENIs or nodes in a cluster that this
    environment made; the pods are evicted too. Set it, run `pulumi up`, then `pulumi destroy`."""
