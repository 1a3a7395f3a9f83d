"""Mistakes that people make in an environment, part by part, and what they are told."""

from tests.pure.mistakes.cluster import CLUSTER_MISTAKES
from tests.pure.mistakes.databases import DATABASE_MISTAKES
from tests.pure.mistakes.environment import ENVIRONMENT_MISTAKES
from tests.pure.mistakes.existing import EXISTING_MISTAKES
from tests.pure.mistakes.mistake import MISSING, Location, Mistake, make
from tests.pure.mistakes.network import NETWORK_MISTAKES
from tests.pure.mistakes.node_groups import NODE_GROUP_MISTAKES
from tests.pure.mistakes.references import REFERENCE_MISTAKES
from tests.pure.mistakes.workloads import WORKLOAD_MISTAKES

__all__ = ["MISSING", "MISTAKES", "Location", "Mistake", "make"]

MISTAKES = (
    *ENVIRONMENT_MISTAKES,
    *NETWORK_MISTAKES,
    *CLUSTER_MISTAKES,
    *NODE_GROUP_MISTAKES,
    *DATABASE_MISTAKES,
    *WORKLOAD_MISTAKES,
    *EXISTING_MISTAKES,
    *REFERENCE_MISTAKES,
)
