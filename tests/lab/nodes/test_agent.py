"""The node agent with a real API server and the lab's EC2; pods are bound by hand, as a scheduler does."""

from __future__ import annotations

from typing import Any

from lab.nodes.api import path_of
from lab.nodes.objects import POD_ENI, Object
from tests.lab.nodes.builders import RUNS, branch_annotation, pod
from tests.lab.nodes.conftest import World, wait

SGP = "SecurityGroupsForPods"
ENI_CONFIGS = "/apis/crd.k8s.amazonaws.com/v1alpha1/eniconfigs"


def aws_node(world: World, machine: dict[str, Any], **env: str) -> Object:
    name = f"aws-node-{machine['instance_id']}"
    label = {"k8s-app": "aws-node"}
    made = pod(
        name,
        namespace="kube-system",
        container="aws-node",
        labels=label,
        host=True,
        env=RUNS | env,
        node=machine["name"],
    )
    return world.create_pod(made)


def place(world: World, machine: dict[str, Any], name: str, **changes: Any) -> Object:
    return world.create_pod(pod(name, node=machine["name"], **changes))


def status_of(world: World, made: Object) -> Object:
    found = world.find(path_of(made))
    assert found is not None
    return dict(found["status"])


def secondary(interface: dict[str, Any]) -> set[str]:
    return {each["PrivateIpAddress"] for each in interface["PrivateIpAddresses"] if not each["Primary"]}


def test_a_node_comes_and_goes_with_its_machine(world: World) -> None:
    # given a machine that reaches the API, and one that does not
    machine, cut_off = world.launch(), world.launch(reaches_api=False)
    wait(lambda: world.node(machine) is not None)
    node = world.node(machine)
    assert node is not None
    assert node["spec"]["providerID"] == f"aws:///us-west-2a/{machine['instance_id']}"
    assert node["status"]["capacity"]["cpu"] == "2"

    # when a controller advertises branch ENIs, then the kubelet makes them usable
    world.api.patch(f"{path_of(node)}/status", {"status": {"capacity": {POD_ENI: "9"}}})
    wait(lambda: (world.node(machine) or {})["status"]["allocatable"].get(POD_ENI) == "9")

    # when the machines cannot be told for a while, nothing goes; when the machine is gone, its node goes
    world.broken = True
    world.machines = []
    assert world.node(cut_off) is None
    world.broken = False
    wait(lambda: world.node(machine) is None)


def test_a_node_that_others_delete_stays_away(world: World) -> None:
    machine = world.launch()
    wait(lambda: world.node(machine) is not None)
    node = world.node(machine)
    assert node is not None
    world.api.delete(path_of(node), node["metadata"]["uid"])
    other = world.launch()
    wait(lambda: world.node(other) is not None)
    assert world.node(machine) is None


def test_aws_node_makes_the_network_ready_and_gives_addresses(world: World) -> None:
    # given a node with a CNINode
    machine = world.launch()
    wait(lambda: world.node(machine) is not None)
    world.create_cni_node(machine)

    # when pods are there before aws-node, only those of the host network get an address
    on_host, ordinary = place(world, machine, "proxy", host=True), place(world, machine, "early")
    wait(lambda: world.address(on_host) == machine["private_ip"])
    wait(lambda: world.reasons(ordinary) == ["NetworkNotReady"])
    assert world.address(ordinary) is None
    assert not world.network_ready(machine)

    # when aws-node starts, then the node's network is ready and pods get addresses of its primary ENI
    agent = aws_node(world, machine, ENABLE_POD_ENI="true")
    wait(lambda: world.network_ready(machine))
    assert world.address(agent) == machine["private_ip"]
    wait(lambda: world.address(ordinary) is not None)
    assert world.address(ordinary) in secondary(world.interfaces(machine)[0])
    wait(lambda: world.features(machine) == [{"name": SGP}])

    # when the first address is taken, then a whole spare ENI comes, and a place stays free for the trunk
    wait(lambda: len(world.interfaces(machine)) == 2)
    spare = world.interfaces(machine)[1]
    tags = {tag["Key"]: tag["Value"] for tag in spare["TagSet"]}
    assert tags["node.k8s.amazonaws.com/instance_id"] == machine["instance_id"]
    assert spare["Description"] == f"aws-K8S-{machine['instance_id']}"
    wait(lambda: world.interfaces(machine)[1]["Attachment"]["DeleteOnTermination"])
    assert [group["GroupId"] for group in spare["Groups"]] == [world.groups["node"]]
    assert len(secondary(spare)) == 9


