"""Run the plugin: `python -m lab.plugins.aws [engine address]`."""

from __future__ import annotations

from lab.plugins.aws.provider import AwsPlugin
from lab.plugins.server import serve

if __name__ == "__main__":
    serve(AwsPlugin())
