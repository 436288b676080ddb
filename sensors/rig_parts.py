"""The cameras and LiDARs of a rig file: what may be written of them, and what it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from sensors.devices import CameraDevice, LidarDevice, load_camera, load_lidar
from sensors.errors import DeviceError, RigError
from sensors.mounts import CameraMount, LidarBlock, LidarMount, Picture
from sensors.pinhole import Intrinsics
from sensors.placing import OPTIONAL_POSE_KEYS, POSE_KEYS, read_pose
from sensors.yaml12 import Section, did_you_mean

Device = TypeVar("Device", CameraDevice, LidarDevice)

LABEL_NUMBERS = (2, 3)          # KITTI's colour cameras; 0 and 1 are grey
ONLY_LIDAR = "velodyne"         # what a rig's LiDAR is called where it has one only

_FURTHER = 4                    # numbers of further cameras start here, as in Waymo's data made into KITTI's
_MOST_CAMERAS = 99
_MOST_BEAMS = 255               # ring numbers are 8-bit
_KITTI_NAME = re.compile(r"camera_(0|[1-9][0-9]?)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
# velodyne_label is a folder, Tr_imu_to_velo a line, of KITTI's own.
_TAKEN = ("label", "cause", "clean", "imu", "reduced")

_MOST_PX = 16384                # a side of what graphics cards render
_RENDERED_KEYS = ("render_width_px", "render_height_px", "focal_px", "crop_left_px", "crop_top_px", "width_px",
                  "height_px")
_CAMERA_KEYS = (*OPTIONAL_POSE_KEYS, "picture", "number", "label", "device")
_LIDAR_KEYS = ("rate_hz", "points_per_ring", "range_m", "blocks")


def read_picture(above: Section) -> Picture:
    """``picture``: the kept part of it by its principal point, or by what is rendered and where it is cut."""
    section = above.section("picture", ("focal_px", "width_px", "height_px"),
                            ("principal_px", *(key for key in _RENDERED_KEYS if key.startswith(("render", "crop")))))
    width, height = section.integer("width_px", 1, _MOST_PX), section.integer("height_px", 1, _MOST_PX)
    focal = section.number("focal_px", above=0.0)
    cut = [key for key in _RENDERED_KEYS if key.startswith(("render", "crop"))]
    given = [key for key in cut if section.has(key)]
    try:
        if not given:
            cx, cy = section.numbers("principal_px", 2) if section.has("principal_px") else (
                (width - 1) / 2, (height - 1) / 2)
            return Picture.from_principal(width, height, focal, cx, cy)
        if section.has("principal_px"):
            raise section.error("principal_px", f"follows from {given[0]}: leave one of them out")
        for key in cut:
            if key not in given:
                raise section.error(key, "is missing")
        rendered_px = tuple(section.integer(key, 1, _MOST_PX) for key in _RENDERED_KEYS[:2])
        rendered = Intrinsics(focal, (rendered_px[0] - 1) / 2, (rendered_px[1] - 1) / 2, *rendered_px)
        left, top = section.integer("crop_left_px", 0), section.integer("crop_top_px", 0)
        return Picture.from_crop(rendered, left, top, width, height)
    except RigError:
        raise
    except ValueError as error:
        raise section.error("", str(error)) from error


def read_cameras(top: Section, label_camera: str) -> tuple[CameraMount, ...]:
    """``cameras``, by their numbers. label_camera: the name of the one that is KITTI's left colour camera."""
    shared = read_picture(top) if top.has("picture") else None
    entries = top.named("cameras", (*POSE_KEYS, "record"),
                        _CAMERA_KEYS)
    for name, entry in entries.items():
        _check_name(entry, name)
    numbers = _numbers(entries, label_camera)
    mounts = []
    for name, entry in entries.items():
        if shared is None and not entry.has("picture"):
            raise entry.error("picture", "is missing, and there is none for all cameras")
        is_label = name == label_camera
        mount = CameraMount(
            name, read_pose(entry, is_camera=True),
            read_picture(entry) if entry.has("picture") or shared is None else shared,
            entry.boolean("record"), numbers[name],
            label=entry.boolean("label") if entry.has("label") else is_label,
            device=_device(entry, load_camera) if entry.has("device") else None,
        )
        if mount.record and mount.number < min(LABEL_NUMBERS):
            raise entry.error("record", "only camera_2 and camera_3 can be recorded, and cameras with higher numbers: "
                                        "KITTI's 0 and 1 are grey")
        if is_label and not mount.record:
            raise top.error("label_camera", f"{name} is not recorded: there is no picture to label")
        if mount.label and not mount.record:
            raise entry.error("label", "is true, but the camera is not recorded: there is no picture to label")
        if is_label and not mount.label:
            raise entry.error("label", f"is false, but {name} is the label_camera")
        mounts.append(mount)
    _check_bench(entries, mounts, label_camera)
    return tuple(sorted(mounts, key=lambda mount: mount.number))


