"""The side file ``objects/ID.json``: what a frame's label rows cannot say in KITTI's fifteen columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from simgen.errors import DatasetError
from simgen.frame import Label


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """More about one label row: the fields of ``simgen.frame.Label`` without a KITTI column, rounded."""

    role: str
    kind: str
    type: str
    blueprint: str
    species: str | None
    age: str | None
    pose: str | None
    distance_m: float
    velocity_mps: tuple[float, float, float]
    visible_fraction: float | None
    visible_px: int
    visible_bbox_px: tuple[int, int, int, int] | None
    lidar_points: int
    lidar_points_in_box: int
    dont_care_reason: str | None

    @classmethod
    def from_label(cls, label: Label) -> ObjectRow:
        vx, vy, vz = (round(v, 4) + 0.0 for v in label.velocity_mps)
        return cls(
            role=label.role, kind=label.kind, type=label.type, blueprint=label.blueprint,
            species=label.species, age=label.age, pose=label.pose,
            distance_m=round(label.distance_m, 3), velocity_mps=(vx, vy, vz),
            visible_fraction=None if label.visible_fraction is None else round(label.visible_fraction, 4),
            visible_px=label.visible_px, visible_bbox_px=label.visible_bbox_px,
            lidar_points=label.lidar_points, lidar_points_in_box=label.lidar_points_in_box,
            dont_care_reason=label.dont_care_reason,
        )


@dataclass(frozen=True, slots=True)
class FrameObjects:
    """The side file of one frame.

    frame:      the frame's id.
    episode:    name of the episode it belongs to; index: its 0-based number there.
    time_s:     simulated seconds since the episode's first frame.
    rows:       one for each row of the label file, in the same order.
    instances:  roles of all actors of the episode; the instance number of a point is the index here plus 1.
    """

    frame: str
    episode: str
    index: int
    time_s: float
    rows: tuple[ObjectRow, ...]
    instances: tuple[str, ...]

    def to_text(self) -> str:
        """Deterministic JSON, one line for each row so that it can be read and compared."""
        head = asdict(self)
        rows = head.pop("rows")
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
            return cls(
                frame=value["frame"], episode=value["episode"], index=value["index"], time_s=value["time_s"],
                rows=tuple(_row(row) for row in value["rows"]), instances=tuple(value["instances"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise DatasetError(f"not an objects file: {error!r}") from error


def object_rows(labels: Sequence[Label]) -> tuple[ObjectRow, ...]:
    return tuple(ObjectRow.from_label(label) for label in labels)


def _row(value: dict[str, Any]) -> ObjectRow:
    older: dict[str, Any] = {"age": None, "pose": None}     # the first datasets lack these
    row = {field.name: (older | value)[field.name] for field in fields(ObjectRow)}
    for name in ("velocity_mps", "visible_bbox_px"):
        row[name] = None if row[name] is None else tuple(row[name])
    return ObjectRow(**row)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
