"""``do``: what an actor does, step by step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from simgen.scenario.document import MISSING, Entry, Mapping, Sequence, describe
from simgen.scenario.models.ego import TOP_SPEED
from simgen.scenario.models.places import SIDES, SIDEWAYS, PlaceModel
from simgen.scenario.models.programs import STEPS, ProgramReader, StepModel
from simgen.scenario.quantities import ACCELERATION, ANGLE, DURATION, LENGTH, SHARE, SPEED, Limits
from simgen.scenario.readers import FlagReader, Plain, QuantityReader, RoleReader, one_of
from simgen.scenario.section import REQUIRED, ListOf, Problem, Section, key
from simgen.scenario.values import Reading, Refs, Schema, Value, validator

GAITS = ("walk", "trot", "gallop", "hop", "jog", "run")
DOORS = ("front_left", "front_right", "rear_left", "rear_right", "trunk")
_SPEED = QuantityReader(SPEED, Limits(0, 70, above=True, reason=TOP_SPEED))
_SLOW_TO = QuantityReader(SPEED, Limits(0, 70, reason=TOP_SPEED))
_CHANGE = QuantityReader(DURATION, Limits(0.5, 20, reason="nobody changes lanes faster"))
_STRETCH = QuantityReader(LENGTH, Limits(0, 10_000, above=True))
_ACCELERATION = QuantityReader(ACCELERATION, Limits(
    0, 12, above=True, reason="tyres on dry asphalt and legs alike hold about 1 g"))
_LEAN = QuantityReader(ANGLE, Limits(-math.pi / 3, math.pi / 3, reason="further aside it is no crossing; write "
                                                                       "follow_road or walk_to"))


class _GoingModel(StepModel):
    """A step with a speed, or with a gait whose speed the tables have."""

    speed: Annotated[Value[float], _SPEED] | None = key("how fast; by default the tables' for who does it")
    gait: Annotated[Value[str], one_of(GAITS)] | None = key(
        "walk, trot, gallop or hop (animals), walk, jog or run (people): the speed from the tables")

    def problems(self) -> Iterator[Problem]:
        if {"speed", "gait"} <= self.given:
            yield "gait", "excludes 'speed': both say how fast; keep one of them"


class StandStep(StepModel):
    """Stands where it is. Never ends by itself."""

    verb = "stand"


class ParkStep(StepModel):
    """Stands with the handbrake on and the lamps off. Never ends by itself."""

    verb = "park"


class WalkStep(_GoingModel):
    """Straight on, the way it faces."""

    verb = "walk"
    distance: Annotated[Value[float], _STRETCH] | None = key("how far; by default without end")


class CrossStep(_GoingModel):
    """To the other side of the road; ends as far beyond the other edge as it started before its own."""

    verb = "cross"
    angle: Annotated[Value[float], _LEAN] = key(
        "from straight across, leaning the ego's way (negative: towards the ego)", "0 deg")
    distance: Annotated[Value[float], _STRETCH] | None = key("how far instead")
    acceleration: Annotated[Value[float], _ACCELERATION] | None = key("how it gets to its speed; by default at once")
    run_up: Annotated[Value[float], QuantityReader(LENGTH, Limits(0, 20, above=True))] | None = key(
        "the same said as the distance over which it gets to its speed, as Euro NCAP does")

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if {"acceleration", "run_up"} <= self.given:
            yield "run_up", "excludes 'acceleration': both say how it gets to its speed; keep one of them"


class WalkToStep(_GoingModel):
    """Straight to a place; ends there."""

    verb = "walk_to"
    place: PlaceModel = key("where to, and with `facing` which way it turns there", REQUIRED)

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if self.place.lacks(*SIDEWAYS, "of", "before", "beyond", "behind", "junction"):
            yield "place", ("has none of 'off_road', 'beside', 'lane', 'left' and 'right'; give one of them, such as "
                            "'off_road: 2 m' with 'side: right'")


class FollowRoadStep(_GoingModel):
    """Along its lane; walkers and animals parallel to the road."""

    verb = "follow_road"
    speed: Annotated[Value[float], _SPEED] | None = key(
        "how fast; by default as fast as the tables say for who does it, but a vehicle under way keeps its speed, and "
        "one that has stopped takes up its last")
    distance: Annotated[Value[float], _STRETCH] | None = key("how far; by default without end")
    acceleration: Annotated[Value[float], _ACCELERATION] | None = key("how it gets to its speed; by default at once")
    against: Annotated[bool, Plain(FlagReader())] = key("against the lane's direction: a wrong-way driver", "false")


class FreezeStep(StepModel):
    """Stands at once, whatever it did. Never ends by itself."""

    verb = "freeze"


class TurnBackStep(_GoingModel):
    """Back along the way it came; ends where it started."""

    verb = "turn_back"


class FleeStep(_GoingModel):
    """Straight away from somebody. Never ends by itself."""

    verb = "flee"
    from_: Annotated[str, Plain(RoleReader())] = key("who it flees from: ego or a role", "ego", alias="from")
    angle: Annotated[Value[float], QuantityReader(ANGLE, Limits(-math.pi, math.pi))] = key(
        "to the left of straight away", "0 deg")


class FollowLeaderStep(StepModel):
    """The way another actor goes, some time later and as far aside as it started; in a `formation: file` on that very
    way."""

    verb = "follow_leader"
    leader: Annotated[str, Plain(RoleReader())] = key("who it follows", REQUIRED)
    delay: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 60))] = key("how much later", "1 s")


class BrakeStep(StepModel):
    """Slows down in its lane; ends at the new speed."""

    verb = "brake"
    deceleration: Annotated[Value[float], _ACCELERATION] = key("how hard", "4 m/s2")
    to: Annotated[Value[float], _SLOW_TO] = key("down to this speed", "0 m/s")


class SpeedUpStep(StepModel):
    """Goes faster in its lane; ends at the new speed."""

    verb = "speed_up"
    to: Annotated[Value[float], _SPEED] = key("up to this speed", REQUIRED)
    acceleration: Annotated[Value[float], _ACCELERATION] = key("how hard", "2 m/s2")


class StopStep(StepModel):
    """Brakes to a stand; ends there."""

    verb = "stop"
    distance: Annotated[Value[float], _STRETCH] | None = key("within this distance")
    deceleration: Annotated[Value[float], _ACCELERATION] | None = key("or so hard; 4 m/s2 if nothing is said")

    def problems(self) -> Iterator[Problem]:
        if {"distance", "deceleration"} <= self.given:
            yield "deceleration", "excludes 'distance': each follows from the other; keep one of them"


class CutInStep(StepModel):
    """Changes into the ego's lane in front of it; ends when the change is complete."""

    verb = "cut_in"
    gap: Annotated[Value[float], QuantityReader(LENGTH, Limits(0, 200, above=True))] = key(
        "between its rear and the ego's front when the change is complete", REQUIRED)
    over: Annotated[Value[float], _CHANGE] = key(
        "how long the change takes", "3 s")
    speed: Annotated[Value[float], _SPEED] | None = key("its speed afterwards; by default as before")


