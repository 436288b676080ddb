"""The scenario library that comes with simgen, and finding a scenario by its name.

The library is the folder ``scenarios`` beside the package: of a checkout, or of an installed wheel. Folders called
``parts`` hold what scenarios include, and no scenarios.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from simgen.errors import RequestError
from simgen.scenario.mistakes import did_you_mean

PARTS = "parts"
_SUFFIXES = (".yaml", ".yml")


def library_folder() -> Path:
    """Where the library lies."""
    return Path(__file__).resolve().parents[2] / "scenarios"


def scenario_files(folder: Path) -> list[Path]:
    """The scenario files in a folder and those below it, sorted."""
    return sorted(
        path for path in folder.rglob("*")
        if path.suffix in _SUFFIXES and PARTS not in path.relative_to(folder).parts[:-1]
    )


@cache
def library() -> dict[str, Path]:
    """Name → file: "animals/deer_crossing" → …/scenarios/animals/deer_crossing.yaml."""
    folder = library_folder()
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in scenario_files(folder)}


def find_scenarios(word: str | Path) -> list[Path]:
    """The files that a word of the command line means: a file, all of a folder, or names of the library.

    Raises ``RequestError`` for a folder without scenarios and for a name that the library does not have.
    """
    path = Path(word)
    if path.is_dir():
        files = scenario_files(path)
        if not files:
            raise RequestError(f"{path}: this folder holds no scenario file (*.yaml)")
        return files
    name = path.with_suffix("").as_posix() if path.suffix in _SUFFIXES else path.as_posix().rstrip("/")
    if path.exists() or path.is_absolute():
        return [path]
    inside = [file for known, file in library().items() if known.startswith(f"{name}/")]
    return inside or [find_scenario(word)]


def find_scenario(word: str | Path) -> Path:
    """The one file that a word means: a path, or a name such as "animals/deer_crossing" or "deer_crossing".

    A path that leads nowhere is given back as it is, if it looks like one; who reads it says what is wrong.

    Raises ``RequestError`` for a name that the library does not have, or has twice.
    """
    path = Path(word)
    if path.exists():
        return path
    name = path.with_suffix("").as_posix() if path.suffix in _SUFFIXES else path.as_posix()
    known = library()
    if name in known:
        return known[name]
    called_so = [full for full in known if full.split("/")[-1] == name]
    if len(called_so) > 1:
        raise RequestError(f"{word}: several scenarios of the library are called so; write {' or '.join(called_so)}")
    if called_so:
        return known[called_so[0]]
    if path.suffix in _SUFFIXES or path.is_absolute():
        return path
    hint = did_you_mean(name, [*known, *(full.split("/")[-1] for full in known)])
    raise RequestError(f"{word}: no such file, and no scenario of the library has this name{hint}; see 'simgen list'")
