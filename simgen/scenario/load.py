"""A scenario file → ``Scenario``, or a list of everything that is wrong with it."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from sensors.rig import available_rigs
from simgen.scenario.actors import COLOR, SLUG, VEHICLE_ID, read_actors
from simgen.scenario.document import read_document
from simgen.scenario.mistakes import MistakeLog
from simgen.scenario.parsers import QuantityParser, WholeNumberParser, WordParser, one_of
from simgen.scenario.quantities import DURATION, RATE, SPEED, Limits
from simgen.scenario.reading import Section
from simgen.scenario.spec import CaptureSpec, EgoSpec, OpenDriveFile, RoadSpec, Scenario
from simgen.scenario.weather import read_lights, read_weather

DEFAULT_EPISODES = 4
DEFAULT_EGO = "vehicle.lincoln.mkz_2020"    # its roof stays below the KITTI Velodyne
DEFAULT_RIG = "kitti"
ROAD_KINDS = ("rural", "town")

_KEYS = ("name", "description", "episodes", "map", "road", "weather", "time_of_day", "sun", "lights", "ego",
         "actors", "capture")
_MAP = WordParser(
    "a map's name on the server such as 'Town01', or the path of an OpenDRIVE file that ends in .xodr",
    form=re.compile(r"[A-Za-z0-9_/]+|.+\.xodr"),
)
_EGO_BLUEPRINT = WordParser("a blueprint id such as 'vehicle.lincoln.mkz_2020'", form=VEHICLE_ID)


def load_scenario(path: Path | str) -> Scenario:
    """Read one scenario file. Raises ``ScenarioMistakes`` (a ``ScenarioError``) with all its mistakes."""
    path = Path(path)
    log = MistakeLog(str(path))
    top = Section(read_document(path, log), "", _KEYS, log)
    capture = _read_capture(top)
    scenario = Scenario(
        name=top.plain("name", SLUG) or "",
        description=top.text("description"),
        path=path,
        episodes=top.plain("episodes", WholeNumberParser(1, 1_000_000), DEFAULT_EPISODES) or 0,
        road=_read_road(top, path.parent),
        weather=read_weather(top),
        lights=read_lights(top),
        ego=_read_ego(top),
        actors=read_actors(top, capture, log),
        capture=capture,
    )
    log.raise_if_any()
    return scenario


def _read_capture(top: Section) -> CaptureSpec:
    section = top.section_or_empty("capture", ("rate", "frames", "warmup"))
    return CaptureSpec(
        rate_hz=section.value("rate", QuantityParser(RATE, Limits(0, 100, above=True)), 10.0),
        frames=section.value("frames", WholeNumberParser(1, 100_000), 20),
        warmup_s=section.value("warmup", QuantityParser(DURATION, Limits(0, 60)), 1.0),
    )


def _read_ego(top: Section) -> EgoSpec:
    section = top.section_or_empty("ego", ("blueprint", "rig", "speed", "spawn", "color"))
    spawn = section.section_or_empty("spawn", ("index",))
    if "spawn" in section and "index" not in spawn:
        spawn.note("needs 'index', such as {index: 12}; without 'spawn' a spawn point is drawn")
    return EgoSpec(
        blueprint=section.value("blueprint", _EGO_BLUEPRINT, DEFAULT_EGO),
        rig=section.plain("rig", one_of(available_rigs()), DEFAULT_RIG) or "",
        speed_mps=section.value("speed", QuantityParser(SPEED, Limits(0, 70))),
        spawn_index=spawn.value_if_there("index", WholeNumberParser(0, 100_000)),
        color=section.value_if_there("color", COLOR),
    )


def _read_road(top: Section, folder: Path) -> RoadSpec:
    which = top.exactly_one(("map", "road"), "write 'map: Town01' or 'road: {kind: rural}'")
    if which == "road":
        return RoadSpec(None, top.section("road", ("kind",)).value("kind", one_of(ROAD_KINDS)), {})
    if which is None:
        return RoadSpec(None, None, {})
    names = top.value("map", _MAP)
    files: dict[str, OpenDriveFile] = {}
    for name in names.outcomes():
        if name.endswith(".xodr"):
            file = _read_opendrive(folder / name)
            if isinstance(file, str):
                top.note(f"{name} {file}", "map")
            else:
                files[name] = file
    return RoadSpec(names, None, files)


def _read_opendrive(path: Path) -> OpenDriveFile | str:
    """The file's identity, or what is wrong with it."""
    if not path.is_file():
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
