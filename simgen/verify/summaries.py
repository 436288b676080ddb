"""What is kept of a frame when its files are put away, for the rules about the whole set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.verify.causes import CauseFacts, cause_facts
from simgen.verify.colours import leaves_and_sky
from simgen.verify.contours import Contours, contours_of
from simgen.verify.facing import Facing, facing_of
from simgen.verify.frames import FrameFiles, Tracks
from simgen.verify.geometry import Array, Box
from simgen.verify.lidar_rules import rows_with_open_doors
from simgen.verify.stereo import side_votes
from simgen.verify.surroundings import fits_of, off_ground
from simgen.verify.texts import Row, numbers

LATE_LEAST_SHIFT_M = 0.5
"""An object that has moved less than this within its frame's neighbours cannot tell which of them it belongs to."""
LATE_LEAST_POINTS = 30


@dataclass(frozen=True, slots=True)
class Sighting:
    """One labelled object in one frame, for rules that follow objects over time.

    track:        its role by the side file, or its id in the tracking layout.
    velocity_mps: over ground, in the axes of rectified camera 0, from the side file; None if it has none.
    world_m:      the bottom's middle in the world, by the ego's pose; None without one.
    """

    track: str
    type: str
    file: str
    box: Box
    velocity_mps: tuple[float, float, float] | None
    world_m: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """parts:      of ``rules.PARTS``, those that the frame has.
    rows:         label rows by type; counted: those that the official evaluator counts at its middle level.
    picture_size: width and height of image_2.
    picture:      SHA-256 of image_2's file, if pictures were opened; look: the picture, tiny and grey.
    sweep:        SHA-256 of the sweep's file, if sweeps were opened.
    calib:        the matrices as rounded numbers, so that equal rigs are equal: P2, and all the rest.
    own_points:   returns from labelled objects, and how many of these lie in their boxes, by the side files;
                  without vehicles whose doors stand open.
    edges:        (rows, 4): left and right edge, projected minus labelled, in pixels; depth in m; focal length.
    fits:         (rows, 3): distance in m; the ground's height above the box's bottom in m, and by how far the
                  returns lie to the right of the box in radians; NaN where too little is seen of either.
    sides:        objects that say: image_3 is the right camera's, the left camera's, image_2 is mirrored.
    hidden:       objects that are mostly behind a nearer one's 2D box, and how many of them are marked visible.
    contours:     the sweep's on the picture; colours: red over blue of leaves and sky; both of a sample of frames.
    facing:       which way the returns say that objects face.
    late:         moving objects whose points lie best in the box of: the frame itself, the one before, the one after.
    causes:       of each LiDAR that says what its points come from, if such files were opened.
    digests:      size and SHA-256 by file, if checksums are compared.
    """

    id: str
    parts: frozenset[str]
    rows: Mapping[str, int]
    counted: Mapping[str, int]
    picture_size: tuple[int, int] | None
    picture: str | None
    look: NDArray[np.uint8] | None
    sweep: str | None
    calib: tuple[bytes, bytes] | None
    own_points: tuple[int, int]
    edges: Array
    fits: Array
    sides: tuple[int, int, int]
    hidden: tuple[int, int]
    contours: Contours | None
    colours: tuple[float, float] | None
    facing: Facing
    late: tuple[int, int, int]
    episode: str | None
    time_s: float | None
    sightings: tuple[Sighting, ...]
    world_from_camera: Array | None
    ego_velocity_mps: tuple[float, ...] | None
    causes: tuple[CauseFacts, ...]
    digests: Mapping[str, tuple[int, str]]


