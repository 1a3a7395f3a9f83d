"""A destroy that would not finish is refused before it begins: each reason, and what is none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import podsg.lifecycle
from podsg.lifecycle import (
    Access,
    Api,
    Kind,
    Part,
    Recorded,
    Rule,
    obstacles,
)
from tests.pure.preflight_foreign import FOREIGN
from tests.pure.preflight_scene import KUBERNETES_URN, LIVE, SERVER, STACK, Case, changed, found, protected

UP, AGAIN = "`podsg lab up --stack dev`", "`podsg lab destroy --stack dev`"
SETTING = "`deletion_protection: false` at the top level of podsg:environment"
OWN = {
    "nothing stands in the way": Case(STACK, LIVE, ()),
    "protect": Case(
        changed("eks/cluster:", is_protected=True),
        LIVE,
        ("named-dev (aws:eks/cluster:Cluster)",),
        (
            "Fix: take `protect` out",
            UP,
            "`podsg lab exec -- pulumi state unprotect --yes --stack organization/shop/dev 'urn:pulumi:dev::",
        ),
    ),
    "cluster protected in the record": Case(
        changed("eks/cluster:", deletionProtection=True),
        LIVE,
        ("cluster dev",),
        ("recorded: on, live: off", "EKS refuses", SETTING, f"part says otherwise, run {UP}", AGAIN),
    ),
    "cluster protected by hand": Case(
        STACK,
        protected("clusters", "dev"),
        ("cluster dev",),
        ("recorded: off, live: on", SETTING, "`podsg lab refresh --stack dev`", UP, AGAIN),
    ),
    "database protected by hand": Case(
        STACK, protected("databases", "catalog"), ("database catalog",), ("live: on", "RDS refuses", SETTING)
    ),
    "Aurora cluster protected by hand": Case(
        STACK, protected("databases", "orders"), ("Aurora cluster orders",), ("RDS refuses", SETTING)
    ),
    "protected and gone": Case(
        changed("eks/cluster:", deletionProtection=True),
        replace(LIVE, clusters=(), interfaces=(), instances=(), parts=()),
        (),
    ),
    "protected and left where it is": Case(
        changed("eks/cluster:", deletionProtection=True, is_deleted=False),
        replace(LIVE, clusters=(), interfaces=(), instances=(), parts=()),
        (),
    ),
    "snapshot name taken": Case(
        STACK,
        replace(LIVE, snapshots=frozenset({"catalog-final"})),
        ("database catalog",),
        (
            "catalog-final, is taken",
            "copy-db-snapshot --source-db-snapshot-identifier catalog-final --target-db-snapshot-identifier",
            "`podsg lab exec -- aws rds delete-db-snapshot --db-snapshot-identifier catalog-final`",
        ),
    ),
    "snapshot name taken by an Aurora cluster": Case(
        STACK, replace(LIVE, cluster_snapshots=frozenset({"catalog-final"})), ()
    ),
    "Aurora snapshot name taken": Case(
        changed("rds/cluster:", skipFinalSnapshot=False, finalSnapshotIdentifier="orders-final"),
        replace(LIVE, cluster_snapshots=frozenset({"orders-final"})),
        ("Aurora cluster orders",),
        ("delete-db-cluster-snapshot --db-cluster-snapshot-identifier orders-final",),
    ),
    "snapshot without a name": Case(
        changed("rds/cluster:", skipFinalSnapshot=False),
        LIVE,
        ("Aurora cluster orders",),
        ("has no name for it", "set finalSnapshotIdentifier of named-orders", "`final_snapshot: false`", UP),
    ),
    "snapshot of a database that is gone": Case(
        STACK,
        replace(LIVE, databases=LIVE.databases[1:], interfaces=(), snapshots=frozenset({"catalog-final"})),
        (),
    ),
    "API not reached": Case(
        STACK,
        replace(LIVE, apis=(Api(KUBERNETES_URN, SERVER, Access.UNREACHABLE, "timed out"),)),
        ("Kubernetes API of dev",),
        (
            "cannot be reached (timed out)",
            "1 recorded objects in the cluster could not be deleted, named-catalog first",
            "a network that reaches the VPC",
            "cluster.endpoint_access.public_cidrs",
            UP,
            AGAIN,
        ),
    ),
    "API refuses": Case(
        STACK,
        replace(LIVE, apis=(Api(KUBERNETES_URN, SERVER, Access.REFUSED, "Unauthorized"),)),
        ("Kubernetes API of dev",),
        ("refuses the caller (Unauthorized)", "cluster.admin_principal_arns", UP, AGAIN),
    ),
    "API of a cluster that is gone": Case(
        STACK,
        replace(
            LIVE,
            clusters=(),
            interfaces=(),
            instances=(),
            parts=(),
            apis=(Api(KUBERNETES_URN, SERVER, Access.UNREACHABLE, "refused"),),
        ),
        ("Kubernetes API of dev",),
        ("the cluster is gone", "PULUMI_K8S_DELETE_UNREACHABLE=true", AGAIN),
    ),
    "API of somebody's cluster": Case(
        STACK,
        replace(LIVE, apis=(Api(KUBERNETES_URN, "https://other", Access.UNREACHABLE, "refused"),)),
        ("Kubernetes API of https://other",),
        ("a network that reaches the VPC", "ask its owner", "PULUMI_K8S_DELETE_UNREACHABLE=true", AGAIN),
    ),
    "somebody's API refuses": Case(
        STACK,
        replace(LIVE, apis=(Api(KUBERNETES_URN, "https://other", Access.REFUSED, "Forbidden"),)),
        ("Kubernetes API of https://other",),
        ("refuses the caller (Forbidden)", "ask the owner for access", AGAIN),
    ),
    "API without recorded objects": Case(
        STACK, replace(LIVE, apis=(Api("urn:other", SERVER, Access.UNREACHABLE, "refused"),)), ()
    ),
}
CASES = {**OWN, **FOREIGN}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_reason_is_found_and_nothing_else(case: Case) -> None:
    # given what is recorded and what is there, when asked
    reasons = found(case.stack, case.live)

    # then exactly what stands in the way is named, with its cure
    assert tuple(reason.subject for reason in reasons) == case.subjects
    text = "\n".join(map(str, reasons))
    assert [part for part in case.says if part not in text] == []


def test_all_reasons_come_at_once_and_sorted() -> None:
    # given a stack with two protections, and two things of others
    live = replace(
        protected("databases", "catalog"),
        parts=(*LIVE.parts, Part(Kind.SUBNET, "subnet-9", "vpc-1")),
        rules=(*LIVE.rules, Rule("sgr-9", "sg-9", "sg-pod", False)),
    )

    # when asked
    reasons = found(changed("eks/cluster:", deletionProtection=True, is_protected=True), live)

    # then each is there, in an order that does not depend on the order of the facts
    subjects = [reason.subject for reason in reasons]
    assert subjects == sorted(subjects)
    assert len(subjects) == 5
    backwards = replace(live, parts=live.parts[::-1], rules=live.rules[::-1], databases=live.databases[::-1])
    again = found(changed("eks/cluster:", deletionProtection=True, is_protected=True)[::-1], backwards)
    assert again == reasons


def test_a_reason_has_the_form_of_every_message() -> None:
    # given a protected cluster, when asked and shown
    (reason,) = found(STACK, protected("clusters", "dev"))

    # then subject and finding come first, then why, then the cure
    first, why, fix = str(reason).splitlines()
    assert first == "cluster dev: deletion protection is on (recorded: off, live: on)"
    assert (why[:7], fix[:7]) == ("  Why: ", "  Fix: ")


def test_without_other_words_the_commands_are_those_of_pulumi_and_aws() -> None:
    # given a caller that names no commands
    live = replace(protected("clusters", "dev"), rules=(Rule("sgr-9", "sg-9", "sg-pod", False),))

    # when asked, then the plain ones are named
    text = "\n".join(map(str, obstacles(changed("ec2/vpc:", is_protected=True), live)))
    assert "`pulumi state unprotect --yes 'urn:pulumi:dev::" in text
    assert "`pulumi refresh`" in text
    assert "`aws ec2 revoke-security-group-ingress --group-id sg-9 --security-group-rule-ids sgr-9`" in text


@pytest.mark.parametrize("place", ["inputs", "outputs"])
def test_a_property_is_read_from_where_it_was_last_seen(place: str) -> None:
    # given a property that is only wanted, or seen, when read, then it is found
    properties: dict[str, Any] = {place: {"identifier": "catalog", "port": 1}}
    one = Recorded("urn::catalog", "aws:rds/instance:Instance", **properties)
    assert (one.text("identifier"), one.text("port"), one.value("nothing")) == ("catalog", "", None)


def test_nothing_recorded_is_nothing_in_the_way() -> None:
    # given an empty record, when asked about a full account, then nothing is found
    assert obstacles((), LIVE) == ()


def test_exports_are_sorted_and_there() -> None:
    # given the export list, when compared with reality, then every name is there, once, in order
    names = podsg.lifecycle.__all__
    assert names == sorted(set(names))
    assert [name for name in names if not hasattr(podsg.lifecycle, name)] == []


def test_it_needs_the_standard_library_only() -> None:
    # given a new interpreter, when the package is imported
    code: Callable[[str], str] = (
        "import sys; before = set(sys.modules); {}; print(*set(sys.modules) - before)".format
    )
    command = [sys.executable, "-c", code("import podsg.lifecycle")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    # then nothing came along but modules of Python and its own
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert roots - sys.stdlib_module_names == {"podsg"}
