"""The renderer, set to a moment of the world the first time somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sensors.axes import points_from_carla, vector_from_carla
from simgen.localsim.actors import Actor
from simgen.localsim.earlier import LastTick, last_tick
from simgen.localsim.film import Film
from simgen.localsim.mesh import Instance, Light
from simgen.localsim.physical_weather import PhysicalWeather, physical_weather
from simgen.localsim.scene import Bodies, MeshStore, matrix_from_carla, scene_of
from simgen.localsim.signal_scene import signal_lights
from simgen.localsim.values import LEVEL, LabelledPoint, Transform, Vector3, WeatherParameters
from simgen.localsim.window import Rect
from simgen.localsim.world import Moment

# A ray that meets more surfaces than this is not followed further.
_MAX_SURFACES = 64
_PAST_A_SURFACE_M = 1e-3
DARK_BELOW_DEG = 3.0       # of the sun's altitude; by day a traffic light's lamps light nothing one can make out


class Picture(Protocol):
    """What a camera sees; see ``simgen.localsim.render.CameraBuffers``."""

    @property
    def rgb(self) -> NDArray[np.uint8] | None: ...
    @property
    def depth_m(self) -> NDArray[np.float32]: ...
    @property
    def tag(self) -> NDArray[np.uint8]: ...
    @property
    def actor_id(self) -> NDArray[np.uint32]: ...
    @property
    def instance(self) -> NDArray[np.int32]: ...


class Echoes(Protocol):
    """What rays met; see ``simgen.localsim.render.SweepHits``."""

    @property
    def range_m(self) -> NDArray[np.float32]: ...
    @property
    def cos_incidence(self) -> NDArray[np.float32]: ...
    @property
    def actor_id(self) -> NDArray[np.uint32]: ...
    @property
    def tag(self) -> NDArray[np.uint8]: ...


class SilhouetteLike(Protocol):
    """One object of a camera's silhouettes; see ``simgen.localsim.render.Silhouette``."""

    @property
    def id(self) -> int: ...
    @property
    def is_level(self) -> bool: ...
    @property
    def is_cut(self) -> bool: ...
    @property
    def visible_px(self) -> int: ...
    @property
    def inside_px(self) -> int: ...
    @property
    def outside_px(self) -> float: ...
    @property
    def edges_px(self) -> tuple[float, float, float, float]: ...


class RendererLike(MeshStore, Protocol):
    """What is needed of ``simgen.localsim.render.Renderer``."""

    def set_weather(self, weather: Any, physical: PhysicalWeather) -> None: ...
    def set_scene(
        self, instances: Sequence[Instance], lights: Sequence[Light], time_s: float, seed: int
    ) -> None: ...
    def camera(
        self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float, rgb: bool,
        velocity_mps: NDArray[np.float64], film: Film,
    ) -> Picture: ...
    def silhouettes(
        self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float, window: Rect,
        carrier: int,
    ) -> Sequence[SilhouetteLike]: ...
    def normals(
        self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float
    ) -> NDArray[np.float32]: ...
    def flow(
        self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float,
        earlier_world_from_camera: NDArray[np.float64], earlier_world_from_mesh: NDArray[np.float64],
    ) -> NDArray[np.float32]: ...
    def sweep(
        self, world_from_lidar: NDArray[np.float64], directions: NDArray[np.float32], range_m: float
    ) -> Echoes: ...


