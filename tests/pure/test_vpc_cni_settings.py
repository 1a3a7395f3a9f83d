"""Settings of the VPC CNI add-on."""

from __future__ import annotations

import json

import pytest

from podsg.model import EnforcingMode, VpcCniSpec, configuration_values, early_demux_disabled


def test_defaults_are_strict_with_early_demux_off() -> None:
    # given nothing written, when the values are made
    values = json.loads(configuration_values(VpcCniSpec()))

    # then pod ENIs are on, in the mode that needs early demux off
    assert values == {
        "env": {
            "AWS_VPC_K8S_CNI_EXTERNALSNAT": "true",
            "ENABLE_POD_ENI": "true",
            "POD_SECURITY_GROUP_ENFORCING_MODE": "strict",
        },
        "init": {"env": {"DISABLE_TCP_EARLY_DEMUX": "true"}},
    }


def test_extra_settings_are_merged() -> None:
    # given prefix delegation and settings without a field
    spec = VpcCniSpec(
        prefix_delegation=True,
        external_snat=False,
        extra_env={"WARM_PREFIX_TARGET": "1"},
        extra_init_env={"ENABLE_V6_EGRESS": "false"},
    )

    # when the values are made
    values = json.loads(configuration_values(spec))

    # then all are there as text
    assert values["env"]["ENABLE_PREFIX_DELEGATION"] == "true"
    assert values["env"]["AWS_VPC_K8S_CNI_EXTERNALSNAT"] == "false"
    assert values["env"]["WARM_PREFIX_TARGET"] == "1"
    assert values["init"]["env"] == {"DISABLE_TCP_EARLY_DEMUX": "true", "ENABLE_V6_EGRESS": "false"}


def test_custom_networking_finds_the_eniconfig_of_the_zone() -> None:
    # given custom networking, when the values are made
    env = json.loads(configuration_values(VpcCniSpec(custom_networking=True)))["env"]

    # then nodes look for the ENIConfig with the name of their zone; without it nothing says so
    assert env["AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"] == "true"
    assert env["ENI_CONFIG_LABEL_DEF"] == "topology.kubernetes.io/zone"
    assert "ENI_CONFIG_LABEL_DEF" not in configuration_values(VpcCniSpec(custom_networking=False))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (VpcCniSpec(enforcing_mode=EnforcingMode.STRICT), True),
        (VpcCniSpec(enforcing_mode=EnforcingMode.STANDARD), False),
        (VpcCniSpec(enforcing_mode=EnforcingMode.STRICT, disable_tcp_early_demux=False), False),
        (VpcCniSpec(enforcing_mode=EnforcingMode.STANDARD, disable_tcp_early_demux=True), True),
    ],
)
def test_early_demux_follows_the_mode_unless_written(spec: VpcCniSpec, *, expected: bool) -> None:
    # given a mode, when early demux is or is not written, then what is written wins
    assert early_demux_disabled(spec) is expected
