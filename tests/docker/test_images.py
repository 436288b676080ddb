"""The images are built from what hadolint and shellcheck find nothing in, run as nobody special, and name versions."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has none; the images have 3.11")

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
IMAGES = sorted(DOCKER.glob("Dockerfile*"))
SCRIPTS = sorted(DOCKER.glob("*.sh"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def program(name: str) -> str:
    """A program of the test environment, which need not be on PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is missing: pip install '.[test]'"
    return found


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Instruction and argument, comments gone and continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word.upper(), rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def last_stage(dockerfile: Path) -> list[tuple[str, str]]:
    steps = instructions(dockerfile)
    return steps[max(number for number, (word, _) in enumerate(steps) if word == "FROM"):]


@pytest.mark.parametrize("dockerfile", IMAGES, ids=lambda path: path.name)
def test_hadolint_finds_nothing(dockerfile: Path) -> None:
    found = subprocess.run([program("hadolint"), "--no-color", dockerfile], capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    found = subprocess.run([program("shellcheck"), "--enable=all", "--exclude=SC2310,SC2312,SC2250", script],
                           capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_bash_can_read_it_and_it_may_be_executed(script: Path) -> None:
    assert subprocess.run(["bash", "-n", script], timeout=60).returncode == 0
    assert script.stat().st_mode & 0o111 == 0o111
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("dockerfile", IMAGES, ids=lambda path: path.name)
def test_no_package_manager_of_a_distribution_is_called(dockerfile: Path) -> None:
    assert not [rest for word, rest in instructions(dockerfile)
                if word == "RUN" and re.search(r"\b(apt|apt-get|apk|dnf|yum|curl|wget)\b", rest)]


@pytest.mark.parametrize("dockerfile", IMAGES, ids=lambda path: path.name)
def test_bases_have_a_version(dockerfile: Path) -> None:
    defaults = dict(rest.partition("=")[::2] for word, rest in instructions(dockerfile) if word == "ARG")
    stages: set[str] = set()
    for base, _, name in (re.match(r"(\S+)( AS (\S+))?", rest).groups()                       # type: ignore[union-attr]
                          for word, rest in instructions(dockerfile) if word == "FROM"):
        full = re.sub(r"\$\{(\w+)\}", lambda match: defaults[match[1]], base)
        assert base in stages or re.fullmatch(r"[\w./-]+:[\w.-]*\d+\.\d+\.\d+[\w.-]*", full), full
        stages.add(name)


@pytest.mark.parametrize("dockerfile", IMAGES, ids=lambda path: path.name)
def test_it_ends_as_a_user_who_is_not_root_with_an_entry_point_that_buries_the_dead(dockerfile: Path) -> None:
    steps = last_stage(dockerfile)
    assert [rest for word, rest in steps if word == "USER"][-1] in ("1000:1000", "carla")
    assert [rest for word, rest in steps if word == "ENTRYPOINT"] == [
        '["dumb-init", "--single-child", "--", "simgen-entrypoint"]']


@pytest.mark.parametrize("dockerfile", IMAGES, ids=lambda path: path.name)
def test_what_is_copied_exists_and_is_let_through_to_the_build(dockerfile: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*"
    for word, rest in instructions(dockerfile):
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in ignored, source


def test_carla_s_image_and_the_client_are_one_version() -> None:
    pinned = next(line.split("==")[1] for line in PROJECT["dependencies"] if line.startswith("carla=="))
    assert ("ARG", f"CARLA=carlasim/carla:{pinned}") in instructions(DOCKER / "Dockerfile.carla")


@pytest.mark.parametrize("dockerfile", IMAGES, ids=lambda path: path.name)
def test_labels_say_the_version_that_is_built(dockerfile: Path) -> None:
    assert ("ARG", f"VERSION={PROJECT['version']}") in last_stage(dockerfile)


@pytest.mark.parametrize("dockerfile", IMAGES, ids=lambda path: path.name)
def test_every_extra_that_an_image_installs_is_one_of_the_project_s(dockerfile: Path) -> None:
    extras = next(rest for word, rest in instructions(dockerfile) if word == "ARG" and rest.startswith("EXTRAS="))
    printed = subprocess.run(
        [sys.executable, DOCKER / "dependencies.py", ROOT / "pyproject.toml", extras.partition("=")[2]],
        capture_output=True, text=True, timeout=60)
    assert printed.returncode == 0, printed.stderr
    left_out = {re.split(r"[<>=]", line)[0] for line in {*PROJECT["dependencies"]} - {*printed.stdout.splitlines()}}
    assert left_out == {"open3d", "libusb-package"}                # a desktop's, which a slim image is not
    assert "ray[default]" in printed.stdout                        # `ray job submit`, on which KubeRay builds
    assert "simgen" not in printed.stdout


def test_both_images_set_the_same_variables_for_compiled_code() -> None:
    names = ("SIMGEN_PORTABLE", "SIMGEN_CACHE", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")
    said = [[re.findall(rf"{name}=(\S+)", rest) for word, rest in last_stage(image) if word == "ENV" for name in names]
            for image in IMAGES]
    assert said[0] == said[1]
    assert all(len(values) == 1 for values in said[0])
