"""COCO's detection format: one JSON file of pictures, objects and classes for each split.

    annotations/instances_train.json  instances_val.json        and instances_test.json, if there are test episodes
    images/train/000000.png           images/val/000012.png     the left colour pictures

COCO boxes are of what can be *seen*, so ``bbox`` is tight round the object's visible pixels, and an object that shows
none is left out. KITTI's view of the object is there in further keys, which COCO's readers pass over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.errors import DatasetError
from simgen.export.dataset import Dataset, Episode, LabelledObject, Moment, StoredFrame
from simgen.export.drives import FIRST_DAY
from simgen.export.folder import ExportFolder, ExportReport
from simgen.export.masks import Seen, find_masks, rectangle_run_lengths, run_lengths
from simgen.export.raw import picture_size
from simgen.kitti.labels import DONT_CARE

# Ids of the types that simgen has of itself; others are counted on in the order in which the plan brings them up, so a
# dataset that grows keeps the ids it had.
_IDS = {"Car": 1, "Van": 2, "Truck": 3, "Pedestrian": 4, "Person_sitting": 5, "Cyclist": 6, "Tram": 7, "Misc": 8,
        "Animal": 9}
_SUPERCATEGORY = {"vehicle": "vehicle", "walker": "person", "animal": "animal", "prop": "thing"}     # by kind of actor
_OF_TYPE = {"Car": "vehicle", "Van": "vehicle", "Truck": "vehicle", "Tram": "vehicle", "Cyclist": "vehicle",
            "Pedestrian": "person", "Person_sitting": "person", "Misc": "thing", "Animal": "animal"}
_IDS_A_PICTURE = 100_000        # annotation ids of picture n start behind n times this


def write_coco(dataset: Dataset, out: Path) -> ExportReport:
    """Fill ``out`` with COCO's layout.

    Raises:
        DatasetError: naming the file that is missing or wrong.
    """
    folder = ExportFolder(out)
    moments = {frame.identity: frame.moment() for frame in dataset.frames}
    categories = categories_of(moments[frame.identity] for frame in dataset.frames)
    masks = dataset.lacking("instance") is None
    if not masks:
        folder.note("segmentation is empty: the dataset has no instance pictures; record with 'output: {layouts: "
                    "[object, instance]}' for masks")
    for split in ("train", "val", "test"):
        episodes = [episode for episode in dataset.episodes if episode.split == split]
        if episodes or split != "test":
            _write_split(folder, split, episodes, moments, categories, masks)
    return folder.report(len(dataset.episodes), len(dataset.frames))


def categories_of(moments: Iterator[Moment]) -> list[dict[str, Any]]:
    """COCO's categories: the types that occur, each with its id."""
    kinds: dict[str, str] = {}
    for moment in moments:
        for thing in moment.objects:
            if thing.label.type != DONT_CARE:
                kinds.setdefault(thing.label.type, thing.side.kind)
    ids = dict(_IDS)
    for name in kinds:
        ids.setdefault(name, len(ids) + 1)
    return [{"id": ids[name], "name": name,
             "supercategory": _OF_TYPE.get(name) or _SUPERCATEGORY.get(kinds[name], kinds[name])}
            for name in sorted(kinds, key=ids.__getitem__)]


def _write_split(folder: ExportFolder, split: str, episodes: list[Episode], moments: Mapping[str, Moment],
                 categories: list[dict[str, Any]], masks: bool) -> None:
    images, annotations = [], []
    for episode in episodes:
        for frame in episode.frames:
            moment = moments[frame.identity]
            folder.link(f"images/{split}/{frame.identity}.png", frame.path("image_2"))
            width, height = picture_size(frame)
            images.append({
                "id": int(frame.identity), "file_name": f"{frame.identity}.png", "width": width, "height": height,
                "episode": episode.name, "index": moment.index, "time_s": moment.time_s,
            })
            instance = _instance_picture(frame, (height, width)) if masks else None
            annotations += annotations_of(moment, (width, height), categories, instance)
    tables = {
        "info": {"description": f"simulated driving data by simgen, {split}", "version": "1.0", "contributor": "simgen",
                 "url": "", "year": FIRST_DAY.year, "date_created": FIRST_DAY.isoformat()},
        "licenses": [], "categories": categories, "images": images, "annotations": annotations,
    }
    folder.write(f"annotations/instances_{split}.json", _text(tables))


