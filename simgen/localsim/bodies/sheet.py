"""A contact sheet of bodies, each on plain ground in morning light, drawn by the simulator's own renderer.

    python -m simgen.localsim.bodies.sheet --out sheet.png [--columns 6] [--tile 420x300] [--views side,front]
                                           [--phase N] [--night] [--silhouettes] [NAME ...]

NAME is a body's name (``vehicle.audi.tt``, ``walker.animal.bear/young``, …) or the beginning of several; names joined
by ``+`` stand before each other in one tile, to one scale. Without any, every body of the catalogue is drawn. Tiles
differ in scale; ``--metres W`` shows W metres of the world's breadth in each. With ``--silhouettes`` bodies are black
on white, each with its name below. ``NAME=WORD`` gives a body another name on the sheet.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies import body_mesh, lamps, phases, tints
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Instance, Light, Material, Mesh
from simgen.localsim.render import Quality, Renderer, Weather

Size = tuple[float, float, float]
Picture = NDArray[np.uint8]

# Where the camera stands: turned about the body from its right-hand side on (90 degrees: before it), and how high.
VIEWS: dict[str, tuple[float, float]] = {
    "side": (0.0, 4.0), "front": (52.0, 9.0), "rear": (-48.0, 9.0), "ahead": (90.0, 4.0), "behind": (-90.0, 4.0),
    "above": (40.0, 35.0),
}
_HALF_GROUND_M = 400.0
_FAR = 7.0                     # the camera's distance, in breadths of what it shows
_MARGIN = 1.12
_JPEG_QUALITY = 82
_STRIP_PX = 20                 # the strip with the name
_FINE = 3                      # a silhouette's rays a pixel, across and down
_GAP_M = 0.6                   # between bodies that stand in a line


@dataclass(frozen=True, slots=True)
class Subject:
    """A body to draw: its name, the size it is asked for, CARLA's semantic tag, and what it is called on the sheet."""

    name: str
    size_lwh_m: Size
    tag: int
    called: str = ""


@dataclass(frozen=True)
class _Ground:
    static: Mesh
    prototypes: dict[str, Mesh] = field(default_factory=dict)
    scenery: tuple[Instance, ...] = ()
    street_lamps: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))

    def bare(self, key: str) -> Mesh | None:
        return None

    def sways(self, key: str) -> bool:
        return False


def catalogued() -> list[Subject]:
    """Every body of the catalogue once, variants (young, in a wheelchair) after the body they belong to.

    Of the people who can sit in a wheelchair or carry an umbrella the first one does.
    """
    subjects, shown = [], set[str]()
    for blueprint in stock_library():
        if blueprint.body is None:
            continue
        for body in (blueprint.body, *blueprint.variants.values()):
            variant = body.shape.partition("/")[2]
            of_people = variant in ("wheelchair", "umbrella")
            if not (of_people and variant in shown):
                subjects.append(Subject(body.shape, body.size_lwh_m, body.tag))
            shown |= {variant} if of_people else set()
    return subjects


