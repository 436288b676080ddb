"""Where an occluder must stand so that an actor comes in sight exactly so long before its impact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError
from simgen.motion.bodies import Body
from simgen.motion.course import EgoCourse, Way
from simgen.motion.ground import Ground, on_ground
from simgen.motion.outline import overlap_m
from simgen.motion.placing import Setting, Spot
from simgen.motion.road import Place
from simgen.motion.roots import edge
from simgen.motion.sight import CameraView, in_sight, profiles_of, screens_of
from simgen.scenario.plan import ActorPlan

Floats = NDArray[np.float64]

CLEARANCE_M = 0.05          # between an occluder and the way of whoever comes from behind it
FARTHEST_BACK_M = 80.0
SAMPLE_S = 0.02             # who is out of sight for a shorter time in between is not noticed to be
AGREES_S = 0.01


@dataclass(frozen=True, slots=True)
class Sighting:
    """How an actor comes in sight before its impact.

    since_s: so long before the impact it comes in sight for the last time; None: it is in sight from the first tick on.
    before_s: for so long it was in sight before it was hidden for the last time. ever: is it seen at all?
    """

    since_s: float | None
    before_s: float
    ever: bool = True


class Watch:
    """The ego's camera on one actor until its impact, both without reactions."""

    def __init__(self, view: CameraView, ego: EgoCourse, way: Way, body: Body, impact_s: float) -> None:
        self._view, self._ego, self._way = view, ego, way
        self._profiles = profiles_of(body)
        self._impact_s = impact_s
        count = max(2, math.ceil((impact_s - ego.begins_s) / SAMPLE_S) + 1)
        self._times = np.linspace(ego.begins_s, impact_s, count)
        self._egos, self._poses = ego.poses(self._times), way.poses(self._times)

    def sighting(self, screens: Floats) -> Sighting:
        """When it comes in sight past standing screens (K, 6), for the last time before the impact."""
        seen = in_sight(self._view, self._egos, self._poses, self._profiles, screens[None])
        if not seen.any():
            return Sighting(None, 0.0, ever=False)
        hidden = np.flatnonzero(~seen[: int(np.flatnonzero(seen)[-1])])
        if not len(hidden):
            return Sighting(None, 0.0)
        last = int(hidden[-1])
        low, high = float(self._times[last]), float(self._times[last + 1])
        for _ in range(3):                       # each time the interval becomes a tenth
            times = np.linspace(low, high, 11)
            clear = in_sight(self._view, self._ego.poses(times), self._way.poses(times), self._profiles, screens[None])
            first = int(np.flatnonzero(~clear[:-1])[-1]) + 1 if not clear[:-1].all() else 1
            low, high = float(times[first - 1]), float(times[first])
        return Sighting(self._impact_s - high, float(seen[:last].sum() * (self._times[1] - self._times[0])))


def slide(
    actor: ActorPlan, occluder: ActorPlan, way: Way, setting: Setting, view: CameraView, others: Sequence[Floats],
    ground: Ground | None = None,
) -> Spot:
    """The occluder's spot along the road, its offset being as placed, that reveals the actor as its meet asks.

    The farther on it stands (nearer to the actor's way), the later the actor is seen. others: screens (S, 6) of
    what else stands about. ground: what it stands on; None: it is as high as the ego's lane. Raises PlacementError with
    the range of reveal times that can be had.
    """
    meet = actor.meet
    assert meet is not None and meet.reveal_s is not None
    body, hider = setting.bodies[actor.role], setting.bodies[occluder.role]
    watch = Watch(view, setting.ego, way, body, meet.time_s)
    profile, wheels = profiles_of(hider)[0], hider if occluder.kind == "vehicle" else None
    end = float(setting.ego.station(meet.time_s)) + setting.ego.body.front_m + 1.0
    track = [_place(pose) for pose in way.poses(np.linspace(way.starts_s if math.isfinite(way.starts_s)
                                                            else meet.time_s, meet.time_s, 25))]

    def spot(station_m: float) -> Spot:
        left = setting.left_at(occluder.role, occluder.placement, station_m)
        return Spot(station_m, left, occluder.placement.heading_rad)

    def clear(station_m: float) -> bool:
        place = setting.place(spot(station_m), hider)
        return all(overlap_m(place, hider, here, body) < -CLEARANCE_M for here in track)

    first = end - FARTHEST_BACK_M
    first = max(first, -setting.ego.corridor.before_m + 0.5)
    nearest = end if clear(end) else None
    probe = end
    while nearest is None:
        probe -= 0.5
        if probe < first:
            raise PlacementError(
                f"{occluder.role}: there is no place for it beside the ego's road before the way of {actor.role}"
            )
        if clear(probe):
            nearest = edge(clear, probe + 0.5, probe, tolerance=1e-3)
    if abs(spot(nearest).left_m) < (setting.ego.body.width_m + hider.width_m) / 2:
        raise PlacementError(
            f"{occluder.role}: it would stand in the ego's way; place it farther from the middle of the ego's lane"
        )

    def since(station_m: float) -> float:
        """Infinite where it does not hide the actor at all."""
        pose = np.array(_pose(on_ground(setting.place(spot(station_m), hider), ground, wheels)))
        found = watch.sighting(np.concatenate([screens_of(pose, profile), *others]))
        if not found.ever:
            return 0.0
        return math.inf if found.since_s is None else found.since_s

    shortest = since(nearest)
    if math.isinf(shortest):
        raise PlacementError(
            f"{actor.role}: {occluder.role} never hides it ({actor.role} is {body.height_m:.2f} m tall, "
            f"{occluder.role} {hider.height_m:.2f} m tall and {hider.length_m:.2f} m long, the camera "
            f"{view.z_m:.2f} m up): take a higher or longer occluder, or place the two nearer to each other across "
            "the road"
        )
    if shortest > meet.reveal_s + AGREES_S:
        raise PlacementError(_range(actor, occluder, shortest, math.inf))
    back, step = nearest, 0.5
    while since(back) < meet.reveal_s:
        back, step = max(back - step, first), step * 2.0
        if back <= first:
            break
    if back == nearest:
        return spot(nearest)
    asked = meet.reveal_s
    station = edge(lambda x: since(x) <= asked, back, nearest, tolerance=1e-3)
    if abs(since(station) - asked) > AGREES_S:
        raise PlacementError(_range(actor, occluder, shortest, since(station)))
    return spot(station)


def _range(actor: ActorPlan, occluder: ActorPlan, shortest_s: float, longest_s: float) -> str:
    assert actor.meet is not None
    longest = "" if math.isinf(longest_s) else f" and {longest_s:.2f} s"
    cure = (
        f"ask for a longer reveal, let {actor.role} be faster, or place {occluder.role} nearer to the ego's lane"
        if math.isinf(longest_s) else
        f"ask for a shorter reveal, take a longer {occluder.role}, or let {actor.role} start farther from the lane"
    )
    return (
        f"{actor.role}: meet.reveal {actor.meet.reveal_s:.2f} s cannot be had behind {occluder.role}: sliding it along "
        f"the road gives {'at least ' if not longest else 'between '}{shortest_s:.2f} s{longest}; {cure}"
    )


def _place(pose: Floats) -> Place:
    x, y, z, yaw = (float(value) for value in pose)
    return Place(x, y, z, yaw)


def _pose(place: Place) -> tuple[float, float, float, float]:
    return place.x_m, place.y_m, place.z_m, place.yaw_rad
