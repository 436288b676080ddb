"""KITTI's tracking layout: a sequence for each episode.

    training/image_02/0000/000000.png  image_03  velodyne/0000/000000.bin
    training/label_02/0000.txt  calib/0000.txt  oxts/0000.txt
    training/evaluate_tracking.seqmap.training      sequences and their lengths, for the benchmark's evaluator

Sequences are numbered as the plan numbers episodes. Test episodes go to ``testing/``, their labels to
``testing_labels/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simgen.export.dataset import NO_TRACK, Dataset, Episode, LabelledObject, Moment
from simgen.export.folder import ExportFolder, ExportReport
from simgen.export.oxts import oxts_lines
from simgen.kitti.calib import Calibration
from simgen.kitti.splits import TEST

# The tracking benchmark's word for it; that of the object benchmark stops TrackEval.
_TYPES = {"Person_sitting": "Person"}
_KNOWN_TYPES = frozenset({"Car", "Van", "Truck", "Pedestrian", "Person", "Cyclist", "Tram", "Misc", "DontCare"})
LARGELY_OUTSIDE = 0.5       # share of the box outside the picture from which on the integer column says 2
_STREAMS = {"image_0": ("image_00", "png"), "image_1": ("image_01", "png"), "image_2": ("image_02", "png"),
            "image_3": ("image_03", "png"), "velodyne": ("velodyne", "bin")}


def write_tracking(dataset: Dataset, out: Path) -> ExportReport:
    """Fill ``out`` with the tracking layout."""
    folder = ExportFolder(out)
    lengths: dict[str, list[str]] = {"training": [], "testing": []}
    for episode in dataset.episodes:
        section = "testing" if episode.split == TEST else "training"
        _write_sequence(folder, episode, section)
        lengths[section].append(f"{episode.number:04d} empty 000000 {len(episode.frames):06d}\n")
    for section, lines in lengths.items():
        if lines:
            folder.write(f"{section}/evaluate_tracking.seqmap.{section}", "".join(lines))
    return folder.report(len(dataset.episodes), len(dataset.frames))


def _write_sequence(folder: ExportFolder, episode: Episode, section: str) -> None:
    name = f"{episode.number:04d}"
    for index, frame in enumerate(episode.frames):
        for stored, (stream, ending) in _STREAMS.items():
            if frame.has(stored):
                folder.link(f"{section}/{stream}/{name}/{index:06d}.{ending}", frame.path(stored))
    moments = episode.moments()
    rows = [line for index, moment in enumerate(moments) for line in label_lines(index, moment)]
    unknown = sorted({tracking_type(one.label.type) for moment in moments for one in moment.objects} - _KNOWN_TYPES)
    for name_of_type in unknown:
        folder.note(f"TrackEval stops at the type {name_of_type}, which is not KITTI's; "
                    "'simgen export DIR --to tracking --classes kitti' makes it Misc")
    labels = "testing_labels" if section == "testing" else section
    folder.write(f"{labels}/label_02/{name}.txt", "".join(f"{row}\n" for row in rows))
    folder.write(f"{section}/calib/{name}.txt", calib_text(moments[0].calibration))
    packets = oxts_lines(moments)
    if packets is None:
        folder.note("oxts is left out: this dataset was recorded without GNSS and IMU; record it anew to have it")
    else:
        folder.write(f"{section}/oxts/{name}.txt", "".join(f"{line}\n" for line in packets))


def label_lines(index: int, moment: Moment) -> list[str]:
    """The rows of one frame, 17 columns each, sorted by track, DontCare last."""
    ordered: Sequence[LabelledObject] = sorted(moment.objects, key=lambda one: (one.track == NO_TRACK, one.track))
    return [label_line(index, one) for one in ordered]


def label_line(index: int, one: LabelledObject) -> str:
    """frame, track, type, truncated, occluded, alpha, box, height width length, bottom centre, rotation_y.

    A DontCare's placeholders are in the order of the benchmark's own files: location, rotation_y, dimensions.
    """
    label = one.label
    box = " ".join(map(_number, label.bbox_px))
    if one.track == NO_TRACK:
        return f"{index} {NO_TRACK} DontCare -1 -1 -10.000000 {box} -1000.000000 -1000.000000 -1000.000000 " \
               "-10.000000 -1.000000 -1.000000 -1.000000"
    numbers = (*label.size_hwl_m, *label.bottom_centre_m, label.yaw_rad)
    return " ".join([str(index), str(one.track), tracking_type(label.type), str(truncation_level(label.truncation)),
                     str(label.occlusion), _number(label.alpha_rad), box, *map(_number, numbers)])


def tracking_type(name: str) -> str:
    """A type as the tracking benchmark's label files have it."""
    return _TYPES.get(name, name)


def truncation_level(share: float) -> int:
    """The integer of the tracking benchmark: 0 inside the picture, 1 partly, 2 largely outside.

    Args:
        share: of the box outside the picture, as the object benchmark has it.
    """
    if share <= 0:
        return 0
    return 1 if share <= LARGELY_OUTSIDE else 2


def calib_text(calibration: Calibration) -> str:
    """The seven matrices with the keys of the tracking benchmark, of which the last three have no colon."""
    keys = ("P0:", "P1:", "P2:", "P3:", "R_rect", "Tr_velo_cam", "Tr_imu_velo")
    lines = calibration.to_text().splitlines()
    return "".join(f"{key} {line.partition(': ')[2]}\n" for key, line in zip(keys, lines, strict=False))


def _number(value: float) -> str:
    return f"{value + 0.0:.6f}"
