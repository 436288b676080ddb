"""Print what a pyproject.toml depends on, one requirement a line: ``dependencies.py pyproject.toml EXTRA,EXTRA``.

An image installs it in a layer of its own, below the one with simgen's code.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


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
    return [line for line in wanted if not own.match(line)]


if __name__ == "__main__":
    _, project_file, names = sys.argv
    print("\n".join(requirements(Path(project_file), [name for name in names.split(",") if name])))
