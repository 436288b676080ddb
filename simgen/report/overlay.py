"""Labels drawn into the camera picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from simgen.report import brush
from simgen.report.airborne import paint_causes
from simgen.report.brush import Picture
from simgen.report.palette import BACKGROUND, DIM_TEXT, DONT_CARE, class_color, dimmed, range_colors
from simgen.report.scene import Scene, Thing

NEAR_M = 0.2
"""Edges are cut at this depth before projection, so that boxes that reach beside the camera can be drawn."""
THICK_FROM_PX = 90.0
"""Lower objects would vanish behind a front drawn with thick lines; there its tint alone marks it."""
HARD_TO_SEE = 2
"""From this occlusion on, boxes are dashed."""

# Corner numbers of sensors.boxes.Box3: bottom face counter-clockwise from front left, then the top face
# alike.
FRONT_FACE = (0, 3, 7, 4)
FRONT_EDGES = ((0, 3), (3, 7), (7, 4), (4, 0))
OTHER_EDGES = ((1, 2), (2, 6), (6, 5), (5, 1), (0, 1), (3, 2), (4, 5), (7, 6))

TAG_PX = 9.0
TAG_PADDING_PX = 4

Edges: TypeAlias = "tuple[int, int, int, int]"     # left, top, right, bottom, px


def draw_labels(image: Picture, scene: Scene, one_tag_a_name: bool = False) -> None:
    """Draw all labels of a frame into its left colour picture, near ones over far ones.

    one_tag_a_name: of those of one name only the nearest is named, and nothing that is not a label; for small pictures.
    """
    for thing in scene.things:
        if thing.box is None:
            _draw_dont_care(image, thing)
    for thing in scene.objects:
        _draw_box(image, thing, scene.image_from_lidar)
    _draw_tags(image, scene, one_tag_a_name)


def draw_points(image: Picture, scene: Scene, size_px: int = 1) -> None:
    """Draw the LiDAR's returns into the picture, coloured by distance, near ones over far ones; what hangs and falls in
    the air has the colour of its cause."""
    uv, depth = project(scene.points[:, :3], scene.image_from_lidar)
    height, width = image.shape[:2]
    scale = width / scene.rgb.shape[1]
    pixel = np.round((uv + 0.5) * scale - 0.5)
    inside = (
        (depth > NEAR_M)
        & (pixel >= 0).all(axis=1)
        & (pixel < (width - size_px, height - size_px)).all(axis=1)
    )
    order = np.flatnonzero(inside)[np.argsort(-depth[inside])]
    column, row = pixel[order].astype(int).T
    colors = np.zeros((len(depth), 3), np.uint8)
    colors[order] = range_colors(depth[order])
    paint_causes(colors, scene)
    colors = colors[order]
    for dy in range(size_px):
        for dx in range(size_px):
            image[row + dy, column + dx] = colors


def project(
    points: NDArray[np.floating], image_from_lidar: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N, 2) pixels and (N,) depths of points in LiDAR axes; pixels mean nothing where the depth is not
    positive."""
    homogeneous = points @ image_from_lidar[:, :3].T + image_from_lidar[:, 3]
    depth = homogeneous[:, 2]
    return homogeneous[:, :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)[:, None], depth


def _draw_box(image: Picture, thing: Thing, image_from_lidar: NDArray[np.float64]) -> None:
    assert thing.box is not None
    color = class_color(thing.row.type)
    hidden = thing.row.occlusion >= HARD_TO_SEE
    left, top, right, bottom = thing.row.bbox_px
    frame = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    for k in range(4):
        brush.line(image, frame[k], frame[(k + 1) % 4], dimmed(color))
    corners = thing.box.corners()
    uv, depth = project(corners, image_from_lidar)
    if (depth[list(FRONT_FACE)] > NEAR_M).all():
        brush.face(image, uv[list(FRONT_FACE)], color, 0.10 if hidden else 0.20)
    for edges, width in ((OTHER_EDGES, 1), (FRONT_EDGES, 2 if bottom - top >= THICK_FROM_PX else 1)):
        for a, b in edges:
            segment = _visible_segment(corners[a], corners[b], image_from_lidar)
            if segment is None:
                continue
            if hidden:
                brush.dashed_line(image, *segment, color, width)
            else:
                brush.line(image, *segment, color, width)


