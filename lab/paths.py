"""Where the lab keeps what it builds and what it runs.

Two folders only: the cache, shared by all checkouts of a user, and the state folder, one per checkout.
"""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
TOOL_MODULES = CHECKOUT / "lab" / "tools"


def cache_folder() -> Path:
    """Return the folder for built tools and package caches, outside the checkout.

    Source: XDG Base Directory Specification, `XDG_CACHE_HOME`.
    """
    if chosen := os.environ.get("PODSG_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "podsg"


def state_folder() -> Path:
    """Return the folder of the running lab: server records, engine state, logs."""
    return Path(os.environ.get("PODSG_LAB_STATE") or CHECKOUT / ".lab").absolute()


def backend_url() -> str:
    """Return where the engine keeps its record of every stack.

    Without side files with metadata: those are written in place, and one that a killed engine left empty
    makes the record unreadable. The record itself is replaced by a rename.

    Source: gocloud.dev `blob/fileblob`, URLOpener (`metadata=skip`), setAttrs and createTemp.
    """
    return f"{(state_folder() / 'backend').as_uri()}?metadata=skip"


def admin_kubeconfigs() -> dict[str, Path]:
    """Return the administrator's kubeconfig of each EKS cluster of the lab that has one, by cluster name."""
    found = sorted((state_folder() / "aws" / "clusters").glob("*/admin.kubeconfig"))
    return {path.parent.name: path for path in found}