def _numbers(entries: Mapping[str, Section], label_camera: str) -> dict[str, int]:
    """KITTI's number of each camera: as it says, as its name says, 2 of the label camera, else from 4 on."""
    numbers: dict[str, int] = {}
    for name, entry in entries.items():
        named = _KITTI_NAME.fullmatch(name)
        if entry.has("number"):
            numbers[name] = entry.integer("number", 0)
            if numbers[name] > _MOST_CAMERAS:
                raise entry.error("number", f"expected at most {_MOST_CAMERAS}, got {numbers[name]}")
        elif named is not None:
            numbers[name] = int(named[1])
        elif name == label_camera:
            numbers[name] = LABEL_NUMBERS[0]
    for name in entries:
        if name not in numbers:
            numbers[name] = next(n for n in range(_FURTHER, 2 * _MOST_CAMERAS) if n not in numbers.values())
    owner: dict[int, str] = {}
    for name, number in numbers.items():
        if number in owner:
            key = "number" if entries[name].has("number") else ""
            raise entries[name].error(key, f"{owner[number]} has the number {number} as well; each camera has its own")
        owner[number] = name
    return numbers


def _check_bench(entries: Mapping[str, Section], mounts: list[CameraMount], label_camera: str) -> None:
    """KITTI's cameras 0 to 3 stand on one bench: their rectified pictures have one camera matrix and look one way."""
    label = next(mount for mount in mounts if mount.name == label_camera)
    for mount in mounts:
        if mount.number > max(LABEL_NUMBERS):
            continue
        if mount.picture != label.picture:
            raise entries[mount.name].error("picture", f"differs from {label_camera}'s: KITTI's cameras 0 to 3 have "
                                                       "one camera matrix; give this one a number from 4 on")
        if np.abs(mount.rig_from_camera.rotation - label.rig_from_camera.rotation).max() > 1e-9:
            raise entries[mount.name].error("rotation", f"differs from {label_camera}'s: KITTI's cameras 0 to 3 look "
                                                        "the same way; give this one a number from 4 on")


def read_lidars(top: Section) -> tuple[LidarMount, ...]:
    """``lidar``, or those of ``lidars``; the main one comes first."""
    if top.has("lidar") == top.has("lidars"):
        problem = "and lidars exclude each other" if top.has("lidar") else "is missing, and there are no lidars"
        raise top.error("lidar", problem)
    optional = (*OPTIONAL_POSE_KEYS, *_LIDAR_KEYS, "device")
    if top.has("lidar"):
        if top.has("main_lidar"):
            raise top.error("main_lidar", "there is one LiDAR only: leave this out")
        return (_lidar(top.section("lidar", POSE_KEYS, optional), ONLY_LIDAR),)
    entries = top.named("lidars", POSE_KEYS, optional)
    for name, entry in entries.items():
        _check_name(entry, name)
        if name in _TAKEN or name.endswith(("_label", "_cause", "_clean")):
            raise entry.error("", "cannot be called so: KITTI has files of that name")
    main = next(iter(entries)) if len(entries) == 1 and not top.has("main_lidar") else None
    if main is None:
        if not top.has("main_lidar"):
            raise top.error("main_lidar", f"is missing: which of {', '.join(entries)} is the one in velodyne/?")
        main = top.choice("main_lidar", entries)
    return tuple(_lidar(entries[name], name) for name in sorted(entries, key=lambda name: name != main))


