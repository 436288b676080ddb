"""The one call: from a rendered picture to what a camera would have written to its file.

    light ─► weather ─► shutter and lens ─► photons, electrons, counts ─► colours ─► file

Every step can be left out, and without any of them the picture is the rendered one, byte for byte.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensors.camera import rolling_shutter
from sensors.camera.bayer import balance, colours_of, developed, lamp_kelvin
from sensors.camera.bending import Lens
from sensors.camera.distortion import LensMap, lens_map, recording_map, straight_of_bent
from sensors.camera.exposure import Exposure, settled, white_cdpm2
from sensors.camera.jpeg import through_jpeg
from sensors.camera.linear import code_of, light_of
from sensors.camera.looking import EVERY_COLOUR, seen
from sensors.camera.motion import image_motion, passed_over
from sensors.camera.photons import Pattern, converter, pattern, read_out
from sensors.camera.point_spread import softened
from sensors.camera.scene import CameraScene
from sensors.camera.vignetting import vignetting
from sensors.camera.weather import EFFECTS, Glass, weathered
from sensors.chance import generator
from sensors.conditions import Conditions
from sensors.devices.camera import CameraDevice, expect_camera
from sensors.pinhole import Intrinsics

STEPS = ("weather", "point_spread", "motion_blur", "rolling_shutter", "distortion", "vignetting", "exposure", "noise",
         "mosaic", "jpeg")
_KEPT = threading.local()
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class Photograph:
    """What a camera recorded.

    image:       (H, W, 3) uint8, sRGB, red first.
    exposure:    of it; hand it to ``exposure.followed`` for the next picture of a sequence.
    onto_sensor: where pixels of the rendered picture fall on the sensor.
    rectified:   whether the bending of the lens was taken out of the picture again.
    row_s:       between the moments of two rows of the sensor.
    """

    image: NDArray[np.uint8]
    exposure: Exposure
    onto_sensor: LensMap
    rectified: bool
    row_s: float

    @property
    def lens_map(self) -> LensMap:
        """From the rendered picture's pixels to this one's, for labels and masks. Its ``bent`` is the calibration of
        this picture; nothing bends in a rectified one."""
        straight = self.onto_sensor.straight
        return LensMap(straight, straight, Lens()) if self.rectified else self.onto_sensor

    def points(self, points_px: NDArray[np.float64], velocity_px_per_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (…, 2) of the rendered picture that move are in this one: shutter, then lens."""
        moved = rolling_shutter.rolled_points(points_px, velocity_px_per_s, self.onto_sensor, self.row_s)
        return self.lens_map.distort_points(moved)


def photograph(scene: CameraScene, device: CameraDevice, conditions: Conditions, seed: int, *,
               steps: Collection[str] = STEPS, exposure: Exposure | None = None, rectify: bool = False,
               serial: int = 0, effects: Collection[str] = EFFECTS, heading_rad: float = 0.0,
               position_m: tuple[float, float] = (0.0, 0.0), time_s: float = 0.0, glass: Glass | None = None,
               ) -> Photograph:
    """What this camera records of a scene.

    Args:
        scene:    the rendered picture and what is known of it.
        device:   its data sheet; the picture's own size and focal length count, not the sheet's.
        seed:     of all chance in this picture.
        steps:    which of ``STEPS`` to take; their order is fixed.
        exposure: None: what the camera's auto exposure comes to under these conditions (``exposure.settled``).
        rectify:  record with the lens, then take its bending out again, as KITTI does: the picture keeps the rendered
                  one's calibration, and has a recorded one's softness in the corners.
        serial:   which camera of its type; each has a fixed pattern of its own.
        effects, heading_rad, position_m, time_s, glass: of the weather, see ``weather.weathered``.

    Raises:
        ValueError: a step is unknown, the scene's arrays differ in size, or the lens folds the picture.
        TypeError: the device is not one, but its name.
    """
    expect_camera(device)
    unknown = sorted(set(steps) - set(STEPS))
    if unknown:
        raise ValueError(f"steps: there is no {unknown[0]!r}; known are {', '.join(STEPS)}")
    size = scene.intrinsics
    if scene.rgb.shape != (size.height, size.width, 3) or scene.depth_m.shape != (size.height, size.width):
        raise ValueError(f"the picture is {scene.rgb.shape} and its depth {scene.depth_m.shape}, "
                         f"expected {size.height} rows and {size.width} columns as in its intrinsics")
    taken = exposure or settled(white_cdpm2(conditions), device)
    if "exposure" not in steps:
        taken = replace(taken, coded_e=taken.white_e)
    way = _way(size, _lens(device) if "distortion" in steps else Lens(), rectify)
    row_s = device.row_s if "rolling_shutter" in steps else 0.0
    canvas, space = _canvases(scene.rgb.shape)
    light = light_of(scene.rgb, canvas)
    if "weather" in steps:
        light = weathered(light, scene, conditions, seed=seed, exposure_s=taken.time_s, focus_m=device.focus_m,
                          aperture_m=device.focal_mm / device.f_number / 1000.0, heading_rad=heading_rad,
                          position_m=position_m, time_s=time_s, glass=glass, veiling_glare=device.veiling_glare,
                          effects=effects, space=space)
    spare = space if light is canvas else canvas
    if "noise" in steps or "mosaic" in steps:
        image = _recorded(light, scene, device, conditions, seed, steps, taken, way, row_s, serial, spare)
    else:
        image = _seen_only(light, scene, device, steps, taken, way, row_s, spare)
    if rectify:
        image = np.asarray(way.unwarp(image), np.uint8)
    if "jpeg" in steps:
        image = through_jpeg(image, device.jpeg_quality)
    return Photograph(image, taken, way, rectify, row_s)


