"""Every command that is written down for clusters is one that the programs know: their own parsers read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docker.parsing import FILES, commands_in, ray_takes, simgen_takes

OF_SIMGEN = [(path, words) for path in FILES for words in commands_in(path, "simgen(?:-carla)?") if words[0] != "ray"]
# `ray start "${@:2}"` of slurm.sh is tested with the arguments that it has when it runs.
OF_RAY = [(path, words) for path in FILES for words in commands_in(path, "ray") if "${@:2}" not in words]


def said(value: object) -> str:
    return value.name if isinstance(value, Path) else " ".join(value)[:60] if isinstance(value, list) else str(value)


@pytest.mark.parametrize(("path", "words"), OF_SIMGEN, ids=said)
def test_simgen_knows_the_command(path: Path, words: list[str]) -> None:
    simgen_takes([*words[:-1], "scenario", "--out", "folder"] if words[-1] == "$@" else words)


@pytest.mark.parametrize(("path", "words"), OF_RAY, ids=said)
def test_ray_knows_the_command(path: Path, words: list[str]) -> None:
    ray_takes(words)


def test_commands_are_found_where_they_stand() -> None:
    files = {path.name for path, _ in OF_SIMGEN}
    assert {"README.md", "Dockerfile", "Dockerfile.carla", "compose.yaml", "kuberay-rayjob.yaml", "ray-cluster.yaml",
            "slurm.sh", "warm_up.sh"} <= files
    assert ["run", "$@"] in [words for _, words in OF_SIMGEN]


@pytest.mark.parametrize("words", [["run", "x", "--out", "y", "--worker-count", "3"], ["rum", "x"]])
def test_a_command_or_an_option_that_is_not_there_would_be_found(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"No such (command|option)"):
        simgen_takes(words)
