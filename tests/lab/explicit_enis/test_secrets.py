"""Twelve secrets planted around a branch ENI: none is readable in state, output, digest or errors."""

from __future__ import annotations

import json
import os
from pathlib import Path

import yaml
from pulumi.automation import ConfigValue

from lab.paths import backend_url, state_folder

from .scene import Scene

PROGRAM = """
import os
import pulumi
from podsg.resources import BranchEni

GLOBAL = os.environ["CANARY_GLOBAL"]
config = pulumi.Config("enis")
BranchEni(
    "one",
    {
        "trunk_eni_id": config.require("trunk"),
        "group_ids": config.require_object("groups"),
        "description": config.require_secret("description"),
        "tags": {
            "plain": "readable",
            "secret": config.require_secret("tag"),
            "nested": pulumi.Output.secret(os.environ["CANARY_NESTED"]),
            "joined": pulumi.Output.format("a-{}", config.require_secret("joined")),
        },
    },
)
"""
CONFIGURED = ("description", "tag", "joined", "unused")
SECRETS = 12
IN_ENVIRONMENT = ("CANARY_GLOBAL", "CANARY_NESTED", "CANARY_UNUSED")


def _canary(name: str) -> str:
    return f"canary{''.join(letter for letter in name.lower() if letter.isalpha())}sings"


def _profile(enis: Scene, folder: Path) -> dict[str, str]:
    """Write the lab's credentials into a profile, beside one that nobody uses, and a login to a cluster."""
    session = enis.lab.running()
    credentials = folder / "credentials"
    credentials.write_text(
        f"[default]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\n"
        f"aws_session_token = {_canary('session')}\n"
        f"[other]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = {_canary('profile')}\n"
    )
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump({"users": [{"name": "one", "user": {"token": _canary("token")}}]}))
    return {"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "KUBECONFIG": str(kubeconfig)}


def test_no_secret_is_readable(enis: Scene, tmp_path: Path) -> None:
    # given secrets in config, inputs, environment, credentials file, passphrase and a global of the program
    session = enis.lab.running()
    (enis.folder / "__main__.py").write_text(PROGRAM)
    config = {
        "aws:region": "us-west-2",
        "enis:trunk": enis.node.trunk_id,
        "enis:groups": [enis.node.group("pods")],
    }
    (enis.folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    variables = {**{name: _canary(name) for name in IN_ENVIRONMENT}, **_profile(enis, tmp_path)}
    os.environ.update(variables)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[name]
    engine = enis.engine
    for name in CONFIGURED:
        engine._stack.set_config(f"enis:{name}", ConfigValue(_canary(name), secret=True))

    # when it is previewed, made and refreshed
    texts = [engine.preview_digest()]
    shown = engine._stack.preview(diff=True)
    texts += [shown.stdout, shown.stderr]
    engine.up()
    engine.refresh()
    texts += enis.lines

    # then none of the secrets is readable anywhere
    exported = engine._stack._run_pulumi_cmd_sync(["stack", "export", "--stack", "dev"])
    texts += [exported.stdout, exported.stderr]
    backend = Path(backend_url().removeprefix("file://"))
    texts += [path.read_text(errors="replace") for path in backend.rglob("*") if path.is_file()]
    secrets = [_canary(name) for name in (*CONFIGURED, *IN_ENVIRONMENT, "profile", "session", "token")]
    secrets += [session.secret_access_key, (state_folder() / "passphrase").read_text()]
    assert len(secrets) == SECRETS
    found = {secret for secret in secrets if any(secret in text for text in texts)}
    assert found == set()

    # and they are where they are meant to be: what is readable is found, and who may see secrets sees them
    assert any("readable" in text for text in texts)
    assert _canary("tag") in json.dumps(engine.export().deployment)
    engine.destroy()
    assert enis.owned() == {}
