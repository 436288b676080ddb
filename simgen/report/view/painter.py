"""A frame in space as a picture, without a screen and without a GPU: NumPy and OpenCV draw it.

Open3D can draw without a screen where Mesa or a GPU driver is installed beside it; its wheel brings neither. This
painter needs nothing but the wheels, and gives the same picture everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.report import brush
from simgen.report.brush import Picture
from simgen.report.palette import BACKGROUND, DIM_TEXT, PANEL, TEXT
from simgen.report.scene import load_scene
from simgen.report.targets import PICTURE, check_target, write_picture
from simgen.report.view.colors import Coloring
from simgen.report.view.legend import draw_legend
from simgen.report.view.model import LINES_LEGEND, Lines, Model, Name, build_model
from simgen.report.view.splat import splat

Floats = NDArray[np.float64]

SIZE_PX = (1600, 900)
OVERSAMPLING = 2
NEAR_M = 0.3
POINT_M = 0.07
"""Edge of a return's square."""
LARGEST_POINT_PX = 7
THICK_WITHIN_M = 22.0
NAME_PX = 9.0
PADDING_PX = 4


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where one looks from and to, in LiDAR axes; z is up."""

    eye_m: tuple[float, float, float]
    target_m: tuple[float, float, float]
    fov_rad: float = math.radians(62.0)

    def axes(self) -> Floats:
        """(3, 3) rows: to the right, down, and ahead."""
        ahead = np.subtract(self.target_m, self.eye_m).astype(float)
        ahead /= np.linalg.norm(ahead)
        right = np.cross(ahead, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(ahead, right), ahead])


BEHIND_THE_EGO = Viewpoint((-12.5, 3.6, 7.4), (13.0, -0.6, -1.2))


def save_view(
    root: Path,
    frame_id: str,
    path: Path,
    coloring: Coloring = Coloring.CLASS,
    viewpoint: Viewpoint = BEHIND_THE_EGO,
    size_px: tuple[int, int] = SIZE_PX,
) -> None:
    """Draw a frame in space into a PNG or JPEG file.

    Raises RequestError if there is no such frame or the file cannot be written, DatasetError if one of the frame's
    files is missing or wrong.
    """
    check_target(path, PICTURE, root)
    model = build_model(load_scene(root, frame_id), coloring)
    write_picture(path, paint(model, viewpoint, size_px, f"colour: {coloring.value}"))


def paint(model: Model, viewpoint: Viewpoint, size_px: tuple[int, int] = SIZE_PX, note: str = "") -> Picture:
    """The model as an RGB picture of this width and height."""
    width, height = size_px
    large = np.empty((height * OVERSAMPLING, width * OVERSAMPLING, 3), np.uint8)
    large[:] = BACKGROUND
    draw_lines(large, model.ground, viewpoint)
    uv, depth = seen_from(viewpoint, model.points, large.shape[1], large.shape[0])
    ahead = depth > NEAR_M
    focal = _focal_px(viewpoint, large.shape[1])
    size = np.clip(np.round(focal * POINT_M / depth[ahead]), OVERSAMPLING, LARGEST_POINT_PX * OVERSAMPLING)
    splat(large, uv[ahead], depth[ahead], model.colors[ahead], size.astype(np.int64))
    image = np.asarray(cv2.resize(large, size_px, interpolation=cv2.INTER_AREA), np.uint8)
    draw_lines(image, model.lines, viewpoint)
    _draw_names(image, model.names, viewpoint)
    _draw_title(image, model.title, note)
    if model.title:
        draw_legend(image, model.legend, LINES_LEGEND)
    return image


def seen_from(viewpoint: Viewpoint, points: Floats, width: int, height: int) -> tuple[Floats, Floats]:
    """(N, 2) pixels and (N,) depths of points; pixels mean nothing where the depth is not positive."""
    there = (points - np.array(viewpoint.eye_m)) @ viewpoint.axes().T
    depth = there[:, 2]
    scale = _focal_px(viewpoint, width) / np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    return there[:, :2] * scale[:, None] + ((width - 1) / 2, (height - 1) / 2), depth


def draw_lines(image: Picture, lines: Lines, viewpoint: Viewpoint) -> None:
    """Draw lines, far ones first, cut where they come nearer than ``NEAR_M``."""
    height, width = image.shape[:2]
    axes, eye = viewpoint.axes(), np.array(viewpoint.eye_m)
    depth = (lines.ends - eye) @ axes[2]
    some = depth.max(axis=1, initial=-np.inf) > NEAR_M
    ends, depth, colors = lines.ends[some].copy(), depth[some], lines.colors[some]
    for end in (0, 1):                       # move an end that is too near along its line
        other = 1 - end
        cut = depth[:, end] < NEAR_M
        share = (NEAR_M - depth[cut, end]) / (depth[cut, other] - depth[cut, end])
        ends[cut, end] += share[:, None] * (ends[cut, other] - ends[cut, end])
    uv, depth_of_ends = seen_from(viewpoint, ends.reshape(-1, 3), width, height)
    uv, far = uv.reshape(-1, 2, 2), depth_of_ends.reshape(-1, 2).mean(axis=1)
    inside = (uv.max(axis=1) >= 0).all(axis=1) & (uv.min(axis=1) < (width, height)).all(axis=1)
    for k in np.argsort(-far):
        if inside[k]:
            red, green, blue = colors[k].tolist()
            brush.line(image, uv[k, 0], uv[k, 1], (red, green, blue), 2 if far[k] < THICK_WITHIN_M else 1)


def _draw_names(image: Picture, names: tuple[Name, ...], viewpoint: Viewpoint) -> None:
    """Plates over the places; nearest first, and one that finds no room is left out."""
    height, width = image.shape[:2]
    uv, depth = seen_from(viewpoint, np.array([name.at_m for name in names]).reshape(-1, 3), width, height)
    taken = np.empty((0, 4))
    for k in np.argsort(depth):
        if depth[k] < NEAR_M:
            continue
        wide, high = brush.text_size(names[k].words, NAME_PX)
        wide, high = wide + 2 * PADDING_PX, high + 2 * PADDING_PX
        left = round(float(uv[k, 0]) - wide / 2)
        for step in range(6):
            top = round(float(uv[k, 1])) - high - step * (high + 2)
            clash = ((taken[:, 0] < left + wide) & (taken[:, 2] > left)
                     & (taken[:, 1] < top + high) & (taken[:, 3] > top)).any()
            if clash or top < 0 or left < 0 or left + wide > width or top + high > height:
                continue
            taken = np.vstack([taken, (left, top, left + wide, top + high)])
            brush.panel(image, left, top, left + wide, top + high, BACKGROUND, 0.72, radius=3)
            brush.text(image, names[k].words, left + PADDING_PX, top + high - PADDING_PX, names[k].color, NAME_PX)
            break


def _draw_title(image: Picture, title: str, note: str) -> None:
    wide = brush.text_size(title, 11.0)[0] + brush.text_size(note, 9.0)[0] + 50
    brush.panel(image, 12, 12, 12 + wide, 46, PANEL, 0.85, radius=6)
    brush.text(image, title, 26, 35, TEXT, 11.0)
    brush.text(image, note, 44 + brush.text_size(title, 11.0)[0], 35, DIM_TEXT, 9.0)


def _focal_px(viewpoint: Viewpoint, width: int) -> float:
    return width / 2 / math.tan(viewpoint.fov_rad / 2)
