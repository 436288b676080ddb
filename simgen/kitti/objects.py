"""The side file ``objects/ID.json``: what a frame's label rows cannot say in KITTI's fifteen columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from simgen.errors import DatasetError, unreadable
from simgen.frame import Label
from simgen.kitti.ego import EgoState

_KEYS = {"class_name": "class"}     # fields whose key in the file is a word of Python


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """More about one label row: the fields of ``simgen.frame.Label`` without a KITTI column, rounded.

    class_name:           ``class`` in the file: its type by the class map; of a DontCare the type that it would have.
    track:                its number in the episode, from 0: the index of its role in ``FrameObjects.instances``.
    actor_id:             the same from 1, as ``velodyne_label`` and ``instances`` number actors; the episode's own, as
                          those of a simulator differ from run to run.
    lidar_points:         returns of the actor, from its surface.
    lidar_points_stored:  points of the stored sweep that have its instance number.
    lidar_points_clean:   returns of it without noise and weather; None if the stored sweep is a clean one.
    """

    role: str
    kind: str
    type: str
    class_name: str
    blueprint: str
    species: str | None
    age: str | None
    pose: str | None
    track: int
    actor_id: int = field(init=False)
    distance_m: float
    velocity_mps: tuple[float, float, float]
    visible_fraction: float | None
    visible_px: int
    visible_bbox_px: tuple[int, int, int, int] | None
    visibility: str
    silhouette_px: int | None
    outside_fraction: float | None
    amodal_bbox_px: tuple[float, float, float, float] | None
    lidar_points: int
    lidar_points_stored: int
    lidar_points_in_box: int
    dont_care_reason: str | None
    struck: bool = False
    lidar_points_clean: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "actor_id", self.track + 1)

    @classmethod
    def from_label(cls, label: Label, track: int, lidar_points_stored: int) -> ObjectRow:
        vx, vy, vz = (round(v, 4) + 0.0 for v in label.velocity_mps)
        return cls(
            role=label.role, kind=label.kind, type=label.type, class_name=label.class_name or label.type,
            blueprint=label.blueprint, species=label.species, age=label.age, pose=label.pose,
            track=track,
            distance_m=round(label.distance_m, 3), velocity_mps=(vx, vy, vz),
            visible_fraction=None if label.visible_fraction is None else round(label.visible_fraction, 4),
            visible_px=label.visible_px, visible_bbox_px=label.visible_bbox_px,
            visibility=label.visibility, silhouette_px=label.silhouette_px,
            outside_fraction=None if label.outside_fraction is None else round(label.outside_fraction, 4),
            amodal_bbox_px=None if label.amodal_bbox_px is None else _box(label.amodal_bbox_px),
            lidar_points=label.lidar_points, lidar_points_stored=lidar_points_stored,
            lidar_points_in_box=label.lidar_points_in_box,
            dont_care_reason=label.dont_care_reason, struck=label.struck,
            lidar_points_clean=label.lidar_points_clean,
        )


@dataclass(frozen=True, slots=True)
class FrameObjects:
    """The side file of one frame.

    frame:      the frame's id.
    episode:    name of the episode it belongs to; index: its 0-based number there.
    time_s:     simulated seconds since the episode's first frame.
    ego:        where the ego was; None in datasets of format version 1.
    rows:       one for each row of the label file, in the same order.
    instances:  roles of all actors of the episode but the ego, sorted, then those of the level's vehicles around; the
                same in all frames. The instance number of a point is the index here plus 1.
    """

    frame: str
    episode: str
    index: int
    time_s: float
    ego: EgoState | None
    rows: tuple[ObjectRow, ...]
    instances: tuple[str, ...]

    def to_text(self) -> str:
        """Deterministic JSON, one line for each row so that it can be read and compared."""
        head = asdict(self)
        rows = [{_KEYS.get(name, name): told for name, told in row.items()} for row in head.pop("rows")]
        lines = [f" {json.dumps(key)}: {_json(value)}" for key, value in head.items()]
        entries = ",\n  ".join(_json(row) for row in rows)
        lines.append(f' "rows": [\n  {entries}\n ]' if rows else ' "rows": []')
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_text(cls, text: str) -> FrameObjects:
        """The inverse of ``to_text``.

        Raises:
            DatasetError: if the text is no such file.
        """
        try:
            value = json.loads(text)
            instances, ego = tuple(value["instances"]), value.get("ego")
            return cls(
                frame=value["frame"], episode=value["episode"], index=value["index"], time_s=value["time_s"],
                ego=None if ego is None else EgoState.from_json(ego),
                rows=tuple(_row(row, instances) for row in value["rows"]), instances=instances,
            )
        except (ValueError, TypeError, KeyError) as error:
            raise DatasetError(f"not an objects file: {unreadable(error)}") from error


def _row(value: dict[str, Any], instances: Sequence[str]) -> ObjectRow:
    row = {**_absent(value, instances), **value}
    row["class_name"] = value.get("class", value["type"])
    row["struck"] = value.get("struck", False)      # younger than the others
    row["lidar_points_clean"] = value.get("lidar_points_clean")
    for name in ("velocity_mps", "visible_bbox_px", "amodal_bbox_px"):
        row[name] = None if row[name] is None else tuple(row[name])
    return ObjectRow(**{field.name: row[field.name] for field in fields(ObjectRow) if field.init})


def _absent(value: dict[str, Any], instances: Sequence[str]) -> dict[str, Any]:
    """What a row of format version 1 does not say, as far as it can be told."""
    if "track" in value:
        return {}
    return {
        "age": None, "pose": None, "track": instances.index(value["role"]), "visibility": "expected shape",
        "silhouette_px": None, "outside_fraction": None, "amodal_bbox_px": None,
        "lidar_points_stored": value["lidar_points"],
    }


def _box(edges: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(edge, 2) + 0.0 for edge in edges)
    return left, top, right, bottom


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
