"""What happened in a play."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """``role`` did ``did`` at ``time_s`` (between two ticks where that makes sense).

    did:
      "started", "finished"     its program's first step other than standing began; its whole program is over
      "stopped"                 stands after having moved
      "entered_road", "left_road"   the middle of its body came onto, left the drivable surface
      "hit"                     touched the ego; of "ego": touched somebody
      "braked"                  of "ego": its emergency braking began
      "reveal"                  came into the ego's line of sight (of those that are watched: actors with a meet or with
                                a condition on being visible); at the first tick if it is in sight from the beginning
      "impact"                  of actors with a meet: the plane of the ego's front reached its near face; ``share`` is
                                then where across the ego's front the middle of its body was, 0 at the edge of the side
                                it came from
    """

    time_s: float
    role: str
    did: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step of an actor's program that began. ends_s: None if it was not over at the end of the play."""

    verb: str
    begins_s: float
    ends_s: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of a meet. reveal_s: so long before the impact the actor came in sight for the last time.
    Each is None where that did not happen."""

    impact_s: float | None
    impact_share: float | None
    reveal_s: float | None


def measured(events: Iterable[Event], role: str) -> Measured:
    """Impact and reveal of one actor, from a play's events."""
    mine = [event for event in events if event.role == role]
    impact = next((event for event in mine if event.did == "impact"), None)
    if impact is None:
        return Measured(None, None, None)
    reveals = [event.time_s for event in mine if event.did == "reveal" and event.time_s <= impact.time_s + 1e-9]
    return Measured(impact.time_s, impact.share, impact.time_s - max(reveals) if reveals else None)
