"""Ray's cluster launcher takes ray-cluster.yaml, by its own judgement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

FILE = Path(__file__).resolve().parents[2] / "docker" / "ray-cluster.yaml"


def prepared() -> dict[str, Any]:
    from ray.autoscaler._private.util import prepare_config

    config: dict[str, Any] = prepare_config(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    return config


def test_ray_takes_it() -> None:
    from ray.autoscaler._private.util import validate_config

    config = prepared()
    validate_config(config)
    assert config["provider"]["type"] == "local"
    assert config["docker"]["worker_image"] != config["docker"]["head_image"]


def test_ray_would_not_take_a_misspelt_key() -> None:
    from ray.autoscaler._private.util import validate_config

    with pytest.raises(Exception, match="worker_start_commands"):
        validate_config({**prepared(), "worker_start_commands": []})


def test_a_worker_says_how_many_servers_its_gpus_carry() -> None:
    assert any("carla_slot" in command for command in prepared()["worker_start_ray_commands"])
