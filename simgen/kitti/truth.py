"""Pictures of what is true of each pixel: how far it is, what it shows, and whose it is.

KITTI's own forms: depth of the 2017 depth benchmark, semantics and instances of the 2015 benchmark, which count
Cityscapes' label ids.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.rig import CameraMount
from simgen.errors import DatasetError
from simgen.frame import CameraView
from simgen.kitti.layout import PICTURE_FILES

EGO_VEHICLE = 1                 # Cityscapes' label id of what belongs to the car that carries the camera
MOST_INSTANCES = 255            # of one class in one picture
_DEPTH_STEPS = 256.0            # a metre
_DEPTH_END_M = 256.0            # from there on 16 bits do not reach

# CARLA's tag (0.9.14 and later) → Cityscapes' label id. What has none, such as water, is 0, "unlabeled".
_LABEL_OF_TAG = {
    1: 7, 2: 8, 3: 11, 4: 12, 5: 13, 6: 17, 7: 19, 8: 20, 9: 21, 10: 22, 11: 23, 12: 24, 13: 25, 14: 26, 15: 27, 16: 28,
    17: 31, 18: 32, 19: 33, 20: 4, 21: 5, 24: 7, 25: 6, 26: 15, 27: 10, 28: 14, 29: 22,
}
_VEHICLE_TAGS = (14, 15, 16, 18, 19)
_EGO_MARGIN_M = 0.15            # a mirror may stand out of the body's box by more, but no camera looks at it
_LABELS = np.zeros(256, np.uint8)
_LABELS[list(_LABEL_OF_TAG)] = list(_LABEL_OF_TAG.values())


def depth_picture(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    """(H, W): 256 steps a metre along the optical axis; 0 for sky and from 256 m on."""
    steps = np.round(depth_m.astype(np.float64) * _DEPTH_STEPS)
    near = (depth_m < _DEPTH_END_M) & (steps < _DEPTH_END_M * _DEPTH_STEPS)
    return np.asarray(np.where(near, steps, 0), dtype=np.uint16)


def semantic_picture(tag: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W): Cityscapes' label id of each of CARLA's tags."""
    return np.asarray(_LABELS[tag])


def instance_picture(semantic: NDArray[np.uint8], owner: NDArray[np.integer]) -> NDArray[np.uint16]:
    """(H, W): label id · 256 + number; numbers count from 1 for each class, in the order of the owners.

    Args:
        semantic: (H, W) label ids.
        owner: (H, W) index of the object whose pixel it is, −1 elsewhere.

    Raises:
        DatasetError: if one class has more instances than the format can number.
    """
    owned = owner >= 0
    classes, owners = semantic[owned].astype(np.intp), owner[owned].astype(np.intp)
    seen = np.zeros((256, 1 + int(owners.max(initial=0))), np.bool_)        # by class and owner
    seen[classes, owners] = True
    number = np.cumsum(seen, axis=1)
    most = number[:, -1]
    if most.max() > MOST_INSTANCES:
        raise DatasetError(f"{most.max()} instances of label id {most.argmax()} are in one picture; an instance "
                           f"picture can number {MOST_INSTANCES}")
    picture: NDArray[np.uint16] = semantic.astype(np.uint16) * np.uint16(256)
    picture[owned] += number[classes, owners].astype(np.uint16)
    return picture


def owners_by_id(view: CameraView, number_of_id: Mapping[int, int]) -> NDArray[np.intp]:
    """(H, W) owners as the ids of the instance picture say, which are the lowest 16 bits of the simulator's.

    number_of_id: simulator id → index of the owner plus 1.
    """
    lookup = np.zeros(1 << 16, np.intp)
    for number, owner in number_of_id.items():
        lookup[number & 0xFFFF] = owner
    if view.instance_id is None:
        raise ValueError("the view has no instance picture")
    return np.asarray(lookup[view.instance_id] - 1)


def ego_pixels(view: CameraView, mount: CameraMount, ego_box: Box3) -> NDArray[np.bool_]:
    """(H, W) pixels of the ego's own body: vehicles' surfaces that lie in its box, which is in rig axes."""
    if view.depth_m is None or view.tag is None:
        raise ValueError("the view has no depths or no tags")
    reach_m = float(np.linalg.norm(ego_box.size_lwh_m))
    found = np.isin(view.tag, _VEHICLE_TAGS) & (view.depth_m < reach_m)
    rows, columns = np.nonzero(found)
    camera, z = mount.intrinsics, view.depth_m[rows, columns].astype(np.float64)
    optical = np.stack([(columns - camera.cx) / camera.f * z, (rows - camera.cy) / camera.f * z, z], axis=1)
    found[rows, columns] = ego_box.contains(mount.optical_from_rig.inverse().apply(optical), _EGO_MARGIN_M)
    return found


def truth_pictures(
    wanted: tuple[str, ...], view: CameraView, owner: NDArray[np.integer] | None = None,
    ego: NDArray[np.bool_] | None = None,
) -> dict[str, NDArray[np.uint8] | NDArray[np.uint16]]:
    """The wanted pictures (folder names of ``PICTURE_FILES``) of the label camera's view.

    Args:
        owner: (H, W) as for ``instance_picture``, which needs it; the others do not.
        ego: (H, W) pixels of the ego's own body; they become ``EGO_VEHICLE``.

    Raises:
        ValueError: if one is wanted that does not exist, or that the view has no data for.
    """
    if not {*wanted} <= {*PICTURE_FILES}:
        raise ValueError(f"there are the pictures {[*PICTURE_FILES]}, not all of {[*wanted]}")
    if wanted and (view.depth_m is None or view.tag is None):
        raise ValueError("the view has no depths or no tags")
    pictures: dict[str, NDArray[np.uint8] | NDArray[np.uint16]] = {}
    if "depth_2" in wanted and view.depth_m is not None:
        pictures["depth_2"] = depth_picture(view.depth_m)
    if view.tag is not None and {"semantic", "instance"} & {*wanted}:
        semantic = semantic_picture(view.tag)
        if ego is not None:
            semantic[ego] = EGO_VEHICLE
        if "semantic" in wanted:
            pictures["semantic"] = semantic
        if "instance" in wanted:
            if owner is None:
                raise ValueError("an instance picture needs the pixels' owners")
            pictures["instance"] = instance_picture(semantic, owner if ego is None else np.where(ego, -1, owner))
    return pictures
