"""Rules about KITTI's tracking layout: one label file per sequence, with frame and track in front of each row."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from simgen.verify.geometry import Array, wrap
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sequences import Sequence
from simgen.verify.texts import (
    CALIB_COUNTS,
    CALIB_KEYS,
    TRACKING_CALIB_KEYS,
    Row,
    integer,
    number,
    parse_calib,
    parse_row,
)

COLUMNS = 17
OXTS_COLUMNS = 30
REAL_GAP = ("0001", "velodyne", (177, 178, 179, 180))
"""The real sequence 0001 lacks four sweeps."""
EARTH_RADIUS_M = 6378137.0
DONT_CARE_NUMBERS = (
    (-1.0, -1.0, -1.0, -1000.0, -1000.0, -1000.0, -10.0),
    (-1000.0, -1000.0, -1000.0, -10.0, -1.0, -1.0, -1.0),
)
"""The last seven columns of DontCare rows: the object layout's, and in the order of the real tracking files."""
HEADING_WINDOW, HEADING_LEAST_M = 5, 1.5
"""Displacement is taken over this many frames, and judged from this length on."""
EGO_LEAST_M = 1.0
SIDEWAYS_DEG = 20.0
AGAINST_DEG = 120.0
FLIPPED_SHARE = 0.5


@rule("track.columns", "error", "a label row has 17 columns and every row ends with a line feed",
      needs=("tracking", "labels"))
def columns(sequence: Sequence) -> Iterator[Problem]:
    file = sequence.path("label_02")
    for n, tokens in sequence.rows:
        if len(tokens) != COLUMNS:
            hint = "; the 18th is a tracker's score, which labels do not have" if len(tokens) == COLUMNS + 1 else ""
            yield Problem(f"{file}:{n}", f"the row has {len(tokens)} columns, expected {COLUMNS}{hint}")
    text = sequence.label_text
    if text and not text.endswith("\n"):
        yield Problem(file, "the last row does not end with a line feed")
    if text and "\r" in text:
        yield Problem(file, "the file has carriage returns; lines must end with a line feed alone")


@rule("track.frame", "error", "a row's frame is a number of one of the sequence's frames", needs=("tracking", "labels"))
def frames(sequence: Sequence) -> Iterator[Problem]:
    file = sequence.path("label_02")
    known = sequence.streams.get("image_2") or sequence.streams.get("velodyne")
    beyond: dict[int, int] = {}
    for n, tokens in sequence.rows:
        frame = integer(tokens[0])
        if frame is None or frame < 0:
            yield Problem(f"{file}:{n}", f"the frame '{tokens[0]}' is no number from 0 on")
        elif known and frame not in known:
            beyond.setdefault(frame, n)
    for frame, n in beyond.items():
        yield Problem(f"{file}:{n}", f"frame {frame} has labels, but no picture", f"{sequence.name}/{frame:06d}")


@rule("track.order", "error", "rows are sorted by frame", needs=("tracking", "labels"))
def order(sequence: Sequence) -> Iterator[Problem]:
    numbered = [(n, frame) for n, tokens in sequence.rows if (frame := integer(tokens[0])) is not None]
    for (_, before), (n, now) in pairwise(numbered):
        if now < before:
            yield Problem(f"{sequence.path('label_02')}:{n}", f"a row of frame {now} follows one of frame {before}")


@rule("track.id", "error", "a track id is an integer from 0 on and stands once in a frame; DontCare has −1",
      needs=("tracking", "labels"))
def ids(sequence: Sequence) -> Iterator[Problem]:
    file = sequence.path("label_02")
    seen: set[tuple[str, int]] = set()
    for n, tokens in sequence.rows:
        if len(tokens) < 3:
            continue
        track = integer(tokens[1])
        if tokens[2] == "DontCare":
            if track != -1:
                yield Problem(f"{file}:{n}", f"a DontCare row has the track id {tokens[1]}, expected -1")
        elif track is None or track < 0:
            yield Problem(f"{file}:{n}", f"the track id of this {tokens[2]} is '{tokens[1]}', no number from 0 on")
        elif (tokens[0], track) in seen:
            yield Problem(f"{file}:{n}", f"track {track} stands twice in frame {tokens[0]}")
        else:
            seen.add((tokens[0], track))


@rule("track.truncation", "error", "truncation is one of the integers 0, 1, 2 in the tracking layout",
      needs=("tracking", "labels"))
def truncation(sequence: Sequence) -> Iterator[Problem]:
    for n, tokens in sequence.rows:
        if len(tokens) == COLUMNS and tokens[2] != "DontCare" and tokens[3] not in ("0", "1", "2"):
            yield Problem(
                f"{sequence.path('label_02')}:{n}",
                f"truncation is '{tokens[3]}'; the tracking layout has 0 inside, 1 partly, 2 largely outside",
            )


