"""Start the plugin: `python -m lab.plugins.kubernetes [engine address]`."""

from lab.plugins.kubernetes.plugin import KubernetesPlugin
from lab.plugins.server import serve

if __name__ == "__main__":
    serve(KubernetesPlugin())
