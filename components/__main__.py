"""Serve the components to programs in other languages: the engine runs this folder as a plugin."""

from podsg.resources import Cluster, Database, Environment, Network, NodeGroup, SecurityGroupsForPods
from podsg.resources.component_host import host

COMPONENTS = (Cluster, Database, Environment, Network, NodeGroup, SecurityGroupsForPods)

if __name__ == "__main__":
    host(COMPONENTS)
