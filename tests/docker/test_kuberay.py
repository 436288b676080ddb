"""The RayJob has KubeRay's fields and Kubernetes' pods, and what a CARLA worker needs is in them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.docker.rayjob_fields import RAY_JOB

JOB = yaml.safe_load((Path(__file__).resolve().parents[2] / "docker" / "kuberay-rayjob.yaml").read_text("utf-8"))
CLUSTER = JOB["spec"]["rayClusterSpec"]
HEAD = CLUSTER["headGroupSpec"]
(CARLA,) = CLUSTER["workerGroupSpecs"]
GROUPS = {"head": HEAD, "carla": CARLA}
KUBERNETES = ("1.28", "1.33")


def as_pod(group: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", **group["template"], "metadata": {"name": "x"}}


def test_it_has_the_fields_of_a_ray_job_and_no_other() -> None:
    assert [each.message for each in Draft202012Validator(RAY_JOB).iter_errors(JOB)] == []


def test_a_misspelt_field_of_the_job_would_be_found() -> None:
    wrong = copy.deepcopy(JOB)
    wrong["spec"]["rayClusterSpec"]["workerGroupSpecs"][0]["minReplica"] = 1
    assert not Draft202012Validator(RAY_JOB).is_valid(wrong)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("group", GROUPS)
def test_its_pods_are_what_kubernetes_takes(group: str, version: str) -> None:
    kubernetes_validate.validate(as_pod(GROUPS[group]), version, strict=True)


def test_a_misspelt_field_of_a_pod_would_be_found() -> None:
    wrong = copy.deepcopy(as_pod(CARLA))
    wrong["spec"]["terminationGracePeriod"] = 60
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES[-1], strict=True)


def test_gpus_are_given_back_and_a_lost_attempt_is_made_again() -> None:
    spec = JOB["spec"]
    assert spec["shutdownAfterJobFinishes"] is True
    assert spec["backoffLimit"] >= 1
    assert " --out s3://" in spec["entrypoint"]               # what the next cluster continues lies outside of this one


def test_ray_is_the_version_that_the_image_would_install() -> None:
    from ray import __version__

    assert CLUSTER["rayVersion"].split(".")[0] == __version__.split(".")[0]


@pytest.mark.parametrize("group", GROUPS)
def test_pods_run_as_the_image_s_user_and_may_not_become_another(group: str) -> None:
    pod = GROUPS[group]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 1000
    assert all(one["securityContext"]["allowPrivilegeEscalation"] is False for one in pod["containers"])


@pytest.mark.parametrize("group", GROUPS)
def test_health_is_asked_for_without_programs_that_a_slim_image_lacks(group: str) -> None:
    (container,) = GROUPS[group]["template"]["spec"]["containers"]
    assert all(set(container[probe]) >= {"httpGet"} for probe in ("livenessProbe", "readinessProbe"))


@pytest.mark.parametrize("group", GROUPS)
def test_every_mount_has_its_volume_and_shared_memory_is_in_memory(group: str) -> None:
    pod = GROUPS[group]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: mount["name"] for one in pod["containers"] for mount in one["volumeMounts"]}
    assert set(mounts.values()) == set(volumes)
    assert volumes[mounts["/dev/shm"]]["emptyDir"]["medium"] == "Memory"
    assert "medium" not in volumes[mounts["/scratch"]]["emptyDir"]
    assert all({"name": "TMPDIR", "value": "/scratch"} in one["env"] for one in pod["containers"])
    assert pod["terminationGracePeriodSeconds"] >= 60


def test_a_carla_pod_has_one_gpu_with_graphics_and_as_many_slots() -> None:
    (container,) = CARLA["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert {"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "all"} in container["env"]
    assert json.loads(json.loads(CARLA["rayStartParams"]["resources"])) == {"carla_slot": 1}
    assert CARLA["template"]["spec"]["shareProcessNamespace"] is True


def test_the_driver_has_the_head_to_itself_and_its_scenarios_are_mounted() -> None:
    assert HEAD["rayStartParams"]["num-cpus"] == "0"
    words = JOB["spec"]["entrypoint"].split()
    mounted = {mount["mountPath"] for mount in HEAD["template"]["spec"]["containers"][0]["volumeMounts"]}
    assert words[2] in mounted
    assert "--workers" not in words                           # as many as there is room for, as nodes come and go
    assert CARLA["minReplicas"] <= CARLA["replicas"] <= CARLA["maxReplicas"]
