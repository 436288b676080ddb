"""Where everybody was a tick ago: what optical flow and radar measure motion against.

An actor has moved from where the last tick left it, whoever moved it: its wheels, its feet or a client that puts it
somewhere every tick. Two actors have no such place. One that was born since is taken as having come with its velocity;
one that jumped, because a client put it somewhere far away, as standing there with its velocity, if that is one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.actors import Actor, Vehicle
from simgen.localsim.mesh import Mesh
from simgen.localsim.poses import plus
from simgen.localsim.scene import Bodies, matrix_from_carla, scene_of
from simgen.localsim.values import ZERO, Transform
from simgen.localsim.world import Moment

# Nothing on a road is faster: such a displacement is a jump, not a motion.
JUMP_MPS = 150.0
# A door that is ajar is an instance of its own: so that it was one when it was shut.
_AJAR = 1e-9
_BODY = ""                 # no mesh is called so


@dataclass(frozen=True, slots=True)
class LastTick:
    """A moment, and its actors as they were one tick before: the same ones, in the same order."""

    now: Moment
    actors: tuple[Actor, ...]

    def pose_of(self, actor_id: int) -> Transform:
        """Where an actor of the moment was. Raises ``KeyError`` if the moment has none by that id."""
        return self._pair(actor_id)[1].transform

    def instance_poses(self, bodies: Bodies) -> NDArray[np.float64]:
        """(N, 4, 4) world_from_mesh, right-handed, of each instance that the moment's own scene has, in its order.

        Parts are known by their meshes. One that was no instance of its own then, as a wheel before it turned, went
        with the body, which is the first instance of its actor.
        """
        now = scene_of(self.now.actors, bodies, _KnownMeshes()).instances
        was: dict[int, dict[str, NDArray[np.float64]]] = {}
        for one in scene_of(self.actors, bodies, _KnownMeshes()).instances:
            parts = was.setdefault(one.actor_id, {_BODY: one.world_from_mesh})
            parts[one.mesh] = one.world_from_mesh
        poses, moved_by, actor_id = [], np.eye(4), 0
        for one in now:
            if one.actor_id != actor_id:                        # its first instance: the body
                actor_id, pose = one.actor_id, was[one.actor_id][_BODY]
                moved_by = pose @ np.linalg.inv(one.world_from_mesh)
            else:
                pose = was[actor_id].get(one.mesh, moved_by @ one.world_from_mesh)
            poses.append(pose)
        return np.array(poses, dtype=np.float64).reshape(-1, 4, 4)

    def points(self, points: NDArray[np.float64], actor_id: NDArray[np.uint32]) -> NDArray[np.float64]:
        """Where (N, 3) points of rigid bodies were, right-handed world axes. (N,) whose they are; 0 is the level, which
        rests."""
        earlier: NDArray[np.float64] = points.copy()
        for number in np.unique(actor_id[actor_id > 0]).tolist():
            actor, was = self._pair(number)
            turn = matrix_from_carla(was.transform) @ np.linalg.inv(matrix_from_carla(actor.transform))
            own = actor_id == number
            earlier[own] = points[own] @ turn[:3, :3].T + turn[:3, 3]
        return earlier

    def _pair(self, actor_id: int) -> tuple[Actor, Actor]:
        for actor, was in zip(self.now.actors, self.actors, strict=True):
            if actor.id == actor_id:
                return actor, was
        raise KeyError(f"there is no actor {actor_id} at frame {self.now.frame}")


def last_tick(now: Moment, earlier: Moment | None) -> LastTick:
    """The actors of ``now`` where ``earlier`` has them, if that is the moment of the tick before."""
    known: dict[int, Actor] = {}
    if earlier is not None and (earlier.episode_id, earlier.frame) == (now.episode_id, now.frame - 1):
        known = {actor.id: actor for actor in earlier.actors}
    return LastTick(now, tuple(_before(actor, known.get(actor.id), now.delta_s) for actor in now.actors))


def _before(actor: Actor, known: Actor | None, dt: float) -> Actor:
    if known is not None and math.dist(known.transform.location, actor.transform.location) <= JUMP_MPS * dt:
        if isinstance(actor, Vehicle) and isinstance(known, Vehicle):
            swing = (old if old > 0.0 or new == 0.0 else _AJAR
                     for old, new in zip(known.door_swing, actor.door_swing, strict=True))
            return replace(known, door_swing=tuple(swing))
        return known
    velocity = actor.motion.velocity
    velocity = velocity if math.hypot(*velocity) <= JUMP_MPS else ZERO
    return actor.placed(Transform(plus(actor.transform.location, velocity, -dt), actor.transform.rotation))


class _KnownMeshes:
    """A store that lacks no mesh: what is asked for here are poses."""

    def has_mesh(self, key: str) -> bool:
        return True

    def add_mesh(self, key: str, mesh: Mesh) -> None:
        raise AssertionError(f"{key} is known")
