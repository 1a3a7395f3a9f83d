"""The components as the engine's own analyser sees them, for programs in other languages."""

from __future__ import annotations

from pulumi.provider.experimental.analyzer import Analyzer

from podsg import resources
from podsg.resources import Cluster, Database, Environment, Network, NodeGroup, SecurityGroupsForPods

COMPONENTS = [Cluster, Database, Environment, Network, NodeGroup, SecurityGroupsForPods]


def test_every_component_has_a_schema() -> None:
    # Given all components, when the analyser reads them
    components = Analyzer("podsg").analyze(list(COMPONENTS))["component_definitions"]
    # Then each is there, and every input and output is described.
    assert set(components) == {component.__name__ for component in COMPONENTS}
    for component in components.values():
        for name, definition in {**component.inputs, **component.outputs}.items():
            assert definition.description, f"{component.name}.{name}"


def test_the_export_list_holds() -> None:
    # Given the export list, when it is compared, then each name is there and each component is in it.
    assert all(hasattr(resources, name) for name in resources.__all__)
    assert {component.__name__ for component in COMPONENTS} <= set(resources.__all__)
