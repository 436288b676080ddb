"""Short ways to say a plan, for the tests of motion."""

from __future__ import annotations

from typing import Any

from simgen.motion.bodies import Body
from simgen.motion.sight import CameraView
from simgen.scenario.plan import (
    ActorPlan,
    AebPlan,
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

CAMERA = CameraView(-0.4, 0.06, 1.65, 0.70, 0.71)
EGO_BODY = Body(4.358, 1.815, 1.577)        # Euro NCAP's
CHILD, ADULT, CAR = (0.711, 0.298, 1.154), (0.6, 0.5, 1.8), (4.316, 1.79, 1.48)
VAN = (5.5, 2.0, 2.4)


def actor(role: str, kind: str = "walker", size: tuple[float, float, float] = ADULT, **more: Any) -> ActorPlan:
    more.setdefault("placement", Placement(20.0))
    return ActorPlan(role, kind, "some.blueprint", None, size, **more)


def plan(
    *actors: ActorPlan, speed: float | list[tuple[float, float]] = 12.0, seconds: float = 4.0, rate: float = 20.0,
    warmup: float = 1.0, on_crash: str = "keep", aeb: AebPlan | None = None, friction: float = 0.9,
    road: RoadWish | None = None,
) -> EpisodePlan:
    points = [(0.0, speed)] if isinstance(speed, float) else speed
    return EpisodePlan(
        "test", 0, 1, road or RoadWish(name="Formula"), (WeatherPoint(0.0, {}, friction=friction),), "auto",
        EgoPlan("vehicle.tesla.model3", "kitti", tuple(SpeedPoint(*p) for p in points), SpawnWish(pick=0.0),
                on_crash=on_crash, aeb=aeb),
        actors, CapturePlan(rate, round(seconds * rate) + 1, warmup), {},
    )


def crosser(
    role: str = "walker", *, left: float = -6.0, speed: float = 1.5, share: float = 0.5, time: float = 3.0,
    angle: float = 0.0, acceleration: float | None = None, kind: str = "walker",
    size: tuple[float, float, float] = ADULT, reveal: float | None = None, behind: str | None = None,
    miss: float = 0.0, lead: float | None = None, **more: Any,
) -> ActorPlan:
    side = "left" if left > 0 else "right"
    return actor(
        role, kind, size, placement=Placement(None, side=side, left_m=left, heading_rad=1.57 if left < 0 else -1.57),
        meet=MeetPlan(share, time, reveal, behind, lead, miss), event=True,
        program=(Step("cross", speed_mps=speed, acceleration_mps2=acceleration, angle_rad=angle),), **more,
    )
