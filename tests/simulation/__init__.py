"""Branch ENIs under faults, in simulated time: no cloud, no cluster, no second of waiting."""
