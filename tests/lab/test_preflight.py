"""A destroy that would not finish is refused with every reason, and changes nothing."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import Deployment

from lab import status
from lab.engine import Engine
from lab.paths import CHECKOUT
from lab.preflight import DestroyBlockedError, preflight, refuse_blocked_destroy
from lab.status import client
from podsg.lifecycle import Obstacle
from tests.lab.conformance.row import eventually
from tests.lab.conftest import Lab

READS = ("Describe", "Get", "List")
COMMAND = re.compile(r"`(podsg lab exec -- [^`]*)`")
POLICY = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
SNAPSHOT = "dev-catalog-final"


def resources(engine: Engine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (engine.export().deployment or {})["resources"]
    return found


class Hand:
    """What people do by hand in the account of a stack."""

    def __init__(self, lab: Lab, engine: Engine) -> None:
        self._ids = {one["urn"].rpartition("::")[2]: one.get("id", "") for one in resources(engine)}
        session = lab.running()
        self.ec2, self.eks = client(session, "ec2"), client(session, "eks")
        self.rds, self.iam = client(session, "rds"), client(session, "iam")

    def protect(self) -> None:
        self.eks.update_cluster_config(name="dev-cluster", deletionProtection=True)
        self.rds.modify_db_instance(
            DBInstanceIdentifier="dev-catalog", DeletionProtection=True, ApplyImmediately=True
        )
        eventually(
            lambda: self.eks.describe_cluster(name="dev-cluster")["cluster"]["deletionProtection"], True
        )
        eventually(lambda: self.database()["DeletionProtection"], True)
        eventually(lambda: self.database()["DBInstanceStatus"], "available")

    def database(self) -> Any:
        return self.rds.describe_db_instances(DBInstanceIdentifier="dev-catalog")["DBInstances"][0]

    def take_snapshot_name(self) -> None:
        self.rds.create_db_snapshot(DBInstanceIdentifier="dev-catalog", DBSnapshotIdentifier=SNAPSHOT)

    def settle(self) -> set[str]:
        """Put things into what the stack would delete; return how they are called."""
        vpc_id, subnet_id = self._ids["dev-network-vpc"], self._ids["dev-network-private-1"]
        pods, role = self._ids["dev-pod-catalog"], self._ids["dev-workers-role"]
        interface = self.ec2.create_network_interface(SubnetId=subnet_id, Groups=[pods], Description="left")
        group_id = self.ec2.create_security_group(GroupName="hand", Description="hand", VpcId=vpc_id)[
            "GroupId"
        ]
        rules = self.ec2.authorize_security_group_ingress(
            GroupId=group_id,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": pods}]}
            ],
        )
        subnet = self.ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.42.240.0/24")
        table = self.ec2.create_route_table(VpcId=vpc_id)
        self.iam.attach_role_policy(RoleName=role, PolicyArn=POLICY)
        role_arn = self.iam.get_role(RoleName=role)["Role"]["Arn"]
        nodes = {"clusterName": "dev-cluster", "nodegroupName": "hand"}
        self.eks.create_nodegroup(**nodes, nodeRole=role_arn, subnets=[subnet_id])
        eventually(lambda: self.eks.describe_nodegroup(**nodes)["nodegroup"]["status"], "ACTIVE")
        return {
            f'network interface {interface["NetworkInterface"]["NetworkInterfaceId"]} "left"',
            "node group hand",
            f"policy {POLICY}",
            f"route table {table['RouteTable']['RouteTableId']}",
            f"security group rule {rules['SecurityGroupRules'][0]['SecurityGroupRuleId']}",
            f"security group {group_id}",
            f"subnet {subnet['Subnet']['SubnetId']}",
        }

    def node_groups(self) -> list[str]:
        found: list[str] = self.eks.list_nodegroups(clusterName="dev-cluster")["nodegroups"]
        return found


def record_wish(engine: Engine, name: str, *, protect: bool = False, **properties: object) -> None:
    """Change one resource in the engine's record."""
    deployment = engine.export()
    (one,) = (
        each for each in (deployment.deployment or {})["resources"] if each["urn"].endswith(f"::{name}")
    )
    one["protect"] = protect
    for part in ("inputs", "outputs"):
        one[part] |= properties
    engine.import_state(deployment)


def calls(lab: Lab) -> list[dict[str, str]]:
    with urllib.request.urlopen(f"{lab.running().url}/lab/calls") as response:
        found: list[dict[str, str]] = json.load(response)
    return found


def forget_calls(lab: Lab) -> None:
    request = urllib.request.Request(f"{lab.running().url}/lab/calls/reset", method="POST")
    urllib.request.urlopen(request).close()


