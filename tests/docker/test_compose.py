"""compose.yaml says what the compose specification knows, and a network of containers that finds itself."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

DOCKER = Path(__file__).resolve().parents[2] / "docker"
TEXT = (DOCKER / "compose.yaml").read_text(encoding="utf-8")


def interpolated(text: str) -> dict[str, Any]:
    """As compose reads it where no variable is set: every one has a default."""
    assert not re.findall(r"\$\{\w+\}", text), "a variable without a default"
    found: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    return found


def compose_specification() -> Draft202012Validator:
    """Its schema, which check-jsonschema carries; only the file is looked at."""
    found = find_spec("check_jsonschema")
    assert found is not None and found.origin is not None, "check-jsonschema is missing: pip install '.[test]'"
    path = Path(found.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


COMPOSE = interpolated(TEXT)
SERVICES = COMPOSE["services"]


def test_it_is_what_the_compose_specification_allows() -> None:
    mistakes = [f"{'/'.join(map(str, each.absolute_path))}: {each.message}"
                for each in compose_specification().iter_errors(COMPOSE)]
    assert mistakes == []


def test_the_schema_would_find_a_misspelt_key() -> None:
    wrong = {**COMPOSE, "services": {"head": {**SERVICES["head"], "shm-size": "1gb"}}}
    assert not compose_specification().is_valid(wrong)


@pytest.mark.parametrize("profile", ["built-in", "carla"])
def test_each_profile_has_one_head_and_one_kind_of_worker_that_waits_for_it(profile: str) -> None:
    members = {name: service for name, service in SERVICES.items() if profile in service["profiles"]}
    heads = [name for name, service in members.items() if "--head" in service["command"]]
    assert heads == ["head"]
    (worker,) = (service for name, service in members.items() if name != "head")
    assert worker["depends_on"] == {"head": {"condition": "service_healthy"}}
    assert "--address=head:6379" in worker["command"]
    assert "--port=6379" in members["head"]["command"]
    assert members["head"]["environment"]["RAY_ADDRESS"] == "head:6379"


@pytest.mark.parametrize("name", SERVICES)
def test_every_node_has_shared_memory_a_health_check_and_no_root(name: str) -> None:
    service = SERVICES[name]
    assert "entrypoint" not in service                             # the image's, whose first process buries the dead
    assert service["shm_size"] != "64m"
    assert service["user"].split(":")[0] != "0"
    assert service["healthcheck"]["test"][:3] == ["CMD", "ray", "health-check"]
    assert "--block" in service["command"]
    mounted = {volume["target"] if isinstance(volume, dict) else "/" + volume.rsplit(":/", 1)[1].split(":")[0]
               for volume in service["volumes"]}
    assert mounted == {"/data", "/scenarios", "/scratch"}


def test_what_nobody_sets_is_not_set_to_nothing() -> None:
    """boto takes an empty key for a key."""
    for service in SERVICES.values():
        assert [name for name, value in service["environment"].items() if value == ""] == []
        assert service["environment"]["AWS_ACCESS_KEY_ID"] is None


def test_images_are_built_from_the_checkout_by_the_dockerfiles_here() -> None:
    for service in SERVICES.values():
        context = (DOCKER / service["build"]["context"]).resolve()
        assert context == DOCKER.parent
        assert (context / service["build"]["dockerfile"]).exists()


def test_a_carla_node_asks_for_its_gpu_with_graphics_and_says_how_many_servers_it_carries() -> None:
    worker = SERVICES["carla-worker"]
    (device,) = worker["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert worker["environment"]["NVIDIA_DRIVER_CAPABILITIES"] == "all"
    resources_said = next(word for word in worker["command"] if word.startswith("--resources="))
    assert json.loads(resources_said.partition("=")[2]) == {"carla_slot": 1}


def test_no_port_is_open_to_others_while_ray_asks_for_no_token() -> None:
    assert not [name for name, service in SERVICES.items() if "ports" in service or service.get("network_mode")]
