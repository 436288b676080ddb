"""What all records of a scene share: the episode, its map, its tokens, clock and poses."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.errors import RequestError
from simgen.export.dataset import Episode, LabelledObject, Moment
from simgen.export.drives import FIRST_DAY, START_HOUR
from simgen.export.nuscenes.places import Place
from simgen.export.nuscenes.poses import map_from_world
from simgen.export.nuscenes.taxonomy import MOVES_MPS
from simgen.export.nuscenes.tokens import token
from simgen.kitti.ego import EgoState

KEY_FRAME_S = 0.5                   # between samples, which nuScenes has twice a second
_SECONDS_APART = 1000               # between the begins of two scenes


@dataclass(frozen=True)
class Scene:
    """One episode.

    moments:         of its frames, in order.
    elevations_rad:  (channels,) of the LiDAR's beams from the top; None if they are not known.
    camera_names:    what the rig calls its cameras, by KITTI's numbers, as far as it is known.
    """

    episode: Episode
    moments: Sequence[Moment]
    place: Place
    elevations_rad: NDArray[np.float64] | None
    camera_names: Mapping[int, str] = field(default_factory=dict)

    def token(self, kind: str, *about: str | int) -> str:
        return token(kind, self.episode.name, self.episode.record.plan_digest, *about)

    def timestamp_us(self, moment: Moment) -> int:
        """Microseconds since 1970 of a made-up day, 1 January 2000, from noon on; each episode has its own time."""
        noon = dt.datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, START_HOUR, tzinfo=dt.timezone.utc)
        begin_s = int(noon.timestamp()) + _SECONDS_APART * self.episode.number
        return begin_s * 1_000_000 + round(moment.time_s * 1e6)

    @cached_property
    def samples(self) -> tuple[Moment, ...]:
        """For each frame the key frame that it belongs to: itself, or the one that follows closest in time."""
        keys = key_frames([moment.time_s for moment in self.moments])
        return tuple(self.moments[keys[bisect_left(keys, place)]] for place in range(len(self.moments)))

    @cached_property
    def rig_from_camera_0(self) -> RigidTransform:
        """From rectified camera 0 to the rig's axes: the same in all frames."""
        ego = ego_of(self.moments[0])
        return ego.rig_pose().inverse() @ ego.camera_0_pose()

    def map_from_rig(self, moment: Moment) -> RigidTransform:
        return map_from_world(self.place.canvas) @ ego_of(moment).rig_pose()

    def map_from_camera_0(self, moment: Moment) -> RigidTransform:
        return map_from_world(self.place.canvas) @ ego_of(moment).camera_0_pose()

    @cached_property
    def movers(self) -> frozenset[str]:
        """Roles that move in any frame in which they are in the picture."""
        return frozenset(thing.side.role for moment in self.moments for thing in moment.objects if moves(thing))


def key_frames(times_s: Sequence[float]) -> tuple[int, ...]:
    """Places of the key frames among the frames of an episode: one every half second, or as near to that as the frames
    allow. The last frame is one, since every frame between two of them belongs to the one that follows.

    Args:
        times_s: of all frames, evenly spaced; at least one.
    """
    last = len(times_s) - 1
    stride = max(1, round(KEY_FRAME_S * last / (times_s[-1] - times_s[0]))) if last else 1
    return tuple(range(last % stride, last + 1, stride))


def ego_of(moment: Moment) -> EgoState:
    """Where the car was.

    Raises:
        RequestError: if the dataset does not say.
    """
    if moment.ego is None:
        raise RequestError(f"frame {moment.identity}: has no pose (its side file has no ego block, which older "
                           "versions of simgen did not store); record the dataset anew")
    return moment.ego


def moves(thing: LabelledObject) -> bool:
    return float(np.linalg.norm(thing.side.velocity_mps)) > MOVES_MPS
