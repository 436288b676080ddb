"""Rules that follow objects through an episode: only motion shows which end of a box is its front."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from simgen.verify.geometry import wrap
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import DatasetFiles, FrameSummary, Sighting

MOVING_MPS = 1.0
AGAINST_DEG = {"Pedestrian": 60.0, "Animal": 60.0, "Cyclist": 60.0, "Motorcycle": 60.0}
AGAINST_OTHERS_DEG = 120.0
"""Nothing walks or drives like this; a skidding car may well slide sideways."""
CONSECUTIVE_S = 0.35
FLIP_DEG = 100.0


@rule("motion.heading", "error", "moving objects move along their heading (needs the side file's velocities)")
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
                    f"{sighting.role} ({sighting.type}) moves at {math.hypot(*velocity):.1f} m/s,"
                    f" but its heading is turned by {math.degrees(against):.0f}° from its motion",
                    summary.id,
                )


@rule("motion.turn", "error", "an object's heading does not flip between consecutive frames of an episode")
def turn(data: DatasetFiles) -> Iterator[Problem]:
    for role, (_, before), (summary, now) in _consecutive(data):
        turned = math.degrees(abs(wrap(now.box.yaw_rad - before.box.yaw_rad)))
        if turned > FLIP_DEG:
            yield Problem(
                now.file,
                f"{role} ({now.type}) has turned by {turned:.0f}° since the frame before",
                summary.id,
                # People and animals do turn on the spot; where they move, motion.heading judges them.
                severity="warning" if now.type in AGAINST_DEG else None,
            )


def _consecutive(
    data: DatasetFiles,
) -> Iterator[tuple[str, tuple[FrameSummary, Sighting], tuple[FrameSummary, Sighting]]]:
    """(role, earlier, later) for each object seen in two frames of an episode in close succession."""
    tracks: dict[tuple[str, str], list[tuple[float, FrameSummary, Sighting]]] = defaultdict(list)
    for summary in data.frames.values():
        if summary.episode is not None and summary.time_s is not None:
            for sighting in summary.sightings:
                tracks[summary.episode, sighting.role].append((summary.time_s, summary, sighting))
    for (_, role), track in tracks.items():
        track.sort(key=lambda entry: entry[0])
        for (t0, summary0, sighting0), (t1, summary1, sighting1) in pairwise(track):
            if t1 - t0 <= CONSECUTIVE_S:
                yield role, (summary0, sighting0), (summary1, sighting1)


RULES: tuple[Rule[DatasetFiles], ...] = (heading, turn)