def annotations_of(
    moment: Moment, size_px: tuple[int, int], categories: list[dict[str, Any]], instance: NDArray[np.uint16] | None
) -> list[dict[str, Any]]:
    """COCO's annotations of a frame: its visible objects, then its DontCare regions.

    A DontCare region says "objects of some class are here that nobody labelled". COCO ignores detections in a crowd of
    *their* class, so the region is a crowd of every class.

    Args:
        size_px: width and height of the picture.
        instance: (H, W) instance picture, for masks; None if there is none.
    """
    id_of = {category["name"]: category["id"] for category in categories}
    visible = [thing for thing in moment.objects
               if thing.label.type != DONT_CARE and thing.side.visible_bbox_px is not None]
    masks = _masks(visible, instance)
    found = [_visible_object(thing, id_of[thing.label.type], mask)
             for thing, mask in zip(visible, masks, strict=True)]
    for thing in moment.objects:
        if thing.label.type == DONT_CARE:
            region = _region(thing, size_px)
            found += [{**region, "category_id": category} for category in id_of.values()] if region else []
    image = int(moment.identity)
    return [{"id": image * _IDS_A_PICTURE + number, "image_id": image, **entry}
            for number, entry in enumerate(found, start=1)]      # from 1: pycocotools takes 0 for "no match"


def _masks(things: list[LabelledObject], instance: NDArray[np.uint16] | None) -> list[Any]:
    """Run lengths of each, or [] where there are none."""
    if instance is None:
        return [[] for _ in things]
    seen = [Seen(thing.side.visible_px, thing.side.visible_bbox_px)
            for thing in things if thing.side.visible_bbox_px is not None]
    size = list(instance.shape)
    return [{"size": size, "counts": run_lengths(np.isin(instance, values))} if values else []
            for values in find_masks(instance, seen)]


def _visible_object(thing: LabelledObject, category: int, mask: Any) -> dict[str, Any]:
    label, side = thing.label, thing.side
    assert side.visible_bbox_px is not None
    left, top, right, bottom = side.visible_bbox_px
    whole = side.amodal_bbox_px if side.amodal_bbox_px is not None else label.bbox_px
    return {
        "category_id": category,
        # Pixel 7 covers 7…8 in COCO, and lies at 7 in KITTI: the last pixel adds one to the size.
        "bbox": [left, top, right - left + 1, bottom - top + 1],
        "area": side.visible_px,
        "segmentation": mask,
        "iscrowd": 0,
        # KITTI's edges are pixel centres, which COCO counts half a pixel further.
        "amodal_bbox": [round(value, 4) for value in
                        (whole[0] + 0.5, whole[1] + 0.5, whole[2] - whole[0], whole[3] - whole[1])],
        "truncated": label.truncation, "occluded": label.occlusion, "visible_fraction": side.visible_fraction,
        "track_id": thing.track, "distance_m": side.distance_m, "lidar_points": side.lidar_points,
        "role": side.role, "blueprint": side.blueprint, "species": side.species,
        "box_3d": {
            "bottom_centre_m": list(label.bottom_centre_m), "size_hwl_m": list(label.size_hwl_m),
            "rotation_y_rad": label.yaw_rad, "alpha_rad": label.alpha_rad,
        },
    }


def _region(thing: LabelledObject, size_px: tuple[int, int]) -> dict[str, Any]:
    """A DontCare rectangle in whole pixels, as a crowd; COCO gives crowds by run lengths. Empty if it has no pixel."""
    picture_width, picture_height = size_px
    left, top, right, bottom = thing.label.bbox_px
    x, y = max(0, math.floor(left + 0.5)), max(0, math.floor(top + 0.5))
    width = min(picture_width, math.ceil(right + 0.5)) - x
    height = min(picture_height, math.ceil(bottom + 0.5)) - y
    if width <= 0 or height <= 0:
        return {}
    runs = rectangle_run_lengths(x, y, width, height, picture_height, picture_width)
    return {"bbox": [x, y, width, height], "area": width * height,
            "segmentation": {"size": [picture_height, picture_width], "counts": runs}, "iscrowd": 1,
            "dont_care": thing.side.dont_care_reason}


def _instance_picture(frame: StoredFrame, shape: tuple[int, int]) -> NDArray[np.uint16]:
    picture = frame.picture("instance")
    if picture.dtype != np.uint16 or picture.shape != shape:
        raise DatasetError(f"{frame.path('instance')}: an instance picture has 16 bits and the size of the colour "
                           f"picture, this one is {picture.dtype} {picture.shape}")
    return picture.astype(np.uint16)


def _text(tables: Mapping[str, Any]) -> str:
    """Deterministic JSON, a picture or an object a line."""
    parts = []
    for name, value in tables.items():
        if isinstance(value, list) and value:
            rows = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in value)
            parts.append(f'"{name}": [\n{rows}\n]')
        else:
            parts.append(f'"{name}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"
