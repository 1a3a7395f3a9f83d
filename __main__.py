"""Build the environment that the stack file describes."""

import pulumi

from podsg.resources import Environment, configured_environment

spec = configured_environment()
environment = Environment(spec.name, {"spec": spec})
for name, value in environment.outputs().items():
    pulumi.export(name, value)
