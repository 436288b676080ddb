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
SEEN_M = 100.0


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
def cast(bodies: tuple[Body, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) of each beam: metres to what it meets, number of the body from 1, 0 for ground and wall; is it ground?"""
    directions = lidar_directions()
    with np.errstate(divide="ignore"):
        ground = np.where(directions[:, 2] < 0, LIDAR_Z / -directions[:, 2], np.inf)
    level = np.minimum(ground, hit_distances(directions, WALL))
    distances = np.stack([level, *(hit_distances(directions, body) for body in bodies)])
    nearest = distances.min(axis=0)
    return nearest, distances.argmin(axis=0), nearest == ground


@lru_cache(maxsize=8)
def sweep(bodies: tuple[Body, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """((N, 4) float32 in LiDAR axes, (N,) number of the body that was hit from 1, 0 for ground and wall)."""
    nearest, hit, _ = cast(bodies)
    seen = nearest < SEEN_M
    rng = np.random.default_rng(seed)
    measured = nearest[seen] + rng.normal(0.0, 0.02, int(seen.sum()))
    xyz = lidar_directions()[seen] * measured[:, None]
    reflectance = rng.uniform(0.05, 0.6, len(xyz)).round(2)
    return np.column_stack([xyz, reflectance]).astype("<f4"), hit[seen]


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
def picture_png(bodies: tuple[Body, ...], town: int = 0, camera_3: bool = False) -> bytes:
    """Sky, a row of houses that is each town's own, road and painted boxes as a PNG file."""
    rows = np.linspace(210, 90, HEIGHT).astype(np.uint8)
    image = np.repeat(np.repeat(rows[:, None, None], WIDTH, axis=1), 3, axis=2).copy()
    rng = np.random.default_rng(town)
    for left in range(0, WIDTH, 60):
        image[int(rng.integers(20, 150)) : 180, left : left + 60] = rng.integers(20, 235, 3)
    to_camera_3 = np.array([CAMERA_3_RIGHT + CAMERA_2_LEFT, 0.0, 0.0]) if camera_3 else np.zeros(3)
    for k, body in enumerate(sorted(bodies, key=lambda b: -b.x)):
        hull = cv2.convexHull(pixels(camera_points(body.corners()) - to_camera_3).round().astype(np.int32))
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
    town = int(episode[-1])
    cloud, hit = sweep(tuple(bodies), seed=2 * town + frame % 2)
    roles = sorted(body.role for body in bodies)
    instance = np.array([0, *(roles.index(body.role) + 1 for body in bodies)])[hit].astype(np.uint32)
    for folder in ("image_2", "image_3"):
        (training / folder / f"{name}.png").write_bytes(picture_png(tuple(bodies), town, folder == "image_3"))
    cloud.tofile(training / "velodyne" / f"{name}.bin")
    ((instance << 16) | 14).astype("<u4").tofile(training / "velodyne_label" / f"{name}.label")
    (training / "calib" / f"{name}.txt").write_text(calib_text())
    lines = [label_line(relabel(body)) for body in bodies]
    (training / "label_2" / f"{name}.txt").write_text("\n".join([*lines, DONT_CARE]) + "\n")
    rows = [
        {**_side_row(body, int((instance == roles.index(body.role) + 1).sum())), "track": roles.index(body.role)}
        for body in bodies
    ]
    rows.append({**NOBODY, "role": FAR, "track": len(roles)})
    roles.append(FAR)
    along = index * FRAME_S * EGO_SPEED
    side = {
        "frame": name,
        "episode": episode,
        "index": index,
        "time_s": round(index * FRAME_S, 6),
        "ego": {
            # World axes: those of the ego's place in the episode's first frame.
            "world_from_camera_0": [0, 0, 1, along + CAMERA_X, -1, 0, 0, 0, 0, -1, 0, CAMERA_Z],
            "world_from_rig": [1, 0, 0, along, 0, 1, 0, 0, 0, 0, 1, 0],
            "velocity_mps": [EGO_SPEED, 0.0, 0.0],
            "acceleration_mps2": None, "angular_rate_radps": None,
            "latitude_deg": None, "longitude_deg": None, "altitude_m": None,
        },
        "rows": rows,
        "instances": roles,
    }
    (training / "objects" / f"{name}.json").write_text(json.dumps(side))


FAR = "far_car"
NOBODY = {
    "kind": "vehicle", "type": "DontCare", "blueprint": "toy.far_car", "species": None, "age": None, "pose": None,
    "distance_m": 200.0, "velocity_mps": [0.0, 0.0, 0.0], "visibility": "silhouette", "visible_fraction": None,
    "visible_px": 0, "visible_bbox_px": None, "silhouette_px": None, "outside_fraction": None,
    "amodal_bbox_px": None, "lidar_points": 0, "lidar_points_stored": 0, "lidar_points_in_box": 0,
    "dont_care_reason": "too far",
}
KINDS = {"Pedestrian": "walker", "Animal": "animal"}
SPECIES = {"deer": "white_tailed_deer"}


def _side_row(body: Body, points: int) -> dict[str, object]:
    whole, seen = image_boxes(body)
    return {
        "role": body.role,
        "kind": KINDS.get(body.type, "vehicle"),
        "type": body.type,
        "blueprint": f"toy.{body.role}",
        "species": SPECIES.get(body.role),
        "age": None,
        "pose": None,
        "distance_m": round(math.hypot(body.x, body.y), 3),
        "velocity_mps": [-body.speed * math.sin(body.yaw), 0.0, body.speed * math.cos(body.yaw)],
        "visible_fraction": 1.0,
        "visible_px": 1000,
        "visibility": "silhouette",
        "silhouette_px": 1000,
        "outside_fraction": None,
        "amodal_bbox_px": [float(edge) for edge in whole],
        "visible_bbox_px": [math.ceil(seen[0]), math.ceil(seen[1]), int(seen[2]), int(seen[3])],
        "lidar_points": points,
        "lidar_points_stored": points,
        "lidar_points_in_box": points - points // 20,
        "dont_care_reason": None,
    }


def write_dataset(
    root: Path, frames_each: int = 2, relabel: Relabel = lambda body: body, actors: Sequence[Body] = ACTORS
) -> Path:
    """Two episodes, one for training and one for validation, with records and request."""
    frame = 0
    for episode in ("toy-0000", "toy-0001"):
        for index in range(frames_each):
            bodies = [body.moved(index * FRAME_S, EGO_SPEED) for body in actors]
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
    """Write the records anew, so that they agree with the files as they are now. Plans stay."""
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
        path = root / "episodes" / f"{episode}.json"
        plan = json.loads(path.read_text()).get("plan") if path.exists() else None
        record = {"episode": episode, "frames": ids, "files": files, **({} if plan is None else {"plan": plan})}
        path.write_text(json.dumps(record))


GROUND, SNOW = 2, 5
CAUSE = np.dtype([
    ("cause", "u1"), ("return_number", "u1"), ("ring", "u1"), ("range_before_m", "<f4"), ("time_s", "<f4"),
])
SNOWFALL = {
    "weather": [{"time_s": 0.0, "carla": {"fog_density": 0.0, "precipitation": 0.0}, "rain_mmph": 0.0,
                 "snowfall_mmph": 4.0, "visibility_m": None, "snow_depth_m": 0.0, "road": "dry"}],
    "sensing": {"lidar": "measured", "returns": "dual", "sweep": "instant", "keep": ["clean"]},
}


def write_snowfall(root: Path) -> Path:
    """A correct dataset of two episodes with two frames each in snowfall, with causes of all points, clean sweeps
    beside, and two returns of some beams."""
    write_dataset(root)
    let_snow_fall(root, ACTORS)
    return root


def let_snow_fall(root: Path, actors: Sequence[Body]) -> None:
    """Make what ``write_dataset`` wrote a dataset in snowfall."""
    for path in sorted((root / "training" / "objects").glob("*.json")):
        side = json.loads(path.read_text())
        bodies = tuple(body.moved(side["index"] * FRAME_S, EGO_SPEED) for body in actors)
        let_it_snow(root / "training", path.stem, bodies)
    for path in (root / "episodes").iterdir():
        path.write_text(json.dumps({**json.loads(path.read_text()), "plan": SNOWFALL}))
    seal(root)


def let_it_snow(training: Path, frame: str, bodies: tuple[Body, ...]) -> None:
    """Of the frame's beams a few hundred return flakes, instead of what they meet or besides, and some nothing."""
    velodyne, marks = training / "velodyne" / f"{frame}.bin", training / "velodyne_label" / f"{frame}.label"
    cloud, labels = np.fromfile(velodyne, "<f4").reshape(-1, 4), np.fromfile(marks, "<u4")
    nearest, hit, on_ground = cast(bodies)
    beam = np.flatnonzero(nearest < SEEN_M)
    way, before = lidar_directions()[beam], nearest[beam]
    rng = np.random.default_rng(int(frame))
    chance = rng.random(len(beam))
    flake, both = chance < 0.006, chance < 0.002
    flake &= before > 4.0
    both &= flake
    lost = (chance > 0.99) & ~flake
    tag = np.where(hit[beam] > 0, 14, np.where(on_ground[beam], 1, 3)).astype(np.uint32)
    surfaces, flakes = np.flatnonzero(~lost & (~flake | both)), np.flatnonzero(flake)
    place = rng.uniform(1.5, 4.0, len(flakes))[:, None] * way[flakes]
    points = np.concatenate([cloud[surfaces], np.column_stack([place, np.full(len(flakes), 0.01)]).astype("<f4")])
    of_beam = np.concatenate([surfaces, flakes])
    causes = np.empty(len(points), CAUSE)
    causes["cause"] = np.concatenate([np.where(on_ground[beam[surfaces]], 2, 1), np.full(len(flakes), SNOW)])
    causes["return_number"] = np.concatenate([np.zeros(len(surfaces)), both[flakes]])
    causes["ring"], causes["range_before_m"], causes["time_s"] = beam[of_beam] // 720, before[of_beam], 0.0
    marked = np.concatenate([labels[surfaces] & 0xFFFF0000 | tag[surfaces], np.zeros(len(flakes), np.uint32)])
    order = np.argsort(2 * of_beam + causes["return_number"], kind="stable")
    points[order].tofile(velodyne)
    marked[order].astype("<u4").tofile(marks)
    for folder in ("velodyne_cause", "velodyne_clean"):
        (training / folder).mkdir(exist_ok=True)
    np.save(training / "velodyne_cause" / f"{frame}.npy", causes[order])
    clean = np.column_stack([before[:, None] * way, cloud[:, 3]]).astype("<f4")
    clean.tofile(training / "velodyne_clean" / f"{frame}.bin")
    path = training / "objects" / f"{frame}.json"
    side = json.loads(path.read_text())
    for row in side["rows"]:
        number = side["instances"].index(row["role"]) + 1
        left = int((marked >> 16 == number).sum())
        row.update(lidar_points=left, lidar_points_stored=left, lidar_points_in_box=left - left // 20,
                   lidar_points_clean=int((labels >> 16 == number).sum()))
    path.write_text(json.dumps(side))


def make_plain(root: Path) -> None:
    """Take away what only simgen writes: what is left is a plain KITTI object dataset."""
    for folder in ("training/objects", "training/velodyne_label", "episodes"):
        for path in (root / folder).iterdir():
            path.unlink()
        (root / folder).rmdir()
    (root / "dataset.json").unlink()


def write_film(root: Path) -> Path:
    """A correct dataset of two episodes with four frames each, with depth, semantic and instance pictures and a plane:
    long enough for what only shows over time. ``testing`` holds one frame of another town."""
    write_dataset(root, frames_each=4)
    for frame in range(8):
        bodies = [body.moved(frame % 4 * FRAME_S, EGO_SPEED) for body in ACTORS]
        write_maps(root, frame, bodies)
        plane = root / "training" / "planes" / f"{frame:06d}.txt"
        plane.parent.mkdir(exist_ok=True)
        plane.write_text("# Plane\nWidth 4\nHeight 1\n0.000000e+00 -1.000000e+00 0.000000e+00 1.650000e+00\n")
    for folder in ("image_2", "velodyne", "calib"):
        (root / "testing" / folder).mkdir(parents=True)
    (root / "testing" / "image_2" / "000000.png").write_bytes(picture_png(ACTORS, town=7))
    sweep(ACTORS, seed=70)[0].tofile(root / "testing" / "velodyne" / "000000.bin")
    (root / "testing" / "calib" / "000000.txt").write_text(calib_text())
    (root / "ImageSets" / "test.txt").write_text("000000\n")
    seal(root)
    return root


ROAD, WALL_CLASS, SKY = 7, 12, 23
CLASSES = {"Car": 26, "Van": 26, "Pedestrian": 24, "Animal": 5}


def write_maps(root: Path, frame: int, bodies: Sequence[Body]) -> None:
    """What camera 2 measures: depth in 1/256 m, Cityscapes label ids, and instances of those."""
    u, v = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    # Rays of depth 1 in ego axes, from camera 2.
    rays = np.stack([np.ones(u.shape), -(u - CU) / FOCAL, -(v - CV) / FOCAL], axis=-1)
    eye = np.array([CAMERA_X, CAMERA_2_LEFT, CAMERA_Z])
    with np.errstate(divide="ignore"):
        depth = np.where(rays[..., 2] < 0, CAMERA_Z / -rays[..., 2], np.inf)
    wall = WALL.x - WALL.length / 2 - CAMERA_X
    on_wall = (wall < depth) & (np.abs(eye[1] + wall * rays[..., 1]) < WALL.width / 2)
    on_wall &= eye[2] + wall * rays[..., 2] < WALL.height
    semantic = np.where(on_wall, WALL_CLASS, np.where(np.isfinite(depth), ROAD, SKY)).astype(np.uint8)
    depth = np.where(on_wall, wall, depth)
    instance = np.zeros((HEIGHT, WIDTH), np.uint16)
    seen: dict[int, int] = {}
    for body in bodies:
        left, top, right, bottom = image_boxes(body)[1].astype(int)
        part = np.s_[top : bottom + 2, left : right + 2]
        local_eye, ends = body.local(eye[None])[0], body.local((eye + rays[part]).reshape(-1, 3))
        way = ends - local_eye + 1e-12
        low = np.array([-body.length / 2, -body.width / 2, 0.0])
        high = np.array([body.length / 2, body.width / 2, body.height])
        a, b = (low - local_eye) / way, (high - local_eye) / way
        enter, leave = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
        hit = np.where((enter < leave) & (enter > 0), enter, np.inf).reshape(depth[part].shape)
        nearer = hit < depth[part]
        kind = CLASSES[body.type]
        seen[kind] = seen.get(kind, 0) + 1
        depth[part] = np.where(nearer, hit, depth[part])
        semantic[part] = np.where(nearer, kind, semantic[part])
        instance[part] = np.where(nearer, kind * 256 + seen[kind] if kind >= 24 else 0, instance[part])
    stored = np.where(depth < 255.9, np.rint(np.minimum(depth, 255.9) * 256), 0).astype(np.uint16)
    for folder, pixels_of in (("depth_2", stored), ("semantic", semantic), ("instance", instance)):
        path = root / "training" / folder / f"{frame:06d}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), pixels_of, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def write_tracking(root: Path, frames: int = 8) -> Path:
    """A correct dataset in the tracking layout: one sequence, with sweeps, calibration and oxts."""
    base = root / "training"
    for folder in ("image_02/0000", "velodyne/0000", "label_02", "calib", "oxts"):
        (base / folder).mkdir(parents=True)
    lines = []
    for frame in range(frames):
        bodies = [body.moved(frame * FRAME_S, EGO_SPEED) for body in ACTORS if body.role != "deer"]    # meets the van
        (base / "image_02" / "0000" / f"{frame:06d}.png").write_bytes(picture_png(tuple(bodies)))
        sweep(tuple(bodies), seed=frame)[0].tofile(base / "velodyne" / "0000" / f"{frame:06d}.bin")
        lines.append(f"{frame} -1 DontCare -1 -1 -10.0 600.0 150.0 615.0 165.0 -1000 -1000 -1000 -10 -1 -1 -1")
        for track, body in enumerate(bodies):
            kind, _, *rest = label_line(body).split()
            lines.append(f"{frame} {track} {kind} 0 {' '.join(rest)}")
    (base / "label_02" / "0000.txt").write_text("\n".join(lines) + "\n")
    text = calib_text().replace("R0_rect:", "R_rect").replace("Tr_velo_to_cam:", "Tr_velo_cam")
    (base / "calib" / "0000.txt").write_text(text.replace("Tr_imu_to_velo:", "Tr_imu_velo"))
    east = EGO_SPEED * FRAME_S / 6378137.0 / math.cos(math.radians(49.0))
    rows = [[49.0, 8.4 + math.degrees(east * i), 115.0, *[0.0] * 27] for i in range(frames)]
    (base / "oxts" / "0000.txt").write_text("".join(" ".join(f"{v:.14f}" for v in row) + "\n" for row in rows))
    return root