def run_printed(found: tuple[Obstacle, ...]) -> None:
    """Run what the reasons tell to run, as printed, in their order."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in (command for one in found for command in COMMAND.findall(one.fix)):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=CHECKOUT,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_every_reason_at_once_and_nothing_changed(activated: Lab) -> None:
    # given the whole environment, with nothing in the way
    engine = Engine("dev", print, activated.project)
    engine.up()
    session = activated.running()
    assert preflight(engine.export(), session) == ()

    # and then protections, things of others, and a snapshot that is wanted under a name that is taken
    hand = Hand(activated, engine)
    hand.protect()
    hand.take_snapshot_name()
    theirs = hand.settle()
    record_wish(engine, "dev-namespace-catalog", protect=True)
    record_wish(engine, "dev-catalog-instance", skipFinalSnapshot=False, finalSnapshotIdentifier=SNAPSHOT)
    before = (status.count(session), copy.deepcopy(engine.export().deployment))
    forget_calls(activated)

    # when a destroy is asked for
    with pytest.raises(DestroyBlockedError) as refused:
        refuse_blocked_destroy(engine.export(), session)

    # then every reason is named, in one message with its cure
    found = refused.value.obstacles
    own = {
        "cluster dev-cluster",
        "database dev-catalog",
        "dev-namespace-catalog (kubernetes:core/v1:Namespace)",
    }
    assert {one.subject for one in found} == theirs | own
    assert len(found) == len(theirs) + 4
    text = str(refused.value)
    assert f"destroying dev would not finish, for {len(found)} reasons; nothing was changed." in text
    assert [one for one in found if one.problem not in text or one.fix not in text] == []

    # and AWS was only read, and all is as before
    asked = calls(activated)
    assert asked
    assert [call for call in asked if not call["action"].startswith(READS)] == []
    assert (status.count(session), engine.export().deployment) == before

    # when the cures are taken: what is to be run, as printed; then refresh and up for the protections
    run_printed(found)
    eventually(lambda: "hand" in hand.node_groups(), False)
    engine.refresh()
    engine.up()

    # then nothing is in the way, and a destroy leaves nothing
    assert preflight(engine.export(), session) == ()
    refuse_blocked_destroy(engine.export(), session)
    engine.destroy()
    assert activated.json("status")["total"] == 0


def with_server(deployment: Deployment, server: str) -> Deployment:
    """The record, with another address of the Kubernetes API."""
    changed = copy.deepcopy(dict(deployment.deployment or {}))
    (provider,) = (one for one in changed["resources"] if one["type"] == "pulumi:providers:kubernetes")
    kubeconfig = json.loads(provider["inputs"]["kubeconfig"])
    kubeconfig["clusters"][0]["cluster"]["server"] = server
    provider["inputs"]["kubeconfig"] = json.dumps(kubeconfig)
    (cluster,) = (one for one in changed["resources"] if one["type"] == "aws:eks/cluster:Cluster")
    cluster["outputs"]["endpoint"] = server
    return Deployment(version=deployment.version, deployment=changed)


def test_the_kubernetes_api_must_let_the_caller_in(activated: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    # given the whole environment
    engine = Engine("dev", print, activated.project)
    engine.up()
    session, deployment = activated.running(), engine.export()
    eks = client(session, "eks")

    # when its API does not answer, then that is the one reason
    (unreached,) = preflight(with_server(deployment, "https://127.0.0.1:1"), session)
    assert "cannot be reached" in unreached.problem
    assert "cluster.endpoint_access.public_cidrs" in unreached.fix

    # when the user says that its objects may be forgotten, then it is none
    with monkeypatch.context() as patch:
        patch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
        assert preflight(with_server(deployment, "https://127.0.0.1:1"), session) == ()

    # when the caller has lost its rights in the cluster
    (association,) = (one for one in resources(engine) if "accessPolicyAssociation" in one["type"])
    names = {"clusterName": "dev-cluster", "principalArn": association["outputs"]["principalArn"]}
    eks.disassociate_access_policy(**names, policyArn=association["outputs"]["policyArn"])
    (refused,) = preflight(deployment, session)

    # then what it may not do is named
    assert refused.subject == "Kubernetes API of dev-cluster"
    assert "it may not delete namespaces, delete securitygrouppolicies" in refused.problem
    assert "cluster.admin_principal_arns" in refused.fix

    # when it has lost its entry too, then it is not known at all
    eks.delete_access_entry(**names)
    # Two logins in one second have one token, whose verdict the API keeps for a while.
    eventually(lambda: "Unauthorized" in preflight(deployment, session)[0].problem, wanted=True, seconds=60)

    # when it is let in again, then nothing is in the way
    eks.create_access_entry(**names)
    eks.associate_access_policy(
        **names, policyArn=association["outputs"]["policyArn"], accessScope={"type": "cluster"}
    )
    eventually(lambda: preflight(deployment, session) == (), wanted=True, seconds=60)
    engine.destroy()
    assert activated.json("status")["total"] == 0


def test_an_empty_record_has_nothing_in_the_way(lab: Lab) -> None:
    # given a stack that was never made, when asked, then nothing is in the way
    empty: tuple[dict[str, Any], ...] = ({}, {"resources": []}, {"resources": None})
    for deployment in empty:
        refuse_blocked_destroy(Deployment(version=3, deployment=deployment), lab.running())