@rule("track.dont_care", "error", "DontCare rows hold KITTI's placeholders", needs=("tracking", "labels"))
def dont_care(sequence: Sequence) -> Iterator[Problem]:
    for n, tokens in sequence.rows:
        if len(tokens) == COLUMNS and tokens[2] == "DontCare":
            values = tuple(number(token) for token in tokens[10:])
            if values not in DONT_CARE_NUMBERS or tokens[3:5] != ("-1", "-1") or number(tokens[5]) != -10.0:
                yield Problem(
                    f"{sequence.path('label_02')}:{n}",
                    "a DontCare row must read -1 -1 -10 … and -1, -1000 and -10 after the 2D box"
                )


@rule("track.calib", "error", "a sequence's calib holds P0 P1 P2 P3 R_rect Tr_velo_cam Tr_imu_velo in this order",
      needs=("tracking", "calib"))
def calib(sequence: Sequence) -> Iterator[Problem]:
    if sequence.calib_text is None:
        return
    file = sequence.path("calib")
    lines = [line.split() for line in sequence.calib_text.splitlines() if line.strip()]
    keys = tuple(tokens[0].removesuffix(":") for tokens in lines)
    if keys not in (TRACKING_CALIB_KEYS, CALIB_KEYS):
        yield Problem(file, f"the lines are {', '.join(keys) or 'missing'}; expected {', '.join(TRACKING_CALIB_KEYS)}")
        return
    if keys == CALIB_KEYS:
        yield Problem(
            file, "the keys are the object layout's; readers of the tracking layout ask for R_rect and Tr_velo_cam",
            severity="warning",
        )
    for key, tokens, count in zip(keys, lines, CALIB_COUNTS, strict=True):
        bad = [token for token in tokens[1:] if number(token) is None]
        if len(tokens) - 1 != count or bad:
            yield Problem(file, f"{key} has {len(tokens) - 1} values, expected {count} finite numbers")


@rule("track.streams", "error", "every frame from 000000 on has its pictures and its sweep, named by six digits",
      needs=("tracking",))
def streams(sequence: Sequence) -> Iterator[Problem]:
    for folder, stream in sequence.streams.items():
        loud = [file for file in stream.values() if not file.rpartition(".")[2].islower()]
        if loud:
            yield Problem(
                sequence.stream_path(folder), f"{len(loud)} files have suffixes in upper case, such as"
                f" {loud[0].rpartition('/')[2]}; readers look for lower case",
            )
    for file in sequence.strangers:
        yield Problem(file, "this is no frame's name, such as 000000 and the folder's usual suffix")
    everywhere = frozenset(n for stream in sequence.streams.values() for n in stream)
    for folder, stream in sequence.streams.items():
        others = sorted(everywhere - stream.keys())
        if others:
            known = (sequence.name, folder, tuple(others)) == REAL_GAP
            yield Problem(
                sequence.stream_path(folder),
                f"{_frames(others)} missing here, but not in other folders",
                f"{sequence.name}/{others[0]:06d}",
                severity="info" if known else None,
            )
    nowhere = sorted(set(range(max(everywhere, default=-1) + 1)) - everywhere)
    if nowhere:
        yield Problem(
            sequence.stream_path(next(iter(sequence.streams))),
            f"{_frames(nowhere)} missing in every folder; trackers count frames",
            severity="warning",
        )


def _frames(missing: list[int]) -> str:
    if len(missing) == 1:
        return f"frame {missing[0]:06d} is"
    return f"{len(missing)} frames, from {missing[0]:06d} on, are"


@rule("track.oxts", "error", "oxts has a row of 30 numbers per frame", needs=("tracking", "oxts"))
def oxts(sequence: Sequence) -> Iterator[Problem]:
    if sequence.oxts_text is None:
        return
    file = sequence.path("oxts")
    lines = sequence.oxts_text.splitlines()
    for n, line in enumerate(lines, 1):
        tokens = line.split()
        if len(tokens) != OXTS_COLUMNS or any(number(token) is None for token in tokens):
            yield Problem(f"{file}:{n}", f"the row has {len(tokens)} columns, expected {OXTS_COLUMNS} finite numbers")
            return
    pictures = sequence.streams.get("image_2") or {}
    if pictures and len(lines) != max(pictures) + 1:
        yield Problem(file, f"{len(lines)} rows for {max(pictures) + 1} frames")


@rule("track.ego", "error", "oxts holds angles in radians and degrees as KITTI does, and the ego moves along its yaw",
      needs=("tracking", "oxts"))
