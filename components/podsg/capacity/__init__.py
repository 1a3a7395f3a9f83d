"""Branch ENI capacity: slots per instance type, and what a set of pods needs; standard library only."""
