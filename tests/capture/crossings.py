"""Random crossings that meet the ego, driven on a simulator without cameras, and what the judge makes of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from sensors.rig import Rig, load_rig
from simgen.capture import Endpoint, open_episode
from simgen.errors import PlacementError, SpawnError
from simgen.scenario.plan import (
    ActorPlan,
    CapturePlan,
    EgoPlan,
    EpisodePlan,
    MeetPlan,
    Placement,
    RoadWish,
    SpawnWish,
    SpeedPoint,
    Step,
    WeatherPoint,
)
from tests.capture.meet_judge import BLOCKS, Box, Camera, Impact, Track, impact, reveal_s, wanted_left_m, yaw_of
from tests.capture.roads import NOON

RATE_HZ = 20.0
# kind, blueprint, species, length × width × height, slowest and fastest crossing.
CROSSERS = (
    ("walker", "walker.pedestrian.0002", None, (0.6, 0.5, 1.8), 0.8, 2.5),
    ("walker", "walker.pedestrian.0009", None, (0.711, 0.298, 1.154), 1.2, 4.0),
    ("animal", None, "white_tailed_deer", (1.8, 0.55, 1.75), 2.0, 10.0),
    ("vehicle", "vehicle.bh.crossbike", None, (1.51, 0.87, 1.61), 2.5, 5.6),
)
OCCLUDERS = (
    ("vehicle.mercedes.sprinter", (5.92, 1.99, 2.56)),
    ("vehicle.nissan.patrol", (4.60, 1.93, 1.85)),
    ("vehicle.tesla.model3", (4.79, 2.16, 1.49)),
)
# What fills the boxes, in the words of ``meet_judge.BLOCKS``.
FILLED = {
    "walker.pedestrian.0002": "walker", "walker.pedestrian.0009": "walker", None: "animal",
    "vehicle.bh.crossbike": "two-wheeler", "vehicle.mercedes.sprinter": "bonnet van",
    "vehicle.nissan.patrol": "estate", "vehicle.tesla.model3": "saloon",
}


@dataclass(frozen=True)
class Case:
    """One crossing. reveal_s: asked, or None."""

    plan: EpisodePlan
    share: float
    from_left: bool
    reveal_s: float | None


def random_case(index: int, seed: int) -> Case:
    """The crossing number ``index`` of a series; each is drawn for itself."""
    rng = np.random.default_rng([seed, index])
    kind, blueprint, species, size, slow, fast = CROSSERS[rng.integers(len(CROSSERS))]
    from_left = bool(rng.random() < 0.5)
    share, hidden = float(rng.uniform(0.1, 0.9)), bool(rng.random() < 0.5)
    reveal = float(rng.uniform(0.5, 2.5)) if hidden else None
    frames = 100
    behind: tuple[ActorPlan, ...] = ()
    side = "left" if from_left else "right"
    if hidden:
        taller = [one for one in OCCLUDERS if one[1][2] > size[2] + 0.05]       # a lower one hides nobody
        name, body = taller[rng.integers(len(taller))]
        behind = (ActorPlan(
            "occluder", "vehicle", name, None, body,
            Placement(ahead_m=None, side=side, off_road_m=float(rng.uniform(1.2, 2.0)),
                      heading_rad=math.pi if from_left else 0.0),
            program=(Step("park"),),
        ),)
    actor = ActorPlan(
        "crosser", kind, blueprint, species, size,
        Placement(ahead_m=None, side=side, off_road_m=float(rng.uniform(3.6, 5.0) if hidden else rng.uniform(1.0, 5.0)),
                  heading_rad=-math.pi / 2 if from_left else math.pi / 2),
        meet=MeetPlan(
            impact_share=share, time_s=float(rng.uniform(3.0, 4.5)), reveal_s=reveal,
            behind="occluder" if hidden else None,
            lead_s=None if hidden or rng.random() < 0.5 else float(rng.uniform(1.0, 3.0)),
        ),
        program=(Step("cross", speed_mps=float(rng.uniform(slow, fast)),
                      angle_rad=math.radians(float(rng.uniform(-25.0, 25.0)))),),
    )
    if actor.meet is not None and actor.meet.lead_s is not None:
        actor = replace(actor, placement=replace(actor.placement, off_road_m=None))
    plan = EpisodePlan(
        scenario="crossing", index=index, seed=0,
        road=RoadWish(name="SimgenRural01", curve="bend" if rng.random() < 0.2 else None),
        weather=(WeatherPoint(0.0, NOON),), lights="off",
        ego=EgoPlan(
            "vehicle.lincoln.mkz_2017", "kitti", (SpeedPoint(0.0, float(rng.uniform(20.0, 80.0)) / 3.6),),
            SpawnWish(pick=float(rng.random())),
        ),
        actors=(*behind, actor), capture=CapturePlan(RATE_HZ, frames, 1.0), drawn={},
    )
    return Case(plan, share, from_left, reveal)


@dataclass(frozen=True)
class Verdict:
    """How far a crossing's impact and reveal were from what was asked; nan: nothing was asked, inf: it did not come."""

    index: int
    impact_m: float
    impact_s: float
    reveal_s: float
    refused: str = field(default="")


