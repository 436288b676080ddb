"""The LiDAR's view from above: returns, footprints with headings, range rings, the camera's field of view."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.report import brush
from simgen.report.airborne import in_the_air, paint_causes
from simgen.report.brush import Picture
from simgen.report.overlay import HARD_TO_SEE, heading_tip
from simgen.report.palette import BACKGROUND, DIM_TEXT, EGO, FAINT, LINE, TEXT, class_color, height_colors
from simgen.report.scene import Scene, Thing

AHEAD_M, BEHIND_M, SIDE_M = 60.0, 6.0, 25.0
RING_STEP_M = 10.0
LIDAR_HEIGHT_M = 1.73
OVERSAMPLING = 2
"""Drawn twice as large and shrunk: single returns become soft dots, thin lines stay thin."""

EGO_LENGTH_M, EGO_WIDTH_M, EGO_REAR_M = 4.89, 1.84, -1.83
"""The default ego (a Lincoln MKZ): its rear bumper is 1.07 m behind the rear axle, which is 0.76 m behind the
LiDAR."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Where places on the ground lie in the picture: forward is up, left is left.

    Pixels are those of the oversampled picture.
    """

    scale: float

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return round(2 * SIDE_M * self.scale), round((AHEAD_M + BEHIND_M) * self.scale)

    def pixels(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """(N, 2 or 3) places in LiDAR axes to (N, 2) pixels."""
        flat = np.atleast_2d(points)
        return np.column_stack([(SIDE_M - flat[:, 1]) * self.scale, (AHEAD_M - flat[:, 0]) * self.scale])

    def pixel(self, x_m: float, y_m: float) -> NDArray[np.float64]:
        """One place's pixel, (2,)."""
        return np.asarray(self.pixels(np.array([x_m, y_m]))[0])


