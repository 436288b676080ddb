"""The renderer's face: a place, its weather and its actors in; pictures, labels and LiDAR returns out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.film import USUAL, Film
from simgen.localsim.mesh import Instance, Light, Mesh
from simgen.localsim.physical_weather import NOTHING, PhysicalWeather, leafless
from simgen.localsim.quality import LADDER, STANDARD, Quality
from simgen.localsim.render import warp_runtime
from simgen.localsim.render.camera import Pinhole, pinhole_data
from simgen.localsim.render.environment import light_of
from simgen.localsim.render.flow import motion_px
from simgen.localsim.render.kernels import (
    atmosphere,
    beams,
    bounce,
    clouds,
    coarse,
    compose,
    flakes,
    flow,
    gbuffer,
    glass,
    lamps,
    lens,
    mirror,
    normals,
    pinhole,
    plain,
    rain,
    scene_data,
    sky,
    smoothing,
    soften,
    spray,
    sunlight,
)
from simgen.localsim.render.lamps import street_lights
from simgen.localsim.render.picture import Darkroom
from simgen.localsim.render.plain import plain_picture
from simgen.localsim.render.raycast import Hits, Rays
from simgen.localsim.render.scene import Scene
from simgen.localsim.render.silhouette import Silhouette
from simgen.localsim.render.silhouette import silhouettes as silhouettes_of
from simgen.localsim.render.sway import lean
from simgen.localsim.render.tracers import cpu_tracer
from simgen.localsim.render.tracing import RayTracer
from simgen.localsim.render.warp_runtime import wp
from simgen.localsim.render.weather import Weather
from simgen.localsim.window import Rect

_KERNELS = (atmosphere, beams, bounce, clouds, coarse, compose, flakes, flow, gbuffer, glass, lamps, lens, mirror,
            normals, pinhole, plain, rain, scene_data, sky, smoothing, soften, spray, sunlight)


_SEEDS = 1_000_003       # kernels count in 32 bits


class PlaceGeometry(Protocol):
    """What the renderer needs to know of a place."""

    @property
    def static(self) -> Mesh: ...
    @property
    def prototypes(self) -> Mapping[str, Mesh]: ...
    @property
    def scenery(self) -> Sequence[Instance]: ...
    @property
    def street_lamps(self) -> NDArray[Any]: ...
    def bare(self, key: str) -> Mesh | None:
        """A prototype without its leaves; None for what stays as it is in winter."""
    def sways(self, key: str) -> bool:
        """Does the wind move instances of a prototype?"""


@dataclass(frozen=True, eq=False, slots=True)
class CameraBuffers:
    """What a camera sees, all pixel-exact with each other.

    rgb:       (H, W, 3) uint8, or None if not asked for.
    depth_m:   (H, W) float32 along the optical axis; 1000 for the sky and beyond.
    tag:       (H, W) uint8, CARLA semantic tag; 11 for the sky.
    actor_id:  (H, W) uint32; 0 for the level.
    instance:  (H, W) int32, number of the scene's instance: the place's ground and houses, then its scenery in order,
               then what moves; -1 for the sky.
    """

    rgb: NDArray[np.uint8] | None
    depth_m: NDArray[np.float32]
    tag: NDArray[np.uint8]
    actor_id: NDArray[np.uint32]
    instance: NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class SweepHits:
    """What LiDAR rays met.

    range_m:        (N,) float32, inf where nothing was met.
    cos_incidence:  (N,) float32 in [0, 1], between ray and true surface normal; 0 on a miss.
    actor_id:       (N,) uint32; 0 for the level and on a miss. Hits on the carrier itself are reported as its own.
    tag:            (N,) uint8, CARLA semantic tag; 0 on a miss.
    """

    range_m: NDArray[np.float32]
    cos_incidence: NDArray[np.float32]
    actor_id: NDArray[np.uint32]
    tag: NDArray[np.uint8]


@dataclass(frozen=True, eq=False, slots=True)
class _View:
    """The primary rays of one camera and what they met."""

    pinhole: Pinhole
    rays: Rays
    hits: Hits
    depth_m: NDArray[np.float32]
    tag: NDArray[np.uint8]
    actor_id: NDArray[np.uint32]
    instance: NDArray[np.int32]


class Renderer:
    """Ray-traced cameras and LiDARs of one place.

    The same place, weather, scene and seed give the same bytes, whatever was rendered before and on any number of
    threads. Not to be used from two threads at once.
    """

    def __init__(self, place: PlaceGeometry, threads: int = 1, quality: Quality | None = None,
                 done: Callable[[str], None] = lambda stage: None, tracer: RayTracer | None = None) -> None:
        """done: hears the name of each stage of a camera's work when it ends. tracer: and its device, None for
        the processor's best, on this many threads."""
        caster = tracer or cpu_tracer(threads)
        self._device, self._done = caster.device, done
        warp_runtime.load_kernels((*_KERNELS, *caster.kernels), self._device.name)
        self._scene = Scene(caster, place.static, place.prototypes, place.scenery, place.bare, place.sways)
        self._caster = caster.caster(self._scene.tree)
        self._views: dict[tuple[Any, ...], _View] = {}
        self._spare_rays: list[Rays] = []
        self._darkroom = Darkroom(self._caster, self._device, quality or LADDER[STANDARD], done)
        self._street_lights = street_lights(place.street_lamps)
        self._known_weather: tuple[Weather, PhysicalWeather] | None = None
        self._lights: tuple[Light, ...] = ()
        self._actors: tuple[Instance, ...] = ()
        self._time_s, self._seed = 0.0, 0
        self.set_weather(Weather())

    @property
    def scene(self) -> Scene:
        """What rays can meet at this moment."""
        return self._scene

    def set_quality(self, quality: Quality) -> None:
        """How pictures are made from now on; nothing else hangs on it."""
        self._darkroom.quality = quality

    def add_mesh(self, key: str, mesh: Mesh) -> None:
        """Make a mesh known under a key; again with the same mesh does nothing, with another is a ``ValueError``."""
        self._scene.add_mesh(key, mesh)

    def has_mesh(self, key: str) -> bool:
        return self._scene.has_mesh(key)

    def set_weather(self, weather: Weather, physical: PhysicalWeather = NOTHING) -> None:
        """CARLA's parameters, and what they lack. The same weather again costs nothing.

        In winter (``leafless``) deciduous plants stand bare, and wind moves trees, for every sensor, from now on.
        """
        if (weather, physical) != self._known_weather:
            self._weather, self._light = weather, light_of(self._device, weather, physical)
            self._known_weather = weather, physical
            if self._scene.show_bare(leafless(physical)):
                self._forget_views()
            if self._scene.bend(lean(self._scene.feet, self._time_s, weather.wind_mps)):
                self._forget_views()

    def set_scene(self, instances: Sequence[Instance], lights: Sequence[Light], time_s: float, seed: int) -> None:
        """Say what stands where at this moment. ``seed`` (any integer) picks the noise of pictures.

        Raises ``KeyError`` for an instance of an unknown mesh; the scene then stays as it was.
        """
        self._scene.place_actors(instances, lean(self._scene.feet, time_s, self._weather.wind_mps))
        self._actors, self._lights = tuple(instances), tuple(lights)
        self._time_s, self._seed = time_s, seed % _SEEDS
        self._forget_views()

    def camera(self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float,
               rgb: bool, velocity_mps: NDArray[np.float64] | None = None, film: Film = USUAL) -> CameraBuffers:
        """See the scene from a camera: world_from_camera (4, 4), body axes x forward, y left, z up.

        velocity_mps: (3,) of the camera in the world; flakes smear by it. None: it stands. film: how the picture's
        light becomes bytes.
        """
        view = self._view(Pinhole(np.asarray(world_from_camera, dtype=np.float64), width, height, fov_rad))
        velocity = np.zeros(3) if velocity_mps is None else np.asarray(velocity_mps, dtype=np.float64)
        picture = self._picture(view, velocity, film) if rgb else None
        return CameraBuffers(rgb=picture, depth_m=view.depth_m, tag=view.tag, actor_id=view.actor_id,
                             instance=view.instance)

    def silhouettes(self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float,
                    window: Rect, carrier: int = 0) -> list[Silhouette]:
        """What of each actor and numbered level object a camera sees in a window of its picture, and what it would see
        if the object stood alone. carrier: the actor that carries the camera; it is left out.

        Raises ``ValueError`` for a window that is empty or not inside the picture.
        """
        if window.area == 0 or window != window.within(Rect(0, 0, width, height)):
            raise ValueError(f"the window {tuple(window)} is not inside a picture of {width} x {height} pixels")
        view = self._view(Pinhole(np.asarray(world_from_camera, dtype=np.float64), width, height, fov_rad))
        return silhouettes_of(self._scene, view.pinhole, view.hits, window, carrier, self._caster,
                              self._device)

    def normals(self, world_from_camera: NDArray[np.float64], width: int, height: int,
                fov_rad: float) -> NDArray[np.float32]:
        """(H, W, 3) unit vectors in world axes: which way each pixel's surface faces, smoothed over its triangles, on
        the side that the camera sees; zero for the sky. Weather and textures bend none."""
        view = self._view(Pinhole(np.asarray(world_from_camera, dtype=np.float64), width, height, fov_rad))
        normal = self._device.empty(width * height, wp.vec3)
        self._device.launch(normals.surface_normals, width * height, [
            self._scene.data, view.rays.direction, view.hits.ids, view.hits.uv, view.hits.normal, normal])
        return self._device.download(normal).reshape(height, width, 3)

    def flow(
        self, world_from_camera: NDArray[np.float64], width: int, height: int, fov_rad: float,
        earlier_world_from_camera: NDArray[np.float64], earlier_world_from_mesh: NDArray[np.float64],
    ) -> NDArray[np.float32]:
        """(H, W, 2) pixels, right and down: how far each pixel's point has come across the picture since an earlier
        moment, when the camera and each instance that was given to ``set_scene`` (N, 4, 4) stood there. Bodies are
        rigid: a leg goes with its animal. The place rests; of the sky one sees that the camera turns.

        Raises ``ValueError`` unless there is an earlier pose for each instance.
        """
        view = self._view(Pinhole(np.asarray(world_from_camera, dtype=np.float64), width, height, fov_rad))
        moving = np.array([one.world_from_mesh for one in self._actors], dtype=np.float64).reshape(-1, 4, 4)
        return motion_px(view.pinhole, view.hits, len(self._scene.instances) - len(moving), moving,
                         earlier_world_from_camera, earlier_world_from_mesh, self._device)

    def sweep(self, world_from_lidar: NDArray[np.float64], directions: NDArray[np.float32],
              range_m: float) -> SweepHits:
        """Cast LiDAR rays: directions (N, 3) in LiDAR axes, any length above 0; nothing beyond ``range_m`` is met."""
        if directions.ndim != 2 or directions.shape[1] != 3:
            raise ValueError(f"directions must have shape (N, 3), got {directions.shape}")
        count = len(directions)
        device = self._device
        found = [device.empty(count, kind) for kind in (float, float, wp.uint32, wp.uint8)]
        if count == 0:
            return SweepHits(*(device.download(array) for array in found))
        beams = device.upload(np.ascontiguousarray(directions, dtype=np.float32), wp.vec3)
        rays, hits = Rays.allocate(device, count, 1, picture=False, coherent=True), Hits.allocate(device, count)
        device.launch(scene_data.aim_sweep, count, [
            wp.mat44(np.asarray(world_from_lidar, dtype=np.float32)), float(range_m), beams, rays.origin,
            rays.direction, rays.extent])
        self._caster.intersect(rays, hits)
        device.launch(scene_data.label_returns, count, [
            self._scene.data, rays.direction, hits.distance, hits.ids, hits.normal, *found])
        return SweepHits(*(device.download(array) for array in found))

    def _view(self, pinhole_: Pinhole) -> _View:
        """Cast a camera's primary rays, or find them if this scene was seen from there already."""
        known = self._views.get(pinhole_.key())
        if known is not None:
            return known
        width, height = pinhole_.width, pinhole_.height
        rays, hits = self._room_for_rays(width, height), Hits.allocate(self._device, width * height)
        self._device.launch(pinhole.aim_pixels, width * height, [
            pinhole_data(pinhole_), rays.origin, rays.direction, rays.extent])
        self._caster.intersect(rays, hits)
        self._done("primary rays")
        labels = [self._device.empty(width * height, kind) for kind in (float, wp.uint8, wp.uint32)]
        self._device.launch(scene_data.label_pixels, width * height, [
            self._scene.data, hits.distance, hits.ids, *labels])
        depth_m, tag, actor_id = (self._device.download(array).reshape(height, width) for array in labels)
        instance = self._device.download(hits.ids)[:, 0].reshape(height, width)
        view = _View(pinhole_, rays, hits, depth_m, tag, actor_id, instance)
        for array in (depth_m, tag, actor_id, instance):
            array.flags.writeable = False     # the view is shared by all sensors that stand here
        self._views[pinhole_.key()] = view
        self._done("labels")
        return view

    def _forget_views(self) -> None:
        """What was seen is no longer so."""
        if self._views:
            self._spare_rays = [view.rays for view in self._views.values()]  # new room costs more than one thinks
            self._views.clear()

    def _room_for_rays(self, width: int, height: int) -> Rays:
        for number, rays in enumerate(self._spare_rays):
            if (rays.width, rays.height) == (width, height):
                return self._spare_rays.pop(number)
        return Rays.allocate(self._device, width, height, picture=True, coherent=True)

    def _picture(self, view: _View, velocity_mps: NDArray[np.float64], film: Film) -> NDArray[np.uint8]:
        if not self._darkroom.quality.lit:
            picture = plain_picture(self._device, view.pinhole, self._scene.data, view.rays, view.hits)
            self._done("materials")
            return picture
        self._light.conditions.time_s, self._light.data.seed = self._time_s, self._seed
        lights = (*self._lights, *(self._street_lights if self._weather.street_lamps_on else ()))
        return self._darkroom.develop(view.pinhole, self._scene.data, view.rays, view.hits, self._light, lights,
                                      self._actors, velocity_mps, film)
