"""A recorded dataset as exporters see it: episodes in plan order, their frames, and what is stored of each.

Opening reads ``dataset.json`` and the episodes' records, which name every file; a frame's files are read when asked
for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.errors import DatasetError, RequestError, unreadable
from simgen.export.classes import TypeMap
from simgen.kitti.calib import Calibration
from simgen.kitti.ego import EgoState
from simgen.kitti.images import parse_truth_png
from simgen.kitti.labels import DONT_CARE, KittiObject, parse_labels
from simgen.kitti.layout import CAUSES, IMAGE_SETS, REQUEST
from simgen.kitti.manifest import DatasetRequest, read_request
from simgen.kitti.maps import location_of
from simgen.kitti.objects import FrameObjects, ObjectRow
from simgen.kitti.points import parse_point_causes, parse_point_labels, parse_points
from simgen.kitti.records import EpisodeRecord, read_records
from simgen.kitti.splits import TEST, TRAIN, VAL

T = TypeVar("T")

NO_TRACK = -1       # of DontCare rows
MADE_FROM = "export.json"       # in an export: what it was made from, written last


@dataclass(frozen=True, slots=True)
class LabelledObject:
    """A label row with what the side file says of it.

    label:  the row of ``label_2``.
    side:   the row of ``objects``.
    track:  the same number in all frames of an episode, from 0; ``NO_TRACK`` for a DontCare.
    """

    label: KittiObject
    side: ObjectRow
    track: int


@dataclass(frozen=True, slots=True)
class Moment:
    """The text files of a frame, parsed.

    index:      0-based number among the episode's frames.
    time_s:     simulated seconds since the episode's first frame.
    objects:    in the order of the label file, DontCare rows last.
    instances:  roles of the episode's actors; the instance number of a LiDAR point is the index here plus 1.
    ego:        where the car was and how it moved; None where the dataset is too old to say.
    """

    identity: str
    index: int
    time_s: float
    objects: tuple[LabelledObject, ...]
    instances: tuple[str, ...]
    calibration: Calibration
    ego: EgoState | None

    @property
    def rectified_from_lidar(self) -> RigidTransform:
        return self.calibration.rectified_from_lidar()


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """One frame on disk.

    files:    folder name ("image_2", "velodyne", "depth_2") → path relative to ``root``.
    classes:  what becomes of stored types; None: they stay.
    """

    root: Path
    identity: str
    files: Mapping[str, str]
    classes: TypeMap | None = None

    def has(self, folder: str) -> bool:
        return folder in self.files

    def path(self, folder: str) -> Path:
        """Where the frame's file of this kind is.

        Raises:
            DatasetError: if none is recorded.
        """
        if folder not in self.files:
            raise DatasetError(f"{self.root}: frame {self.identity} has no {folder}")
        return self.root / self.files[folder]

    def moment(self) -> Moment:
        """Labels with the types of the export, side file and calibration.

        Raises:
            DatasetError: naming the file that is missing or wrong.
        """
        labels = self._parsed("label_2", lambda content: parse_labels(content.decode()))
        side = self.side_file()
        if [row.type for row in labels] != [row.type for row in side.rows]:
            raise DatasetError(f"{self.path('objects')}: its rows differ from those of {self.path('label_2')}")
        pairs = [pair if self.classes is None else self.classes.apply(*pair)
                 for pair in zip(labels, side.rows, strict=True)]
        objects = tuple(sorted(
            (LabelledObject(label, row, NO_TRACK if row.type == DONT_CARE else row.track)
             for label, row in filter(None, pairs)),
            key=lambda one: one.label.type == DONT_CARE))       # last, as readers count the others and slice
        calibration = self._parsed("calib", lambda content: Calibration.from_text(content.decode()))
        return Moment(self.identity, side.index, side.time_s, objects, side.instances, calibration, side.ego)

    def side_file(self) -> FrameObjects:
        """The side file with the types that were recorded."""
        return self._parsed("objects", lambda content: FrameObjects.from_text(content.decode()))

    def point_labels(self) -> NDArray[np.uint32]:
        """(N,) uint32: CARLA's tag in the low 16 bits, instance number in the high ones."""
        return self._parsed("velodyne_label", parse_point_labels)

    def point_causes(self) -> NDArray[np.void] | None:
        """(N,) ``CAUSE_ROW``, what each point comes from; None of a clean sweep."""
        return self._parsed(CAUSES, parse_point_causes) if self.has(CAUSES) else None

    def points(self) -> NDArray[np.float32]:
        """(N, 4) x, y, z in LiDAR axes and reflectance."""
        return self._parsed("velodyne", parse_points)

    def picture(self, folder: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """(H, W) a picture of the truth: "depth", "semantic" or "instance"."""
        return self._parsed(folder, parse_truth_png)

    def content(self, folder: str, size: int = -1) -> bytes:
        """The frame's file of this kind, or its first ``size`` bytes.

        Raises:
            DatasetError: if it cannot be read.
        """
        path = self.path(folder)
        try:
            with path.open("rb") as stream:
                return stream.read(size)
        except OSError as error:
            raise DatasetError(f"{path}: is recorded, but cannot be read: {error.strerror or error}") from error

    def text(self, folder: str) -> str:
        """The same of a text file."""
        return self._parsed(folder, bytes.decode)

    def _parsed(self, folder: str, parse: Callable[[bytes], T]) -> T:
        content = self.content(folder)
        try:
            return parse(content)
        except UnicodeDecodeError as error:
            raise DatasetError(f"{self.path(folder)}: {unreadable(error)}") from error
        except DatasetError as error:
            raise DatasetError(f"{self.path(folder)}: {error}") from error


@dataclass(frozen=True, slots=True)
class Episode:
    """One recorded episode.

    number:  0-based place among all planned episodes: an episode that failed leaves a gap, and moves no other.
    split:   "train", "val" or "test".
    frames:  in order; at least one.
    """

    name: str
    number: int
    split: str
    record: EpisodeRecord
    frames: tuple[StoredFrame, ...]

    def moments(self) -> list[Moment]:
        """Of its frames.

        Raises:
            DatasetError: naming the file that is missing or wrong, or from which on time does not pass.
        """
        found = [frame.moment() for frame in self.frames]
        for frame, (before, after) in zip(self.frames[1:], pairwise(found), strict=True):
            if not after.time_s > before.time_s:
                raise DatasetError(f"{frame.path('objects')}: its time_s, {after.time_s}, is not after that of the "
                                   f"frame before, {before.time_s}")
        return found

    @property
    def location(self) -> str:
        """What its map is called."""
        return location_of(self.record.plan.get("road", {}), self.record.simulator.map)


@dataclass(frozen=True)
class Dataset:
    """A folder that ``simgen run`` recorded.

    Use ``Dataset.open``. recorded: how many planned episodes have a record. classes: what becomes of stored types in
    the export; None: they stay.
    """

    root: Path
    request: DatasetRequest
    episodes: tuple[Episode, ...]
    recorded: int
    classes: TypeMap | None = None

    @classmethod
    def open(cls, root: Path, classes: TypeMap | None = None) -> Dataset:
        """Read what the folder holds.

        Raises:
            RequestError: if it is no dataset of simgen, or nothing is recorded in it yet.
            DatasetError: naming the file that is wrong.
        """
        request = read_request(root) if root.is_dir() else None
        if request is None:
            raise RequestError(f"{root}: {_what_it_is(root)}; name the folder that 'simgen run --out' wrote")
        records = read_records(root)
        validating = _validating(root)
        episodes = tuple(
            _episode(root, number, records[entry.name], validating, classes)
            for number, entry in enumerate(request.episodes) if entry.name in records and records[entry.name].frames
        )
        if not episodes:
            raise RequestError(f"{root}: no episode is recorded yet; run the 'simgen run' command that made it again")
        return cls(root, request, episodes, sum(entry.name in records for entry in request.episodes), classes)

    @cached_property
    def frames(self) -> tuple[StoredFrame, ...]:
        """All frames, episode by episode."""
        return tuple(frame for episode in self.episodes for frame in episode.frames)

    @property
    def stored_types(self) -> frozenset[str]:
        """Types of the label rows, as they were recorded."""
        return frozenset(name for episode in self.episodes for name in episode.record.labels)

    def lacking(self, folder: str) -> StoredFrame | None:
        """The first frame without a file of this kind, or None if all have one."""
        return next((frame for frame in self.frames if not frame.has(folder)), None)


def require_files(dataset: Dataset, folders: Iterable[str]) -> None:
    """Look whether every recorded file of these kinds is there and has content. What is in them is another matter.

    Raises:
        DatasetError: naming the first that is not, or that has none where there was some.
    """
    wanted = {*folders}
    for episode in dataset.episodes:
        for path, entry in episode.record.files.items():
            if path.split("/")[-2] not in wanted:
                continue
            file = dataset.root / path
            if not file.is_file() or (entry.bytes and not file.stat().st_size):
                problem = "empty" if file.is_file() else "not there"
                raise DatasetError(f"{file}: is recorded, but {problem}; the 'simgen run' command that made the "
                                   "dataset records its episode again")


def _what_it_is(root: Path) -> str:
    """What is wrong with a folder that holds no ``dataset.json``, as the middle of a sentence."""
    if not root.exists():
        return "there is no such folder"
    if not root.is_dir():
        return "this is a file"
    if (root.parent / REQUEST).is_file():
        return f"is one folder of the dataset {root.parent}"
    if any((root / folder).is_dir() for folder in ("training/label_2", "training/label_02", "label_2", "sequences")):
        return ("is a KITTI dataset that simgen did not record, so the poses, times and tracks are missing that other "
                "layouts need")
    if (root / MADE_FROM).exists():
        return "is an export, and only the dataset itself can be exported"
    return "holds no dataset of simgen (there is no dataset.json)"


def _episode(
    root: Path, number: int, record: EpisodeRecord, validating: set[str], classes: TypeMap | None
) -> Episode:
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for path in record.files:
        parts = path.split("/")
        if len(parts) == 3:                             # training/image_2/000007.png
            files[parts[2].partition(".")[0]][parts[1]] = path
    frames = tuple(StoredFrame(root, identity, files[identity], classes) for identity in record.frames)
    if frames[0].files.get("image_2", "").startswith("testing/"):
        split = TEST
    else:
        split = VAL if any(identity in validating for identity in record.frames) else TRAIN
    return Episode(record.episode, number, split, record, frames)


def _validating(root: Path) -> set[str]:
    """Ids of the frames that validate: whole episodes do."""
    path = root / IMAGE_SETS / "val.txt"
    try:
        return set(path.read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return set()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