def drive(endpoint: Endpoint, case: Case, rig: Rig | None = None) -> Verdict:
    """Play a case without sensors and judge it by the poses the simulator reports at every tick."""
    plan, index = case.plan, case.plan.index
    rig = rig or load_rig("kitti")
    times, rows = [], []
    try:
        with open_episode(endpoint, plan, rig, sensors=False) as episode:
            stage = episode.stage
            roles = ["ego", *(actor.role for actor in plan.actors)]
            for number, _ in episode.ticks():
                times.append((number + 1 - stage.clock.warmup_ticks) * stage.clock.tick_s)
                poses = [episode.poses[role] for role in roles]
                rows.append([(*pose.translation_m, yaw_of(pose.rotation)) for pose in poses])
                met = plan.actors[-1].meet
                if met is not None and times[-1] > met.time_s + 0.5:
                    break
            ground_m = {role: place["z_m"] for role, place in episode.resolved()["placements"].items()}
            boxes = {role: (b.length_m, b.width_m, b.height_m, b.centre_x_m) for role, b in stage.bodies.items()}
            eye = (stage.camera.x_m, stage.camera.y_m, stage.camera.z_m, stage.camera.left_rad, stage.camera.right_rad)
    except (PlacementError, SpawnError) as error:
        return Verdict(index, math.nan, math.nan, math.nan, str(error))
    tracks: dict[str, Track] = {}
    for column, role in enumerate(roles):
        actor = next((actor for actor in plan.actors if actor.role == role), None)
        box = Box(*boxes[role]) if role in boxes else Box(*(actor.size_lwh_m if actor else ()))
        if actor is not None:
            box = replace(box, blocks=BLOCKS[FILLED[actor.blueprint]])
        track = np.array([row[column] for row in rows])
        if role == "crosser":               # heights count from the feet; a walker's origin is the middle of its body
            track[:, 2] -= track[0, 2] - ground_m[role]
        tracks[role] = Track(track, box)
    return judge(case, np.array(times), tracks, Camera(*eye))


def judge(case: Case, times_s: np.ndarray, tracks: dict[str, Track], camera: Camera) -> Verdict:
    """Compare what happened with what was asked."""
    met = case.plan.actors[-1].meet
    assert met is not None
    found: Impact | None = impact(times_s, tracks["ego"], tracks["crosser"])
    if found is None:
        return Verdict(case.plan.index, math.inf, math.inf, math.inf)
    off_m = found.left_m - wanted_left_m(tracks["ego"].box.width_m, case.share, case.from_left)
    late_s = math.nan
    if case.reveal_s is not None:
        seen = reveal_s(times_s, tracks["ego"], camera, tracks["crosser"], [tracks["occluder"]], found.time_s)
        late_s = math.inf if seen is None else (found.time_s - seen) - case.reveal_s
    return Verdict(case.plan.index, abs(off_m), abs(found.time_s - met.time_s), abs(late_s))


def cases(seed: int) -> Iterator[Case]:
    """An endless series."""
    index = 0
    while True:
        yield random_case(index, seed)
        index += 1
