"""What deleted clusters, databases and instances leave behind, for a while or for good."""

from __future__ import annotations

from lab.aws.delays import CLUSTER_DELETION, DATABASE_DELETION, INSTANCE_END
from lab.faults import Disturbance

from . import rds_scene
from .ec2_trunk_rows import Trunk
from .eks_scene import scene_of, unique
from .row import Clients, Row, eventually, refused

_GONE_SECONDS = 30


def _delete_cluster(clients: Clients, name: str) -> None:
    clients.eks.delete_cluster(name=name)
    eventually(lambda: name in clients.eks.list_clusters()["clusters"], False, _GONE_SECONDS)


def _group_stays(clients: Clients) -> None:
    # given: a cluster whose security group a leaked branch ENI holds
    scene = scene_of(clients)
    found = scene.start()
    name, group_id = found["name"], found["resourcesVpcConfig"]["clusterSecurityGroupId"]
    made = clients.ec2.create_network_interface(
        SubnetId=scene.subnet_ids[0], Groups=[group_id], Description="aws-k8s-branch-eni"
    )
    leaked_id = made["NetworkInterface"]["NetworkInterfaceId"]

    # when: the cluster is deleted
    _delete_cluster(clients, name)

    # then: its interfaces are gone, its group is there with its tags, and it cannot go before the ENI does
    filters = [{"Name": "group-id", "Values": [group_id]}]
    holders = clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert [item["NetworkInterfaceId"] for item in holders] == [leaked_id]
    group = clients.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    assert group["GroupName"].startswith(f"eks-cluster-sg-{name}-")
    assert {"Key": "aws:eks:cluster-name", "Value": name} in group["Tags"]
    with refused("DependencyViolation"):
        clients.ec2.delete_security_group(GroupId=group_id)
    clients.ec2.delete_network_interface(NetworkInterfaceId=leaked_id)
    clients.ec2.delete_security_group(GroupId=group_id)


def _log_group_takes_its_tags_along(clients: Clients) -> None:
    # given: a log group with a tag, which is deleted
    group = f"/lab/{unique('g')}"
    clients.logs.create_log_group(logGroupName=group, tags={"purpose": "rows", "first": "yes"})
    clients.logs.delete_log_group(logGroupName=group)

    # when: it is made again
    clients.logs.create_log_group(logGroupName=group, tags={"purpose": "more rows"})

    # then: it has its own tags alone
    arn = clients.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"].removesuffix(":*")
    assert clients.logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"purpose": "more rows"}
    clients.logs.delete_log_group(logGroupName=group)


def _log_group_comes_back(clients: Clients) -> None:
    # given: a cluster that writes logs to a group with a tag
    scene = scene_of(clients)
    name = unique("c")
    group = f"/aws/eks/{name}/cluster"
    clients.logs.create_log_group(logGroupName=group, tags={"purpose": "rows"})
    logging = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    scene.start(name=name, logging=logging)

    # when: the cluster is deleted, and the group while it is
    with Disturbance(clients.endpoint_url).during() as lab:
        lab.delay({CLUSTER_DELETION: 1.0})
        clients.eks.delete_cluster(name=name)
        clients.logs.delete_log_group(logGroupName=group)
        assert scene.describe(name)["status"] == "DELETING"
        eventually(lambda: name in clients.eks.list_clusters()["clusters"], False, _GONE_SECONDS)

    # then: the group is there again, without tag and retention
    groups = clients.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert [(item["logGroupName"], item.get("retentionInDays")) for item in groups] == [(group, None)]
    arn = groups[0]["arn"].removesuffix(":*")
    assert clients.logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}
    clients.logs.delete_log_group(logGroupName=group)


def _no_logs_no_group(clients: Clients) -> None:
    name = str(scene_of(clients).start()["name"])
    _delete_cluster(clients, name)
    prefix = f"/aws/eks/{name}/"
    assert clients.logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"] == []