def draw_birdview(scene: Scene, height_px: int) -> Picture:
    """The sweep and the labels from above as an RGB picture of this height."""
    chart = Chart(height_px * OVERSAMPLING / (AHEAD_M + BEHIND_M))
    width, height = chart.size_px
    image = np.empty((height, width, 3), np.uint8)
    image[:] = BACKGROUND
    _draw_rings(image, chart)
    _draw_field_of_view(image, chart, scene)
    _draw_points(image, chart, scene)
    for thing in scene.objects:
        _draw_footprint(image, chart, thing)
    _draw_ego(image, chart)
    size = (width // OVERSAMPLING, height // OVERSAMPLING)
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    _write(small, Chart(chart.scale / OVERSAMPLING), scene)
    return small


def _draw_rings(image: Picture, chart: Chart) -> None:
    angles = np.linspace(-math.pi, math.pi, 361)
    for radius in np.arange(RING_STEP_M, AHEAD_M + 2 * RING_STEP_M, RING_STEP_M):
        ring = np.column_stack([radius * np.cos(angles), radius * np.sin(angles)])
        brush.polyline(image, chart.pixels(ring), LINE, OVERSAMPLING)
    brush.line(image, chart.pixel(-BEHIND_M, 0), chart.pixel(AHEAD_M, 0), LINE, 1)


def _draw_field_of_view(image: Picture, chart: Chart, scene: Scene) -> None:
    """The edges of the left colour picture, as lines on the ground, and a faint light between them."""
    camera = scene.calibration.intrinsics(2, scene.rgb.shape[1], scene.rgb.shape[0])
    lidar_from_camera = (
        scene.calibration.camera_from_rectified(2) @ scene.calibration.rectified_from_lidar()
    ).inverse()
    far = 100.0
    edges = [np.array([(u - camera.cx) / camera.f * far, 0.0, far]) for u in (-0.5, camera.width - 0.5)]
    places = lidar_from_camera.apply(np.stack([np.zeros(3), *edges]))
    apex, left, right = chart.pixels(places)
    brush.face(image, np.stack([apex, left, right]), FAINT, 0.10)
    for end in (left, right):
        brush.dashed_line(image, apex, end, FAINT, OVERSAMPLING, dash_px=8.0 * OVERSAMPLING)


def _draw_points(image: Picture, chart: Chart, scene: Scene) -> None:
    """Returns by height, those of labelled actors in their class's colour; higher ones over lower ones."""
    colors, own = return_colors(scene)
    column, row = np.floor(chart.pixels(scene.points[:, :2])).astype(int).T
    size = OVERSAMPLING
    inside = (column >= 0) & (row >= 0) & (column < image.shape[1] - size) & (row < image.shape[0] - size)
    order = np.flatnonzero(inside)[np.lexsort((scene.points[inside, 2], own[inside]))]
    for dy in range(size):
        for dx in range(size):
            image[row[order] + dy, column[order] + dx] = colors[order]


def return_colors(scene: Scene) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(N, 3) of the returns, and (N,) which are to lie over the others: labelled actors', and weather's."""
    colors = height_colors(scene.points[:, 2] + LIDAR_HEIGHT_M, scene.points[:, 3])
    above = np.zeros(len(scene.points), dtype=bool)
    for thing in scene.objects:
        colors[thing.points] = class_color(thing.row.type)
        above |= thing.points
    paint_causes(colors, scene)
    return colors, above | in_the_air(scene)


def _draw_footprint(image: Picture, chart: Chart, thing: Thing) -> None:
    assert thing.box is not None
    color = class_color(thing.row.type)
    outline = chart.pixels(thing.box.corners()[:4])
    brush.face(image, outline, color, 0.16)
    for k in range(4):
        ends = outline[k], outline[(k + 1) % 4]
        width = 2 * OVERSAMPLING if k == 3 else OVERSAMPLING  # corners 3 and 0 are the front's
        if thing.row.occlusion >= HARD_TO_SEE:
            brush.dashed_line(image, *ends, color, width, dash_px=4.0 * OVERSAMPLING)
        else:
            brush.line(image, *ends, color, width)
    middle, front = heading_tip(thing.box)
    tip = front + (front - middle) / max(float(np.linalg.norm(front - middle)), 1e-6) * 0.9
    start, end = chart.pixels(np.stack([middle, tip]))
    brush.line(image, start, end, color, OVERSAMPLING)


def _draw_ego(image: Picture, chart: Chart) -> None:
    front, half = EGO_REAR_M + EGO_LENGTH_M, EGO_WIDTH_M / 2
    outline = np.array(
        [
            (front - 0.5, half),
            (front, half - 0.45),
            (front, 0.45 - half),
            (front - 0.5, -half),
            (EGO_REAR_M, -half),
            (EGO_REAR_M, half),
            (front - 0.5, half),
        ]
    )
    pixels = chart.pixels(outline)
    brush.face(image, pixels[:-1], EGO, 0.22)
    brush.polyline(image, pixels, EGO, OVERSAMPLING)
    x, y = chart.pixel(0.0, 0.0).round().astype(int).tolist()
    cv2.circle(image, (x, y), 2 * OVERSAMPLING, TEXT, -1, cv2.LINE_AA)


def _write(image: Picture, chart: Chart, scene: Scene) -> None:
    """Ring distances and the objects' numbers, on the picture in its final size."""
    for radius in np.arange(RING_STEP_M, AHEAD_M + 1, RING_STEP_M):
        angle = -math.radians(12.0)
        x, y = chart.pixel(radius * math.cos(angle), radius * math.sin(angle))
        words = f"{radius:.0f} m"
        width, _ = brush.text_size(words, 7.5)
        if x + width < image.shape[1] and y > 12:
            left, top = int(x - width / 2) - 3, int(y) - 8
            brush.panel(image, left, top, left + width + 6, top + 15, BACKGROUND, 0.75, 3)
            brush.text(image, words, x - width / 2, y + 3, DIM_TEXT, 7.5)
    for number, thing in numbered(scene):
        assert thing.box is not None
        corners = chart.pixels(thing.box.corners()[:4])
        x, y = corners[:, 0].max() + 4, corners[:, 1].mean() + 4
        words = str(number)
        width, _ = brush.text_size(words, 8.0)
        if 0 < x < image.shape[1] - width and 12 < y < image.shape[0]:
            brush.panel(image, int(x) - 2, int(y) - 11, int(x) + width + 2, int(y) + 3, BACKGROUND, 0.7, 2)
            brush.text(image, words, x, y, class_color(thing.row.type), 8.0)


def numbered(scene: Scene) -> list[tuple[int, Thing]]:
    """The objects from the nearest on, with the numbers that the view from above and the table share."""
    return list(enumerate(reversed(scene.objects), start=1))