def test_a_pod_that_asks_for_a_branch_interface_waits_for_it(world: World) -> None:
    machine = world.launch()
    wait(lambda: world.node(machine) is not None)
    aws_node(world, machine, ENABLE_POD_ENI="true")
    wait(lambda: world.network_ready(machine))

    # when nobody gives it a branch ENI, then an event says what the kubelet saw
    branch = place(world, machine, "catalog", limits={POD_ENI: "1"})
    wait(lambda: world.reasons(branch) == ["FailedCreatePodSandBox"])
    assert world.address(branch) is None

    # when it has one, then its address is the branch ENI's
    world.api.patch(path_of(branch), {"metadata": {"annotations": branch_annotation("10.0.77.7")}})
    wait(lambda: world.address(branch) == "10.0.77.7")


def test_a_misspelt_mode_makes_aws_node_crash(world: World) -> None:
    # given two nodes, whose aws-node differ in one word
    wrong, right = world.launch(), world.launch()
    wait(lambda: None not in (world.node(wrong), world.node(right)))
    for machine in (wrong, right):
        world.create_cni_node(machine)
    mode = "POD_SECURITY_GROUP_ENFORCING_MODE"
    crashing = aws_node(world, wrong, ENABLE_POD_ENI="true", **{mode: "strictly"})
    aws_node(world, right, ENABLE_POD_ENI="true", **{mode: "standard"})

    # then one node gets its network, the other shows a crash loop
    wait(lambda: world.network_ready(right))
    wait(lambda: bool(status_of(world, crashing).get("containerStatuses")))
    container = status_of(world, crashing)["containerStatuses"][0]
    assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert mode in container["lastState"]["terminated"]["message"]
    wait(lambda: world.reasons(crashing) == ["BackOff"])
    assert not world.network_ready(wrong)
    assert world.features(wrong) == []


def test_a_crashed_aws_node_gives_no_more_addresses(world: World) -> None:
    # given a node that worked, until its aws-node got a wrong word
    machine = world.launch()
    wait(lambda: world.node(machine) is not None)
    agent = aws_node(world, machine)
    wait(lambda: world.network_ready(machine))
    world.delete_pod(agent)
    wait(lambda: world.find(path_of(agent)) is None)
    aws_node(world, machine, AWS_VPC_ENI_MTU="90010")

    # then the node stays ready, but pods get nothing
    late = place(world, machine, "late")
    wait(lambda: world.reasons(late) == ["FailedCreatePodSandBox"])
    assert world.address(late) is None
    assert world.network_ready(machine)


def test_no_free_place_means_no_trunk(world: World) -> None:
    machine = world.launch()
    wait(lambda: world.node(machine) is not None)
    world.create_cni_node(machine)
    aws_node(world, machine, ENABLE_POD_ENI="true", MAX_ENI="1")
    wait(lambda: world.network_ready(machine))
    ordinary = place(world, machine, "ordinary")
    wait(lambda: world.address(ordinary) is not None)
    assert world.features(machine) == []


def test_a_trunk_takes_a_place_and_gives_no_addresses(world: World) -> None:
    # given a node whose trunk ENI sits at the highest place, as the controller attaches it
    machine = world.launch()
    wait(lambda: world.node(machine) is not None)
    world.create_cni_node(machine)
    aws_node(world, machine, ENABLE_POD_ENI="true")
    wait(lambda: world.features(machine) == [{"name": SGP}])
    trunk_id = world.attach_trunk(machine)

    # when ordinary pods need more addresses than one ENI has
    pods = [place(world, machine, f"ordinary-{number}") for number in range(18)]
    wait(lambda: all(map(world.address, pods)))

    # then they come from the two ENIs beside the trunk, and nothing more can be had
    interfaces = world.interfaces(machine)
    assert interfaces[2]["NetworkInterfaceId"] == trunk_id
    assert {world.address(each) for each in pods} == secondary(interfaces[0]) | secondary(interfaces[1])
    late = place(world, machine, "late")
    wait(lambda: world.reasons(late) == ["FailedCreatePodSandBox"])
    assert world.address(late) is None
    assert not secondary(world.interfaces(machine)[2])


