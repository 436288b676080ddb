"""What of its box a body fills, for lines of sight: bonnet, cabin and roof; legs, trunk and head; not one block.

A profile is a stack of upright blocks in shares of the body's box, each down to the ground: (rear, front, half width,
top), x from −0.5 (rear) to 0.5 (front). It says both what a body hides and where it is first seen.

Of a vehicle the first block is narrow and long, the next wide and shorter: together they round off the corners. Half
widths leave out the mirrors, which CARLA's boxes hold. The shares are those of common cars: bonnet at half the height,
belt line at 0.65, the windscreen from a third of the length to the roof, whose edges lie 0.1 of the width further in.
Tops of people and animals are a little low: the crown of a head is too little to be noticed.
"""

from __future__ import annotations

from typing import TypeAlias

from simgen.scenario.plan import ActorPlan
from simgen.scenario.tables import vehicle_kinds

Profile: TypeAlias = "tuple[tuple[float, float, float, float], ...]"

BLOCK: Profile = ((-0.5, 0.5, 0.5, 1.0),)
SALOON: Profile = (
    (-0.49, 0.485, 0.36, 0.50), (-0.475, 0.46, 0.455, 0.50), (-0.465, 0.39, 0.445, 0.62),
    (-0.37, 0.21, 0.40, 0.82), (-0.30, 0.13, 0.36, 0.97),
)
ESTATE: Profile = (         # hatchbacks, SUVs and people carriers: the roof reaches almost to the rear
    (-0.49, 0.485, 0.36, 0.52), (-0.475, 0.465, 0.465, 0.58), (-0.45, 0.20, 0.45, 0.74),
    (-0.43, 0.165, 0.40, 0.86), (-0.42, 0.14, 0.37, 0.97),
)
BONNET_VAN: Profile = (
    (-0.495, 0.49, 0.36, 0.44), (-0.49, 0.47, 0.475, 0.44), (-0.49, 0.42, 0.46, 0.53),
    (-0.49, 0.33, 0.455, 0.70), (-0.485, 0.27, 0.44, 0.97),
)
FORWARD_CONTROL: Profile = (   # buses, lorries and vans whose driver sits over the front axle
    (-0.495, 0.495, 0.34, 0.42), (-0.49, 0.475, 0.435, 0.42), (-0.485, 0.46, 0.43, 0.75), (-0.48, 0.45, 0.42, 0.97),
)
TWO_WHEELER: Profile = ((-0.48, 0.47, 0.10, 0.38), (-0.25, 0.20, 0.25, 0.94))     # wheels, rider
WALKER: Profile = ((-0.48, 0.48, 0.45, 0.45), (-0.30, 0.30, 0.45, 0.82), (-0.18, 0.18, 0.18, 0.94))
ANIMAL: Profile = ((-0.48, 0.32, 0.40, 0.70), (0.20, 0.49, 0.25, 0.92))           # trunk, neck and head

TWO_WHEELER_WIDTH_M, SALOON_HEIGHT_M, SALOON_LENGTH_M, CAR_HEIGHT_M, BONNET_VAN_LENGTH_M = 1.0, 1.58, 4.3, 1.95, 5.0


def profile_of(actor: ActorPlan) -> Profile:
    """By the kind that the tables give its blueprint, for others by its nominal size. Props are blocks, and so are
    people who are longer than high: they lie."""
    length, width, height = actor.size_lwh_m
    if actor.kind == "animal":
        return ANIMAL
    if actor.kind != "vehicle":
        return WALKER if actor.kind == "walker" and length < height else BLOCK
    kind = next((word for word, ids in vehicle_kinds().items() if actor.blueprint in ids), None)
    if width < TWO_WHEELER_WIDTH_M or kind in ("bicycle", "motorcycle"):
        return TWO_WHEELER
    if kind == "car" or (kind is None and height < CAR_HEIGHT_M):
        return SALOON if height < SALOON_HEIGHT_M and length >= SALOON_LENGTH_M else ESTATE
    if kind == "van" and length >= BONNET_VAN_LENGTH_M:
        return BONNET_VAN
    return FORWARD_CONTROL