def _cluster_interfaces_stay(clients: Clients) -> None:
    # given: a cluster that takes long to delete
    scene = scene_of(clients)
    found = scene.start()
    name, group_id = found["name"], found["resourcesVpcConfig"]["clusterSecurityGroupId"]
    filters = [{"Name": "group-id", "Values": [group_id]}]

    def held() -> list[bool]:
        items = clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return [item["RequesterManaged"] for item in items]

    with Disturbance(clients.endpoint_url).during() as lab:
        lab.delay({CLUSTER_DELETION: 3.0})
        clients.eks.delete_cluster(name=name)

        # then: meanwhile its interfaces hold its group, and nobody else can remove them
        assert held() == [True, True]
        with refused("DependencyViolation"):
            clients.ec2.delete_security_group(GroupId=group_id)
        eventually(lambda: name in clients.eks.list_clusters()["clusters"], False, _GONE_SECONDS)
    assert held() == []


def _branch_stays(clients: Clients) -> None:
    # given: a branch on the trunk of an instance that takes long to end
    scene = Trunk(clients)
    branch_id, association_id = scene.branch(1)
    with Disturbance(clients.endpoint_url).during() as lab:
        lab.delay({INSTANCE_END: 2.0})
        clients.ec2.terminate_instances(InstanceIds=[scene.instance_id])

        # then: meanwhile it hangs on its trunk, afterwards it is free and has no owner
        assert scene.shown(branch_id) == ("branch", "in-use", False)
        assert scene.associations() == [association_id]
        eventually(lambda: scene.shown(branch_id), ("interface", "available", False))
    assert scene.associations() == []


def _database_interface_stays(clients: Clients) -> None:
    # given: a database that takes long to delete
    scene = rds_scene.scene_of(clients)
    group_id = scene.group(scene.vpc_id)
    name = scene.start(VpcSecurityGroupIds=[group_id])
    with Disturbance(clients.endpoint_url).during() as lab:
        lab.delay({DATABASE_DELETION: 3.0})
        clients.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)

        # then: meanwhile its interface holds group and subnet, and nobody else can remove it
        (interface,) = scene.interfaces(group_id)
        assert (interface["RequesterManaged"], interface["Status"]) == (True, "in-use")
        with refused("InvalidParameterValue"):
            clients.ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
        with refused("DependencyViolation"):
            clients.ec2.delete_subnet(SubnetId=interface["SubnetId"])
        assert scene.status(name) == "deleting"
        scene.gone(name)
    clients.ec2.delete_security_group(GroupId=group_id)


ROWS = [
    Row(
        "eks-leftover-group",
        "A deleted cluster leaves its security group behind if an interface holds it",
        "aws/aws-k8s-tester pull requests 416, 541; eksctl-io/eksctl issue 5135",
        _group_stays,
    ),
    Row(
        "eks-leftover-logs",
        "A cluster that is being deleted makes its log group again",
        "terraform-aws-modules/terraform-aws-eks issues 920, 2446, 2763; run-x/opta pull request 708",
        _log_group_comes_back,
    ),
    Row(
        "logs-deletion-takes-tags",
        "A log group that is made again has its own tags alone",
        "CloudWatch Logs API reference, DeleteLogGroup",
        _log_group_takes_its_tags_along,
    ),
    Row(
        "eks-leftover-no-logs",
        "A cluster without logs makes no log group",
        "EKS user guide, send control plane logs to CloudWatch Logs",
        _no_logs_no_group,
    ),
    Row(
        "eks-deleting-interfaces",
        "A cluster that is being deleted keeps its interfaces and its group for a while",
        "EKS API reference, DeleteCluster; aws/aws-k8s-tester pull request 416 (deletion is asynchronous)",
        _cluster_interfaces_stay,
    ),
    Row(
        "ec2-ending-branch",
        "A branch is in use until the instance of its trunk has ended",
        "EC2 user guide, instance lifecycle; aws/amazon-vpc-resource-controller-k8s pull requests 372, 400",
        _branch_stays,
    ),
    Row(
        "rds-deleting-interface",
        "A database that is being deleted keeps its interface",
        "aws/aws-cdk issue 4036; amplify-education/asiaq pull requests 78, 312",
        _database_interface_stays,
    ),
]