class LaneChangeStep(StepModel):
    """Changes to the neighbouring lane."""

    verb = "lane_change"
    side: Annotated[Value[str], one_of(SIDES)] = key("to which side", REQUIRED)
    over: Annotated[Value[float], _CHANGE] = key(
        "how long the change takes", "4 s")


class DriftStep(StepModel):
    """Leaves its line slowly to one side; ends after the distance, parallel to it."""

    verb = "drift"
    side: Annotated[Value[str], one_of(SIDES)] = key("to which side", REQUIRED)
    speed: Annotated[Value[float], QuantityReader(SPEED, Limits(
        0, 3, above=True, reason="the sideways speed; drifting drivers have 0.2 to 0.9 m/s"))] = key(
        "sideways", "0.5 m/s")
    distance: Annotated[Value[float], QuantityReader(LENGTH, Limits(0, 15, above=True))] = key("sideways", "1.5 m")


class RunRedStep(StepModel):
    """Drives over the junction though its light is red."""

    verb = "run_red"
    speed: Annotated[Value[float], _SPEED] | None = key("how fast; by default as before")


class OpenDoorStep(StepModel):
    """Opens a door; ends at once."""

    verb = "open_door"
    door: Annotated[Value[str], one_of(DOORS)] = key("which one", "front_left")


