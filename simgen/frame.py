"""The data that flows: one captured moment, and the labels made from it.

Everything here is right-handed, in metres, radians and seconds, and frozen. The rig's axes are
x forward, y left, z up, with the origin on the ground under the middle of the rear axle.
Arrays are handed over, not copied: whoever builds a ``Frame`` gives its arrays away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.conditions import CLEAR, Conditions
from sensors.lidar.turning import Twist
from sensors.rigid import RigidTransform
from sensors.sweeps import Cause


@dataclass(frozen=True, slots=True)
class Silhouette:
    """One object as a camera would see it if it stood alone, counted in pixels of the stored picture.

    id:           the simulator's actor id, or a level object's number.
    is_level:     it is part of the level, not a spawned actor.
    is_cut:       it reaches behind the camera or too far outside: ``outside_px`` is a lower bound.
    visible_px:   own pixels in the picture, as the instance picture has them.
    inside_px:    pixels of the picture that it would cover alone.
    outside_px:   pixels that it would cover beyond the picture's edges, on the same grid continued.
    bbox_px:      left, top, right, bottom edge pixels of the whole silhouette, not clipped to the picture.
    """

    id: int
    is_level: bool
    is_cut: bool
    visible_px: int
    inside_px: int
    outside_px: float
    bbox_px: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False, slots=True)
class CameraView:
    """What one camera saw, cropped to the stored picture.

    rgb:          (H, W, 3) uint8, red first.
    depth_m:      (H, W) float32, distance along the optical axis; 1000 where there is only sky. None if not asked for.
    tag:          (H, W) uint8, CARLA semantic tag. None if not asked for.
    instance_id:  (H, W) uint16, id = G + 256·B of CARLA's instance camera. None if not asked for.
    silhouettes:  one for each object in the picture or behind others there. None if the simulator does not count them.
    """

    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32] | None = None
    tag: NDArray[np.uint8] | None = None
    instance_id: NDArray[np.uint16] | None = None
    silhouettes: tuple[Silhouette, ...] | None = None

    def silhouette(self, is_level: bool, number: int) -> Silhouette | None:
        """The silhouette of an actor or an object of the level; None where the simulator counted none of it."""
        return next((one for one in self.silhouettes or () if (one.is_level, one.id) == (is_level, number)), None)


@dataclass(frozen=True, eq=False, slots=True)
class Measurement:
    """What a device adds to the points of a sweep; arrays of one row a point.

    intensity:       float32 in [0, 1], quantised as the device does.
    cause:           uint8, ``sensors.sweeps.Cause``.
    return_number:   uint8, 0 for the first return that is reported of a beam, 1 for the second.
    range_before_m:  float32, where the beam's surface is, without weather and noise; infinite if there is none.
    time_s:          float32, when the beam was fired, from the frame's moment.
    clean:           the sweep that it was made from.
    """

    intensity: NDArray[np.float32]
    cause: NDArray[np.uint8]
    return_number: NDArray[np.uint8]
    range_before_m: NDArray[np.float32]
    time_s: NDArray[np.float32]
    clean: Sweep


@dataclass(frozen=True, eq=False, slots=True)
class BodyHits:
    """Where beams met the ego's own body. points_m: (K, 3) float32, LiDAR axes. ring: (K,) uint8."""

    points_m: NDArray[np.float32]
    ring: NDArray[np.uint8]


@dataclass(frozen=True, eq=False, slots=True)
class Sweep:
    """One LiDAR turn, ring by ring from the top beam to the bottom one, each counter-clockwise from azimuth 0.

    points_m:       (N, 3) float32, LiDAR axes: x forward, y left, z up.
    cos_incidence:  (N,) float32 in [0, 1]; of points that no surface gave, 1.
    simulator_id:   (N,) uint32, the actor that was hit; 0 for the level and for what hangs in the air.
    tag:            (N,) uint8, CARLA semantic tag; 0 for what hangs in the air.
    ring:           (N,) uint8, beam number, 0 is the highest.
    measurement:    what a device reported of them; None of a clean sweep, in which every beam that met a surface has
                    its point there.
    body:           beams that the ego's own body stops, of which there are no points; None: it is not known which.
    ticks:          where a sweep is asked for that takes its time: the turn as it was cast at the ticks round the
                    frame's moment, in order of time, this one among them; else empty.
    """

    points_m: NDArray[np.float32]
    cos_incidence: NDArray[np.float32]
    simulator_id: NDArray[np.uint32]
    tag: NDArray[np.uint8]
    ring: NDArray[np.uint8]
    measurement: Measurement | None = None
    body: BodyHits | None = None
    ticks: tuple[TurnTick, ...] = ()

    @property
    def clean(self) -> Sweep:
        """The sweep that shows where surfaces are: without noise and weather."""
        return self if self.measurement is None else self.measurement.clean

    def is_of(self, simulator_id: int) -> NDArray[np.bool_]:
        """(N,) which points are of an actor's surface."""
        own = np.asarray(self.simulator_id == simulator_id)
        return own if self.measurement is None else own & (self.measurement.cause == Cause.OBJECT)


