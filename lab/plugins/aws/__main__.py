"""Run the plugin: `python -m lab.plugins.aws [engine address]`."""

from __future__ import annotations

import sys

from lab.plugins.aws.provider import AwsPlugin
from lab.plugins.interface import PluginError
from lab.plugins.server import serve


def main() -> None:
    """Serve the plugin; end with a message, without a traceback, where it must not run."""
    try:
        plugin = AwsPlugin()
    except PluginError as error:
        sys.exit(str(error))
    serve(plugin)


if __name__ == "__main__":
    main()
