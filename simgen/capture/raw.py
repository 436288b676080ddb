"""A frame as the simulator sent it: whoever plays an episode hands it on, and whoever writes it decodes it.

So the simulator gets its next tick as soon as the last sensor has reported. The client's objects are kept until they
are decoded, because their buffers go with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import carla

from sensors.lidar.fans import FanPlan
from sensors.lidar.turning import Twist
from sensors.rig import CameraMount, LidarMount
from simgen.capture.decode import decode_depth, decode_hits, decode_instances, decode_rgb, sweep_of
from simgen.capture.rolling import with_turns
from simgen.capture.silhouettes import decode_silhouettes
from simgen.frame import CameraView, Frame, TurnTick


@dataclass(frozen=True, eq=False, slots=True)
class RawView:
    """What a camera's sensors sent at one tick; None where there is no such sensor."""

    mount: CameraMount
    rgb: carla.Image
    depth: carla.Image | None = None
    instances: carla.Image | None = None
    silhouettes: carla.Image | None = None

    def decode(self) -> CameraView:
        """Raises SimulatorError if the simulator sent something else than these sensors send."""
        tag = instance_id = None
        if self.instances is not None:
            tag, instance_id = decode_instances(self.instances, self.mount)
        return CameraView(
            decode_rgb(self.rgb, self.mount),
            None if self.depth is None else decode_depth(self.depth, self.mount),
            tag, instance_id,
            None if self.silhouettes is None else decode_silhouettes(self.silhouettes),
        )


@dataclass(frozen=True, eq=False, slots=True)
class RawTurn:
    """What a LiDAR's fans sent at one tick. moment_s: of it, from the frame's moment. twist: how the LiDAR moves."""

    mount: LidarMount
    plan: FanPlan
    blocks: tuple[carla.SemanticLidarMeasurement, ...]
    ego_id: int
    moment_s: float
    twist: Twist

    def decode(self) -> TurnTick:
        """A whole turn in one instant, without the ego's own body."""
        hits = decode_hits(self.blocks, self.plan)
        sweep = sweep_of(hits, hits.actor_id == self.ego_id, self.plan, self.mount)
        return TurnTick(sweep, self.moment_s, self.twist)


@dataclass(frozen=True, eq=False, slots=True)
class RawFrame:
    """A captured frame before its pictures and sweeps are decoded.

    made:  the frame of ``views``, ``sweep`` and ``further_sweeps``; it knows everything else already.
    views: by camera.
    turn:  at the frame's own tick, by LiDAR, the main one first.
    turns: at each tick of the LiDARs' turn in order of time, ``turn`` among them.
    """

    index: int
    made: Callable[..., Frame]
    views: Mapping[str, RawView]
    turn: Mapping[str, RawTurn]
    turns: Sequence[Mapping[str, RawTurn]] = ()

    def decode(self) -> Frame:
        """The frame, which is the work of milliseconds. Raises as ``RawView.decode``."""
        views = {name: view.decode() for name, view in self.views.items()}
        now = {name: turn.decode() for name, turn in self.turn.items()}
        turns = [now if turn is self.turn else {name: one.decode() for name, one in turn.items()}
                 for turn in self.turns]
        main, *further = now
        return with_turns(
            self.made(views=views, sweep=now[main].sweep, further_sweeps={name: now[name].sweep for name in further}),
            turns)