@dataclass(frozen=True, eq=False, slots=True)
class TurnTick:
    """A whole turn of a LiDAR, cast at one tick.

    sweep:     in the LiDAR's axes at this tick.
    moment_s:  of the tick, from the frame's moment.
    twist:     how the LiDAR moves then.
    """

    sweep: Sweep
    moment_s: float
    twist: Twist


def renumbered(simulator_id: NDArray[np.uint32], number_of_id: Mapping[int, int]) -> NDArray[np.uint32]:
    """(N,) other numbers in place of a simulator's ids, 0 for those that have none and for 0."""
    numbers = np.zeros(len(simulator_id), np.uint32)
    own = np.flatnonzero(simulator_id)              # most points are of the level
    ids = np.array(sorted(number_of_id), np.uint32)
    if len(ids) and len(own):
        of_id = np.array([number_of_id[one] for one in ids.tolist()], np.uint32)
        met = simulator_id[own]
        at = np.minimum(np.searchsorted(ids, met), len(ids) - 1)
        numbers[own] = np.where(ids[at] == met, of_id[at], np.uint32(0))
    return numbers


@dataclass(frozen=True, eq=False, slots=True)
class ActorState:
    """One actor at the frame's moment.

    role:         the scenario's own name for it, unique in an episode ("ego", "deer", "herd_2").
    kind:         "vehicle", "walker", "animal" or "prop".
    blueprint:    the CARLA blueprint that was spawned.
    species:      for animals, the scenario's word ("white_tailed_deer"); otherwise None.
    simulator_id: the server's actor id; never stored in the dataset.
    world_from_actor: x forward, y left, z up at the actor's origin (vehicles: on the ground; walkers: mid-body).
    velocity_mps: (3,) in world axes.
    box:          the server's bounding box in actor axes.
    attributes:   what the blueprint was told that changes the body: {"age": "young"}, {"use_wheelchair": "true"},
                  {"umbrella": "true"}.
    door_open:    of a vehicle: does at least one door stand open? Its box is that of the closed body all the same.
    struck:       has the ego struck it? From then on it slides wherever that pushes it, not the way it faces.
    """

    role: str
    kind: str
    blueprint: str
    species: str | None
    simulator_id: int
    world_from_actor: RigidTransform
    velocity_mps: NDArray[np.float64]
    box: Box3
    attributes: Mapping[str, str] = field(default_factory=dict)
    door_open: bool = False
    struck: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class LevelObject:
    """A vehicle that belongs to the level and never moves, such as a parked car of a town.

    number:          the simulator's own 32-bit number of it, as in ``Silhouette.id``.
    kind:            "car", "truck", "bus", "motorcycle" or "bicycle".
    world_from_box:  the box's centre; x along its length, z up.
    size_lwh_m:      (3,) full length, width and height.
    """

    number: int
    kind: str
    world_from_box: RigidTransform
    size_lwh_m: NDArray[np.float64]

    @property
    def role(self) -> str:
        """What it is called in labels: "level_4711"."""
        return f"level_{self.number}"

    @property
    def box(self) -> Box3:
        """Its box in the world."""
        return Box3(self.world_from_box, self.size_lwh_m)


