"""A scenario file → ``Scenario``, or a list of everything that is wrong with it."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgen.scenario.bindings import bind_formulas
from simgen.scenario.checks import StrataBins, check_scenario
from simgen.scenario.document import Entry
from simgen.scenario.merge import Assembly, apply_overrides, put_sweeps
from simgen.scenario.mistakes import MistakeLog, ScenarioMistakes
from simgen.scenario.models.top import ScenarioModel
from simgen.scenario.section import read_section
from simgen.scenario.values import Reading, Value


@dataclass(frozen=True, slots=True)
class OpenDriveFile:
    """An OpenDRIVE document that a scenario names: where it lies, and the SHA-256 of its bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """A scenario file, read and checked.

    model:     what it says.
    path:      the file as it was named; messages begin with it.
    files:     all files that it is made of, its own first.
    notes:     sentences about what works but should be written otherwise.
    values:    key path → every value that may be drawn, defaults included.
    swept:     the values that ``vary.over`` says, in its order.
    strata:    name → the bins of one value.
    rig:       name of the ego's rig, or the path of its file.
    opendrive: map as written → its OpenDRIVE file.
    """

    model: ScenarioModel
    path: Path
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    values: Mapping[str, Value[Any]]
    swept: tuple[Value[Any], ...]
    strata: Mapping[str, StrataBins]
    rig: str
    opendrive: Mapping[str, OpenDriveFile]

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def description(self) -> str:
        return self.model.description


def load_scenario(path: Path | str, overrides: Sequence[str] = ()) -> Scenario:
    """Read one scenario file.

    overrides: "key.path=YAML", as ``--set`` takes them.

    Raises ``ScenarioMistakes`` (a ``ScenarioError``) with all its mistakes.
    """
    path = Path(path)
    log = MistakeLog(str(path))
    assembly = Assembly(log)
    own = assembly.read(path)
    if not assembly.whole:
        raise log.all_mistakes()                # what else seems to be missing may stand in the part that is
    tree = apply_overrides(own, overrides, log)
    reading = Reading(log)
    model = read_section(ScenarioModel, Entry(put_sweeps(tree, log), ""), reading)
    strata = check_scenario(model, reading)
    try:
        bind_formulas({**reading.values, **(model.let or {})}, model.let or {}, model.require)
    except ScenarioMistakes as mistakes:
        log.take(mistakes)
    rig = _rig(model, log)
    opendrive = _opendrive_files(model, log)
    log.raise_if_any()
    swept = tuple(reading.swept[number] for number in sorted(reading.swept))
    return Scenario(model, path, tuple(assembly.files), tuple(log.notes), reading.values, swept, strata, rig, opendrive)


def _rig(model: ScenarioModel, log: MistakeLog) -> str:
    """The rig's name, or its file's path. Not read here: that is the sensors' business."""
    rig = model.ego.rig
    if rig is None or not rig.endswith((".yaml", ".yml")):
        return rig or ""
    where = model.ego.where_is("rig")
    file = where.beside(rig)
    if not _is_file(file):
        log.note(where, f"{rig} is not there ({where.looked_for(file)})")
    return str(file)


def _opendrive_files(model: ScenarioModel, log: MistakeLog) -> dict[str, OpenDriveFile]:
    files: dict[str, OpenDriveFile] = {}
    if model.map is None:
        return files
    for name in model.map.outcomes():
        if name.endswith(".xodr"):
            file = _read_opendrive(model.map.where.beside(name))
            if isinstance(file, str):
                log.note(model.map.where, f"{name} {file}")
            else:
                files[name] = file
    return files


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):               # a name too long, or with a NUL in it
        return False


def _read_opendrive(path: Path) -> OpenDriveFile | str:
    """The file's identity, or what is wrong with it."""
    if not _is_file(path):
        return f"is not there (looked for {path})"
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    try:
        content.decode("utf-8")                     # it travels to the simulator as UTF-8 text
        root = ElementTree.fromstring(content)
    except UnicodeDecodeError:
        return "is not UTF-8 text; save it as UTF-8"
    except ElementTree.ParseError as error:
        return f"is not XML: {error}"
    if root.tag != "OpenDRIVE":
        return f"is not an OpenDRIVE file: its root is <{root.tag}>, not <OpenDRIVE>"
    if root.find("road") is None:
        return "holds no <road>"
    return OpenDriveFile(path, hashlib.sha256(content).hexdigest())
