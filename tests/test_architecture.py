"""The plan of the house, held by a machine: who may import whom."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Room -> rooms of ours it may import. Some rooms are single modules of simgen itself: "frame", "errors", "wording",
# "stopwatch", "processes", "pipeline", "gallery" and "cli".
ALLOWED: dict[str, set[str]] = {
    "sensors": set(),
    "errors": set(),
    "wording": set(),
    "stopwatch": set(),
    "processes": set(),
    "frame": {"sensors"},
    "scenario": {"errors", "sensors", "wording"},
    "motion": {"errors", "scenario", "sensors"},
    "interchange": {"errors", "motion", "scenario", "sensors"},
    "capture": {"errors", "frame", "motion", "scenario", "sensors", "stopwatch"},
    "sense": {"errors", "frame", "scenario", "sensors"},
    "label": {"errors", "frame", "sensors"},
    "kitti": {"errors", "frame", "sensors", "stopwatch"},
    "export": {"errors", "kitti", "sensors"},
    "verify": {"errors"},
    "report": {"errors", "kitti", "motion", "scenario", "sensors", "wording"},
    "localsim": {"sensors"},
    "pipeline": {"capture", "errors", "frame", "kitti", "label", "motion", "scenario", "sense", "sensors",
                 "stopwatch"},
    "gallery": {"errors", "fleet", "motion", "report", "scenario", "wording"},
    "doctor": {"capture", "errors", "fleet", "kitti", "pipeline", "scenario", "store", "verify", "wording"},
    "fleet": {"capture", "errors", "kitti", "pipeline", "processes", "scenario", "sensors", "stopwatch",
              "store", "wording"},
    "store": {"errors", "kitti", "processes", "wording"},
}
FREE = {"cli", "commands", "__main__", "__init__"}
# A library -> the only rooms that may import it.
ONLY_IN = {"carla": {"capture"}, "ray": {"fleet"}, "open3d": {"report"}, "warp": {"localsim"},
           "roadgen": {"export", "localsim"}}


def python_files() -> list[Path]:
    return sorted([*(ROOT / "simgen").rglob("*.py"), *(ROOT / "sensors").rglob("*.py")])


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "sensors" if parts[0] == "sensors" else parts[1]


def imported_names(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            names += [f"{module}.{alias.name}" for alias in node.names] if module == "simgen" else [module]
    return names


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    room = room_of(path)
    if room in FREE:
        return
    for name in imported_names(path):
        parts = name.split(".")
        if parts[0] in ONLY_IN:
            assert room in ONLY_IN[parts[0]], f"{name} is imported outside {ONLY_IN[parts[0]]}"
        target = "sensors" if parts[0] == "sensors" else parts[1] if parts[0] == "simgen" and len(parts) > 1 else None
        if target is not None and target not in (room, "__version__"):
            assert target in ALLOWED[room], f"{room} may not import {name}"


def test_every_room_has_its_line_in_the_table() -> None:
    assert {room_of(path) for path in python_files()} - FREE <= set(ALLOWED)


def test_the_top_level_is_the_fixed_one() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, text=True, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: nobody says which files belong to the project")
    files = {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}
    fixed = files | {"scenarios", "sensors", "simgen", "tests", "docker"}
    found = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in found - fixed if not name.startswith(".")} == set()
