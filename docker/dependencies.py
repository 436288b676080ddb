"""Print what a pyproject.toml depends on, one requirement a line, for an image's layer below the one with our code:
``dependencies.py pyproject.toml EXTRA,EXTRA``.

Open3D stays out. Its library is linked against a desktop's (EGL, GL, X11), which no wheel carries, and it is a
gigabyte; it opens windows, and `simgen view` and `simgen map`, which want it, belong on the machine with the screen.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import tomllib

FOR_SCREENS = {"open3d", "libusb-package"}


def requirements(pyproject: Path, extras: list[str]) -> list[str]:
    """Dependencies of a project and of some of its extras. Raises KeyError for an extra that it does not have."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    wanted: list[str] = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    own = re.compile(rf"{re.escape(project['name'])}\s*\[")          # an extra that names other extras of the project
    inner = [name.strip() for line in wanted if own.match(line) for name in line[line.index("[") + 1:-1].split(",")]
    if set(inner) - set(extras):
        return requirements(pyproject, sorted({*extras, *inner}))
    return [line for line in wanted if not own.match(line) and _name(line) not in FOR_SCREENS]


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


if __name__ == "__main__":
    _, project_file, names = sys.argv
    wanted = requirements(Path(project_file), [name for name in names.split(",") if name])
    sys.stdout.writelines(f"{line}\n" for line in wanted)
