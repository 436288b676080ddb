"""Crossings from behind something, one of each kind: for judging reveals by pictures."""

from __future__ import annotations

import math

import numpy as np

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
from tests.capture.crossings import RATE_HZ, Case
from tests.capture.roads import NOON

LANE_M = 3.5
# kind, blueprint, species, length × width × height, slowest and fastest crossing.
CROSSERS = {
    "child": ("walker", "walker.pedestrian.0009", None, (0.35, 0.38, 1.154), 1.5, 3.0),
    "adult": ("walker", "walker.pedestrian.0002", None, (0.45, 0.5, 1.8), 1.2, 2.5),
    "deer": ("animal", None, "white_tailed_deer", (1.8, 0.55, 1.75), 3.0, 8.0),
    "cyclist": ("vehicle", "vehicle.bh.crossbike", None, (1.51, 0.87, 1.61), 2.5, 5.0),
}
OCCLUDERS = {
    "saloon": ("vehicle", "vehicle.lincoln.mkz_2017", (4.90, 2.13, 1.51)),
    "liftback": ("vehicle", "vehicle.tesla.model3", (4.79, 2.16, 1.49)),
    "suv": ("vehicle", "vehicle.nissan.patrol", (4.60, 1.93, 1.85)),
    "van": ("vehicle", "vehicle.mercedes.sprinter", (5.92, 1.99, 2.56)),
    "bus": ("vehicle", "vehicle.mitsubishi.fusorosa", (10.27, 3.94, 4.25)),
    "hedge": ("prop", "static.prop.hedge", (6.00, 1.00, 2.00)),
}
# A saloon hides no grown-up from a camera that is higher than its roof.
PAIRS = (
    ("child", "saloon"), ("adult", "van"), ("deer", "hedge"), ("cyclist", "bus"),
    ("child", "liftback"), ("adult", "hedge"), ("deer", "van"), ("cyclist", "hedge"),
    ("child", "suv"), ("adult", "bus"), ("deer", "bus"), ("cyclist", "van"),
    ("child", "van"), ("adult", "suv"), ("deer", "suv"), ("cyclist", "suv"),
)


def hidden_case(index: int, seed: int) -> Case:
    """The crossing number ``index`` of a series that goes through ``PAIRS``; each is drawn for itself."""
    rng = np.random.default_rng([seed, index])
    who, what = PAIRS[index % len(PAIRS)]
    kind, blueprint, species, size, slow, fast = CROSSERS[who]
    hider_kind, hider, body = OCCLUDERS[what]
    from_left = bool(rng.random() < 0.5)
    side = "left" if from_left else "right"
    share, speed_mps = float(rng.uniform(0.2, 0.8)), float(rng.uniform(slow, fast))
    off_m = body[1] / 2 + float(rng.uniform(0.2, 0.8))
    start_m = off_m + body[1] / 2 + size[0] / 2 + float(rng.uniform(0.5, 1.5))
    # Seen between where it comes level with the near flank of what hides it and where it starts.
    edge_m, where = LANE_M * (1.5 if from_left else 0.5), float(rng.uniform(0.35, 0.75))
    reveal_s = (edge_m + off_m - body[1] / 2 + where * (start_m - off_m + body[1] / 2)) / speed_mps
    stands = ActorPlan(
        "occluder", hider_kind, hider, None, body,
        Placement(ahead_m=None, side=side, off_road_m=off_m, heading_rad=math.pi if from_left else 0.0),
        program=(Step("park" if hider_kind == "vehicle" else "stand"),),
    )
    crosses = ActorPlan(
        "crosser", kind, blueprint, species, size,
        Placement(ahead_m=None, side=side, off_road_m=start_m,
                  heading_rad=-math.pi / 2 if from_left else math.pi / 2),
        meet=MeetPlan(impact_share=share, time_s=4.0, reveal_s=reveal_s, behind="occluder"),
        program=(Step("cross", speed_mps=speed_mps,
                      angle_rad=math.radians(float(rng.uniform(-15.0, 15.0)))),),
    )
    plan = EpisodePlan(
        scenario=f"{who}-{what}", index=index, seed=0, road=RoadWish(name="SimgenRural01"),
        weather=(WeatherPoint(0.0, NOON),), lights="off",
        ego=EgoPlan(
            "vehicle.lincoln.mkz_2017", "kitti", (SpeedPoint(0.0, float(rng.uniform(25.0, 65.0)) / 3.6),),
            SpawnWish(pick=float(rng.random())),
        ),
        actors=(stands, crosses), capture=CapturePlan(RATE_HZ, 100, 1.0), drawn={},
    )
    return Case(plan, share, from_left, reveal_s)