class Studio:
    """A plain ground, daylight or the beams of a car at night, and a camera."""

    def __init__(self, night: bool = False, material: Material = Material.CONCRETE) -> None:
        self._night = night
        self._renderer = Renderer(_Ground(_level(material)), quality=Quality(sky_rays=2, edge_samples=6))
        self._renderer.set_weather(
            Weather(sun_altitude_angle=-30.0, cloudiness=20.0) if night
            else Weather(sun_altitude_angle=42.0, sun_azimuth_angle=62.0, cloudiness=15.0, fog_density=0.0))

    def line_up(self, subjects: Sequence[Subject], view: str, width: int, height: int, *, gap_m: float = _GAP_M,
                phase: int = 0, across_m: float | None = None, key: str = "portrait") -> Picture:
        """Bodies one before the other along x, to one scale; RGB (height, width, 3).

        across_m: breadth of the world in the picture; None fits the bodies.
        """
        eye = self._set_up(subjects, view, width, height, gap_m, phase, across_m, key)
        picture = self._renderer.camera(eye, width, height, _field_of_view(), rgb=True).rgb
        assert picture is not None
        return picture

    def silhouettes(self, subjects: Sequence[Subject], view: str, width: int, height: int, *, gap_m: float = _GAP_M,
                    phase: int = 0, across_m: float | None = None) -> Picture:
        """The same, black on white; RGB (height, width, 3)."""
        eye = self._set_up(subjects, view, width, height, gap_m, phase, across_m, "portrait")
        fine = self._renderer.camera(eye, _FINE * width, _FINE * height, _field_of_view(), rgb=False).actor_id
        body = (fine > 0).astype(np.float32).reshape(height, _FINE, width, _FINE).mean(axis=(1, 3))
        return np.repeat((255.0 - 225.0 * body).astype(np.uint8)[..., None], 3, axis=2)

    def _set_up(self, subjects: Sequence[Subject], view: str, width: int, height: int, gap_m: float, phase: int,
                across_m: float | None, key: str) -> NDArray[np.float64]:
        """Place the bodies. Returns the camera's pose."""
        placed = self._placed(subjects, gap_m, phase, key)
        long = _length_m(subjects, gap_m)
        wide, tall = (max(s.size_lwh_m[k] for s in subjects) for k in (1, 2))
        turn, rise = (math.radians(v) for v in VIEWS[view])
        # What the camera shows across, for the body's whole outline to be in the picture.
        breadth = max(abs(math.cos(turn)) * long + abs(math.sin(turn)) * wide,
                      (tall * math.cos(rise) + math.sin(rise) * (abs(math.sin(turn)) * long)) * width / height)
        shown = across_m or _MARGIN * breadth
        target = np.array([0.0, 0.0, 0.5 * tall if across_m is None else 0.5 * shown * height / width - 0.08 * shown])
        reach = _FAR * shown
        back = np.array([math.cos(rise) * math.sin(turn), -math.cos(rise) * math.cos(turn), math.sin(rise)])
        eye = _looking(target + reach * back, target)
        self._renderer.set_scene(placed, self._beams(eye, shown) if self._night else [], 0.0, 0)
        return eye

    def _placed(self, subjects: Sequence[Subject], gap_m: float, phase: int, key: str) -> list[Instance]:
        instances = []
        for number, (subject, middle) in enumerate(zip(subjects, _middles_m(subjects, gap_m), strict=True)):
            pose = min(phase, phases(subject.name) - 1)
            mesh = f"{subject.name} {subject.size_lwh_m} {pose}"
            if not self._renderer.has_mesh(mesh):
                self._renderer.add_mesh(mesh, body_mesh(subject.name, subject.size_lwh_m, pose))
            where = np.eye(4)
            where[0, 3] = middle
            lit = int(self._night and len(lamps(subject.name, subject.size_lwh_m).head) > 0)
            instances.append(Instance(mesh, where, number + 1, subject.tag, tints(subject.name, None, key), lit,
                                      bool(lit)))
        return instances

    def _beams(self, eye: NDArray[np.float64], shown_m: float) -> list[Light]:
        """The headlamps of a car that stands where the camera is, nearer if that is far."""
        ahead = eye[:3, 0]
        near = eye[:3, 3] + ahead * max(0.0, _FAR * shown_m - 25.0)
        left = eye[:3, 1]
        return [Light(np.array([*(near + side * 0.6 * left)[:2], 0.7]), np.array([*ahead[:2], 0.0]),
                      np.array([24.0, 22.5, 20.0], np.float32), 3, 140.0) for side in (1.0, -1.0)]


def _length_m(subjects: Sequence[Subject], gap_m: float) -> float:
    return sum(s.size_lwh_m[0] for s in subjects) + gap_m * (len(subjects) - 1)


def _middles_m(subjects: Sequence[Subject], gap_m: float) -> list[float]:
    """Where bodies stand along x, the first one behind, all of them about 0."""
    ends = np.cumsum([s.size_lwh_m[0] + gap_m for s in subjects]) - gap_m - 0.5 * _length_m(subjects, gap_m)
    return [float(end - 0.5 * s.size_lwh_m[0]) for end, s in zip(ends, subjects, strict=True)]


def _field_of_view() -> float:
    return 2.0 * math.atan(0.5 / _FAR)


def sheet(groups: Sequence[Sequence[Subject]], views: Sequence[str], columns: int, tile: tuple[int, int], *,
          phase: int = 0, across_m: float | None = None, night: bool = False, black: bool = False) -> Picture:
    """A sheet of tiles, row by row, a group of bodies with their names in each; RGB. black: silhouettes."""
    studio, (width, height) = Studio(night), tile
    tiles = [_drawn(studio, group, view, tile, phase, across_m, black) for group in groups for view in views]
    tiles += [np.full((height, width, 3), 90, np.uint8)] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[k:k + columns], axis=1) for k in range(0, len(tiles), columns)]
    return np.concatenate(rows)


