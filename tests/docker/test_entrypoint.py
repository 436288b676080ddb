"""The entry point finds a home and a cache, whoever runs it and whatever is read-only, then hands over."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ENTRYPOINT = Path(__file__).resolve().parents[2] / "docker" / "entrypoint.sh"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with the programs that an image has; ``simgen`` says how it was called."""
    programs = tmp_path / "bin"
    programs.mkdir()
    simgen = programs / "simgen"
    simgen.write_text("#!/bin/bash\necho \"simgen: $*\"\nenv | sort\n", encoding="utf-8")
    simgen.chmod(0o755)
    return programs


def run(image: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As a container does: with nothing in the environment but what the image sets."""
    return subprocess.run(
        ["env", "-i", f"PATH={image}:/usr/bin:/bin", *(f"{name}={value}" for name, value in environment.items()),
         str(ENTRYPOINT), *command], capture_output=True, text=True, timeout=60, cwd="/")


def said(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return dict(line.partition("=")[::2] for line in done.stdout.splitlines()[1:])


@pytest.mark.parametrize("word", ["run", "export", "view", "test", "ls"])
def test_words_are_said_to_simgen_also_where_they_are_programs_or_the_shell_s(image: Path, tmp_path: Path, word: str,
                                                                              ) -> None:
    view = image / "view"
    view.write_text("#!/bin/bash\necho an editor\n", encoding="utf-8")
    view.chmod(0o755)
    assert run(image, word, "x", HOME=str(tmp_path)).stdout.startswith(f"simgen: {word} x\n")


def test_words_with_spaces_stay_whole(image: Path, tmp_path: Path) -> None:
    done = run(image, "run", "a scenario", "--out", "/data/x", HOME=str(tmp_path))
    assert done.stdout.splitlines()[0] == "simgen: run a scenario --out /data/x"


def test_options_and_nothing_at_all_are_said_to_simgen(image: Path, tmp_path: Path) -> None:
    assert run(image, "--help", HOME=str(tmp_path)).stdout.startswith("simgen: --help\n")
    assert run(image, HOME=str(tmp_path)).stdout.startswith("simgen: \n")


def test_a_shell_or_a_path_is_run_as_it_is_and_its_exit_status_is_the_container_s(image: Path, tmp_path: Path) -> None:
    assert run(image, "bash", "-c", "exit 7", HOME=str(tmp_path)).returncode == 7
    assert run(image, "/bin/bash", "-c", "exit 8", HOME=str(tmp_path)).returncode == 8
    assert run(image, "simgen", "list", HOME=str(tmp_path)).stdout.startswith("simgen: list\n")


def test_the_command_takes_the_entry_point_s_place(image: Path, tmp_path: Path) -> None:
    """A signal to the container is one to the command."""
    done = run(image, "bash", "-c", "kill -TERM $$; sleep 60", HOME=str(tmp_path))
    assert done.returncode == -15


def test_a_home_that_can_be_written_is_kept(image: Path, tmp_path: Path) -> None:
    assert said(run(image, "list", HOME=str(tmp_path)))["HOME"] == str(tmp_path)


@pytest.mark.parametrize("home", ["/", "", "/proc/no/home"])
def test_without_a_home_to_write_in_there_is_one_for_this_user_alone(image: Path, tmp_path: Path, home: str) -> None:
    environment = said(run(image, "list", HOME=home, TMPDIR=str(tmp_path)))
    own = tmp_path / f"simgen-image-{os.getuid()}"
    assert environment["HOME"] == f"{own}/home"
    assert Path(environment["HOME"]).is_dir()
    assert own.stat().st_mode & 0o077 == 0
    assert environment["USER"] == environment["LOGNAME"] != ""


def test_nowhere_to_write_is_one_sentence_that_says_what_to_mount(image: Path) -> None:
    done = run(image, "list", HOME="/proc/no/home", TMPDIR="/proc/no/tmp")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "--tmpfs /tmp" in done.stderr and "/proc/no/home" in done.stderr


def test_a_cache_that_can_be_written_is_used_as_it_is(image: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    environment = said(run(image, "list", HOME=str(tmp_path), SIMGEN_CACHE=str(cache), TMPDIR=str(tmp_path)))
    assert environment["SIMGEN_CACHE"] == str(cache)


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A cache in an image that nobody may write: its ``warp`` cannot be made, which stops even root."""
    cache = tmp_path / "shipped"
    (cache / "sensors-1").mkdir(parents=True)
    (cache / "sensors-1" / "noise.nbc").write_bytes(b"compiled")
    (cache / "warp").write_bytes(b"")
    return cache


def test_a_read_only_cache_is_linked_into_one_that_can_be_written(image: Path, tmp_path: Path, shipped: Path) -> None:
    for _ in range(2):                                               # the second container finds the first one's
        environment = said(run(image, "list", HOME=str(tmp_path), SIMGEN_CACHE=str(shipped), TMPDIR=str(tmp_path)))
        cache = Path(environment["SIMGEN_CACHE"])
        assert cache.parent == tmp_path / f"simgen-image-{os.getuid()}"
        assert (cache / "sensors-1" / "noise.nbc").read_bytes() == b"compiled"
        (cache / "sensors-1" / "more.nbc").write_bytes(b"new")
    assert not (shipped / "sensors-1" / "more.nbc").exists()
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]


def test_images_with_other_kernels_have_other_folders(image: Path, tmp_path: Path, shipped: Path) -> None:
    before = said(run(image, "list", HOME=str(tmp_path), SIMGEN_CACHE=str(shipped), TMPDIR=str(tmp_path)))
    (shipped / "sensors-2").mkdir()
    after = said(run(image, "list", HOME=str(tmp_path), SIMGEN_CACHE=str(shipped), TMPDIR=str(tmp_path)))
    assert before["SIMGEN_CACHE"] != after["SIMGEN_CACHE"]


def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be(image: Path, tmp_path: Path) -> None:
    done = run(image, "bash", "-c", "ulimit -n; ulimit -Hn", HOME=str(tmp_path))
    soft, hard = done.stdout.split()
    assert soft == hard
