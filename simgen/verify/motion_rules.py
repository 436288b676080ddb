"""Rules that follow objects over time: only motion shows which end of a box is its front, and whether labels and
sweeps are of the same moment."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from simgen.verify.geometry import wrap
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import DatasetFiles

MOVING_MPS = 1.0
AGAINST_DEG = {"Pedestrian": 60.0, "Animal": 60.0, "Cyclist": 60.0, "Motorcycle": 60.0}
AGAINST_OTHERS_DEG = 120.0
"""Nothing walks or drives like this; a skidding car may well slide sideways."""
CONSECUTIVE_S = 0.35
FLIP_DEG = 100.0
LATE_VOTES, LATE_SHARE = 5, 0.7
STILL_MPS, STILL_M = 0.05, 0.25
"""What does not move by its velocity stays where it is in the world; a box that is fitted to a pose may breathe."""
SPEED_TOLERANCE_M, SPEED_TOLERANCE_SHARE = 0.15, 0.2
EGO_TOLERANCE_M, EGO_TOLERANCE_SHARE = 0.1, 0.15


@rule("motion.heading", "error", "moving objects move along their heading, by the side file's velocities",
      needs=("objects", "labels"))
def heading(data: DatasetFiles) -> Iterator[Problem]:
    for summary in data.frames.values():
        for sighting in summary.sightings:
            velocity = sighting.velocity_mps
            if velocity is None or math.hypot(velocity[0], velocity[2]) < MOVING_MPS:
                continue
            # rotation_y is the angle whose forward direction is (cos ry, 0, −sin ry) in the camera's axes.
            against = abs(wrap(math.atan2(-velocity[2], velocity[0]) - sighting.box.yaw_rad))
            if math.degrees(against) > AGAINST_DEG.get(sighting.type, AGAINST_OTHERS_DEG):
                yield Problem(
                    sighting.file,
                    f"{sighting.track} ({sighting.type}) moves at {math.hypot(*velocity):.1f} m/s,"
                    f" but its heading is turned by {math.degrees(against):.0f}° from its motion",
                    summary.id,
                )


@rule("motion.turn", "error", "an object's heading does not flip between consecutive frames",
      needs=("tracks", "labels"))
def turn(data: DatasetFiles) -> Iterator[Problem]:
    for name, (_, before), (summary, now) in data.consecutive(CONSECUTIVE_S):
        turned = math.degrees(abs(wrap(now.box.yaw_rad - before.box.yaw_rad)))
        if turned > FLIP_DEG:
            yield Problem(
                now.file,
                f"{name} ({now.type}) has turned by {turned:.0f}° since the frame before",
                summary.id,
                # People and animals do turn on the spot; where they move, motion.heading judges them.
                severity="warning" if now.type in AGAINST_DEG or not data.ours else None,
            )


@rule("motion.type", "error", "a track keeps its type for life", needs=("tracks", "labels"))
def kind(data: DatasetFiles) -> Iterator[Problem]:
    for (episode, name), track in data.tracks().items():
        types = Counter(sighting.type for _, sighting in track)
        if len(types) > 1:
            usual = types.most_common(1)[0][0]
            summary, odd = next(entry for entry in track if entry[1].type != usual)
            yield Problem(
                odd.file, f"{name} of {episode} is a {usual} in other frames, but a {odd.type} here", summary.id
            )


@rule("motion.late", "error", "moving objects' labels are of the moment of the sweep",
      needs=("tracks", "labels", "calib", "points"))
def late(data: DatasetFiles) -> Iterator[Problem]:
    own, before, after = (sum(summary.late[i] for summary in data.frames.values()) for i in range(3))
    total = own + before + after
    for votes, which in ((after, "late: the next frame's"), (before, "early: the previous frame's")):
        if votes >= LATE_VOTES and votes > LATE_SHARE * total:
            yield Problem(
                f"{data.prefix}label_2" if data.listing.stems else f"{data.prefix}label_02",
                f"of {total} moving objects {votes} have their points in the box of a neighbouring frame;"
                f" labels are one tick {which} box fits",
            )


@rule("ego.motion", "error", "the ego's poses move as its velocity says, forward in time", needs=("ego",))
def ego_motion(data: DatasetFiles) -> Iterator[Problem]:
    episodes: dict[str, list[tuple[float, str]]] = {}
    for summary in data.frames.values():
        if summary.episode is not None and summary.time_s is not None:
            episodes.setdefault(summary.episode, []).append((summary.time_s, summary.id))
    for frames in episodes.values():
        for (t0, id0), (t1, id1) in pairwise(sorted(frames, key=lambda entry: entry[1])):
            a, b = data.frames[id0], data.frames[id1]
            file = f"{data.prefix}objects/{id1}.json"
            if t1 <= t0:
                yield Problem(file, f"time_s is {t1:g}, but {t0:g} in the frame before", id1)
                continue
            if t1 - t0 > CONSECUTIVE_S or a.world_from_camera is None or b.world_from_camera is None:
                continue
            if a.ego_velocity_mps is None or b.ego_velocity_mps is None:
                continue
            moved = b.world_from_camera[:, 3] - a.world_from_camera[:, 3]
            said = (np.array(a.ego_velocity_mps) + np.array(b.ego_velocity_mps)) / 2 * (t1 - t0)
            off = float(np.linalg.norm(moved - said))
            if off > EGO_TOLERANCE_M + EGO_TOLERANCE_SHARE * float(np.linalg.norm(said)):
                yield Problem(
                    file,
                    f"the ego has moved by {np.linalg.norm(moved):.2f} m in {t1 - t0:.2f} s, {off:.2f} m from where its"
                    " velocity takes it",
                    id1,
                )


@rule("ego.world", "error", "objects stay or move in the world as their velocity says, by the ego's poses",
      needs=("ego", "labels", "tracks"))
def world(data: DatasetFiles) -> Iterator[Problem]:
    for name, (summary0, before), (summary, now) in data.consecutive(CONSECUTIVE_S):
        if before.world_m is None or now.world_m is None or before.velocity_mps is None or now.velocity_mps is None:
            continue
        assert summary.time_s is not None and summary0.time_s is not None
        moved = math.dist(before.world_m[:2], now.world_m[:2])
        speed = (math.hypot(*before.velocity_mps) + math.hypot(*now.velocity_mps)) / 2
        said = speed * (summary.time_s - summary0.time_s)
        allowed = STILL_M if speed < STILL_MPS else SPEED_TOLERANCE_M + SPEED_TOLERANCE_SHARE * said + STILL_M
        if abs(moved - said) > allowed:
            yield Problem(
                now.file,
                f"{name} ({now.type}) has moved by {moved:.2f} m in the world since the frame before, by its velocity"
                f" {said:.2f} m",
                summary.id,
            )


RULES: tuple[Rule[DatasetFiles], ...] = (heading, turn, kind, late, ego_motion, world)
