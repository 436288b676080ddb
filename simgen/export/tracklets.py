"""``tracklet_labels.xml``: 3D boxes over time, in the XML of Boost's serialisation that KITTI's raw data has.

A tracklet is a run of consecutive frames in which an actor is labelled; one that is not labelled for a while begins
another tracklet, as nothing is stored about where it was meanwhile. A tracklet has one size: the largest of its
frames, which matters for people and animals, whose boxes fit the pose of each frame.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.export.dataset import NO_TRACK, LabelledObject, Moment

_NAMES = {"Person_sitting": "Person (sitting)"}
LABELLED = 2            # state
IN_IMAGE, TRUNCATED = 0, 1
UNSET = -1
_HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<!DOCTYPE boost_serialization>
<boost_serialization signature="serialization::archive" version="9">
"""


@dataclass(frozen=True, slots=True)
class TrackletPose:
    """Bottom centre in LiDAR axes, heading (0 faces forward, counter-clockwise), and how well it is seen."""

    position_m: tuple[float, float, float]
    yaw_rad: float
    occlusion: int
    truncation: int


@dataclass(frozen=True, slots=True)
class Tracklet:
    """One actor over consecutive frames, from ``first_frame`` on."""

    type: str
    size_hwl_m: tuple[float, float, float]
    first_frame: int
    poses: tuple[TrackletPose, ...]


def tracklets(moments: Sequence[Moment]) -> list[Tracklet]:
    """The tracklets of an episode, by first frame and track."""
    seen: dict[int, list[tuple[int, LabelledObject]]] = defaultdict(list)
    for index, moment in enumerate(moments):
        for one in moment.objects:
            if one.track != NO_TRACK:
                seen[one.track].append((index, one))
    runs = [run for track in sorted(seen) for run in _runs(seen[track])]
    return [_tracklet(run, moments) for run in sorted(runs, key=lambda run: run[0][0])]


def tracklets_xml(moments: Sequence[Moment]) -> str:
    """The content of ``tracklet_labels.xml``."""
    found = tracklets(moments)
    body = "".join(_item(tracklet, number == 0) for number, tracklet in enumerate(found))
    return (f'{_HEAD}<tracklets class_id="0" tracking_level="0" version="0">\n'
            f"\t<count>{len(found)}</count>\n\t<item_version>1</item_version>\n{body}</tracklets>\n"
            "</boost_serialization>\n")


def _runs(seen: Sequence[tuple[int, LabelledObject]]) -> Iterator[list[tuple[int, LabelledObject]]]:
    """Split where a frame is missing or the type changes."""
    run: list[tuple[int, LabelledObject]] = []
    for index, one in seen:
        if run and (index != run[-1][0] + 1 or one.label.type != run[-1][1].label.type):
            yield run
            run = []
        run.append((index, one))
    if run:
        yield run


def _tracklet(run: Sequence[tuple[int, LabelledObject]], moments: Sequence[Moment]) -> Tracklet:
    h, w, l = np.max([one.label.size_hwl_m for _, one in run], axis=0).tolist()     # noqa: E741 (KITTI's names)
    poses = tuple(_pose(one, moments[index]) for index, one in run)
    return Tracklet(run[0][1].label.type, (h, w, l), run[0][0], poses)


def _pose(one: LabelledObject, moment: Moment) -> TrackletPose:
    label = one.label
    lidar_from_rectified = moment.rectified_from_lidar.inverse()
    x, y, z = lidar_from_rectified.apply(np.array(label.bottom_centre_m)).tolist()
    heading = np.array([math.cos(label.yaw_rad), 0.0, -math.sin(label.yaw_rad)])
    forward, left, _ = lidar_from_rectified.rotate(heading)
    return TrackletPose(
        (x, y, z), math.atan2(left, forward), UNSET if label.occlusion > 2 else label.occlusion,
        TRUNCATED if label.truncation > 0 else IN_IMAGE,
    )


def _item(tracklet: Tracklet, first: bool) -> str:
    # Boost writes a class's attributes where it meets the class for the first time.
    tag = 'item class_id="1" tracking_level="0" version="1"' if first else "item"
    list_tag = 'poses class_id="2" tracking_level="0" version="0"' if first else "poses"
    h, w, l = tracklet.size_hwl_m      # noqa: E741
    poses = "".join(_pose_item(pose, first and number == 0) for number, pose in enumerate(tracklet.poses))
    return (f"\t<{tag}>\n\t\t<objectType>{_NAMES.get(tracklet.type, tracklet.type)}</objectType>\n"
            f"\t\t<h>{h:.6f}</h>\n\t\t<w>{w:.6f}</w>\n\t\t<l>{l:.6f}</l>\n"
            f"\t\t<first_frame>{tracklet.first_frame}</first_frame>\n\t\t<{list_tag}>\n"
            f"\t\t\t<count>{len(tracklet.poses)}</count>\n\t\t\t<item_version>2</item_version>\n{poses}\t\t</poses>\n"
            "\t\t<finished>1</finished>\n\t</item>\n")


def _pose_item(pose: TrackletPose, first: bool) -> str:
    x, y, z = (f"{value + 0.0:.6f}" for value in pose.position_m)
    tag = 'item class_id="3" tracking_level="0" version="2"' if first else "item"
    values = {
        "tx": x, "ty": y, "tz": z, "rx": 0, "ry": 0, "rz": f"{pose.yaw_rad + 0.0:.6f}", "state": LABELLED,
        "occlusion": pose.occlusion, "occlusion_kf": UNSET, "truncation": pose.truncation, "amt_occlusion": UNSET,
        "amt_occlusion_kf": UNSET, "amt_border_l": UNSET, "amt_border_r": UNSET, "amt_border_kf": UNSET,
    }
    lines = "".join(f"\t\t\t\t<{name}>{value}</{name}>\n" for name, value in values.items())
    return f"\t\t\t<{tag}>\n{lines}\t\t\t</item>\n"