def summarise(
    frame: FrameFiles, opened: frozenset[str], near: tuple[Tracks | None, Tracks | None], is_sampled: bool
) -> Summary:
    """opened: of the parts that take long to read, those that any rule of this check needs.

    near:       the tracks of the frames before and after.
    is_sampled: whether it is one of the frames that tell about the pictures of all.
    """
    picture = "pixels" in opened and frame.has("image_2")
    sweep = "points" in opened
    return Summary(
        id=frame.id,
        parts=parts_of(frame),
        rows=Counter(row.type for row in frame.rows),
        counted=Counter(row.type for row in frame.object_rows if _is_counted(row)),
        picture_size=None if frame.picture is None else (frame.picture.width_px, frame.picture.height_px),
        picture=frame.digest("image_2") if picture else None,
        look=frame.look("image_2") if picture else None,
        sweep=frame.digest("velodyne") if sweep else None,
        calib=_rig(frame),
        own_points=_own(frame) if sweep and "point_labels" in opened else (0, 0),
        edges=_edges(frame),
        fits=_fits(frame) if sweep else np.zeros((0, 3)),
        sides=side_votes(frame) if picture and is_sampled else (0, 0, 0),
        hidden=_hidden(frame.object_rows),
        contours=contours_of(frame) if picture and sweep and is_sampled else None,
        colours=leaves_and_sky(pixels) if picture and is_sampled and (
            pixels := frame.pixels("image_2")) is not None else None,
        facing=facing_of(frame) if sweep else Facing(),
        late=_late(frame, *near) if sweep else (0, 0, 0),
        episode=None if frame.tracks is None else frame.tracks.episode,
        time_s=None if frame.tracks is None else frame.tracks.time_s,
        sightings=tuple(_sightings(frame)),
        world_from_camera=frame.world_from_camera,
        ego_velocity_mps=numbers((frame.ego or {}).get("velocity_mps"), 3),
        causes=cause_facts(frame) if "causes" in opened else (),
        digests=frame.digests() if "bytes" in opened else {},
    )


def parts_of(frame: FrameFiles) -> frozenset[str]:
    """Which parts of ``rules.PARTS`` a frame has."""
    ref = frame.ref
    found: set[str] = {ref.kind}
    if ref.lines if ref.lines is not None else frame.has("label_2"):
        found.add("labels")
    for folder, parts in (
        ("calib", ("calib",)), ("velodyne", ("sweep", "points")), ("velodyne_label", ("point_labels",)),
        ("velodyne_cause", ("causes",)), ("velodyne_clean", ("clean",)),
        ("depth_2", ("depth",)), ("semantic", ("semantic",)), ("instance", ("instance",)), ("planes", ("planes",)),
        ("objects", ("objects",)), ("image_2", ("picture", "pixels")), ("image_3", ("picture", "pixels")),
    ):
        if frame.has(folder):
            found.update(parts)
    if frame.has("image_2") and frame.has("image_3"):
        found.add("pair")
    if frame.ego is not None:
        found.add("ego")
    if any(side.get("silhouette_px") is not None for _, side in frame.pairs):
        found.add("silhouettes")
    if any("track" in side for _, side in frame.pairs):
        found.add("numbered")
    if frame.tracks is not None:
        found.add("tracks")
    return frozenset(found)


def _is_counted(row: Row) -> bool:
    """The official evaluator's middle level."""
    return row.bbox_px[3] - row.bbox_px[1] >= 25 and row.occlusion <= 1 and row.truncation <= 0.3


def _rig(frame: FrameFiles) -> tuple[bytes, bytes] | None:
    calib = frame.calib
    if calib is None:
        return None
    rest = [calib.projections[[0, 1, 3]], calib.rectification, calib.camera_from_velo, calib.velo_from_imu]
    flat = np.concatenate([matrix.ravel() for matrix in rest])
    return calib.projections[2].round(3).tobytes(), (flat.round(4) + 0.0).tobytes()


def _own(frame: FrameFiles) -> tuple[int, int]:
    opened = rows_with_open_doors(frame)
    own = [(total, inside) for row, total, inside in frame.own_points if row.line not in opened]
    return sum(total for total, _ in own), sum(inside for _, inside in own)


