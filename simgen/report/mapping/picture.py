"""A map from above: north is up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.report import brush
from simgen.report.birdview import EGO_LENGTH_M, EGO_REAR_M, EGO_WIDTH_M
from simgen.report.brush import Picture
from simgen.report.mapping.accumulate import EpisodeMap
from simgen.report.palette import BACKGROUND, DIM_TEXT, EGO, PANEL, TEXT
from simgen.report.targets import write_picture
from simgen.report.view.legend import Entry, draw_legend
from simgen.report.view.splat import splat

Floats = NDArray[np.float64]

AROUND_M = 45.0
"""How far the picture reaches beyond the ego's path."""
LONGER_EDGE_PX = 1500
OVERSAMPLING = 2
POINT_M = 0.12
TOP_M = 8.0
"""Distance of the eye above the highest points, for the rims' shade."""
LIDAR_BEHIND_REAR_M = 0.76
"""The default rig's LiDAR stands so far ahead of the rear axle; birdview counts the ego's outline from the LiDAR."""
SCALE_BAR_M = 10.0
PATH = (250, 204, 21)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A part of the ground. left_m, top_m: world x and y of the picture's first corner; scale: pixels a metre."""

    left_m: float
    top_m: float
    width_px: int
    height_px: int
    scale: float

    @classmethod
    def round_path(cls, places: Floats) -> Sheet:
        """places: (F, 3) where the ego was."""
        low, high = places[:, :2].min(axis=0) - AROUND_M, places[:, :2].max(axis=0) + AROUND_M
        scale = LONGER_EDGE_PX / float((high - low).max())
        width, height = np.round((high - low) * scale).astype(int).tolist()
        return cls(float(low[0]), float(high[1]), width, height, scale)

    def pixels(self, places: Floats, finer: int = 1) -> Floats:
        """(N, 2) pixels of (N, 2 or 3) world places. finer: for a picture so many times as large."""
        flat = np.column_stack([places[:, 0] - self.left_m, self.top_m - places[:, 1]])
        return np.asarray(flat * (self.scale * finer))


def save_map_picture(found: EpisodeMap, path: Path) -> None:
    """Draw a map from above into a PNG or JPEG file.

    Raises RequestError if it cannot be written there.
    """
    write_picture(path, draw_map(found))


def draw_map(found: EpisodeMap) -> Picture:
    """A map from above as an RGB picture: higher points over lower ones, the ego's path and outline, actors' paths."""
    places = np.array([pose.translation_m for pose in found.world_from_rig])
    sheet = Sheet.round_path(places)
    large = np.empty((sheet.height_px * OVERSAMPLING, sheet.width_px * OVERSAMPLING, 3), np.uint8)
    large[:] = BACKGROUND
    cloud = found.cloud
    if len(cloud.points):
        height = cloud.points[:, 2]
        depth = np.maximum(float(np.quantile(height, 0.999)) - height, 0.0) + TOP_M
        edge = max(round(max(POINT_M, found.voxel_m) * sheet.scale * OVERSAMPLING), OVERSAMPLING)
        uv = sheet.pixels(cloud.points, OVERSAMPLING)
        splat(large, uv, depth, cloud.colors, np.full(len(uv), edge, np.int64))
    size = (sheet.width_px, sheet.height_px)
    image = np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.uint8)
    for actor in found.actors:
        brush.polyline(image, sheet.pixels(actor.path_m), TEXT)
    _draw_ego(image, sheet, found, places)
    _draw_words(image, sheet, found)
    return image


def _draw_ego(image: Picture, sheet: Sheet, found: EpisodeMap, places: Floats) -> None:
    pixels = sheet.pixels(places)
    brush.polyline(image, pixels, PATH, 2)
    for x, y in pixels.round().astype(int).tolist():
        cv2.circle(image, (x, y), 3, PATH, -1, cv2.LINE_AA)
    rear = EGO_REAR_M + LIDAR_BEHIND_REAR_M
    front, half = rear + EGO_LENGTH_M, EGO_WIDTH_M / 2
    outline = np.array([(front, half, 0), (front, -half, 0), (rear, -half, 0), (rear, half, 0), (front, half, 0)])
    for pose in (found.world_from_rig[0], found.world_from_rig[-1]):
        brush.polyline(image, sheet.pixels(pose.apply(outline)), EGO, 1)


def _draw_words(image: Picture, sheet: Sheet, found: EpisodeMap) -> None:
    lines = [
        f"{found.episode}   {len(found.world_from_rig)} frames, {found.returns:,} returns".replace(",", " "),
        *found.agreement.sentences(), found.agreement.verdict(),
    ]
    wide = max(brush.text_size(line, 9.0)[0] for line in lines) + 28
    brush.panel(image, 12, 12, 12 + wide, 24 + 20 * len(lines), PANEL, 0.85, radius=6)
    for k, line in enumerate(lines):
        brush.text(image, line, 26, 34 + 20 * k, DIM_TEXT if k else TEXT, 9.0)
    right, foot = image.shape[1] - 30.0, image.shape[0] - 26.0
    left = right - SCALE_BAR_M * sheet.scale
    words = f"{SCALE_BAR_M:g} m"
    brush.panel(image, int(left) - 12, int(foot) - 26, int(right) + 12, int(foot) + 12, PANEL, 0.85, radius=6)
    brush.line(image, np.array([left, foot]), np.array([right, foot]), TEXT, 2)
    white = "the ego, first and last" + ("; paths of those who move" if found.actors else "")
    draw_legend(image, found.legend, (Entry("the ego's path", PATH), Entry(white, EGO)), int(left) - 24)
    brush.text(image, words, (left + right - brush.text_size(words, 8.0)[0]) / 2, foot - 8, TEXT, 8.0)