def _visible_segment(
    a: NDArray[np.float64], b: NDArray[np.float64], image_from_lidar: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The pixels of an edge's ends after cutting it at ``NEAR_M``; None if all of it is nearer."""
    _, depth = project(np.stack([a, b]), image_from_lidar)
    if (depth < NEAR_M).all():
        return None
    if depth.min() < NEAR_M:
        cut = a + (b - a) * ((NEAR_M - depth[0]) / (depth[1] - depth[0]))
        a, b = (cut, b) if depth[0] < NEAR_M else (a, cut)
    uv, _ = project(np.stack([a, b]), image_from_lidar)
    return uv[0], uv[1]


def _draw_dont_care(image: Picture, thing: Thing) -> None:
    left, top, right, bottom = thing.row.bbox_px
    frame = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    brush.face(image, frame, DONT_CARE, 0.18)
    for k in range(4):
        brush.dashed_line(image, frame[k], frame[(k + 1) % 4], DONT_CARE, dash_px=4.0)


def tag_words(thing: Thing) -> str:
    """Class, species and distance: "Animal: red deer  24 m"."""
    kind = thing.row.type.replace("_", " ")
    words = kind if thing.name == kind else f"{kind}: {thing.name}"
    return words if thing.distance_m is None else f"{words}  {thing.distance_m:.0f} m"


def _draw_tags(image: Picture, scene: Scene, one_a_name: bool) -> None:
    """A plate for each 2D box."""
    dont_care = [thing for thing in scene.things if thing.box is None]
    things = [*reversed(scene.objects), *dont_care]
    if one_a_name:
        nearest: dict[str, Thing] = {}
        for thing in reversed(scene.objects):
            nearest.setdefault(thing.name, thing)
        things = list(nearest.values())
    sizes = []
    for thing in things:
        width, height = brush.text_size(tag_words(thing), TAG_PX)
        sizes.append((width + 2 * TAG_PADDING_PX + 3, height + 2 * TAG_PADDING_PX))
    boxes: list[Edges] = []
    for thing in things:
        left, top, right, bottom = (round(edge) for edge in thing.row.bbox_px)
        boxes.append((left, top, right, bottom))
    for thing, place in zip(things, tag_places(boxes, sizes, image.shape[1], image.shape[0]), strict=True):
        if place is None:
            continue
        left, top, right, bottom = place
        color = class_color(thing.row.type)
        brush.panel(image, left, top, right, bottom, BACKGROUND, 0.82, radius=3)
        brush.panel(image, left, top, left + 3, bottom, color, radius=1)
        words_color = DIM_TEXT if thing.box is None else color
        brush.text(image, tag_words(thing), left + TAG_PADDING_PX + 3, bottom - TAG_PADDING_PX, words_color, TAG_PX)


def tag_places(
    boxes: Sequence[Edges], sizes: Sequence[tuple[int, int]], image_width: int, image_height: int
) -> list[Edges | None]:
    """Where plates of some sizes (width, height) go, for boxes nearest first: above the box, higher if that is taken,
    else below it. Far ones give way to near ones' plates, and keep off whoever is nearer if there is room elsewhere.
    None for what gets no place at all."""
    taken: list[Edges] = []
    places: list[Edges | None] = []
    for number, (box, size) in enumerate(zip(boxes, sizes, strict=True)):
        tries = _tries(box, *size, image_width, image_height)
        free = [place for place in tries if not any(_overlap(place, other) for other in taken)]
        clear = [place for place in free if not any(_overlap(place, other) for other in boxes[:number])]
        places.append(next(iter([*clear, *free]), None))
        taken += [place for place in places[-1:] if place is not None]
    return places


def _tries(box: Edges, width: int, height: int, image_width: int, image_height: int) -> list[Edges]:
    """Places inside the picture for a plate that belongs to a box, the best first."""
    left = min(max(box[0], 0), image_width - width)
    above, below = box[1] - height - 3, box[3] + 4
    tops = [*(above - step * (height + 2) for step in range(6)), *(below + step * (height + 2) for step in range(4))]
    return [(left, top, left + width, top + height) for top in tops if 0 <= top <= image_height - height]


def _overlap(a: Edges, b: Edges) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def heading_tip(box: Box3) -> NDArray[np.float64]:
    """(2, 3) the middle of the box's underside and the middle of its front edge on the ground."""
    corners = box.corners()
    return np.stack([corners[:4].mean(axis=0), corners[[0, 3]].mean(axis=0)])
