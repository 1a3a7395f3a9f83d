"""Play the nodes of a cluster: `python -m lab.nodes --cluster NAME --kubeconfig FILE --machines URL`.

EC2 is asked at the endpoint and in the region of the environment: with its credentials for what a machine
knows of itself, with those of the machine for what aws-node asks and changes.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.nodes.agent import Agent, Options

if TYPE_CHECKING:
    from types import FrameType


def main(arguments: list[str] | None = None) -> int:
    """Play until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    stop = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        Agent(_parse(arguments)).start()
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    stop.wait()
    return 0


def _parse(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m lab.nodes", description=__doc__)
    parser.add_argument("--cluster", required=True, help="name of the EKS cluster")
    parser.add_argument("--kubeconfig", type=Path, required=True, help="the administrator's kubeconfig")
    parser.add_argument("--machines", required=True, help="URL that tells the cluster's machines")
    found = parser.parse_args(arguments)
    return Options(found.cluster, found.kubeconfig, found.machines)


if __name__ == "__main__":
    sys.exit(main())
