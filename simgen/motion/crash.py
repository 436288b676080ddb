"""What happens when the ego touches somebody and the episode goes on: a simple model that nothing passes through.

The ego brakes as hard as the road allows. Whoever is light (walkers, animals, props, two-wheelers) takes on the ego's
speed in the ego's direction (a plastic blow) and slides on, slowed by 0.55 of what the tyres could, so that it leaves
the ego's front and comes to rest. Vehicles that go roughly the ego's way (within 45°) and the ego go on with the common
speed that keeps their momentum (masses from their volumes, 110 kg/m³), both braking; in all other crashes of vehicles
both stand where they touched. A door that stands open gives way: the ego brakes, and the car stays. Nobody turns,
falls or is thrown up; what is struck does not strike others.
"""

from __future__ import annotations

import math

from simgen.motion.bodies import Body
from simgen.motion.mover import Mover
from simgen.motion.outline import overlap_m
from simgen.motion.parts import Part
from simgen.motion.road import Place

SLIDES = 0.55
DENSITY_KGPM3 = 110.0
TWO_WHEELER_M = 1.2
ROUGHLY_ALONG = math.cos(math.radians(45.0))


def between(before: Place, after: Place, share: float) -> Place:
    """A place on the straight way from one to another."""
    turn = math.remainder(after.yaw_rad - before.yaw_rad, math.tau)
    return Place(
        before.x_m + share * (after.x_m - before.x_m), before.y_m + share * (after.y_m - before.y_m),
        before.z_m + share * (after.z_m - before.z_m), before.yaw_rad + share * turn,
    )


def touch_share(
    ego_before: Place, ego_after: Place, ego_body: Body, before: Place, after: Place, body: Body
) -> float | None:
    """The share of a tick after which two bodies touch first; None: they do not within it."""
    reach = (ego_body.length_m + body.length_m + ego_body.width_m + body.width_m) / 2
    if math.hypot(after.x_m - ego_after.x_m, after.y_m - ego_after.y_m) > reach + 1.0:
        return None

    def depth(share: float) -> float:
        return overlap_m(between(ego_before, ego_after, share), ego_body, between(before, after, share), body)

    if depth(0.0) > 0.0:
        return 0.0
    # A narrow body may be passed within one tick, so a few instants are looked at.
    last = 0.0
    for share in (0.25, 0.5, 0.75, 1.0):
        if depth(share) > 0.0:
            low, high = last, share
            for _ in range(30):
                middle = (low + high) / 2
                low, high = (low, middle) if depth(middle) > 0.0 else (middle, high)
            return low
        last = share
    return None


def is_light(part: Part) -> bool:
    """Is it pushed away, rather than being a car?"""
    return part.plan.kind != "vehicle" or part.body.width_m < TWO_WHEELER_M


def strike(ego: Mover, other: Mover, part: Part, grip_mps2: float) -> None:
    """Both movers right after the blow, at the instant and places of their touching."""
    speed, yaw = ego.gait.speed_mps, ego.place.yaw_rad
    along = math.cos(other.place.yaw_rad - yaw)
    ego.schedule = None
    if is_light(part):
        _slide(other, speed, yaw, SLIDES * grip_mps2)
        ego.gait.aim(0.0, grip_mps2)
    elif along > ROUGHLY_ALONG:
        mass, other_mass = _mass(ego.body), _mass(other.body)
        common = (mass * speed + other_mass * other.speed_mps * along) / (mass + other_mass)
        ego.gait.aim(common, None)
        ego.gait.aim(0.0, grip_mps2)
        _slide(other, common, yaw, grip_mps2)
    else:
        ego.gait.aim(0.0, None)
        _slide(other, 0.0, yaw, grip_mps2)


def strike_door(ego: Mover, grip_mps2: float) -> None:
    """The ego right after its contact with an open door."""
    ego.schedule = None
    ego.gait.aim(0.0, grip_mps2)


def _slide(other: Mover, speed_mps: float, yaw_rad: float, rate_mps2: float) -> None:
    other.slides_mps, other.slide_mps2, other.slide_yaw_rad = max(speed_mps, 0.0), rate_mps2, yaw_rad
    other.schedule = other.leads = None
    other.gait.aim(0.0, None)


def _mass(body: Body) -> float:
    return DENSITY_KGPM3 * body.length_m * body.width_m * body.height_m