class TracksReader:
    """The programs of `parallel`: a list of programs."""

    what = "a list of programs, [[walk], [open_door]]"

    def read(self, entry: Entry, reading: Reading) -> tuple[tuple[StepModel, ...], ...]:
        if entry.node is MISSING:
            return ()
        if not isinstance(entry.node, Sequence) or len(entry.node.items) < 2:
            reading.log.note(entry.where, f"expected at least two programs, [[…], […]], got {describe(entry.node)}")
            return ()
        return tuple(ProgramReader().read(item, reading) for item in entry.items())

    def schema(self, refs: Refs) -> Schema:
        return {"type": "array", "items": refs.program(), "minItems": 2}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class ParallelStep(StepModel):
    """Does several programs at the same time, `parallel: [[…], […]]`; ends with the last."""

    verb = "parallel"
    shorthand: ClassVar[str | None] = "tracks"
    shorthand_named: ClassVar[bool] = False
    tracks: Annotated[tuple[tuple[StepModel, ...], ...], TracksReader()] = key("the programs", REQUIRED)


class BranchModel(Section):
    """One branch of `either`."""

    chance: Annotated[Value[float], QuantityReader(SHARE, Limits(
        0, 1, reason="a chance lies between 0 % and 100 %"))] = key("how likely it is", REQUIRED)
    do: Annotated[tuple[StepModel, ...], ProgramReader()] = key("what is done then", REQUIRED)


class EitherStep(StepModel):
    """Does one of several programs, `either: [{chance: 35 %, do: …}, …]`; what the chances leave to 100 % is that none
    is done."""

    verb = "either"
    shorthand: ClassVar[str | None] = "branches"
    shorthand_named: ClassVar[bool] = False
    branches: Annotated[tuple[BranchModel, ...], ListOf(lambda: BranchModel)] = key("the branches", REQUIRED)

    def problems(self) -> Iterator[Problem]:
        least = [min(branch.chance.outcomes(), default=0.0) for branch in self.branches]
        if sum(least) > 1.0 + 1e-9:
            yield "branches", f"the chances sum to {100.0 * sum(least):.6g} %; together they are at most 100 %"
        node = self._entry.node.entries.get("branches") if isinstance(self._entry.node, Mapping) else None
        if isinstance(node, Sequence) and not node.items:
            yield "branches", "is empty; write [{chance: 35 %, do: freeze}]"


STEPS.update(
    (step.verb, step) for step in (
        StandStep, ParkStep, WalkStep, CrossStep, WalkToStep, FollowRoadStep, FreezeStep, TurnBackStep, FleeStep,
        FollowLeaderStep, BrakeStep, SpeedUpStep, StopStep, CutInStep, LaneChangeStep, DriftStep, RunRedStep,
        OpenDoorStep, ParallelStep, EitherStep,
    )
)


def all_steps(program: tuple[StepModel, ...]) -> Iterator[StepModel]:
    """The steps of a program, those in branches and tracks included."""
    for step in program:
        yield step
        if isinstance(step, ParallelStep):
            for track in step.tracks:
                yield from all_steps(track)
        if isinstance(step, EitherStep):
            for branch in step.branches:
                yield from all_steps(branch.do)
