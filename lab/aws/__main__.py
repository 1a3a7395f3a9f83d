"""Run the lab's AWS: `python -m lab.aws --state-dir DIR [--port N]`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from lab.aws import account, server
from lab.aws.install import install

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, then end everything that was started."""
    options = _parse(arguments)
    options.state_dir.mkdir(parents=True, exist_ok=True)
    install(options.state_dir)
    credentials = account.prepare(server.ACCOUNT_ID, server.REGION)
    stop = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    http = server.make(options.port)
    threading.Thread(target=http.serve_forever, name="aws", daemon=True).start()
    record = {"url": f"http://127.0.0.1:{http.port}", "pid": os.getpid(), **credentials}
    path = options.state_dir / "aws.json"
    _write(path, record)
    stop.wait()
    failed = [hook for hook in reversed(server.ON_STOP) if not _ended(hook)]
    http.shutdown()
    path.unlink(missing_ok=True)
    return 1 if failed else 0


def _ended(hook: Callable[[], None]) -> bool:
    try:
        hook()
    except Exception:  # noqa: BLE001  the other hooks have to run, too
        traceback.print_exc()
        return False
    return True


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.aws", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="folder of the running lab")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    return parser.parse_args(arguments)


def _write(path: Path, record: dict[str, object]) -> None:
    draft = path.with_suffix(".tmp")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(record), encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
