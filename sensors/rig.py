"""Rigs: which sensors a car carries, read from YAML.

The rigs that come with the package lie in ``sensors/rigs``. A rig has any number of cameras and LiDARs at any pose. One
camera is KITTI's left colour camera, for which labels are made; one LiDAR is the main one, KITTI's Velodyne.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from sensors.errors import RigError
from sensors.mounts import CameraMount, ImuMount, LidarBlock, LidarMount, Picture
from sensors.placing import POSE_KEYS, read_pose
from sensors.rig_parts import LABEL_NUMBERS, check_apart, label_camera_of, read_cameras, read_lidars
from sensors.rigid import RigidTransform
from sensors.yaml12 import Section, did_you_mean, load_yaml

__all__ = [
    "CameraMount", "ImuMount", "LidarBlock", "LidarMount", "Picture", "Rig", "available_rigs", "load_rig",
    "parse_rig", "rig_file",
]

_RIGS = Path(__file__).parent / "rigs"
_LEVEL = 1e-9                   # how far from upright the axes of labels may be: not at all


@dataclass(frozen=True, eq=False)
class Rig:
    """All sensors of one ego.

    name:              "kitti", or the stem of the file it came from.
    cameras:           in the order of their numbers.
    reference_camera:  its optical axes are the axes of all labels (KITTI: "rectified camera 0"). It is upright, as
                       boxes are. A rig that names none has one at the label camera's place and heading, which has no
                       picture.
    label_camera:      the picture that labels are made for.
    lidars:            the main one first.
    """

    name: str
    cameras: tuple[CameraMount, ...]
    reference_camera: CameraMount
    label_camera: CameraMount
    lidars: tuple[LidarMount, ...]
    imu: ImuMount

    @property
    def lidar(self) -> LidarMount:
        """The main LiDAR, whose sweep is KITTI's."""
        return self.lidars[0]

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

    @property
    def labelled_cameras(self) -> tuple[CameraMount, ...]:
        """Those with labels of their own, the label camera first."""
        return (self.label_camera,
                *(camera for camera in self.cameras if camera.label and camera is not self.label_camera))

    def labelled_by(self, camera: CameraMount) -> Rig:
        """The same rig with labels for another camera's picture, in the same axes."""
        return replace(self, label_camera=camera)

    @cached_property
    def label_eye_m(self) -> NDArray[np.float64]:
        """(3,) in the axes of the labels: where their angles of observation (alpha) are seen from. That is KITTI's
        camera 0 for the cameras on its bench, and for all others the camera itself."""
        if self.label_camera.number <= max(LABEL_NUMBERS):
            return np.zeros(3)
        return self.reference_from_rig.apply(self.label_camera.rig_from_camera.translation_m)

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
    top = Section(value, where, "", ("label_camera", "cameras", "imu"),
                  optional=("reference_camera", "picture", "lidar", "lidars", "main_lidar"))
    name_of_label = label_camera_of(top)
    cameras = read_cameras(top, name_of_label)
    by_name = {camera.name: camera for camera in cameras}
    label_camera = by_name[name_of_label]
    if label_camera.number not in LABEL_NUMBERS:
        raise top.error("label_camera", f"{name_of_label} has the number {label_camera.number}: labels are made for "
                                        "KITTI's left colour camera, number 2")
    lidars = read_lidars(top)
    check_apart(top, cameras, lidars)
    return Rig(
        name=name,
        cameras=cameras,
        reference_camera=_reference(top, by_name, label_camera),
        label_camera=label_camera,
        lidars=lidars,
        imu=ImuMount(read_pose(top.section("imu", POSE_KEYS))),
    )


def _reference(top: Section, by_name: dict[str, CameraMount], label_camera: CameraMount) -> CameraMount:
    """The camera whose axes are those of the labels."""
    if not top.has("reference_camera"):
        heading_rad = label_camera.rig_from_camera.yaw_rad
        upright = RigidTransform.from_yaw(heading_rad, label_camera.rig_from_camera.translation_m)
        return CameraMount("rectified_camera_0", upright, label_camera.picture, record=False, number=0)
    camera = by_name[top.choice("reference_camera", by_name)]
    if abs(camera.rig_from_camera.rotation[2, 2] - 1.0) > _LEVEL:
        raise top.error("reference_camera", f"{camera.name} does not stand upright, as the boxes of labels do: leave "
                                            "this out, and the label camera's place and heading are taken")
    return camera
