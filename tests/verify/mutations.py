"""Mistakes that converters from simulators make, by what they do to the files of a correct dataset.

Each works on any dataset in KITTI's object layout, ours or a toy, and says which rules must name it. The mistakes are
those of the literature and of public converters; the code here shares nothing with the judge or the writer.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

FOCAL_ROW = {key: n for n, key in enumerate(("P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo"))}
Columns = list[str]


@dataclass(frozen=True)
class Mutation:
    """rules: all of these must report it. needs: folders of ``training`` without which it cannot be made."""

    breaks: Callable[[Path], None]
    rules: frozenset[str]
    needs: tuple[str, ...] = ()


def ids(root: Path) -> list[str]:
    return sorted(path.stem for path in (root / "training" / "label_2").glob("*.txt"))


# -- labels --------------------------------------------------------------------------------------------------------


def rows(change: Callable[[Columns], Columns]) -> Callable[[Path], None]:
    """Change the columns of every row but DontCare."""

    def apply(root: Path) -> None:
        for path in (root / "training" / "label_2").glob("*.txt"):
            lines = [line.split(" ") for line in path.read_text().splitlines()]
            path.write_text("".join(" ".join(c if c[0] == "DontCare" else change(c)) + "\n" for c in lines))

    return apply


def files(folder: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    """Change the text of every file of a folder."""

    def apply(root: Path) -> None:
        for path in (root / "training" / folder).glob("*.txt"):
            path.write_bytes(change(path.read_text()).encode())

    return apply


def put(c: Columns, first: int, *values: float) -> Columns:
    """Replace columns from number ``first``, counted from 1."""
    written = [f"{value:.4f}" for value in values]
    return [*c[: first - 1], *written, *c[first - 1 + len(written) :]]


def number(c: Columns, column: int) -> float:
    return float(c[column - 1])


def wrap(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi


def heading(change: Callable[[float], float]) -> Callable[[Columns], Columns]:
    """Another rotation_y, with the alpha that belongs to it."""

    def apply(c: Columns) -> Columns:
        ry = wrap(change(number(c, 15)))
        c = put(c, 15, ry)
        return put(c, 4, wrap(ry - math.atan2(number(c, 12), number(c, 14))))

    return apply


def place(dx: float = 0.0, dy: float = 0.0, dz: float = 0.0) -> Callable[[Columns], Columns]:
    """Another location, with the alpha that belongs to it."""

    def apply(c: Columns) -> Columns:
        c = put(c, 12, number(c, 12) + dx, number(c, 13) + dy, number(c, 14) + dz)
        return put(c, 4, wrap(number(c, 15) - math.atan2(number(c, 12), number(c, 14))))

    return apply


def dont_care_first(text: str) -> str:
    lines = text.splitlines()
    first = [line for line in lines if line.startswith("DontCare")] or [
        "DontCare -1 -1 -10 600.00 150.00 615.00 165.00 -1 -1 -1 -1000 -1000 -1000 -10"
    ]
    return "".join(f"{line}\n" for line in [*first, *(line for line in lines if line not in first)])


def one_tick_late(root: Path) -> None:
    """Each frame gets the object rows of the frame before, with its side file's rows, in the same episode."""
    training = root / "training"
    old = {one: (training / "label_2" / f"{one}.txt").read_text() for one in ids(root)}
    side = {one: json.loads((training / "objects" / f"{one}.json").read_text()) for one in ids(root)}
    for before, now in zip(ids(root), ids(root)[1:], strict=False):
        if side[before]["episode"] == side[now]["episode"]:
            (training / "label_2" / f"{now}.txt").write_text(old[before])
            moved = {**side[now], "rows": side[before]["rows"]}
            (training / "objects" / f"{now}.json").write_text(json.dumps(moved))


# -- calibration ---------------------------------------------------------------------------------------------------