def _drawn(studio: Studio, group: Sequence[Subject], view: str, tile: tuple[int, int], phase: int,
           across_m: float | None, black: bool) -> Picture:
    width, height = tile
    if not black:
        picture = studio.line_up(group, view, width, height, phase=phase, across_m=across_m)
        return _named(picture, ", ".join(_called(one) for one in group))
    picture = studio.silhouettes(group, view, width, height, phase=phase, across_m=across_m)
    if view != "side":
        return _named(picture, ", ".join(_called(one) for one in group))
    shown = across_m or max(_MARGIN * _length_m(group, _GAP_M),
                            _MARGIN * max(s.size_lwh_m[2] for s in group) * width / height)
    for subject, middle in zip(group, _middles_m(group, _GAP_M), strict=True):
        words = _called(subject).replace("_", " ")
        (long, _), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
        at = (round(width * (0.5 + middle / shown) - 0.5 * long), height - 8)
        cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (60, 60, 60), 1, cv2.LINE_AA)
    return picture


def _named(picture: Picture, name: str) -> Picture:
    marked = np.ascontiguousarray(picture)
    marked[:_STRIP_PX] //= 3
    cv2.putText(marked, name, (6, _STRIP_PX - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
    return marked


def _called(subject: Subject) -> str:
    short = re.sub(r"^(vehicle|walker|static)\.(pedestrian\.(?=[a-z])|animal\.|prop\.)?", "", subject.name)
    return subject.called or short


def _level(material: Material) -> Mesh:
    h = _HALF_GROUND_M
    corners = np.array([(-h, -h, 0), (h, -h, 0), (h, h, 0), (-h, h, 0)], np.float32)
    return Mesh(corners, np.tile(np.array([0, 0, 1], np.float32), (4, 1)), corners[:, :2].copy(),
                np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.full(2, int(material), np.int32),
                np.zeros(2, np.float32))


def _looking(place: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pose (4, 4) of a camera: x to its target, y left, z up."""
    ahead = (target - place) / np.linalg.norm(target - place)
    left = np.cross([0.0, 0.0, 1.0], ahead)
    left /= np.linalg.norm(left)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = ahead, left, np.cross(ahead, left), place
    return pose


def _asked_for(names: Sequence[str]) -> Iterator[list[Subject]]:
    subjects = catalogued()

    def found(wanted: str) -> list[Subject]:
        name, _, called = wanted.partition("=")
        some = [s for s in subjects if s.name == name] or [s for s in subjects if s.name.startswith(name)]
        if not some:
            raise ValueError(f"no body's name begins with {name!r}")
        return [replace(one, called=called) for one in some]

    for name in names or ("",):
        if "+" in name:
            yield [one for part in name.split("+") for one in found(part)]
        else:
            yield from ([one] for one in found(name))


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after a sheet was written, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m simgen.localsim.bodies.sheet",
                                     description="A contact sheet of the built-in simulator's bodies.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a body's name, or the beginning of several")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="picture to write (.png, .jpg)")
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--tile", default="420x300", metavar="WxH", help="pixels of a tile (default %(default)s)")
    parser.add_argument("--views", default="side,front", help=f"of {', '.join(VIEWS)} (default %(default)s)")
    parser.add_argument("--phase", type=int, default=0, help="of the gait; bodies with fewer show their last")
    parser.add_argument("--metres", type=float, help="breadth of the world in a tile; all bodies to one scale")
    parser.add_argument("--night", action="store_true", help="in the beams of a car")
    parser.add_argument("--silhouettes", action="store_true", help="black on white, with names below (from the side)")
    given = parser.parse_args(arguments)
    views = given.views.split(",")
    try:
        width, height = (int(side) for side in given.tile.split("x"))
        groups = list(_asked_for(given.names))
    except ValueError as error:
        parser.error(str(error))
    if not set(views) <= set(VIEWS):
        parser.error(f"views are {', '.join(VIEWS)}, not {given.views}")
    picture = sheet(groups, views, given.columns, (width, height), phase=given.phase, across_m=given.metres,
                    night=given.night, black=given.silhouettes)
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if given.out.suffix.lower() in (".jpg", ".jpeg") else []
    if not cv2.imwrite(str(given.out), picture[..., ::-1], options):
        parser.error(f"cannot write {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
