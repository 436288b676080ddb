"""A correct KITTI dataset in a few lines: solid boxes on a flat road, cast by hand-written code.

Nothing here comes from the package under test or from simgen's writer, so that neither can agree with its own
mistake. World and ego axes: x forward, y left, z up, metres; the ego's origin is the ground below the LiDAR.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, FOCAL, CU, CV = 1242, 375, 721.5377, 609.5, 172.5
LIDAR_Z, CAMERA_Z, CAMERA_X = 1.73, 1.65, 0.27
CAMERA_2_LEFT, CAMERA_3_RIGHT = 0.06, 0.47
FRAME_S = 0.1
EGO_SPEED = 10.0


@dataclass(frozen=True)
class Body:
    """A solid box with its bottom on the ground at (x, y), heading ``yaw`` counter-clockwise."""

    role: str
    type: str
    x: float
    y: float
    yaw: float
    length: float
    width: float
    height: float
    speed: float = 0.0
    z: float = 0.0

    def moved(self, seconds: float, ego_speed: float) -> Body:
        """Where it is after some time, seen from an ego that drives straight on."""
        dx = (self.speed * math.cos(self.yaw) - ego_speed) * seconds
        return replace(self, x=self.x + dx, y=self.y + self.speed * math.sin(self.yaw) * seconds)

    def local(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) ego axes to forward, left, up from the bottom's middle."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        d = points - np.array([self.x, self.y, self.z])
        return np.column_stack([c * d[:, 0] + s * d[:, 1], c * d[:, 1] - s * d[:, 0], d[:, 2]])

    def corners(self) -> np.ndarray:
        """(8, 3) in ego axes."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        found = []
        for up in (0.0, self.height):
            for forward, left in ((1, 1), (1, -1), (-1, -1), (-1, 1)):
                a, b = forward * self.length / 2, left * self.width / 2
                found.append((self.x + c * a - s * b, self.y + s * a + c * b, self.z + up))
        return np.array(found)


ACTORS = (
    Body("lead_car", "Car", 14.0, 0.3, 0.02, 4.6, 1.85, 1.5, speed=12.0),
    Body("oncoming_van", "Van", 24.0, 3.6, math.pi - 0.03, 5.2, 2.0, 2.1, speed=9.0),
    Body("parked_car", "Car", 11.0, -5.0, 0.9, 4.3, 1.8, 1.45),
    Body("walker", "Pedestrian", 18.0, -3.2, math.pi / 2, 0.5, 0.6, 1.75, speed=1.4),
    Body("deer", "Animal", 20.0, 7.0, -math.pi / 2, 1.8, 0.5, 1.4, speed=4.0),
)
WALL = Body("wall", "", 42.0, 0.0, 0.0, 1.0, 90.0, 6.0)  # of the level: unlabelled
LEVEL = 0


def lidar_directions(rings: int = 64, columns: int = 720) -> np.ndarray:
    """(rings · columns, 3) unit vectors, +2…−24.3°, each ring counter-clockwise."""
    up = np.radians(np.linspace(2.0, -24.33, rings))[:, None]
    turn = np.radians(np.arange(columns) * 360.0 / columns)[None]
    d = np.stack(
        [np.cos(up) * np.cos(turn), np.cos(up) * np.sin(turn), np.sin(up) * np.ones_like(turn)], axis=-1
    )
    return d.reshape(-1, 3)


def hit_distances(directions: np.ndarray, body: Body) -> np.ndarray:
    """(N,) metres from the LiDAR to a body along each beam, inf where it misses: the slab method."""
    eye = body.local(np.array([[0.0, 0.0, LIDAR_Z]]))[0]
    ends = body.local(np.array([0.0, 0.0, LIDAR_Z]) + directions)
    way = ends - eye + 1e-12
    low = np.array([-body.length / 2, -body.width / 2, 0.0])
    high = np.array([body.length / 2, body.width / 2, body.height])
    a, b = (low - eye) / way, (high - eye) / way
    enter, leave = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
    return np.where((enter < leave) & (enter > 0), enter, np.inf)