def matrix(key: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """Change one matrix in every frame."""

    def apply(root: Path) -> None:
        for path in sorted((root / "training" / "calib").glob("*.txt")):
            lines = path.read_text().splitlines()
            for n, line in enumerate(lines):
                if line.startswith(f"{key}: "):
                    values = np.array(line.split()[1:], float).reshape(3, -1)
                    lines[n] = f"{key}: " + " ".join(f"{v:.12e}" for v in change(values).ravel())
            path.write_text("\n".join(lines) + "\n")

    return apply


def inverted(m: np.ndarray) -> np.ndarray:
    return np.column_stack([m[:, :3].T, -m[:, :3].T @ m[:, 3]])


def turned(degrees: float) -> np.ndarray:
    """About the camera's y axis."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def pose_of_the_moment(root: Path) -> None:
    for n, one in enumerate(ids(root)):
        path = root / "training" / "calib" / f"{one}.txt"
        lines = path.read_text().splitlines()
        values = np.array(lines[5].split()[1:], float).reshape(3, 4)
        values[:, 3] += 0.01 * n
        lines[5] = "Tr_velo_to_cam: " + " ".join(f"{v:.12e}" for v in values.ravel())
        path.write_text("\n".join(lines) + "\n")


def swapped_lines(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:4], lines[5], lines[4], *lines[6:]]) + "\n"


# -- sweeps --------------------------------------------------------------------------------------------------------


def clouds(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        for path in (root / "training" / "velodyne").glob("*.bin"):
            np.ascontiguousarray(change(np.fromfile(path, "<f4").reshape(-1, 4).copy())).tofile(path)

    return apply


def scaled(*factors: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda cloud: cloud * np.array(factors, "<f4")


def moved(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Callable[[np.ndarray], np.ndarray]:
    return lambda cloud: cloud + np.array([x, y, z, 0], "<f4")


# -- pictures ------------------------------------------------------------------------------------------------------


def pictures(folder: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        for path in (root / "training" / folder).glob("*.png"):
            pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            cv2.imwrite(str(path), change(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 1])

    return apply


TAG_OF = {7: 1, 8: 2, 11: 3, 12: 4, 13: 5, 17: 6, 19: 7, 20: 8, 21: 9, 22: 10, 23: 11, 24: 12, 25: 13, 26: 14, 27: 15,
          28: 16, 31: 17, 32: 18, 33: 19, 4: 20, 5: 21, 6: 25, 15: 26, 10: 27, 14: 28}
"""CARLA's tags by the Cityscapes label id they are exported as."""


def engine_tags(pixels: np.ndarray) -> np.ndarray:
    table = np.zeros(256, np.uint8)
    for label, tag in TAG_OF.items():
        table[label] = tag
    return table[pixels]


def ray_lengths(pixels: np.ndarray) -> np.ndarray:
    """Of a camera with KITTI's focal length and a principal point in the middle."""
    v, u = np.indices(pixels.shape)
    focal = 721.5377 * pixels.shape[1] / 1242
    right, down = (u - (pixels.shape[1] - 1) / 2) / focal, (v - (pixels.shape[0] - 1) / 2) / focal
    longer = np.sqrt(1 + right**2 + down**2)
    return np.where(pixels > 0, np.minimum(pixels * longer, 65535), 0).astype(np.uint16)


def copy_left_to_right(root: Path) -> None:
    for path in (root / "training" / "image_2").glob("*.png"):
        shutil.copy(path, root / "training" / "image_3" / path.name)


# -- the set -------------------------------------------------------------------------------------------------------


def split_by_frame(root: Path) -> None:
    """Every other frame validates."""
    listed = sorted((root / "ImageSets" / "trainval.txt").read_text().split())
    for split, chosen in (("train", listed[::2]), ("val", listed[1::2])):
        (root / "ImageSets" / f"{split}.txt").write_text("".join(f"{one}\n" for one in chosen))


def copied_frame(root: Path) -> None:
    """A frame of val gets the picture and the sweep of one of train."""
    train, val = ((root / "ImageSets" / f"{split}.txt").read_text().split()[0] for split in ("train", "val"))
    for folder, suffix in (("image_2", "png"), ("velodyne", "bin")):
        base = root / "training" / folder
        shutil.copy(base / f"{train}.{suffix}", base / f"{val}.{suffix}")


def side_rows(change: Callable[[dict[str, object]], dict[str, object]]) -> Callable[[Path], None]:
    """Change every entry of the side files that stands for an object."""

    def apply(root: Path) -> None:
        for path in (root / "training" / "objects").glob("*.json"):
            side = json.loads(path.read_text())
            side["rows"] = [row if row["type"] == "DontCare" else {**row, **change(row)} for row in side["rows"]]
            path.write_text(json.dumps(side))

    return apply


def bare(root: Path) -> None:
    """Take away everything that tells the judge more than KITTI's own files do."""
    for folder in ("episodes", *(f"training/{name}" for name in
                                 ("objects", "velodyne_label", "depth_2", "semantic", "instance", "planes"))):
        shutil.rmtree(root / folder, ignore_errors=True)
    (root / "dataset.json").unlink(missing_ok=True)


def bared(breaks: Callable[[Path], None]) -> Callable[[Path], None]:
    """A mistake in a dataset that has nothing but KITTI's own files."""

    def apply(root: Path) -> None:
        bare(root)
        breaks(root)

    return apply


def pitched(degrees: float) -> np.ndarray:
    """About the camera's x axis."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def rider_apart(root: Path) -> None:
    """Each object becomes a bicycle, with a rider on it in a row of its own."""
    for path in (root / "training" / "label_2").glob("*.txt"):
        first, *rest = path.read_text().splitlines(keepends=True)
        _, *columns = first.split(" ")
        path.write_text("".join([" ".join(["Cyclist", *columns]), " ".join(["Pedestrian", *columns]), *rest]))


def swapped_pictures(root: Path) -> None:
    training = root / "training"
    (training / "image_2").rename(training / "swapped")
    (training / "image_3").rename(training / "image_2")
    (training / "swapped").rename(training / "image_3")


def of(*rules: str) -> frozenset[str]:
    return frozenset(rules)


MUTATIONS: dict[str, Mutation] = {
    "y not negated in clouds": Mutation(clouds(scaled(1, -1, 1, 1)), of("points.in_box", "set.in_box")),
    "yaw sign wrong": Mutation(rows(heading(lambda ry: -ry - 0.4)), of("box.projection", "motion.heading")),
    "half a turn of pi/2 left out": Mutation(
        rows(heading(lambda ry: ry + math.pi / 2)), of("box.projection", "points.in_box")
    ),
    "headings turned by 180 degrees": Mutation(rows(heading(lambda ry: ry + math.pi)), of("motion.heading")),
    "degrees written": Mutation(
        rows(lambda c: put(c, 15, math.degrees(number(c, 15)))), of("label.angle", "label.alpha")
    ),
    "rotation_y copied from alpha": Mutation(rows(lambda c: put(c, 15, number(c, 4))), of("label.alpha")),
    "alpha copied from rotation_y": Mutation(rows(lambda c: put(c, 4, number(c, 15))), of("label.alpha")),
    "alpha with a plus": Mutation(
        rows(lambda c: put(c, 4, wrap(number(c, 15) + math.atan2(number(c, 12), number(c, 14))))), of("label.alpha")
    ),
    "the box's centre as location": Mutation(
        rows(lambda c: put(c, 13, number(c, 13) - number(c, 9) / 2)), of("box.projection", "points.ground")
    ),
    "the actor's middle as location": Mutation(
        rows(lambda c: place(dy=-number(c, 9) / 2)(c) if number(c, 10) < 1.0 else c),
        of("points.ground", "points.in_box"),
    ),
    "boxes round collision capsules": Mutation(
        rows(lambda c: put(c, 10, 0.2, 0.2) if number(c, 10) < 1.0 else c), of("points.in_box")
    ),
    "half extents": Mutation(
        rows(lambda c: put(c, 9, *(number(c, k) / 2 for k in (9, 10, 11)))), of("box.projection", "points.in_box")
    ),
    "l w h for h w l": Mutation(
        rows(lambda c: put(c, 9, number(c, 11), number(c, 10), number(c, 9))), of("label.size", "box.projection")
    ),
    "two-wheelers with absurd extents": Mutation(
        rows(lambda c: put(c, 9, 250.0, 0.0, 250.0)), of("label.size")
    ),
    "one thing labelled twice": Mutation(
        lambda root: [
            path.write_text(path.read_text().splitlines()[0] + "\n" + path.read_text())
            for path in (root / "training" / "label_2").glob("*.txt")
        ] and None,
        of("box.twice", "objects.form"),
    ),
    "labels in camera 2's frame": Mutation(rows(place(dx=0.06)), of("set.box_shift")),
    "P2's offset with the wrong sign": Mutation(
        matrix("P2", lambda m: m * [1, 1, 1, -1] - np.pad([[0.02]], ((0, 2), (3, 0)))), of("set.box_shift")
    ),
    "P3's offset with the wrong sign": Mutation(matrix("P3", lambda m: m * [1, 1, 1, -1]), of("calib.baseline")),
    "a principal point that the picture was not rendered with": Mutation(
        matrix("P2", lambda m: m + np.pad([[11.0], [15.0]], ((0, 1), (2, 1)))), of("set.box_shift", "calib.projection")
    ),
    "R0_rect identity, but Tr into the unrectified camera": Mutation(
        matrix("Tr_velo_to_cam", lambda m: turned(1.5) @ m), of("points.in_box")
    ),
    "Tr_velo_to_cam inverted": Mutation(matrix("Tr_velo_to_cam", inverted), of("calib.axes", "points.in_box")),
    "Tr_velo_to_cam left-handed": Mutation(
        matrix("Tr_velo_to_cam", lambda m: m * [1, -1, 1, 1]), of("calib.rotation")
    ),
    "poses of the moment in calib": Mutation(pose_of_the_moment, of("set.rig")),
    "calib lines in another order": Mutation(files("calib", swapped_lines), of("calib.lines")),
    "2D box not clipped": Mutation(
        rows(lambda c: put(c, 5, -120.3, number(c, 6), 1300.0 * 10)), of("box.inside", "box.projection")
    ),
    "2D box tight on what is visible": Mutation(
        rows(lambda c: put(c, 7, number(c, 5) + 0.6 * (number(c, 7) - number(c, 5)))), of("box.projection")
    ),
    "x y width height": Mutation(
        rows(lambda c: put(c, 7, number(c, 7) - number(c, 5), number(c, 8) - number(c, 6))), of("box.inside")
    ),
    "truncation from corners outside": Mutation(rows(lambda c: put(c, 2, 0.375)), of("box.truncation")),
    "occlusion from LiDAR counts": Mutation(
        rows(lambda c: [*c[:2], "2", *c[3:]]), of("objects.occlusion"), ("objects",)
    ),
    "labels one tick late": Mutation(one_tick_late, of("motion.late"), ("objects",)),
    "labelled where nothing is": Mutation(rows(place(dx=3.0)), of("points.in_box", "box.projection")),
    "float64 clouds": Mutation(
        lambda root: [
            np.fromfile(path, "<f4").astype("<f8").tofile(path) for path in (root / "training" / "velodyne").iterdir()
        ] and None,
        of("cloud.reflectance", "points.labels"),
    ),
    "clouds of three columns": Mutation(
        clouds(lambda cloud: cloud[: len(cloud) // 4 * 4, :3]), of("cloud.reflectance", "points.labels")
    ),
    "reflectance 0 to 255": Mutation(clouds(scaled(1, 1, 1, 255)), of("cloud.reflectance")),
    "z of the cloud from the ground": Mutation(clouds(moved(z=1.73)), of("cloud.ground", "points.in_box")),
    "z of the cloud from the ground, without side files": Mutation(bared(clouds(moved(z=1.73))), of("set.ground")),
    "Tr_velo_to_cam turned by 0.75 degrees, without side files": Mutation(
        bared(matrix("Tr_velo_to_cam", lambda m: turned(0.75) @ m)), of("set.twist")
    ),
    "R0_rect pitched by 0.75 degrees, without side files": Mutation(
        bared(matrix("R0_rect", lambda m: pitched(0.75) @ m)), of("set.twist")
    ),
    "rider and bicycle in two rows": Mutation(rider_apart, of("box.rider")),
    "all reflectances 0": Mutation(clouds(scaled(1, 1, 1, 0)), of("cloud.reflectance")),
    "left and right pictures swapped": Mutation(swapped_pictures, of("set.sides"), ("image_3",)),
    "pictures mirrored, with no right picture at hand": Mutation(
        pictures("image_2", lambda p: p[:, ::-1].copy()), of("set.contours")
    ),
    "the left picture mirrored": Mutation(
        pictures("image_2", lambda p: p[:, ::-1].copy()), of("set.sides"), ("image_3",)
    ),
    "cloud in the world's frame": Mutation(clouds(moved(x=100.0, y=-40.0)), of("points.in_box")),
    "half a turn": Mutation(clouds(lambda cloud: cloud[cloud[:, 0] > 0]), of("cloud.turn")),
    "missing returns written as zeros": Mutation(
        clouds(lambda cloud: np.vstack([cloud, np.zeros((9, 4), "<f4")])), of("cloud.range")
    ),
    "returns from the own car": Mutation(
        clouds(lambda cloud: np.vstack([cloud, np.tile(np.array([[0.3, 0.5, -0.6, 0.1]], "<f4"), (60, 1))])),
        of("cloud.own_car"),
    ),
    "depth in millimetres": Mutation(
        pictures("depth_2", lambda d: np.minimum(d / 256.0 * 1000.0, 65535).astype(np.uint16)), of("depth.unit"),
        ("depth_2",),
    ),
    "depth as the ray's length": Mutation(pictures("depth_2", ray_lengths), of("depth.unit"), ("depth_2",)),
    "engine tags in semantic": Mutation(
        pictures("semantic", engine_tags), of("semantic.ids", "semantic.points", "instance.semantic"), ("semantic",)
    ),
    "instance with 8 bits": Mutation(
        pictures("instance", lambda i: (i & 255).astype(np.uint8)), of("instance.form"), ("instance",)
    ),
    "DontCare first": Mutation(files("label_2", dont_care_first), of("label.dont_care")),
    "0.0 in occluded": Mutation(rows(lambda c: [*c[:2], "0.0", *c[3:]]), of("label.occlusion")),
    "2D box over the whole picture, from corners behind the camera": Mutation(
        rows(lambda c: put(c, 5, 0.0, 0.0, 1241.0, 374.0)), of("box.projection")
    ),
    "tabs between columns": Mutation(files("label_2", lambda text: text.replace(" ", "\t")), of("label.spacing")),
    "trailing spaces": Mutation(files("label_2", lambda text: text.replace("\n", " \n")), of("label.spacing")),
    "a score in a sixteenth column": Mutation(rows(lambda c: [*c, "1.0"]), of("label.columns")),
    "nan": Mutation(rows(lambda c: [*c[:11], "nan", *c[12:]]), of("label.number")),
    "types in lower case": Mutation(rows(lambda c: [c[0].lower(), *c[1:]]), of("label.type")),
    "empty label files": Mutation(files("label_2", lambda _: ""), of("set.listed")),
    "pictures with an alpha channel": Mutation(
        pictures("image_2", lambda p: np.dstack([p, np.full(p.shape[:2], 255, np.uint8)])), of("image.form")
    ),
    "the left picture stored for both cameras": Mutation(copy_left_to_right, of("image.pair"), ("image_3",)),
    "split by frame": Mutation(split_by_frame, of("set.episodes", "set.near")),
    "a frame of train also in val": Mutation(copied_frame, of("set.leak")),
    "visible pixels that exceed the silhouette": Mutation(
        side_rows(lambda row: {"silhouette_px": int(row["visible_px"]) // 2}), of("objects.pixels"), ("objects",)
    ),
    "amodal boxes round the visible part": Mutation(
        side_rows(
            lambda row: {} if row["visible_bbox_px"] is None else {
                "amodal_bbox_px": [v + d for v, d in zip(row["visible_bbox_px"], (9, 0, -9, 0), strict=True)]
            }
        ),
        of("objects.amodal"),
        ("objects",),
    ),
    "track numbers that are not the roles'": Mutation(
        side_rows(lambda row: {"track": 0}), of("objects.track"), ("objects",)
    ),
}


def subset(root: Path, out: Path, frames: list[str]) -> Path:
    """Some frames of a dataset of ours as a dataset of their own, with records, request and splits to match."""
    records = {path: json.loads(path.read_text()) for path in sorted((root / "episodes").glob("*.json"))}
    kept = []
    for path, record in records.items():
        record["frames"] = [one for one in record["frames"] if one in frames]
        record["files"] = {file: facts for file, facts in record["files"].items() if Path(file).stem in frames}
        if record["frames"]:
            kept.append(path.stem)
            (out / "episodes").mkdir(parents=True, exist_ok=True)
            (out / "episodes" / path.name).write_text(json.dumps(record))
        for file in record["files"]:
            (out / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / file, out / file)
    (out / "dataset.json").write_text(json.dumps({"episodes": [{"name": name} for name in kept]}))
    (out / "ImageSets").mkdir()
    for path in (root / "ImageSets").glob("*.txt"):
        listed = [one for one in path.read_text().split() if one in frames]
        (out / "ImageSets" / path.name).write_text("".join(f"{one}\n" for one in listed))
    return out
