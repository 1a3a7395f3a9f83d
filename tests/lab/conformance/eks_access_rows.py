"""EKS: access entries, access policies, and what a token of `aws eks get-token` may do."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from .eks_scene import ADMIN_POLICY, VIEW_POLICY, Caller, EksScene, scene_of, unique
from .row import Clients, Row, eventually, refused

ENTRY = "EKS API reference, CreateAccessEntry"
POLICY = "EKS API reference, AssociateAccessPolicy"
GUIDE = "EKS user guide, Grant IAM users access to Kubernetes with EKS access entries"
TOKEN = "kubernetes-sigs/aws-iam-authenticator, pkg/token/token.go"
REFUSED_SECONDS = 1.5


def _entry(clients: Clients, arn: str, **more: Any) -> Any:
    made = clients.eks.create_access_entry(clusterName=scene_of(clients).main, principalArn=arn, **more)
    return made["accessEntry"]


def _associate(clients: Clients, arn: str, *namespaces: str, policy: str = ADMIN_POLICY) -> Any:
    scope: dict[str, Any] = {"type": "namespace", "namespaces": list(namespaces)}
    return clients.eks.associate_access_policy(
        clusterName=scene_of(clients).main,
        principalArn=arn,
        policyArn=policy,
        accessScope=scope if namespaces else {"type": "cluster"},
    )


def _administrator(clients: Clients) -> Caller:
    caller = scene_of(clients).user()
    _entry(clients, caller.arn)
    _associate(clients, caller.arn)
    return caller


def _entry_life(clients: Clients) -> None:
    scene = scene_of(clients)
    names = {"clusterName": scene.main, "principalArn": scene.user().arn}
    made = clients.eks.create_access_entry(**names, kubernetesGroups=["viewers"], tags={"a": "1"})[
        "accessEntry"
    ]
    assert (made["username"], made["type"]) == (names["principalArn"], "STANDARD")
    with refused("ResourceInUseException"):
        clients.eks.create_access_entry(**names)
    changed = clients.eks.update_access_entry(**names, kubernetesGroups=["others"])["accessEntry"]
    assert changed["kubernetesGroups"] == ["others"]
    assert names["principalArn"] in clients.eks.list_access_entries(clusterName=scene.main)["accessEntries"]
    found = clients.eks.list_tags_for_resource(resourceArn=made["accessEntryArn"])
    assert found["tags"] == {"a": "1"}
    clients.eks.delete_access_entry(**names)
    for call in (clients.eks.describe_access_entry, clients.eks.delete_access_entry):
        with refused("ResourceNotFoundException"):
            call(**names)


def _unknown_principal(clients: Clients) -> None:
    assert scene_of(clients).main
    with refused("InvalidParameterException", "The specified principalArn is invalid: invalid principal."):
        _entry(clients, "arn:aws:iam::123456789012:user/nobody")


def _user_names(clients: Clients) -> None:
    scene = scene_of(clients)
    role = scene.role("ec2.amazonaws.com")
    made = _entry(clients, role)
    session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    assert made["username"] == f"{session}/{{{{SessionName}}}}"
    node = _entry(clients, scene.role("ec2.amazonaws.com"), type="EC2_LINUX")
    assert (node["username"], node["kubernetesGroups"]) == (
        "system:node:{{EC2PrivateDNSName}}",
        ["system:nodes"],
    )


def _reserved(clients: Clients) -> None:
    arn = scene_of(clients).user().arn
    for changes in (
        {"kubernetesGroups": ["system:masters"]},
        {"username": "system:admin"},
        {"type": "OTHER"},
    ):
        with refused("InvalidParameterException"):
            _entry(clients, arn, **changes)


def _config_map_mode(clients: Clients) -> None:
    with refused("InvalidRequestException"):
        clients.eks.list_access_entries(clusterName=scene_of(clients).plain)


def _policy_life(clients: Clients) -> None:
    scene = scene_of(clients)
    arn = scene.user().arn
    with refused("ResourceNotFoundException"):
        _associate(clients, arn)
    _entry(clients, arn)
    with refused("InvalidParameterException"):
        _associate(clients, arn, policy="arn:aws:eks::aws:cluster-access-policy/NoSuchPolicy")
    _associate(clients, arn, "shop", policy=VIEW_POLICY)
    made = _associate(clients, arn, policy=VIEW_POLICY)["associatedAccessPolicy"]
    assert made["accessScope"] == {"type": "cluster", "namespaces": []}
    names = {"clusterName": scene.main, "principalArn": arn}
    listed = clients.eks.list_associated_access_policies(**names)["associatedAccessPolicies"]
    assert [each["policyArn"] for each in listed] == [VIEW_POLICY]
    with_policy = clients.eks.list_access_entries(clusterName=scene.main, associatedPolicyArn=VIEW_POLICY)
    assert with_policy["accessEntries"] == [arn]
    clients.eks.disassociate_access_policy(**names, policyArn=VIEW_POLICY)
    with refused("ResourceNotFoundException"):
        clients.eks.disassociate_access_policy(**names, policyArn=VIEW_POLICY)


def _scope_form(clients: Clients) -> None:
    scene = scene_of(clients)
    arn = scene.user().arn
    _entry(clients, arn)
    for scope in ({"type": "namespace"}, {"type": "cluster", "namespaces": ["shop"]}):
        with refused("InvalidParameterException"):
            clients.eks.associate_access_policy(
                clusterName=scene.main, principalArn=arn, policyArn=ADMIN_POLICY, accessScope=scope
            )


def _token_needs_entry(clients: Clients) -> None:
    scene = scene_of(clients)
    caller = scene.user()
    token = caller.token(scene.main)
    assert scene.ask(scene.main, token) == 401
    _entry(clients, caller.arn)
    eventually(lambda: scene.ask(scene.main, token), 403, 2)
    _associate(clients, caller.arn)
    assert scene.ask(scene.main, token) == 200


def _ends_within(scene: EksScene, token: str, end: Callable[[], object]) -> None:
    assert scene.ask(scene.main, token) == 200
    end()
    started = time.monotonic()
    while scene.ask(scene.main, token) == 200:
        assert time.monotonic() - started < REFUSED_SECONDS, "the token still works"


def _policy_gone(clients: Clients) -> None:
    scene = scene_of(clients)
    caller = _administrator(clients)
    names = {"clusterName": scene.main, "principalArn": caller.arn, "policyArn": ADMIN_POLICY}
    _ends_within(scene, caller.token(scene.main), lambda: clients.eks.disassociate_access_policy(**names))


def _entry_gone(clients: Clients) -> None:
    scene = scene_of(clients)
    caller = _administrator(clients)
    names = {"clusterName": scene.main, "principalArn": caller.arn}
    token = caller.token(scene.main)
    _ends_within(scene, token, lambda: clients.eks.delete_access_entry(**names))
    assert scene.ask(scene.main, caller.token(scene.main)) in {401, 403}


def _key_gone(clients: Clients) -> None:
    scene = scene_of(clients)
    caller = _administrator(clients)
    stolen = Caller(caller.arn, caller.credentials | {"aws_secret_access_key": "x" * 40}, caller.endpoint_url)
    assert scene.ask(scene.main, stolen.token(scene.main)) == 401
    token = caller.token(scene.main)
    key_id = caller.credentials["aws_access_key_id"]
    clients.iam.delete_access_key(UserName=caller.arn.rpartition("/")[2], AccessKeyId=key_id)
    assert scene.ask(scene.main, token) == 401


def _other_cluster(clients: Clients) -> None:
    scene = scene_of(clients)
    caller = _administrator(clients)
    assert scene.ask(scene.main, caller.token("another-cluster")) == 401
    assert scene.ask(scene.main, caller.token(scene.main)) == 200


def _altered(token: str, **changes: str) -> str:
    encoded = token.removeprefix("k8s-aws-v1.")
    url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    parts = urlsplit(url)
    query = urlencode(dict(parse_qsl(parts.query)) | changes)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(parts._replace(query=query).geturl().encode()).decode()


def _forged(clients: Clients) -> None:
    scene = scene_of(clients)
    token = _administrator(clients).token(scene.main)
    forged = (
        _altered(token, **{"X-Amz-Date": "20200101T000000Z"}),
        _altered(token, **{"X-Amz-Expires": "86400"}),
        _altered(token, Action="GetSessionToken"),
        token.removeprefix("k8s-aws-v1."),
        "k8s-aws-v1.!",
    )
    for each in forged:
        assert scene.ask(scene.main, each) == 401
    assert scene.ask(scene.main, token) == 200


def _session(clients: Clients) -> None:
    scene = scene_of(clients)
    caller = scene.session()
    _entry(clients, caller.arn)
    _associate(clients, caller.arn)
    assert scene.ask(scene.main, caller.token(scene.main)) == 200


def _namespaced(clients: Clients) -> None:
    scene = scene_of(clients)
    caller = scene.user()
    _entry(clients, caller.arn)
    _associate(clients, caller.arn, "default")
    token = caller.token(scene.main)
    assert scene.ask(scene.main, token, "/api/v1/namespaces/default/secrets") == 200
    assert scene.ask(scene.main, token, "/api/v1/namespaces/kube-system/secrets") == 403
    assert scene.ask(scene.main, token) == 403


def _groups(clients: Clients) -> None:
    scene = scene_of(clients)
    group = unique("viewers")
    administrator, viewer = _administrator(clients), scene.user()
    _entry(clients, viewer.arn, kubernetesGroups=[group])
    binding = {
        "metadata": {"name": group},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}],
    }
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    assert scene.ask(scene.main, administrator.token(scene.main), path, binding) == 201
    token = viewer.token(scene.main)
    eventually(lambda: scene.ask(scene.main, token, "/api/v1/namespaces/default/pods"), 200, 5)
    assert scene.ask(scene.main, token, "/api/v1/namespaces/default/secrets") == 403


def _creator(clients: Clients) -> None:
    scene = scene_of(clients)
    credentials: Any = clients._session.get_credentials()
    caller = Caller(
        clients.sts.get_caller_identity()["Arn"],
        {"aws_access_key_id": credentials.access_key, "aws_secret_access_key": credentials.secret_key},
        clients.endpoint_url,
    )
    assert scene.ask(scene.plain, caller.token(scene.plain)) == 200
    assert scene.ask(scene.main, caller.token(scene.main)) == 401


def _definitions(clients: Clients) -> None:
    scene = scene_of(clients)
    token = _administrator(clients).token(scene.main)
    group = "/apis/vpcresources.k8s.aws"
    assert scene.ask(scene.main, token, f"{group}/v1beta1/securitygrouppolicies") == 200
    assert scene.ask(scene.main, token, f"{group}/v1alpha1/cninodes") == 200


ROWS = [
    Row("eks-entry-life", "Access entries are made once, changed, listed, removed", ENTRY, _entry_life),
    Row(
        "eks-entry-principal",
        "An access entry needs an existing IAM principal",
        "EKS user guide, Create access entries (existing IAM principal)",
        _unknown_principal,
    ),
    Row(
        "eks-entry-user", "EKS names the user of an access entry", f"{GUIDE}; {ENTRY} (username)", _user_names
    ),
    Row("eks-entry-reserved", "Reserved groups, users and unknown types are refused", GUIDE, _reserved),
    Row(
        "eks-entry-mode",
        "Without an API mode there are no access entries",
        "EKS user guide, Change authentication mode to use access entries",
        _config_map_mode,
    ),
    Row("eks-policy-life", "Access policies are known, associated, listed, removed", POLICY, _policy_life),
    Row(
        "eks-policy-scope",
        "Namespaces belong to scope namespace only",
        "EKS API reference, AccessScope",
        _scope_form,
    ),
    Row("eks-token-entry", "A token is accepted only with an access entry", GUIDE, _token_needs_entry),
    Row(
        "eks-token-policy-gone",
        "A token stops working within a second of the policy's end (the lab's promise)",
        "EKS user guide, Associate access policies with access entries",
        _policy_gone,
    ),
    Row(
        "eks-token-entry-gone",
        "A token stops working within a second of the access entry's end (the lab's promise)",
        GUIDE,
        _entry_gone,
    ),
    Row("eks-token-key", "A token needs a living key and its secret", TOKEN, _key_gone),
    Row("eks-token-cluster", "A token is good for one cluster", TOKEN, _other_cluster),
    Row("eks-token-form", "Old, long-lived, altered and malformed tokens are refused", TOKEN, _forged),
    Row("eks-token-session", "A role's session enters by the role's access entry", TOKEN, _session),
    Row(
        "eks-policy-namespace",
        "The administrator's policy holds in its namespaces (other policies are kept, not played)",
        "EKS user guide, Review access policy permissions",
        _namespaced,
    ),
    Row("eks-entry-groups", "An entry's groups get what Kubernetes RBAC gives them", GUIDE, _groups),
    Row(
        "eks-creator",
        "The creator is an administrator unless that was switched off",
        "EKS API reference, CreateAccessConfigRequest (bootstrapClusterCreatorAdminPermissions)",
        _creator,
    ),
    Row(
        "eks-definitions",
        "A new cluster knows SecurityGroupPolicy and CNINode",
        "aws/amazon-vpc-resource-controller-k8s, config/crd/bases; EKS installs them",
        _definitions,
    ),
]
