"""Rigs: which sensors a car carries, read from YAML.

The rigs that come with the package lie in ``sensors/rigs``. All sensors look straight ahead, and all cameras
share one picture format: KITTI's rectified images demand both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from sensors.errors import RigError
from sensors.mounts import CameraMount, ImuMount, LidarBlock, LidarMount, Picture
from sensors.pinhole import Intrinsics
from sensors.rigid import RigidTransform
from sensors.yaml12 import Section, did_you_mean, load_yaml

__all__ = [
    "CameraMount", "ImuMount", "LidarBlock", "LidarMount", "Picture", "Rig", "available_rigs", "load_rig",
    "parse_rig", "rig_file",
]

_RIGS = Path(__file__).parent / "rigs"
_CAMERA_NAMES = ("camera_0", "camera_1", "camera_2", "camera_3")     # KITTI's calibration files hold four
_COLOUR_CAMERAS = ("camera_2", "camera_3")
_FAR_FROM_THE_CAR_M = 20.0      # a sensor mounted farther out is a mistake in units
_MOST_BEAMS = 255               # ring numbers are 8-bit


@dataclass(frozen=True, eq=False)
class Rig:
    """All sensors of one ego.

    name:              "kitti", or the stem of the file it came from.
    cameras:           the four cameras in the order of their numbers.
    reference_camera:  its optical axes are the axes of all labels (KITTI: "rectified camera 0").
    label_camera:      the picture that labels are made for.
    """

    name: str
    cameras: tuple[CameraMount, ...]
    reference_camera: CameraMount
    label_camera: CameraMount
    lidar: LidarMount
    imu: ImuMount

    def camera(self, name: str) -> CameraMount:
        """The camera of that name.

        Raises:
            KeyError: if there is none.
        """
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise KeyError(f"rig {self.name} has no camera {name!r}; it has {[c.name for c in self.cameras]}")

    @property
    def recorded_cameras(self) -> tuple[CameraMount, ...]:
        return tuple(camera for camera in self.cameras if camera.record)

    @cached_property
    def reference_from_rig(self) -> RigidTransform:
        """From rig axes to the axes of the labels."""
        return self.reference_camera.optical_from_rig

    @cached_property
    def reference_from_lidar(self) -> RigidTransform:
        return self.reference_from_rig @ self.lidar.rig_from_lidar


def available_rigs() -> tuple[str, ...]:
    """Names of the rigs that come with the package."""
    return tuple(sorted(path.stem for path in _RIGS.glob("*.yaml")))


def rig_file(name_or_path: str | Path) -> Path:
    """The file of a rig given by name or path.

    A ``Path``, and text that ends in ``.yaml`` or ``.yml`` or holds a slash, is taken as a path.

    Raises:
        RigError: if no rig of that name comes with the package; says which ones do.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith((".yaml", ".yml")) or "/" in text:
        return Path(text)
    names = available_rigs()
    if text not in names:
        raise RigError(f"no rig is called {text!r}{did_you_mean(text, names)}; there are {', '.join(names)}, "
                       "and any file that ends in .yaml")
    return _RIGS / f"{text}.yaml"


def load_rig(name_or_path: str | Path) -> Rig:
    """A rig by the name of one that comes with the package ("kitti"), or by the path of a YAML file.

    Raises:
        RigError: ``file: key: problem``, or which names there are.
    """
    path = rig_file(name_or_path)
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RigError(f"{path}: is not UTF-8 text: {error}") from error
    return parse_rig(source, path.stem, str(path))