@lru_cache(maxsize=8)
def sweep(bodies: tuple[Body, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """((N, 4) float32 in LiDAR axes, (N,) number of the body that was hit from 1, 0 for ground and wall)."""
    directions = lidar_directions()
    with np.errstate(divide="ignore"):
        ground = np.where(directions[:, 2] < 0, LIDAR_Z / -directions[:, 2], np.inf)
    level = np.minimum(ground, hit_distances(directions, WALL))
    distances = np.stack([level, *(hit_distances(directions, body) for body in bodies)])
    nearest = distances.min(axis=0)
    seen = nearest < 100.0
    rng = np.random.default_rng(seed)
    measured = nearest[seen] + rng.normal(0.0, 0.02, int(seen.sum()))
    xyz = directions[seen] * measured[:, None]
    reflectance = rng.uniform(0.05, 0.6, len(xyz)).round(2)
    return np.column_stack([xyz, reflectance]).astype("<f4"), distances.argmin(axis=0)[seen]


def camera_points(points: np.ndarray) -> np.ndarray:
    """Ego axes to rectified camera 0: x right, y down, z forward."""
    return np.column_stack([-points[:, 1], CAMERA_Z - points[:, 2], points[:, 0] - CAMERA_X])


def pixels(points: np.ndarray) -> np.ndarray:
    """(N, 2) where camera 2 sees points of rectified camera 0; camera 2 stands 6 cm to the left."""
    return np.column_stack(
        [FOCAL * (points[:, 0] + CAMERA_2_LEFT) / points[:, 2] + CU, FOCAL * points[:, 1] / points[:, 2] + CV]
    )


def image_boxes(body: Body) -> tuple[np.ndarray, np.ndarray]:
    """(unclipped, clipped) left, top, right, bottom in camera 2."""
    uv = pixels(camera_points(body.corners()))
    whole = np.concatenate([uv.min(axis=0), uv.max(axis=0)])
    return whole, np.clip(whole, 0.0, [WIDTH - 1, HEIGHT - 1, WIDTH - 1, HEIGHT - 1])


def wrap(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi


def label_line(body: Body) -> str:
    """The row that describes a body correctly."""
    (x, y, z) = camera_points(np.array([[body.x, body.y, body.z]]))[0]
    ry = wrap(-body.yaw - math.pi / 2)
    whole, part = image_boxes(body)
    size = (whole[2:] - whole[:2]).prod()
    truncated = 1.0 - (part[2:] - part[:2]).prod() / size
    numbers = (wrap(ry - math.atan2(x, z)), *part, body.height, body.width, body.length, x, y, z, ry)
    return " ".join([body.type, f"{truncated:.2f}", "0", *(f"{n:.4f}" for n in numbers)])


DONT_CARE = "DontCare -1 -1 -10 600.00 150.00 615.00 165.00 -1 -1 -1 -1000 -1000 -1000 -10"


def calib_text() -> str:
    k = np.array([[FOCAL, 0, CU, 0], [0, FOCAL, CV, 0], [0, 0, 1, 0]], dtype=float)
    p = [k.copy() for _ in range(4)]
    for matrix, right in zip(p, (0.0, 0.537, -CAMERA_2_LEFT, CAMERA_3_RIGHT), strict=True):
        matrix[0, 3] = -FOCAL * right
    velo = np.array([[0, -1, 0, 0], [0, 0, -1, CAMERA_Z - LIDAR_Z], [1, 0, 0, -CAMERA_X]], dtype=float)
    imu = np.column_stack([np.eye(3), [-0.81, 0.32, -0.8]])
    named = [
        *((f"P{i}", m) for i, m in enumerate(p)),
        ("R0_rect", np.eye(3)),
        ("Tr_velo_to_cam", velo),
        ("Tr_imu_to_velo", imu),
    ]
    return "".join(f"{name}: " + " ".join(f"{v:.12e}" for v in m.ravel()) + "\n" for name, m in named) + "\n"


@lru_cache(maxsize=8)
def picture_png(bodies: tuple[Body, ...]) -> bytes:
    """Sky, road and painted boxes as a PNG file."""
    rows = np.linspace(210, 90, HEIGHT).astype(np.uint8)
    image = np.repeat(np.repeat(rows[:, None, None], WIDTH, axis=1), 3, axis=2).copy()
    for k, body in enumerate(sorted(bodies, key=lambda b: -b.x)):
        hull = cv2.convexHull(pixels(camera_points(body.corners())).round().astype(np.int32))
        cv2.fillConvexPoly(image, hull, (60 + 30 * k, 70, 200 - 30 * k))
    return cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


Relabel = Callable[[Body], Body]


def write_frame(
    root: Path,
    frame: int,
    episode: str,
    index: int,
    bodies: Sequence[Body],
    relabel: Relabel = lambda body: body,
) -> None:
    """All files of one frame; ``relabel`` says what the label claims of each body."""
    name = f"{frame:06d}"
    training = root / "training"
    for folder in ("image_2", "image_3", "velodyne", "velodyne_label", "label_2", "calib", "objects"):
        (training / folder).mkdir(parents=True, exist_ok=True)
    cloud, hit = sweep(tuple(bodies), seed=frame % 2)
    roles = sorted(body.role for body in bodies)
    instance = np.array([0, *(roles.index(body.role) + 1 for body in bodies)])[hit].astype(np.uint32)
    for folder in ("image_2", "image_3"):
        (training / folder / f"{name}.png").write_bytes(picture_png(tuple(bodies)))
    cloud.tofile(training / "velodyne" / f"{name}.bin")
    ((instance << 16) | 14).astype("<u4").tofile(training / "velodyne_label" / f"{name}.label")
    (training / "calib" / f"{name}.txt").write_text(calib_text())
    lines = [label_line(relabel(body)) for body in bodies]
    (training / "label_2" / f"{name}.txt").write_text("\n".join([*lines, DONT_CARE]) + "\n")
    rows = [_side_row(body, int((instance == roles.index(body.role) + 1).sum())) for body in bodies]
    rows.append({**rows[0], "type": "DontCare", "dont_care_reason": "too far"})
    side = {
        "frame": name,
        "episode": episode,
        "index": index,
        "time_s": round(index * FRAME_S, 6),
        "rows": rows,
        "instances": roles,
    }
    (training / "objects" / f"{name}.json").write_text(json.dumps(side))


KINDS = {"Pedestrian": "walker", "Animal": "animal"}
SPECIES = {"deer": "white_tailed_deer"}


def _side_row(body: Body, points: int) -> dict[str, object]:
    seen = image_boxes(body)[1]
    return {
        "role": body.role,
        "kind": KINDS.get(body.type, "vehicle"),
        "type": body.type,
        "blueprint": f"toy.{body.role}",
        "species": SPECIES.get(body.role),
        "distance_m": round(math.hypot(body.x, body.y), 3),
        "velocity_mps": [-body.speed * math.sin(body.yaw), 0.0, body.speed * math.cos(body.yaw)],
        "visible_fraction": 1.0,
        "visible_px": 1000,
        "visible_bbox_px": [math.ceil(seen[0]), math.ceil(seen[1]), int(seen[2]), int(seen[3])],
        "lidar_points": points,
        "lidar_points_in_box": points - points // 20,
        "dont_care_reason": None,
    }


def write_dataset(root: Path, frames_each: int = 2, relabel: Relabel = lambda body: body) -> Path:
    """Two episodes, one for training and one for validation, with records and request."""
    frame = 0
    for episode in ("toy-0000", "toy-0001"):
        for index in range(frames_each):
            bodies = [body.moved(index * FRAME_S, EGO_SPEED) for body in ACTORS]
            write_frame(root, frame, episode, index, bodies, relabel)
            frame += 1
    sets = root / "ImageSets"
    sets.mkdir()
    ids = [f"{i:06d}\n" for i in range(frame)]
    for split, listed in (
        ("train", ids[:frames_each]),
        ("val", ids[frames_each:]),
        ("trainval", ids),
        ("test", []),
    ):
        (sets / f"{split}.txt").write_text("".join(listed))
    (root / "dataset.json").write_text(json.dumps({"episodes": [{"name": "toy-0000"}, {"name": "toy-0001"}]}))
    seal(root)
    return root


def seal(root: Path) -> None:
    """Write the records anew, so that they agree with the files as they are now."""
    (root / "episodes").mkdir(exist_ok=True)
    frames: dict[str, list[str]] = {"toy-0000": [], "toy-0001": []}
    for path in sorted((root / "training" / "objects").glob("*.json")):
        frames[json.loads(path.read_text())["episode"]].append(path.stem)
    for episode, ids in frames.items():
        files = {
            str(path.relative_to(root).as_posix()): {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "bytes": path.stat().st_size,
            }
            for frame in ids
            for path in sorted((root / "training").glob(f"*/{frame}.*"))
        }
        text = json.dumps({"episode": episode, "frames": ids, "files": files})
        (root / "episodes" / f"{episode}.json").write_text(text)


def make_plain(root: Path) -> None:
    """Take away what only simgen writes: what is left is a plain KITTI object dataset."""
    for folder in ("training/objects", "training/velodyne_label", "episodes"):
        for path in (root / folder).iterdir():
            path.unlink()
        (root / folder).rmdir()
    (root / "dataset.json").unlink()
