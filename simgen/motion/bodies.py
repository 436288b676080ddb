"""How much room everybody takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simgen.motion.profiles import BLOCK, Profile, profile_of
from simgen.scenario.plan import ActorPlan
from simgen.scenario.tables import vehicle_sizes

EGO = "ego"


@dataclass(frozen=True, slots=True)
class Body:
    """An upright box in an actor's own axes: x forward, from its origin.

    centre_x_m: how far ahead of the actor's origin the middle of the box is. profile: what of the box hides others.
    """

    length_m: float
    width_m: float
    height_m: float
    centre_x_m: float = 0.0
    profile: Profile = BLOCK

    @classmethod
    def of_plan(cls, actor: ActorPlan) -> Body:
        """From the tables' nominal size."""
        return cls(*actor.size_lwh_m, profile=profile_of(actor))

    def of_kind(self, actor: ActorPlan) -> Body:
        """This box, as a server says it, with the profile of an actor's kind."""
        return replace(self, profile=profile_of(actor))

    @property
    def front_m(self) -> float:
        """From the origin to the front face."""
        return self.centre_x_m + self.length_m / 2

    @property
    def rear_m(self) -> float:
        """From the origin to the rear face; negative."""
        return self.centre_x_m - self.length_m / 2


# A saloon car: the ego where neither a simulator nor the tables know its blueprint.
NOMINAL_EGO = Body(4.79, 2.16, 1.49)


def nominal_ego(blueprint: str) -> Body:
    """The ego where no simulator says otherwise: the tables' size of its blueprint."""
    size_lwh_m = vehicle_sizes().get(blueprint)
    return NOMINAL_EGO if size_lwh_m is None else Body(*size_lwh_m)