class Stage:
    """One place with its renderer. Not to be used from two threads at once."""

    def __init__(
        self, renderer: RendererLike, bodies: Bodies, weather_of: Callable[[WeatherParameters], Any]
    ) -> None:
        self._renderer, self._bodies, self._weather_of = renderer, bodies, weather_of
        self._pending: Moment | None = None
        self._shown: Moment | None = None
        self._ticked: Moment | None = None           # the last tick, and the one before
        self._ticked_before: Moment | None = None
        self._last_tick: LastTick | None = None

    def show(self, moment: Moment) -> None:
        """From now on, look at this moment. Costs nothing if nothing has changed, as between two rays of a client."""
        if self._ticked is None or moment.frame != self._ticked.frame:
            self._ticked_before, self._ticked = self._ticked, moment
        if self._shown is None or not _looks_alike(moment, self._shown):
            self._pending = self._shown = moment
            self._last_tick = None

    def camera(
        self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float, *, rgb: bool,
        velocity: Vector3, film: Film,
    ) -> Picture:
        """See ``Renderer.camera``; but ``velocity`` is in CARLA's world axes, m/s."""
        self._set()
        return self._renderer.camera(world_from_camera, width, height, fov_rad, rgb, vector_from_carla(velocity), film)

    def silhouettes(
        self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float, window: Rect,
        carrier: int,
    ) -> Sequence[SilhouetteLike]:
        """See ``Renderer.silhouettes``."""
        self._set()
        return self._renderer.silhouettes(world_from_camera, width, height, fov_rad, window, carrier)

    def normals(
        self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float
    ) -> NDArray[np.float32]:
        """See ``Renderer.normals``; but in CARLA's world axes."""
        self._set()
        seen = self._renderer.normals(world_from_camera, width, height, fov_rad)
        return points_from_carla(seen).astype(np.float32, copy=False)

    def flow(self, camera: Actor, width: int, height: int, fov_rad: float) -> NDArray[np.float32]:
        """(H, W, 2) pixels, right and down: how far what a camera sees has come across its picture since the last tick.
        See ``Renderer.flow``. The camera is an actor of the moment."""
        self._set()
        before = self.last_tick()
        return self._renderer.flow(
            matrix_from_carla(camera.transform), width, height, fov_rad,
            matrix_from_carla(before.pose_of(camera.id)), before.instance_poses(self._bodies),
        )

    def last_tick(self) -> LastTick:
        """The moment that is shown, and where its actors were a tick before."""
        if self._shown is None:
            raise RuntimeError("no moment was shown yet")
        if self._last_tick is None:
            self._last_tick = last_tick(self._shown, self._ticked_before)
        return self._last_tick

    def sweep(
        self, world_from_lidar: NDArray[np.float64], rays: NDArray[np.float32], range_m: float
    ) -> Echoes:
        """See ``Renderer.sweep``; but ``rays`` are (N, 3) in CARLA's sensor axes."""
        self._set()
        return self._renderer.sweep(world_from_lidar, points_from_carla(rays), range_m)

    def surfaces(self, start: Vector3, direction: Vector3, reach_m: float) -> list[LabelledPoint]:
        """Everything a ray meets within its reach, near to far, in CARLA's world axes."""
        ray = np.asarray(direction, dtype=np.float64)
        ray /= np.linalg.norm(ray)
        met: list[LabelledPoint] = []
        travelled = 0.0
        while len(met) < _MAX_SURFACES and travelled < reach_m:
            here = Vector3(*(float(a + b * travelled) for a, b in zip(start, ray, strict=True)))
            eye = matrix_from_carla(Transform(here, LEVEL))
            echo = self.sweep(eye, ray[None].astype(np.float32), reach_m - travelled)
            if not np.isfinite(echo.range_m[0]):
                break
            travelled += float(echo.range_m[0])
            spot = Vector3(*(float(a + b * travelled) for a, b in zip(start, ray, strict=True)))
            met.append(LabelledPoint(spot, int(echo.tag[0])))
            travelled += _PAST_A_SURFACE_M
        return met

    def _set(self) -> None:
        if self._pending is None:
            return
        moment, self._pending = self._pending, None
        scene = scene_of(moment.actors, self._bodies, self._renderer, moment.age_s)
        dark = moment.weather.sun_altitude_angle < DARK_BELOW_DEG
        lights = (*scene.lights, *signal_lights(moment.actors)) if dark else scene.lights
        self._renderer.set_weather(self._weather_of(moment.weather), physical_weather(moment.actors))
        self._renderer.set_scene(scene.instances, lights, moment.age_s, moment.age_ticks)


def _looks_alike(one: Moment, other: Moment) -> bool:
    """Whether two moments are one scene. Actors are frozen, so whoever changed is another object."""
    return (
        (one.frame, one.episode_id, one.age_ticks) == (other.frame, other.episode_id, other.age_ticks)
        and one.weather == other.weather
        and len(one.actors) == len(other.actors)
        and all(actor is known for actor, known in zip(one.actors, other.actors, strict=True))
    )
