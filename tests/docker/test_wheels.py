"""What simgen depends on runs on a slim image: no wheel asks for more than a minimal Debian or CARLA's Ubuntu has."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.docker.elf import Wants, wants

tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has none; the images have 3.11")

ROOT = Path(__file__).resolve().parents[2]
# In every image of Debian and Ubuntu that has apt: libc6, libgcc-s1, libstdc++6, zlib1g.
SYSTEM = {"ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1",
          "libutil.so.1", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1"}
# numba's other ways to run loops in parallel, loaded by who asks for them.
BY_CHOICE = {"omppool", "tbbpool"}
UBUNTU_20_04 = {"GLIBC": (2, 31), "GLIBCXX": (3, 4, 28)}


def installed(requirements: list[str]) -> set[str]:
    """The distributions that these bring, and those that those bring; some are for other systems or Pythons."""
    found: set[str] = set()
    waiting = [(Requirement(line), "") for line in requirements]
    while waiting:
        wanted, extra = waiting.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        try:
            brought = distribution(wanted.name).requires or []
        except PackageNotFoundError:
            continue
        if wanted.name not in found:
            found.add(wanted.name)
            waiting += [(Requirement(line), extra) for line in brought for extra in wanted.extras or {""}]
    return found


@pytest.fixture(scope="module")
def libraries() -> dict[Path, Wants]:
    """Every shared library of the image's packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [line for line in project["dependencies"] if not line.startswith(("open3d", "libusb-package"))]
    assert len(installed(lines)) > 25
    return dict(_wants_of(installed(lines)))


def _wants_of(names: set[str]) -> Iterator[tuple[Path, Wants]]:
    for name in names:
        for file in distribution(name).files or []:
            if ".so" in file.name and not file.name.endswith(".py"):
                found = wants(Path(str(file.locate())))
                if found is not None:
                    yield Path(str(file.locate())), found


def test_the_reader_reads_what_a_library_says_of_itself(libraries: dict[Path, Wants]) -> None:
    (carla,) = (found for path, found in libraries.items() if path.name.startswith("libcarla"))
    assert {"libc.so.6", "libstdc++.so.6"} <= set(carla.libraries)
    assert "GLIBC_2.2.5" in carla.versions and carla.newest("GLIBC") >= (2, 17)
    assert Wants((), frozenset({"GLIBC_2.9", "GLIBC_2.17", "GLIBCXX_3.4.22"})).newest("GLIBC") == (2, 17)


def test_what_no_wheel_brings_every_slim_image_has(libraries: dict[Path, Wants]) -> None:
    brought = {path.name for path in libraries}
    missing = {path.name: sorted(set(found.libraries) - SYSTEM - brought) for path, found in libraries.items()
               if set(found.libraries) - SYSTEM - brought and path.name.split(".")[0] not in BY_CHOICE}
    assert missing == {}


@pytest.mark.parametrize("family", UBUNTU_20_04)
def test_carla_s_ubuntu_has_symbols_new_enough(libraries: dict[Path, Wants], family: str) -> None:
    newest, path = max((found.newest(family), path.name) for path, found in libraries.items())
    assert newest <= UBUNTU_20_04[family], f"{path} asks for {family} {newest}"