@dataclass(frozen=True, eq=False, slots=True)
class EgoMotion:
    """What GNSS and IMU of the rig measured, without noise.

    latitude_deg, longitude_deg, altitude_m: WGS 84, of the IMU's place.
    acceleration_mps2:   (3,) of the IMU in its axes x forward, y left, z up; gravity included (+9.81 upwards at rest).
    angular_rate_radps:  (3,) about the same axes, counter-clockwise.
    """

    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    acceleration_mps2: NDArray[np.float64]
    angular_rate_radps: NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """Everything captured at one tick.

    index:  0-based number in the episode.
    time_s: simulated seconds since the episode's first captured frame.
    views:  by camera name ("camera_2").
    sweep:  of the main LiDAR, as it is stored. further_sweeps: likewise of the rig's other LiDARs by name, each in its
            own axes.
    conditions: the weather. drawn: what of it the pictures show; None: all of it.
    actors: all living actors except the ego.
    ego_motion: None if the simulator has no GNSS or no IMU.
    ego_box: the body that carries the rig, in rig axes; None if it is not known.
    level_objects: vehicles that are part of the level, the same ones in all frames of an episode.
    """

    index: int
    time_s: float
    world_from_rig: RigidTransform
    ego_velocity_mps: NDArray[np.float64]
    views: dict[str, CameraView]
    sweep: Sweep
    actors: tuple[ActorState, ...]
    ego_motion: EgoMotion | None = None
    ego_box: Box3 | None = None
    level_objects: tuple[LevelObject, ...] = ()
    conditions: Conditions = CLEAR
    drawn: Conditions | None = None
    further_sweeps: Mapping[str, Sweep] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Label:
    """The ground truth for one actor in one frame, for one camera's picture, as KITTI defines its columns.

    type:                  KITTI type ("Car", "Pedestrian", "Animal", "DontCare", …).
    class_name:            its type by the class map: of a DontCare the type that it would have; "" if it is ``type``.
    truncation:            0…1, share of the projected box outside the picture; −1 on DontCare.
    occlusion:             0, 1, 2, 3; −1 on DontCare.
    alpha_rad, yaw_rad:    −10 on DontCare.
    bbox_px:               left, top, right, bottom, zero-based edge pixels, clipped to the picture.
    size_hwl_m:            full height, width, length; −1 each on DontCare.
    bottom_centre_m:       x, y, z of the bottom face's centre in rectified camera 0; −1000 each on DontCare.
    visible_fraction:      own pixels against those of its silhouette inside the picture; None if unknown.
    visibility:            how that was measured: "silhouette", if the simulator counted it, or "expected shape".
    visible_px:            number of the actor's own pixels in the picture.
    visible_bbox_px:       tight box round the actor's own pixels; None if there are none.
    silhouette_px:         pixels of the picture that it would cover alone, counted or estimated; None if unknown.
    outside_fraction:      share of its silhouette outside the picture, at least; None as above.
    amodal_bbox_px:        box round its whole silhouette, not clipped to the picture; None as above, and where a part
                           of it lies behind the camera.
    lidar_points:          returns of its surface in the stored sweep.
    lidar_points_in_box:   of these, how many lie in the 3D box.
    lidar_points_clean:    returns of it in a sweep without noise and weather; None: the stored one is that.
    dont_care_reason:      "too far", "too small", "nearly hidden", "hidden" or "few returns" on DontCare, else None.
    age:                   "young" of an animal that is not grown, else None.
    pose:                  "sitting" (in a wheelchair) or "lying" of a person, "door_open" of a vehicle, else None.
    struck:                the ego has struck it, and it slides wherever that pushes it.
    """

    role: str
    kind: str
    type: str
    blueprint: str
    species: str | None
    truncation: float
    occlusion: int
    alpha_rad: float
    bbox_px: tuple[float, float, float, float]
    size_hwl_m: tuple[float, float, float]
    bottom_centre_m: tuple[float, float, float]
    yaw_rad: float
    distance_m: float
    velocity_mps: tuple[float, float, float]
    visible_fraction: float | None
    visible_px: int
    visible_bbox_px: tuple[int, int, int, int] | None
    lidar_points: int
    lidar_points_in_box: int
    dont_care_reason: str | None = field(default=None)
    age: str | None = field(default=None)
    pose: str | None = field(default=None)
    struck: bool = field(default=False)
    visibility: str = field(default="expected shape")
    silhouette_px: int | None = field(default=None)
    outside_fraction: float | None = field(default=None)
    amodal_bbox_px: tuple[float, float, float, float] | None = field(default=None)
    class_name: str = field(default="")
    lidar_points_clean: int | None = field(default=None)
