"""How TrackEval's ``Kitti2DBox`` loads the ground truth of the tracking benchmark, and what it then counts.

Kept on purpose: sequences and their lengths from the seqmap, files whose delimiter is guessed from their first line,
and its list of types, where one that is not in it makes the whole file unreadable. What other programs (AB3DMOT and its
kin) take from the same rows in addition is their 3D box.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
TYPES = {"car": 1, "van": 2, "truck": 3, "pedestrian": 4, "person": 5, "cyclist": 6, "tram": 7, "misc": 8,
         "dontcare": 9}
DISTRACTORS = {"car": "van", "pedestrian": "person"}
MOST_OCCLUSION, MOST_TRUNCATION = 2, 0


class Unreadable(Exception):
    """What TrackEval ends with; it names the file and the row."""


@dataclass(frozen=True)
class Step:
    """One frame's objects. ids, types, truncation, occlusion: (N,) int. boxes: (N, 4) left, top, right, bottom.

    boxes_3d: (N, 7) h w l, bottom centre x y z, rotation_y. ignored: (M, 4) regions that nobody labelled.
    """

    ids: NDArray[np.int_]
    types: NDArray[np.int_]
    truncation: NDArray[np.int_]
    occlusion: NDArray[np.int_]
    boxes: Array
    boxes_3d: Array
    ignored: Array

    def counted(self, evaluated: str) -> NDArray[np.bool_]:
        """(N,) that a tracker has to find when ``car`` or ``pedestrian`` is evaluated."""
        plain = (self.occlusion <= MOST_OCCLUSION) & (self.truncation <= MOST_TRUNCATION)
        return np.asarray((self.types == TYPES[evaluated]) & plain)

    def excused(self, evaluated: str) -> NDArray[np.bool_]:
        """(N,) that a tracker may find or not."""
        alike = (self.types == TYPES[evaluated]) | (self.types == TYPES[DISTRACTORS[evaluated]])
        return np.asarray(alike & ~self.counted(evaluated))


def read_seqmap(folder: Path, split: str = "training") -> dict[str, int]:
    """Names of sequences and their numbers of frames, of ``evaluate_tracking.seqmap.SPLIT`` in the folder."""
    text = (folder / f"evaluate_tracking.seqmap.{split}").read_text()
    rows = csv.reader(text.splitlines(), csv.Sniffer().sniff(text[:1024]))
    return {row[0]: int(row[3]) for row in rows if len(row) >= 4}


def read_sequence(folder: Path, name: str, length: int) -> list[Step]:
    """Every frame of ``label_02/NAME.txt``.

    Raises:
        Unreadable: at a row of another form, a type or a frame that it does not know, or a track twice in a frame.
    """
    file = folder / "label_02" / f"{name}.txt"
    text = file.read_text()
    kept: list[list[list[float]]] = [[] for _ in range(length)]
    ignored: list[list[list[float]]] = [[] for _ in range(length)]
    for row in _rows(text):
        try:
            frame, kind = int(float(row[0])), TYPES[row[2].lower()]
            numbers = [float(row[0]), float(row[1]), float(kind), *map(float, row[3:17])]
            if kind != TYPES["dontcare"] and int(float(row[1])) < 0:
                continue
            (ignored if kind == TYPES["dontcare"] else kept)[frame].append(numbers)
        except (KeyError, ValueError, IndexError) as error:
            raise Unreadable(f"{file}: cannot read {' '.join(row)}") from error
    return [_step(file, frame, rows, regions) for frame, (rows, regions) in enumerate(zip(kept, ignored, strict=True))]


def _rows(text: str) -> list[list[str]]:
    if not text:
        return []
    dialect = csv.Sniffer().sniff(text.splitlines()[0])
    dialect.skipinitialspace = True
    return [row[:-1] if not row[-1] else row for row in csv.reader(text.splitlines(), dialect)]


def _step(file: Path, frame: int, rows: list[list[float]], regions: list[list[float]]) -> Step:
    table, nobody = (np.array(found, dtype=float).reshape(-1, 17) for found in (rows, regions))
    ids, types, truncation, occlusion = table[:, 1:5].astype(int).T
    if len(set(ids.tolist())) != len(ids):
        raise Unreadable(f"{file}: frame {frame} has a track twice")
    return Step(ids, types, truncation, occlusion, table[:, 6:10], table[:, 10:17], nobody[:, 6:10])
