"""What stands in a frame's space: returns, boxes with names, cameras, the ego, rings on the road.

All in LiDAR axes: x forward, y left, z up, metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from simgen.report.birdview import (
    EGO_LENGTH_M,
    EGO_REAR_M,
    EGO_WIDTH_M,
    LIDAR_HEIGHT_M,
    RING_STEP_M,
)
from simgen.report.cloud import BOX_LINES, HEADING_M
from simgen.report.overlay import heading_tip
from simgen.report.palette import EGO, FAINT, LINE, Color
from simgen.report.scene import Scene
from simgen.report.view.colors import Coloring, point_colors, thing_color
from simgen.report.view.legend import NO_LEGEND, Entry, Legend, legend_of

Floats = NDArray[np.float64]
Colors = NDArray[np.uint8]

CAMERAS = {2: (250, 204, 21), 3: (148, 130, 60)}
"""The cameras whose pictures are stored, with the colours of their frusta."""
LINES_LEGEND = (Entry("the ego", EGO), *(Entry(f"camera {number}", color) for number, color in CAMERAS.items()))
FRUSTUM_M = 1.6
RINGS_M = 60.0
ABOVE_M = 0.25
"""How far a name hangs above its box."""
EGO_HEIGHT_M = 1.48
EGO_CLEARANCE_M = 0.05


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """Straight pieces. ends: (L, 2, 3); colors: (L, 3)."""

    ends: Floats
    colors: Colors

    @classmethod
    def of(cls, ends: Floats, color: Color) -> Lines:
        """Pieces of one colour."""
        return cls(np.asarray(ends, np.float64), np.tile(np.array(color, np.uint8), (len(ends), 1)))

    @classmethod
    def joined(cls, *parts: Lines) -> Lines:
        nothing = cls(np.empty((0, 2, 3)), np.empty((0, 3), np.uint8))
        return cls(np.concatenate([part.ends for part in (nothing, *parts)]),
                   np.concatenate([part.colors for part in (nothing, *parts)]))


@dataclass(frozen=True, slots=True)
class Name:
    """Words that hang over a place."""

    words: str
    at_m: tuple[float, float, float]
    color: Color


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    """One frame, ready to be drawn in space.

    points: (N, 3); colors: (N, 3), of the points.
    ground: lines on the road, to be drawn below everything; lines: boxes, headings, frusta, the ego.
    """

    title: str
    points: Floats
    colors: Colors
    ground: Lines
    lines: Lines
    names: tuple[Name, ...]
    legend: Legend = NO_LEGEND


def build_model(scene: Scene, coloring: Coloring) -> Model:
    """All of a frame that is shown in space."""
    words = [f"frame {scene.frame_id}"]
    if scene.side is not None:
        words += [scene.side.episode, f"t = {scene.side.time_s:.2f} s"]
    things = [(thing, thing.box) for thing in scene.objects if thing.box is not None]
    boxes = [Lines.of(box_pieces(box), thing_color(scene, thing, coloring)) for thing, box in things]
    names = []
    for thing, box in things:
        x, y, z = box.corners()[4:].mean(axis=0).tolist()
        names.append(Name(thing.name, (x, y, z + ABOVE_M), thing_color(scene, thing, coloring)))
    return Model(
        title="   ".join(words),
        points=scene.points[:, :3].astype(np.float64),
        colors=point_colors(scene, coloring),
        ground=_rings(),
        lines=Lines.joined(_ego(), *(_frustum(scene, camera) for camera in CAMERAS), *boxes),
        names=tuple(names),
        legend=legend_of(scene, coloring),
    )


def box_pieces(box: Box3) -> Floats:
    """(13, 2, 3): the edges of a box and its heading, which starts in the middle of its underside."""
    middle, front = heading_tip(box)
    ahead = front + (front - middle) / np.linalg.norm(front - middle) * HEADING_M
    return np.asarray(np.vstack([box.corners(), middle, ahead])[BOX_LINES])


def _frustum(scene: Scene, camera: int) -> Lines:
    """A camera's pyramid of sight, up to ``FRUSTUM_M`` ahead, with a roof that says which side is up."""
    height, width = scene.rgb.shape[:2]
    lens = scene.calibration.intrinsics(camera, width, height)
    lidar_from_camera = (
        scene.calibration.camera_from_rectified(camera) @ scene.calibration.rectified_from_lidar()
    ).inverse()
    u, v = np.array([-0.5, width - 0.5]), np.array([-0.5, height - 0.5])
    border = np.array([(u[0], v[0]), (u[1], v[0]), (u[1], v[1]), (u[0], v[1])])
    rays = np.column_stack([(border - (lens.cx, lens.cy)) / lens.f, np.ones(4)]) * FRUSTUM_M
    roof = (rays[0] + rays[1]) / 2 + (0.0, -0.15 * FRUSTUM_M, 0.0)
    apex, *corners, top = lidar_from_camera.apply(np.vstack([np.zeros(3), rays, roof]))
    pieces = [(apex, corner) for corner in corners]
    pieces += [(corners[k], corners[(k + 1) % 4]) for k in range(4)] + [(corners[0], top), (corners[1], top)]
    return Lines.of(np.array(pieces), CAMERAS[camera])


def _ego() -> Lines:
    """The default ego's outline round the LiDAR."""
    front, half = EGO_REAR_M + EGO_LENGTH_M, EGO_WIDTH_M / 2
    middle = ((front + EGO_REAR_M) / 2, 0.0, EGO_CLEARANCE_M - LIDAR_HEIGHT_M)
    return Lines.of(box_pieces(Box3.upright(middle, 0.0, (EGO_LENGTH_M, 2 * half, EGO_HEIGHT_M))), EGO)


def _rings() -> Lines:
    """Circles on the road round the LiDAR, each ten metres; the one at 50 m is brighter."""
    turn = np.linspace(-np.pi, np.pi, 181)
    circle = np.column_stack([np.cos(turn), np.sin(turn), np.zeros(181)])
    rings = []
    for radius in np.arange(RING_STEP_M, RINGS_M + 1.0, RING_STEP_M):
        round_m = circle * radius - (0.0, 0.0, LIDAR_HEIGHT_M)
        rings.append(Lines.of(np.stack([round_m[:-1], round_m[1:]], axis=1), FAINT if radius == 50.0 else LINE))
    return Lines.joined(*rings)