def ego(sequence: Sequence) -> Iterator[Problem]:
    file = sequence.path("oxts")
    rows = []
    for n, line in enumerate((sequence.oxts_text or "").splitlines(), 1):
        values = [value for token in line.split()[:6] if (value := number(token)) is not None]
        if len(values) != 6:
            return                                                        # track.oxts says so
        latitude, longitude, _, *attitude = values
        if max(map(abs, attitude)) > math.pi + 1e-3:
            yield Problem(
                f"{file}:{n}",
                "roll, pitch and yaw are {:g}, {:g}, {:g}; they are radians in −π…π".format(*attitude),
            )
            return
        if abs(latitude) >= 90 or abs(longitude) > 180:
            yield Problem(f"{file}:{n}", f"latitude {latitude:g} and longitude {longitude:g} are no place on earth")
            return
        rows.append(values)
    off = []
    for i, first in enumerate(rows):
        last = rows[min(i + HEADING_WINDOW, len(rows) - 1)]
        metres = EARTH_RADIUS_M * math.pi / 180
        east = (last[1] - first[1]) * metres * math.cos(math.radians(first[0]))
        north = (last[0] - first[0]) * metres
        if math.hypot(east, north) >= EGO_LEAST_M:
            yaw = math.atan2(math.sin(first[5]) + math.sin(last[5]), math.cos(first[5]) + math.cos(last[5]))
            off.append(math.degrees(wrap(math.atan2(north, east) - yaw)))
    # Backwards is a way to drive; sideways is not.
    sideways = sorted(min(abs(angle), 180.0 - abs(angle)) for angle in off)
    if sideways and sideways[len(sideways) // 2] > SIDEWAYS_DEG:
        yield Problem(
            file,
            f"the ego moves {sorted(off)[len(off) // 2]:+.0f}° away from its yaw, which is 0 to the east and grows"
            " counter-clockwise",
        )


@rule("track.heading", "error", "vehicles move along their heading, by the ego's poses from oxts",
      needs=("tracking", "oxts", "labels", "calib"))
def heading(sequence: Sequence) -> Iterator[Problem]:
    poses = camera_poses(sequence)
    if poses is None:
        return
    tracks: dict[int, list[tuple[int, Row, Array, Array]]] = defaultdict(list)
    for frame, lines in sequence.by_frame.items():
        for n, line in lines:
            row = parse_row(line, n, leading=2)
            if row is not None and row.is_object and row.track is not None and frame < len(poses):
                pose = poses[frame]
                place = pose[:3, :3] @ np.array(row.box.bottom_m) + pose[:3, 3]
                forward = pose[:3, :3] @ np.array([math.cos(row.box.yaw_rad), 0.0, -math.sin(row.box.yaw_rad)])
                tracks[row.track].append((frame, row, place, forward))
    for track, seen in tracks.items():
        seen.sort(key=lambda entry: entry[0])
        judged: Counter[bool] = Counter()
        worst: tuple[int, float] | None = None
        for first, last in zip(seen, seen[HEADING_WINDOW:], strict=False):
            if last[0] - first[0] > 2 * HEADING_WINDOW:
                continue
            moved = last[2] - first[2]
            if math.hypot(moved[0], moved[2]) < HEADING_LEAST_M:
                continue
            facing = first[3] + last[3]
            off = math.degrees(abs(wrap(math.atan2(moved[2], moved[0]) - math.atan2(facing[2], facing[0]))))
            judged[off > AGAINST_DEG] += 1
            if off > AGAINST_DEG:
                worst = (first[1].line, off)
        # One flip is motion.turn's; a track is wrong if it drives backwards for most of its way.
        if worst is not None and judged[True] > FLIPPED_SHARE * judged.total():
            yield Problem(
                f"{sequence.path('label_02')}:{worst[0]}",
                f"track {track} ({seen[0][1].type}) moves {worst[1]:.0f}° away from its heading in {judged[True]} of"
                f" {judged.total()} places",
            )


def camera_poses(sequence: Sequence) -> list[Array] | None:
    """(4, 4) rectified camera 0 of each frame to that of the first, by oxts; None if anything is missing.

    Mercator's projection at the first frame's latitude; attitude is Rz(yaw)·Ry(pitch)·Rx(roll), as in the raw
    development kit's ``convertOxtsToPose.m``.
    """
    calib = parse_calib(sequence.calib_text) if sequence.calib_text is not None else None
    if calib is None or sequence.oxts_text is None:
        return None
    rows = [[number(token) for token in line.split()] for line in sequence.oxts_text.splitlines()]
    poses: list[Array] = []
    scale = None
    for row in rows:
        values = [value for value in row[:6] if value is not None]
        if len(values) != 6:
            return None
        latitude, longitude, altitude, roll, pitch, yaw = values
        if scale is None:
            scale = math.cos(math.radians(latitude))
        pose = np.eye(4)
        pose[:3, :3] = _rotation(2, yaw) @ _rotation(1, pitch) @ _rotation(0, roll)
        north = scale * EARTH_RADIUS_M * math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))
        pose[:3, 3] = scale * EARTH_RADIUS_M * math.radians(longitude), north, altitude
        poses.append(pose)
    if not poses:
        return None
    rect_from_imu = calib.rect_from_imu()
    if not 0.5 < float(np.linalg.det(rect_from_imu)) < 2.0:              # calib.rotation says so
        return None
    start = rect_from_imu @ np.linalg.inv(poses[0])
    back = np.linalg.inv(rect_from_imu)
    return [start @ pose @ back for pose in poses]


def _rotation(axis: int, angle_rad: float) -> Array:
    """(3, 3) right-handed turn about one axis."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    turn = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn[i, i] = turn[j, j] = cos
    turn[i, j], turn[j, i] = -sin, sin
    return turn


RULES: tuple[Rule[Sequence], ...] = (
    columns,
    frames,
    order,
    ids,
    truncation,
    dont_care,
    calib,
    streams,
    oxts,
    ego,
    heading,
)
