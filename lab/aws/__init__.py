"""The AWS of the lab: moto's server, extended from outside until it refuses what AWS refuses."""
