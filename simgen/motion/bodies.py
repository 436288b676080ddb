"""How much room everybody takes."""

from __future__ import annotations

from dataclasses import dataclass

from sensors.boxes import Box3
from simgen.scenario.plan import ActorPlan

EGO = "ego"


@dataclass(frozen=True, slots=True)
class Body:
    """An upright box in an actor's own axes: x forward, from its origin.

    centre_x_m: how far ahead of the actor's origin the middle of the box is.
    """

    length_m: float
    width_m: float
    height_m: float
    centre_x_m: float = 0.0

    @classmethod
    def of_box(cls, box: Box3) -> Body:
        """From a simulator's bounding box in the actor's axes."""
        length, width, height = (float(side) for side in box.size_lwh_m)
        return cls(length, width, height, float(box.frame_from_box.translation_m[0]))

    @classmethod
    def of_plan(cls, actor: ActorPlan) -> Body:
        """From the tables' nominal size."""
        return cls(*actor.size_lwh_m)

    @property
    def front_m(self) -> float:
        """From the origin to the front face."""
        return self.centre_x_m + self.length_m / 2

    @property
    def rear_m(self) -> float:
        """From the origin to the rear face; negative."""
        return self.centre_x_m - self.length_m / 2


# The nominal ego of the built-in rigs (a saloon car): used where no simulator says otherwise.
NOMINAL_EGO = Body(4.79, 2.16, 1.49)