def test_an_eni_config_of_another_zone_makes_aws_node_crash(world: World) -> None:
    kind = {"apiVersion": "crd.k8s.amazonaws.com/v1alpha1", "kind": "ENIConfig"}
    spec = {"subnet": world.subnets["b"]}
    world.api.create(ENI_CONFIGS, {**kind, "metadata": {"name": "elsewhere"}, "spec": spec})
    machine = world.launch(labels={"k8s.amazonaws.com/eniConfig": "elsewhere"})
    wait(lambda: world.node(machine) is not None)
    agent = aws_node(world, machine, AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG="true")
    wait(lambda: bool(status_of(world, agent).get("containerStatuses")))
    assert not world.network_ready(machine)
    left = world.ec2.describe_network_interfaces(Filters=[{"Name": "status", "Values": ["available"]}])
    assert left["NetworkInterfaces"] == []


def test_custom_networking_needs_its_eni_config(world: World) -> None:
    # given custom networking without the ENIConfig that the node's zone names
    machine = world.launch()
    wait(lambda: world.node(machine) is not None)
    world.create_cni_node(machine)
    settings = {"ENABLE_POD_ENI": "true", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
    agent = aws_node(world, machine, **settings, ENI_CONFIG_LABEL_DEF="topology.kubernetes.io/zone")

    # then the controller is told the name, and aws-node ends for want of addresses
    wait(lambda: bool(status_of(world, agent).get("containerStatuses")))
    assert world.features(machine) == [{"name": "CustomNetworking", "value": "us-west-2a"}, {"name": SGP}]
    assert not world.network_ready(machine)

    # when it is there, then the next start succeeds, and pods get addresses of its subnet with its groups
    spec = {"subnet": world.subnets["pods"], "securityGroups": [world.groups["pods"]]}
    kind = {"apiVersion": "crd.k8s.amazonaws.com/v1alpha1", "kind": "ENIConfig"}
    world.api.create(ENI_CONFIGS, {**kind, "metadata": {"name": "us-west-2a"}, "spec": spec})
    wait(lambda: world.network_ready(machine))
    assert status_of(world, agent)["phase"] == "Pending"
    ordinary = place(world, machine, "ordinary")
    wait(lambda: world.address(ordinary) is not None)
    interface = world.interfaces(machine)[1]
    assert world.address(ordinary) in secondary(interface)
    assert interface["SubnetId"] == world.subnets["pods"]
    assert [group["GroupId"] for group in interface["Groups"]] == [world.groups["pods"]]
    assert not secondary(world.interfaces(machine)[0])


def test_no_address_is_given_twice_when_the_agent_is_killed(world: World) -> None:
    # given pods on a node, more than one ENI serves
    machine = world.launch()
    wait(lambda: world.node(machine) is not None)
    aws_node(world, machine)
    wait(lambda: world.network_ready(machine))
    pods = [place(world, machine, f"web-{number}") for number in range(6)]
    wait(lambda: any(map(world.address, pods)))

    # when the agent is killed among them, and started again after more came
    world.kill_agent()
    pods += [place(world, machine, f"web-{number}") for number in range(6, 14)]
    world.start_agent()
    wait(lambda: all(map(world.address, pods)))

    # then every pod has its own address, and EC2 knows all of them
    addresses = {world.address(each) for each in pods}
    assert len(addresses) == 14
    assert addresses <= set().union(*map(secondary, world.interfaces(machine)))

    # when a pod is gone, then its address serves again as soon as all others are taken
    world.delete_pod(pods[0])
    more = [place(world, machine, f"more-{number}") for number in range(14)]
    wait(lambda: all(map(world.address, more)))
    assert len({world.address(each) for each in (*pods[1:], *more)}) == 27
    one_too_many = place(world, machine, "one-too-many")
    wait(lambda: world.reasons(one_too_many) == ["FailedCreatePodSandBox"])
    world.delete_pod(more[0])
    wait(lambda: world.address(one_too_many) is not None)