def _edges(frame: FrameFiles) -> Array:
    """Only of boxes whose left and right edges are inside the picture, and that are right but for a shift."""
    if frame.calib is None or frame.picture is None:
        return np.zeros((0, 4))
    focal, last = float(frame.calib.projections[2][0, 0]), frame.picture.width_px - 1.0
    found = []
    for row in frame.object_rows:
        boxes = frame.expected_boxes.get(row.line)
        if boxes is None or not (boxes[0][0] > 1.0 and boxes[0][2] < last - 1.0):
            continue
        left, right = boxes[0][0] - row.bbox_px[0], boxes[0][2] - row.bbox_px[2]
        if row.bbox_px[0] >= 1.0 and row.bbox_px[2] <= last - 1.0:
            found.append((left, right, row.box.bottom_m[2], focal))
    return np.array(found).reshape(-1, 4)


def _fits(frame: FrameFiles) -> Array:
    """Without vehicles whose doors stand open. Animals and people lean and reach; over many boxes that evens out."""
    opened = rows_with_open_doors(frame)
    fits = (fit for line, fit in frame.once(fits_of).items() if line not in opened)
    found = [[fit.distance_m, fit.wide_m, fit.aside_rad] for fit in fits]
    return np.array(found, dtype=float).reshape(-1, 3)                              # None becomes NaN


def _hidden(rows: tuple[Row, ...]) -> tuple[int, int]:
    """(objects with four fifths of their 2D box behind a clearly nearer one's, of these marked fully visible)."""
    behind = visible = 0
    for far in rows:
        left, top, right, bottom = far.bbox_px
        size = (right - left) * (bottom - top)
        for near in rows:
            if near is far or near.box.distance_m() + 2.0 > far.box.distance_m() or size <= 0:
                continue
            # The middle of the nearer box: its corners are often not filled by the object.
            n_left, n_top, n_right, n_bottom = near.bbox_px
            width = min(right, n_right) - max(left, n_left)
            height = min(bottom, n_bottom) - max(top, n_top)
            if width > 0 and height > 0 and width * height > 0.8 * size:
                behind += 1
                visible += far.occlusion == 0
                break
    return behind, visible


def _late(frame: FrameFiles, before: Tracks | None, after: Tracks | None) -> tuple[int, int, int]:
    """Votes of moving objects: whose label fits this sweep best, this frame's, the one's before or the one's after?"""
    votes = [0, 0, 0]
    index, now = frame.point_index, frame.tracks
    if index is None or now is None or before is None or after is None:
        return (0, 0, 0)
    if not before.episode == now.episode == after.episode:
        return (0, 0, 0)
    for name, box in now.boxes.items():
        earlier, later = before.boxes.get(name), after.boxes.get(name)
        if earlier is None or later is None:
            continue
        if min(_apart(earlier, box), _apart(later, box)) < LATE_LEAST_SHIFT_M:
            continue
        inside = []
        for candidate in (box, earlier, later):
            low, high = candidate.bounds()
            # Faces are surfaces: with no margin half of what lies on them is outside, by noise.
            inside.append(int(off_ground(candidate.local(index.around(candidate, 0.5)), low, high).sum()))
        best = int(np.argmax(inside))
        if inside[best] >= LATE_LEAST_POINTS and inside[best] > 1.15 * sorted(inside)[1]:
            votes[best] += 1
    return votes[0], votes[1], votes[2]


def _apart(a: Box, b: Box) -> float:
    return float(np.hypot(a.bottom_m[0] - b.bottom_m[0], a.bottom_m[2] - b.bottom_m[2]))


def _sightings(frame: FrameFiles) -> Iterator[Sighting]:
    pose = frame.world_from_camera
    if frame.is_tracking:
        for row in frame.object_rows:
            if row.track is not None:
                yield Sighting(str(row.track), row.type, frame.row_path(row), row.box, None, None)
        return
    for row, side in frame.pairs:
        if row.is_object and isinstance(side.get("role"), str):
            world = None if pose is None else pose[:, :3] @ np.array(row.box.bottom_m) + pose[:, 3]
            # What was struck slides wherever that pushes it.
            velocity = None if side.get("struck") is True else numbers(side.get("velocity_mps"), 3)
            yield Sighting(
                side["role"], row.type, frame.row_path(row), row.box,
                None if velocity is None else (velocity[0], velocity[1], velocity[2]),
                None if world is None else (float(world[0]), float(world[1]), float(world[2])),
            )
