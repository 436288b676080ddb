"""Motion's commands, carried out on a simulator's actors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import carla

from sensors.rigid import RigidTransform
from simgen.capture.spawn import Spawned, carla_transform, ground_under
from simgen.capture.steering import Steering
from simgen.errors import RequestError
from simgen.motion.commands import Carry, Command, Drive, OpenDoor, Stay, Walk
from simgen.motion.road import Place

# CARLA's numbers (LibCarla, rpc/VehicleDoor.h); its Python names leave out the bonnet (4) and the boot (5).
DOORS = {"front_left": 0, "front_right": 1, "rear_left": 2, "rear_right": 3, "trunk": 5}
MOVED_M = 1e-3              # a carried thing that moved by less keeps its height


class Cast:
    """Everybody in the world who is given commands, by role."""

    def __init__(self, world: carla.World, everybody: Sequence[Spawned]) -> None:
        self._world = world
        self._spawned = {spawned.role: spawned for spawned in everybody}
        self._steering: dict[str, Steering] = {}
        self._speeds: dict[str, float] = {}
        self._still: set[str] = set()
        self._carried: dict[str, Place] = {}

    def act(
        self, commands: Mapping[str, Command], poses: Mapping[str, RigidTransform], tick_s: float
    ) -> frozenset[str]:
        """Tell everybody what to do in the next tick. poses: the last snapshot's. Returns the roles that brake.

        Raises RequestError for a door that cannot be opened.
        """
        braking = set()
        for role, command in commands.items():
            spawned = self._spawned[role]
            if isinstance(command, Walk):
                self._walk(spawned, command)
            elif isinstance(command, Drive):
                self._drive(spawned, command, poses[role], tick_s)
                if command.brake:
                    braking.add(role)
            elif isinstance(command, Carry):
                self._carry(spawned, command.place, poses[role])
            elif isinstance(command, Stay):
                self._stay(spawned)
            elif isinstance(command, OpenDoor):
                self._open(spawned, command.door)
        return frozenset(braking)

    def _walk(self, spawned: Spawned, command: Walk) -> None:
        self._still.discard(spawned.role)
        # CARLA's y points the other way.
        direction = carla.Vector3D(math.cos(command.heading_rad), -math.sin(command.heading_rad), 0.0)
        spawned.actor.apply_control(carla.WalkerControl(direction, command.speed_mps, False))

    def _drive(self, spawned: Spawned, command: Drive, pose: RigidTransform, tick_s: float) -> None:
        if spawned.role not in self._steering:
            self._steering[spawned.role] = Steering.of(spawned.actor)
        self._still.discard(spawned.role)
        self._hold_speed(spawned, command.speed_mps)
        stands = command.speed_mps == 0.0
        steer = 0.0 if stands else self._steering[spawned.role].steer(
            pose, command.path_m, command.speed_mps * tick_s, command.speed_mps
        )
        spawned.actor.apply_control(carla.VehicleControl(
            throttle=0.0 if stands else 0.3, steer=steer, brake=1.0 if stands else 0.0
        ))

    def _hold_speed(self, spawned: Spawned, speed_mps: float) -> None:
        if self._speeds.get(spawned.role) != speed_mps:
            spawned.actor.enable_constant_velocity(carla.Vector3D(speed_mps, 0.0, 0.0))
            self._speeds[spawned.role] = speed_mps

    def _stay(self, spawned: Spawned) -> None:
        if spawned.role in self._still:
            return
        self._still.add(spawned.role)
        if spawned.kind == "vehicle":
            if spawned.role in self._speeds:
                self._hold_speed(spawned, 0.0)
            spawned.actor.apply_control(carla.VehicleControl(brake=1.0, hand_brake=True))
        elif not spawned.by_transform:
            spawned.actor.apply_control(carla.WalkerControl(carla.Vector3D(1.0, 0.0, 0.0), 0.0, False))

    def _carry(self, spawned: Spawned, place: Place, pose: RigidTransform) -> None:
        """Put it there, on the ground. Whatever moved by itself before (and was struck) no longer does."""
        role, foot_m = spawned.role, spawned.origin_height_m
        self._stay(spawned)
        last = self._carried.get(role) or _foot(pose, foot_m)
        here = replace(place, z_m=last.z_m)
        if math.hypot(place.x_m - last.x_m, place.y_m - last.y_m) > MOVED_M:
            ground = ground_under(self._world, here)
            here = here if ground is None else replace(here, z_m=ground)
        self._carried[role] = here
        spawned.actor.set_transform(carla_transform(here, foot_m))

    @staticmethod
    def _open(spawned: Spawned, door: str) -> None:
        try:
            spawned.actor.open_door(carla.VehicleDoor(DOORS[door]))
        except RuntimeError as error:
            if "time-out" in str(error):
                raise
            raise RequestError(f"{spawned.role}: {spawned.blueprint} cannot open its door {door}: {error}") from None


def _foot(pose: RigidTransform, height_m: float) -> Place:
    """Where somebody's feet are whose origin is so high above them."""
    x, y, z = (float(value) for value in pose.translation_m)
    return Place(x, y, z - height_m, math.atan2(pose.rotation[1, 0], pose.rotation[0, 0]))
