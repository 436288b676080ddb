"""One frame's files, read when a rule first asks for them, and let go with the frame.

Reading never raises on bad content. What cannot be understood becomes None, and the rules about that file say
why; rules about meaning pass over what is None.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simgen.verify.cause_file import IN_THE_AIR, read_causes
from simgen.verify.geometry import Array, Box, Floats, Rectangle, clipped, projected_rectangle
from simgen.verify.layout import Ref
from simgen.verify.pictures import Header, decode, is_flat, look_of, read_ends, read_header
from simgen.verify.rays import PointIndex
from simgen.verify.texts import Calib, Row, numbers, parse_calib, parse_objects, parse_row

Known = TypeVar("Known")

VIEW_SLACK = 0.2
"""What a skewed camera matrix, which calib.projection names, may add to the tangent of half the field of view."""
BOX_MARGIN_M = 0.10
"""Returns may lie this far outside: faces are surfaces, and range noise (σ 0.02 m) goes both ways."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """Where a frame's labelled objects are, by who they are.

    episode: whose track names these are: an episode's, or a tracking sequence's.
    boxes:   by role or track id, in the frame's own rectified camera 0.
    """

    episode: str
    time_s: float
    boxes: Mapping[str, Box]


@dataclass(frozen=True, slots=True, eq=False)
class InPicture:
    """(M,) pixel rows and columns, (M, 3) places in camera 2's axes, and (M,) numbers in the sweep of points."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    points: Floats
    numbers: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class FrameFiles:
    """What the files of one frame hold.

    ours:          the dataset has simgen's records; foreign datasets are annotated by hand and judged mildly.
    """

    root: Path
    ref: Ref
    ours: bool
    _bytes: dict[str, bytes] = field(default_factory=dict, repr=False)
    _digests: dict[str, str] = field(default_factory=dict, repr=False)
    _known: dict[Callable[[FrameFiles], Any], Any] = field(default_factory=dict, repr=False)

    @property
    def id(self) -> str:
        return self.ref.id

    @property
    def is_tracking(self) -> bool:
        return self.ref.kind == "tracking"

    def has(self, folder: str) -> bool:
        return folder in self.ref.files

    def path(self, folder: str) -> str:
        """The file's path below the root, for findings."""
        return self.ref.files.get(folder, f"{self.ref.prefix}{folder}/{self.id}")

    def row_path(self, row: Row) -> str:
        """The label file with the row's line number."""
        return f"{self.path('label_2')}:{row.line}"

    def content(self, folder: str) -> bytes | None:
        """The file's bytes, read once."""
        if folder not in self._bytes and self.has(folder):
            self._bytes[folder] = (self.root / self.ref.files[folder]).read_bytes()
        return self._bytes.get(folder)

    def text(self, folder: str) -> str | None:
        # A stray byte becomes a mark that fails the rule about numbers or types, instead of ending the check.
        data = self.content(folder)
        return None if data is None else data.decode("utf-8", errors="replace")

    def digests(self) -> dict[str, tuple[int, str]]:
        """Size and SHA-256 of every file of the frame, by path below the root."""
        found = {}
        for folder, file in self.ref.files.items():
            data, digest = self.content(folder), self.digest(folder)
            assert data is not None and digest is not None
            found[file] = (len(data), digest)
        return found

    def digest(self, folder: str) -> str | None:
        """SHA-256 of a file in hexadecimal, taken once; None if there is none."""
        if folder not in self._digests and (data := self.content(folder)) is not None:
            self._digests[folder] = hashlib.sha256(data).hexdigest()
        return self._digests.get(folder)

    def once(self, work: Callable[[FrameFiles], Known]) -> Known:
        """``work(self)``, done when first asked for: what several rules and the summary look at."""
        if work not in self._known:
            self._known[work] = work(self)
        found: Known = self._known[work]
        return found

    # -- labels -------------------------------------------------------------------------------------------------

    @cached_property
    def label_text(self) -> str | None:
        """The label file; None in the tracking layout, where it is the sequence's."""
        return None if self.is_tracking else self.text("label_2")

    @property
    def leading(self) -> int:
        """Columns before the type."""
        return 2 if self.is_tracking else 0

    @cached_property
    def lines(self) -> tuple[tuple[int, str], ...]:
        """(number, text) of this frame's label rows."""
        if self.ref.lines is not None:
            return self.ref.lines
        return tuple(enumerate((self.label_text or "").splitlines(), 1))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The label rows that can be understood."""
        return tuple(row for n, line in self.lines if (row := parse_row(line, n, self.leading)) is not None)

    @cached_property
    def object_rows(self) -> tuple[Row, ...]:
        """``rows`` without DontCare."""
        return tuple(row for row in self.rows if row.is_object)

    @cached_property
    def expected_boxes(self) -> Mapping[int, tuple[Rectangle, Rectangle] | None]:
        """By line of each object row, the (unclipped, clipped) projection of its 3D box; None if it has none.

        Empty without a calibration or a picture.
        """
        if self.calib is None or self.picture is None:
            return {}
        found: dict[int, tuple[Rectangle, Rectangle] | None] = {}
        for row in self.object_rows:
            whole = projected_rectangle(self.calib.projections[2], row.box.corners())
            part = None if whole is None else clipped(whole, self.picture.width_px, self.picture.height_px)
            found[row.line] = None if whole is None or part is None else (whole, part)
        return found

    # -- calibration and side file --------------------------------------------------------------------------------

    @cached_property
    def calib_text(self) -> str | None:
        return self.text("calib")

    @cached_property
    def calib(self) -> Calib | None:
        return parse_calib(self.calib_text) if self.calib_text is not None else None

    @cached_property
    def objects_text(self) -> str | None:
        return self.text("objects")

    @cached_property
    def objects(self) -> dict[str, Any] | None:
        """The side file's content if it is a JSON object with ``rows`` and ``instances`` lists."""
        return None if self.objects_text is None else parse_objects(self.objects_text)

    @cached_property
    def pairs(self) -> list[tuple[Row, dict[str, Any]]]:
        """Label rows with their entries in the side file; none if their numbers differ."""
        if self.objects is None or len(self.objects["rows"]) != len(self.rows):
            return []
        return list(zip(self.rows, self.objects["rows"], strict=True))

    @cached_property
    def ego(self) -> dict[str, Any] | None:
        """The side file's account of the ego, if it has one."""
        value = (self.objects or {}).get("ego")
        return value if isinstance(value, dict) else None

    @cached_property
    def world_from_camera(self) -> Array | None:
        """(3, 4) rectified camera 0 to the world by the side file."""
        values = numbers((self.ego or {}).get("world_from_camera_0"), 12)
        return None if values is None else np.array(values).reshape(3, 4)

    # -- pictures -----------------------------------------------------------------------------------------------

    def header(self, folder: str) -> Header | None:
        """What the PNG of a folder says of itself; None if there is no file or it is no PNG."""
        if folder not in self._headers and self.has(folder):
            data = self._bytes.get(folder)
            ends = (data, data) if data is not None else read_ends(self.root / self.ref.files[folder])
            self._headers[folder] = read_header(*ends)
        return self._headers.get(folder)

    @cached_property
    def _headers(self) -> dict[str, Header | None]:
        return {}

    @property
    def picture(self) -> Header | None:
        """The left colour picture, which the labels belong to."""
        return self.header("image_2")

    def pixels(self, folder: str) -> NDArray[Any] | None:
        """The decoded picture; None if there is none or it does not decode."""
        if folder not in self._pixels and self.has(folder):
            self._pixels[folder] = decode(self.content(folder) or b"")
        return self._pixels.get(folder)

    @cached_property
    def _pixels(self) -> dict[str, NDArray[Any] | None]:
        return {}

    def look(self, folder: str) -> NDArray[np.uint8] | None:
        """The picture, tiny and grey."""
        pixels = self.pixels(folder)
        return None if pixels is None else look_of(pixels)

    def is_flat(self, folder: str) -> bool:
        """Are all pixels alike?"""
        pixels = self.pixels(folder)
        return pixels is not None and is_flat(pixels)

    # -- sweep --------------------------------------------------------------------------------------------------

    @cached_property
    def cloud_bytes(self) -> int | None:
        """Size of the sweep's file; None if there is none."""
        return (self.root / self.ref.files["velodyne"]).stat().st_size if self.has("velodyne") else None

    @cached_property
    def cloud(self) -> NDArray[np.float32] | None:
        """(N, 4) float32 x, y, z, reflectance; None if missing or of an odd size."""
        data = self.content("velodyne")
        return np.frombuffer(data, "<f4").reshape(-1, 4) if data and len(data) % 16 == 0 else None

    @cached_property
    def finite_cloud(self) -> NDArray[np.float32] | None:
        """``cloud`` if all of it is finite; stored column by column, as rules ask for one coordinate at a time."""
        if self.cloud is None:
            return None
        columns = np.ascontiguousarray(self.cloud.T)
        # The sum is finite if every number is; a sum that is not may have overflowed, so then each is asked.
        with np.errstate(over="ignore", invalid="ignore"):
            quick = bool(np.isfinite(columns.sum()))
        return columns.T if quick or bool(np.isfinite(columns).all()) else None

    @cached_property
    def point_labels(self) -> NDArray[np.uint32] | None:
        """(N,) uint32 of the side file; None if there is none."""
        data = self.content("velodyne_label")
        return None if data is None else np.frombuffer(data[: len(data) // 4 * 4], "<u4")

    @cached_property
    def in_the_air(self) -> NDArray[np.bool_] | None:
        """(N,) the points that fog, drops, flakes, spray and dust gave; None where no file says that any did."""
        data, cloud = self.content("velodyne_cause"), self.cloud
        rows = None if data is None else read_causes(data)
        if rows is None or cloud is None or len(rows) != len(cloud):
            return None
        found = np.isin(rows["cause"], IN_THE_AIR)
        return found if found.any() else None

    @cached_property
    def points_rect(self) -> Floats | None:
        """(N, 3) the sweep in rectified camera 0, if sweep and calibration are usable."""
        if self.finite_cloud is None or self.calib is None:
            return None
        return self.calib.rect_from_velo(self.finite_cloud[:, :3])

    @cached_property
    def lidar_rect(self) -> Floats | None:
        """(3,) the LiDAR's place in rectified camera 0."""
        return None if self.calib is None else self.calib.rect_from_velo(np.zeros((1, 3)))[0]

    @cached_property
    def point_index(self) -> PointIndex | None:
        """``points_rect`` ordered by the direction they are seen in from the LiDAR, without what hangs in the air."""
        points, lidar = self.points_rect, self.lidar_rect
        if points is None or lidar is None:
            return None
        if self.in_the_air is not None:
            points = points.T.compress(~self.in_the_air, axis=1).T
        return PointIndex.build(points, lidar)

    @cached_property
    def own_points(self) -> tuple[tuple[Row, int, int], ...]:
        """(row, returns from this object, returns of these that lie in its box) by the side files."""
        points, labels = self.points_rect, self.point_labels
        if points is None or labels is None or self.objects is None or len(labels) != len(points):
            return ()
        instances = self.objects["instances"]
        instance = labels.view("<u2")[1::2]                                 # the upper half of each number
        marked = np.flatnonzero(instance)
        marked = marked[np.argsort(instance[marked], kind="stable")]        # a radix sort on 16 bits
        ordered, own_instance = points[marked], instance[marked]
        found = []
        for row, side in self.pairs:
            if row.is_object and side.get("role") in instances:
                number = instances.index(side["role"]) + 1
                own = ordered[np.searchsorted(own_instance, number) : np.searchsorted(own_instance, number, "right")]
                found.append((row, len(own), int(row.box.contains(own, BOX_MARGIN_M).sum())))
        return tuple(found)

    @property
    def shape(self) -> tuple[int, int] | None:
        """(height, width) of the left colour picture."""
        return None if self.picture is None else (self.picture.height_px, self.picture.width_px)

    @cached_property
    def in_picture(self) -> InPicture | None:
        """The points of the sweep that the calibration projects into the left colour picture."""
        points, calib = self.points_rect, self.calib
        if points is None or calib is None or self.shape is None:
            return None
        projection = calib.projections[2]
        k = projection[:, :3]
        if not abs(float(np.linalg.det(k))) > 1e-6:                          # calib.projection says so
            return None
        eye = np.linalg.solve(k, projection[:, 3])
        # First what is ahead of the camera within its field of view, roughly, as most of a sweep is not.
        reach = VIEW_SLACK + max(abs(k[0, 2]), abs(self.shape[1] - k[0, 2])) / max(abs(k[0, 0]), 1e-6)
        ahead = np.flatnonzero(
            (points[:, 2] > 1.0) & (np.abs(points[:, 0] + float(eye[0])) < float(reach) * points[:, 2])
        )
        x, y, z = (points[ahead, i] + float(eye[i]) for i in range(3))
        u, v, scale = (float(row[0]) * x + float(row[1]) * y + float(row[2]) * z for row in k)
        u, v = np.rint(u / scale), np.rint(v / scale)
        inside = (u >= 0) & (v >= 0) & (u < self.shape[1]) & (v < self.shape[0])
        return InPicture(
            v[inside].astype(np.intp), u[inside].astype(np.intp),
            np.stack([x[inside], y[inside], scale[inside]], axis=1), ahead[inside],
        )

    # -- time ---------------------------------------------------------------------------------------------------

    @cached_property
    def tracks(self) -> Tracks | None:
        """Who is where, if the files say who is who."""
        return read_tracks(self)


def read_tracks(frame: FrameFiles) -> Tracks | None:
    """The frame's tracks by the tracking layout's ids, or by the side file's roles."""
    if frame.ref.sequence is not None and frame.ref.number is not None:
        boxes = {str(row.track): row.box for row in frame.object_rows if row.track is not None}
        return Tracks(frame.ref.sequence, frame.ref.number / 10.0, boxes)
    side = frame.objects
    if side is None or not isinstance(side.get("episode"), str) or not isinstance(side.get("time_s"), (int, float)):
        return None
    boxes = {str(row["role"]): label.box for label, row in frame.pairs if label.is_object and row.get("role")}
    return Tracks(side["episode"], float(side["time_s"]), boxes)
