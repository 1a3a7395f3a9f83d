"""How what is managed comes and goes: facts in, verdicts out; standard library only."""

from podsg.lifecycle.facts import (
    Access,
    Api,
    Cluster,
    Database,
    Instance,
    Interface,
    Kind,
    Live,
    Part,
    Recorded,
    RolePolicy,
    Rule,
)
from podsg.lifecycle.obstacle import Commands, Obstacle
from podsg.lifecycle.preflight import obstacles

__all__ = [
    "Access",
    "Api",
    "Cluster",
    "Commands",
    "Database",
    "Instance",
    "Interface",
    "Kind",
    "Live",
    "Obstacle",
    "Part",
    "Recorded",
    "RolePolicy",
    "Rule",
    "obstacles",
]
