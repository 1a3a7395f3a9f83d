"""What a node group's Auto Scaling group does by itself: an instance that has ended gets a successor.

How soon it looks is the lab's own choice. Instances that run and are unwell are not replaced.

Source: EKS user guide, "Simplify node lifecycle with managed node groups"; EC2 Auto Scaling user guide,
"Health checks for instances in an Auto Scaling group".
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from lab.aws.eks.fleet import FleetError, FleetGoneError
from lab.aws.eks.machines import state_of
from lab.aws.lock import BACKEND_LOCK

if TYPE_CHECKING:
    from lab.aws.eks.fleet import Fleet

LOOK_SECONDS = 1.0
KEPT = {"ACTIVE", "DEGRADED"}


def keep(fleet: Fleet) -> None:
    """Keep the desired size until the node group goes, in a thread of its own."""
    threading.Thread(target=_keep, args=(fleet,), daemon=True).start()


def _keep(fleet: Fleet) -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        with BACKEND_LOCK:
            status = fleet.nodegroup["status"]
            try:
                fleet.check(status)
                if status == "DELETING":
                    return
                if status in KEPT:
                    _look(fleet)
            except FleetGoneError:
                return


def _look(fleet: Fleet) -> None:
    """Start what is missing; a refusal makes the node group DEGRADED until it is overcome."""
    group, cluster = fleet.nodegroup, fleet.cluster
    own = [key for key, each in cluster.machines.items() if each.nodegroup == fleet.name]
    fleet.forget([each for each in own if state_of(fleet.backend.region_name, each) == "terminated"])
    missing = group["scalingConfig"]["desiredSize"] - len(fleet.machine_ids)
    if missing <= 0:
        return
    try:
        fleet.launch(missing, group, cluster.templates.get(fleet.name, {}))
    except FleetError as error:
        group.update({"status": "DEGRADED", "health": {"issues": [error.issue]}})
    else:
        group.update({"status": "ACTIVE", "health": {"issues": []}})