def _looked(light: NDArray[np.float32], scene: CameraScene, steps: Collection[str], taken: Exposure, way: LensMap,
            row_s: float, mosaic: NDArray[np.int64], spare: NDArray[np.float32]) -> NDArray[np.float32]:
    blur_s = taken.time_s if "motion_blur" in steps else 0.0
    flow = image_motion(scene) if blur_s > 0.0 or row_s > 0.0 else None
    if flow is not None:
        flow = passed_over(flow, scene.depth_m, blur_s, None if flow is scene.flow_px_per_s else flow)
    grid = None if way.is_identity else straight_of_bent(way)
    if "point_spread" in steps:
        light, spare = softened(light, out=spare), light
    return seen(light, (way.bent.height, way.bent.width), grid, flow, blur_s, row_s, mosaic, spare)


def _recorded(light: NDArray[np.float32], scene: CameraScene, device: CameraDevice, conditions: Conditions, seed: int,
              steps: Collection[str], taken: Exposure, way: LensMap, row_s: float, serial: int,
              spare: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Through the sensor, with the noise of counting."""
    bayer, mosaic, gains = "", EVERY_COLOUR, np.ones(3)
    if "mosaic" in steps:
        bayer = device.bayer
        mosaic = colours_of(bayer, 1)[..., 0]
        if bayer:
            gains = balance(lamp_kelvin(conditions))
        else:
            light = np.repeat((light @ _LUMINANCE)[..., None], 3, axis=2)
    falling = _looked(light, scene, steps, taken, way, row_s, mosaic, spare)
    noisy = "noise" in steps
    fixed = _pattern(device, way, serial, noisy, "vignetting" in steps)
    filters = (1.0 / gains).astype(np.float32)[colours_of(bayer, falling.shape[2])]
    counts = read_out(falling, taken, device, fixed, generator(seed, "photons") if noisy else None, filters)
    a_d = converter(device, taken.gain)
    return developed(counts, bayer, gains, a_d.black, a_d.black + a_d.dn_per_e * taken.coded_e)


def _seen_only(light: NDArray[np.float32], scene: CameraScene, device: CameraDevice, steps: Collection[str],
               taken: Exposure, way: LensMap, row_s: float, spare: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Through the lens, without a sensor's noise."""
    falling = _looked(light, scene, steps, taken, way, row_s, EVERY_COLOUR, spare)
    if "vignetting" in steps:
        falling *= _vignetting(way, device.falloff)[..., None]
    if taken.brightness != 1.0:
        falling *= np.float32(taken.brightness)
    return code_of(falling)


def _canvases(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two pictures of light to work on. Each thread keeps its own for the next photograph: to get as much memory anew
    from the system takes longer than most effects."""
    kept: tuple[NDArray[np.float32], NDArray[np.float32]] | None = getattr(_KEPT, "canvases", None)
    if kept is None or kept[0].shape != shape:
        kept = np.empty(shape, np.float32), np.empty(shape, np.float32)
        _KEPT.canvases = kept
    return kept


def _lens(device: CameraDevice) -> Lens:
    return Lens(device.distortion, device.coefficients)


@lru_cache(maxsize=16)
def _way(size: Intrinsics, lens: Lens, rectify: bool) -> LensMap:
    return recording_map(size, lens) if rectify and not lens.is_straight else lens_map(size, lens)


@lru_cache(maxsize=16)
def _vignetting(way: LensMap, falloff: float) -> NDArray[np.float32]:
    return vignetting(way, falloff)


@lru_cache(maxsize=16)
def _pattern(device: CameraDevice, way: LensMap, serial: int, noisy: bool, dims: bool) -> Pattern:
    """Kept for the next picture: it is the same for a camera's life."""
    shape = (way.bent.height, way.bent.width)
    reaching = _vignetting(way, device.falloff) if dims else None
    if noisy:
        return pattern(device, shape, serial, reaching)
    return Pattern(np.ones(shape, np.float32) if reaching is None else reaching, np.zeros(shape, np.float32))
