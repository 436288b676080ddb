"""Pictures: the weather that the simulator did not draw, and the camera that the rig has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sensors.axes import CAMERA_FROM_BODY
from sensors.camera.chain import STEPS, photograph
from sensors.camera.exposure import settled, white_cdpm2
from sensors.camera.linear import code_of, light_of
from sensors.camera.scene import CameraScene
from sensors.camera.weather import weathered
from sensors.conditions import CLEAR_AIR_PER_M, LN_20, Conditions
from sensors.devices import load_camera
from sensors.devices.camera import CameraDevice
from sensors.mounts import CameraMount
from simgen.errors import SimulatorError
from simgen.frame import CameraView, Frame
from simgen.sense.flow import image_flow
from simgen.sense.motion import sensor_twist

# What a camera is that the rig says nothing of: that of KITTI's car.
USUAL_DEVICE = "flea2_14s3c"
_OF_THE_CAMERA = tuple(step for step in STEPS if step != "weather")


def device_of(mount: CameraMount) -> CameraDevice:
    return mount.device or load_camera(USUAL_DEVICE)


def with_missing_weather(view: CameraView, frame: Frame, mount: CameraMount, seed: int) -> CameraView:
    """The picture with what of the frame's weather it does not show yet: lying and falling snow, ice, thicker fog.

    Raises SimulatorError if the simulator gave no depth and no classes beside the picture.
    """
    if frame.drawn is None:
        return view
    scene, device = scene_of(view, frame, mount), device_of(mount)
    world_from_camera = frame.world_from_rig @ mount.rig_from_camera
    x_m, y_m = world_from_camera.translation_m[:2].tolist()
    light = light_of(view.rgb)
    for part, effects in missing(frame.conditions, frame.drawn):
        light = weathered(
            light, scene, part, seed=seed, exposure_s=settled(white_cdpm2(frame.conditions), device).time_s,
            aperture_m=device.focal_mm / device.f_number / 1000.0, focus_m=device.focus_m,
            heading_rad=world_from_camera.yaw_rad, position_m=(x_m, y_m), time_s=frame.time_s, effects=effects)
    return replace(view, rgb=code_of(light))


def missing(now: Conditions, drawn: Conditions) -> list[tuple[Conditions, tuple[str, ...]]]:
    """What pictures lack that show ``drawn``, in the order in which it is drawn onto them: weather and its effects."""
    lies = replace(now, wetness=0.0, water_film_mm=0.0, visibility_m=None, rain_mmph=0.0, dust_visibility_m=None)
    parts = [(lies, ("snow_cover",))]
    if now.ice > drawn.ice:             # a mirror on the road, as a film of water is
        parts.insert(0, (Conditions(wetness=now.ice, sun_altitude_deg=now.sun_altitude_deg), ("wet_ground",)))
    thicker = now.extinction().total - drawn.extinction().total
    if thicker > 0.0:
        air = replace(now, rain_mmph=0.0, snowfall_mmph=0.0, visibility_m=LN_20 / (CLEAR_AIR_PER_M + thicker),
                      dust_visibility_m=None)
        parts.append((air, ("fog",)))
    falls = replace(lies, visibility_m=now.visibility_m if now.particle_share() < 1.0 else None)
    return [*parts, (falls, ("snowfall",))]


def photographed(view: CameraView, frame: Frame, mount: CameraMount, seed: int) -> CameraView:
    """The picture as the rig's camera records it, rectified, so that calibration and labels hold as they are.

    Raises SimulatorError if the simulator gave no depth and no classes beside the picture, RequestError if it does not
    say how the ego turns.
    """
    scene = scene_of(view, frame, mount)
    camera_from_world = CAMERA_FROM_BODY @ (frame.world_from_rig @ mount.rig_from_camera).inverse()
    scene = replace(scene, flow_px_per_s=image_flow(scene, frame, camera_from_world))
    taken = photograph(scene, device_of(mount), frame.conditions, seed, steps=_OF_THE_CAMERA, rectify=True,
                       serial=mount.number)
    return replace(view, rgb=taken.image)


def scene_of(view: CameraView, frame: Frame, mount: CameraMount) -> CameraScene:
    """What the physics of cameras needs to know of a picture."""
    if view.depth_m is None or view.tag is None:
        raise SimulatorError(f"{mount.name}: the simulator gave no depth and no classes beside the picture")
    place = mount.rig_from_camera
    twist = sensor_twist(frame, place)
    up = (frame.world_from_rig @ place).inverse().rotate(np.array([0.0, 0.0, 1.0]))
    return CameraScene(
        view.rgb, view.depth_m, mount.intrinsics, view.tag, CAMERA_FROM_BODY.rotate(up),
        CAMERA_FROM_BODY.rotate(twist.velocity_mps), CAMERA_FROM_BODY.rotate(twist.turn_radps))