def _lidar(section: Section, name: str) -> LidarMount:
    device = _device(section, load_lidar) if section.has("device") else None
    if device is not None and not section.has("blocks"):
        return _lidar_of_device(section, name, device)
    for key in _LIDAR_KEYS:
        if not section.has(key):
            raise section.error(key, f"is missing{', and there is no device' if device is None else ''}")
    mount = LidarMount(
        rig_from_lidar=read_pose(section),
        rate_hz=section.number("rate_hz", above=0.0),
        points_per_ring=section.integer("points_per_ring", 1),
        range_m=section.number("range_m", above=0.0),
        blocks=tuple(_blocks(section)),
        name=name,
        device=device,
    )
    if mount.channels > _MOST_BEAMS:
        raise section.error("blocks", f"{mount.channels} beams in all, at most {_MOST_BEAMS} are possible")
    if device is not None and device.channels != mount.channels:
        raise section.error("blocks", f"{mount.channels} beams in all, but {device.title} has {device.channels}")
    return mount


def _lidar_of_device(section: Section, name: str, device: LidarDevice) -> LidarMount:
    for key in ("points_per_ring", "range_m"):
        if section.has(key):
            raise section.error(key, "is said by the device already: leave one of them out")
    rate_hz = section.number("rate_hz", above=0.0) if section.has("rate_hz") else device.rate_hz
    if rate_hz not in device.rates_hz:
        raise section.error("rate_hz", f"{device.title} turns at {', '.join(f'{rate:g}' for rate in device.rates_hz)} "
                                       f"Hz, not at {rate_hz:g}")
    begin, end = device.azimuths_deg
    # Firings keep their pace, so that a slower turn has more of them.
    per_turn = device.firings * 360.0 / (end - begin) * device.rate_hz / rate_hz
    return LidarMount(read_pose(section), rate_hz, round(per_turn), device.range_m, (), name, device)


def _device(section: Section, load: Callable[[str], Device]) -> Device:
    """A device of the catalogue by its name; errors say where it was asked for."""
    try:
        return load(section.text("device"))
    except DeviceError as error:
        raise section.error("device", str(error)) from error


def _blocks(section: Section) -> Iterator[LidarBlock]:
    before: LidarBlock | None = None
    for entry in section.sections("blocks", ("channels", "upper_deg", "lower_deg")):
        block = LidarBlock(entry.integer("channels", 1), entry.number("upper_deg"), entry.number("lower_deg"))
        upper, lower = block.upper_deg, block.lower_deg
        if not -90 < lower <= upper < 90:
            raise entry.error("lower_deg", f"expected −90 < lower ≤ upper < 90, got {lower:g} and {upper:g}")
        if (block.channels == 1) != (lower == upper):
            raise entry.error("channels", f"{block.channels} channels do not fit {upper:g}…{lower:g}°: "
                                          "one channel has one angle, more have different ones")
        if before is not None and upper >= before.lower_deg:
            raise entry.error("upper_deg", f"{upper:g} is not below {before.lower_deg:g}, the end of the block before; "
                                           "blocks go from the top down")
        yield block
        before = block


def _check_name(entry: Section, name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise entry.error("", "a sensor's name begins with a letter and has letters, digits and single _ only")


def check_apart(top: Section, cameras: tuple[CameraMount, ...], lidars: tuple[LidarMount, ...]) -> None:
    """No camera and LiDAR share a name."""
    names = {camera.name for camera in cameras}
    for lidar in lidars:
        if lidar.name in names:
            raise top.error(f"lidars.{lidar.name}", "a camera has this name as well; each sensor has its own")


def label_camera_of(top: Section) -> str:
    """The name of the label camera: there, a camera of the file, and KITTI's number 2 or, by its name, 3."""
    name = top.text("label_camera")
    entries = top.named("cameras", (*POSE_KEYS, "record"),
                        _CAMERA_KEYS)
    if name not in entries:
        raise top.error("label_camera", f"there is no camera {name!r}{did_you_mean(name, entries)}; there are "
                                        f"{', '.join(entries)}")
    return name