def parse_rig(source: str, name: str, where: str) -> Rig:
    """A rig from YAML text.

    Args:
        name: the rig's name.
        where: the file's name, with which every error message starts.

    Raises:
        RigError: ``where: key: problem``.
    """
    try:
        value = load_yaml(source)
    except yaml.YAMLError as error:
        raise RigError(f"{where}: is not YAML: {' '.join(str(error).split())}") from error
    keys = ("reference_camera", "label_camera", "picture", "cameras", "lidar", "imu")
    top = Section(value, where, "", keys)
    cameras = _cameras(top, _picture(top))
    by_name = {camera.name: camera for camera in cameras}
    label_camera = by_name[top.choice("label_camera", _COLOUR_CAMERAS)]
    if not label_camera.record:
        raise top.error("label_camera", f"{label_camera.name} is not recorded: there is no picture to label")
    return Rig(
        name=name,
        cameras=cameras,
        reference_camera=by_name[top.choice("reference_camera", by_name)],
        label_camera=label_camera,
        lidar=_lidar(top),
        imu=ImuMount(_position(top.section("imu", ("position_m",)))),
    )


def _picture(top: Section) -> Picture:
    section = top.section("picture", (
        "render_width_px", "render_height_px", "focal_px", "crop_left_px", "crop_top_px", "width_px",
        "height_px",
    ))
    width, height = section.integer("render_width_px", 1), section.integer("render_height_px", 1)
    focal = section.number("focal_px", above=0.0)
    rendered = Intrinsics(focal, (width - 1) / 2, (height - 1) / 2, width, height)
    left, top_row = section.integer("crop_left_px", 0), section.integer("crop_top_px", 0)
    kept_width, kept_height = section.integer("width_px", 1), section.integer("height_px", 1)
    try:
        return Picture.from_crop(rendered, left, top_row, kept_width, kept_height)
    except ValueError as error:
        raise section.error("", str(error)) from error


def _cameras(top: Section, picture: Picture) -> tuple[CameraMount, ...]:
    section = top.section("cameras", _CAMERA_NAMES)
    mounts = []
    for name in _CAMERA_NAMES:
        entry = section.section(name, ("position_m", "record"))
        mount = CameraMount(name, _position(entry), picture, entry.boolean("record"))
        if mount.record and name not in _COLOUR_CAMERAS:
            raise entry.error("record", f"only {' and '.join(_COLOUR_CAMERAS)} can be recorded")
        mounts.append(mount)
    return tuple(mounts)


def _lidar(top: Section) -> LidarMount:
    section = top.section("lidar", ("position_m", "rate_hz", "points_per_ring", "range_m", "blocks"))
    blocks: list[LidarBlock] = []
    for entry in section.sections("blocks", ("channels", "upper_deg", "lower_deg")):
        block = LidarBlock(entry.integer("channels", 1), entry.number("upper_deg"), entry.number("lower_deg"))
        upper, lower = block.upper_deg, block.lower_deg
        if not -90 < lower <= upper < 90:
            raise entry.error("lower_deg", f"expected −90 < lower ≤ upper < 90, got {lower:g} and {upper:g}")
        if (block.channels == 1) != (lower == upper):
            raise entry.error("channels", f"{block.channels} channels do not fit {upper:g}…{lower:g}°: "
                                          "one channel has one angle, more have different ones")
        if blocks and upper >= blocks[-1].lower_deg:
            end = blocks[-1].lower_deg
            raise entry.error("upper_deg", f"{upper:g} is not below {end:g}, the end of the block before; "
                                           "blocks go from the top down")
        blocks.append(block)
    mount = LidarMount(
        rig_from_lidar=_position(section),
        rate_hz=section.number("rate_hz", above=0.0),
        points_per_ring=section.integer("points_per_ring", 1),
        range_m=section.number("range_m", above=0.0),
        blocks=tuple(blocks),
    )
    if mount.channels > _MOST_BEAMS:
        raise section.error("blocks", f"{mount.channels} beams in all, at most {_MOST_BEAMS} are possible")
    return mount


def _position(section: Section) -> RigidTransform:
    """``position_m: [x, y, z]`` as the pose of a sensor that looks straight ahead."""
    position = section.numbers("position_m", 3)
    if max(abs(value) for value in position) > _FAR_FROM_THE_CAR_M:
        raise section.error("position_m", f"{position} is more than {_FAR_FROM_THE_CAR_M:g} m from the car; "
                                          "positions are in metres")
    return RigidTransform.from_yaw(0.0, position)
