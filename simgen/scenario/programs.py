"""``do`` of an actor → the steps of its plan, every number drawn, every branch chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simgen.scenario.conditions import plan_condition
from simgen.scenario.draws import Draws
from simgen.scenario.placements import Motion, RoleOf, plan_place, told_heading
from simgen.scenario.plan import Placement, Step
from simgen.scenario.quantities import SPEED, format_quantity
from simgen.scenario.values import Value

if TYPE_CHECKING:
    from simgen.scenario.models.programs import StepModel
    from simgen.scenario.models.steps import EitherStep

_USUAL_STOP_MPS2 = 4.0
NOTHING = "nothing"
FOLLOWING = ("follow_leader", "follow_path")
_STANDING = ("stand", "park", "freeze")
_BRAKING = ("brake", "stop")                # to a stand, unless something else ends them before


@dataclass(frozen=True, slots=True)
class Abilities:
    """How fast who does it goes where the file does not say, m/s.

    usual: verb → speed. gaits: word → speed. who: for messages, "a red_deer". top: None where nobody knows it.
    rolls: keeps its speed until it is told another, as vehicles do.
    """

    who: str
    usual_mps: dict[str, float]
    gaits_mps: dict[str, float]
    top_mps: float | None = None
    rolls: bool = False


class ProgramPlanner:
    """Makes the steps of one actor. others: placements by role, of those that are planned already."""

    def __init__(
        self, abilities: Abilities, draws: Draws, role_of: RoleOf, others: Mapping[str, Placement]
    ) -> None:
        self._abilities, self._draws, self._role_of, self._others = abilities, draws, role_of, others
        self._rolling = False                            # under way, after the steps so far
        self._last_mps: float | None = None              # the last speed that a step said

    def program(self, steps: Sequence[StepModel]) -> tuple[Step, ...]:
        """The steps one after another; branches are replaced by what was chosen."""
        made: list[Step] = []
        for step in steps:
            if step.verb == "either":
                made += self._either(step)           # type: ignore[arg-type]
            else:
                made.append(self._step(step))
                self._remember(made[-1])
                made += self._turned(step, made[-1])
        return tuple(made)

    def _step(self, step: StepModel) -> Step:
        draws = self._draws
        said = {
            "when": plan_condition(step.when, draws, self._role_of),
            "until": plan_condition(step.until, draws, self._role_of),
            "duration_s": draws.if_there(step.for_),
        }
        return Step(step.verb, **(said | _OWN[step.verb](self, step)))

    def _turned(self, step: StepModel, walked: Step) -> tuple[Step, ...]:
        """After a walk to a place that says which way to face there: the turn."""
        if walked.place is None:
            return ()
        heading_rad = told_heading(step.place, walked.place, self._others, self._draws)  # type: ignore[attr-defined]
        return () if heading_rad is None else (Step("face", angle_rad=heading_rad),)

    def _remember(self, step: Step) -> None:
        """Whether it is under way after a step, and how fast it was to be."""
        if step.speed_mps:
            self._rolling, self._last_mps = self._abilities.rolls, step.speed_mps
        elif step.verb in FOLLOWING:
            self._rolling = self._abilities.rolls
        elif step.verb in _STANDING or (step.verb in _BRAKING and step.until is None and step.duration_s is None):
            self._rolling = False

    def _either(self, step: EitherStep) -> tuple[Step, ...]:
        """The steps of the branch that chance chose; what chances leave of 100 % is that nothing is done."""
        path = step.where.path
        chances = [self._draws.value(branch.chance) for branch in step.branches]
        total = 0.0
        for chance in chances:
            total += chance
        if total > 1.0 + 1e-9:
            raise self._draws.mistake(step.where, f"the chances add up to {100.0 * total:.4g} %; 100 % is the most")
        u, reached = self._draws.unit(path), 0.0
        for number, (branch, chance) in enumerate(zip(step.branches, chances, strict=True), start=1):
            reached += chance
            if u < reached:
                self._draws.record(path, f"{number}: {' '.join(part.verb for part in branch.do)}")
                return self._with_wait(step, self.program(branch.do))
        self._draws.record(path, NOTHING)
        return ()

    def _with_wait(self, either: EitherStep, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """``when``, ``until`` and ``for`` of the whole: its steps then are one track, which waits and ends."""
        draws = self._draws
        when = plan_condition(either.when, draws, self._role_of)
        until = plan_condition(either.until, draws, self._role_of)
        duration_s = draws.if_there(either.for_)
        if (when is None and until is None and duration_s is None) or not steps:
            return steps
        return (Step("parallel", when=when, until=until, duration_s=duration_s, tracks=(steps,)),)

    def speed(self, step: Any) -> float:
        """What is said, or the gait's from the tables, or what is usual for the verb."""
        draws, abilities = self._draws, self._abilities
        if step.speed is not None:
            return self.able(step.speed)
        if step.gait is not None:
            gait = draws.value(step.gait)
            if gait not in abilities.gaits_mps:
                known = ", ".join(abilities.gaits_mps) or "no gait"
                raise draws.mistake(step.gait.where, f"{abilities.who} does not '{gait}' (it has: {known})")
            return abilities.gaits_mps[gait]
        usual = abilities.usual_mps[step.verb]
        if not usual > 0.0:
            raise draws.mistake(step.where, f"{abilities.who} does not move by itself; remove '{step.verb}', or say a "
                                            "'speed'")
        return usual

    def following(self, step: Any) -> dict[str, Any]:
        """``follow_road``: who is under way and is told no speed keeps its own; who has stopped takes up the last."""
        told = step.speed is not None or step.gait is not None
        if not told and self._rolling:
            speed_mps = None
        else:
            speed_mps = self._last_mps if not told and self._abilities.rolls and self._last_mps else self.speed(step)
        return {"speed_mps": speed_mps, "distance_m": self.there(step.distance),
                "acceleration_mps2": self.there(step.acceleration), "against": step.against}

    def able(self, value: Value[float]) -> float:
        """A speed that is said. Raises ``ScenarioMistakes`` for one that nobody of its kind reaches."""
        speed_mps, top_mps = float(self._draws.value(value)), self._abilities.top_mps
        if top_mps is not None and speed_mps > top_mps:
            raise self._draws.impossible(value, (
                f"{format_quantity(speed_mps, SPEED)} is impossible: {self._abilities.who} goes at most at "
                f"{format_quantity(top_mps, SPEED)}"))
        return speed_mps

    def able_if_there(self, value: Value[float] | None) -> float | None:
        return None if value is None else self.able(value)

    def there(self, value: Value[float] | None) -> float | None:
        return self._draws.if_there(value)

    def drawn(self, value: Value[Any]) -> Any:
        return self._draws.value(value)

    def role(self, name: str) -> str:
        return name if name == "ego" else self._role_of(name)

    def going(self, step: Any) -> dict[str, Any]:
        return {"speed_mps": self.speed(step)}

    def crossing(self, step: Any) -> dict[str, Any]:
        speed_mps, run_up_m = self.speed(step), self.there(step.run_up)
        # v² = 2·a·d: over the run-up from standing to full speed.
        acceleration = self.there(step.acceleration) if run_up_m is None else speed_mps * speed_mps / (2.0 * run_up_m)
        return {"speed_mps": speed_mps, "angle_rad": self.drawn(step.angle), "distance_m": self.there(step.distance),
                "acceleration_mps2": acceleration}

    def walking_to(self, step: Any) -> dict[str, Any]:
        place = Placement(**plan_place(step.place, False, self._draws, self._role_of))
        return {"speed_mps": self.speed(step), "place": place}

    def stopping(self, step: Any) -> dict[str, Any]:
        distance_m, deceleration = self.there(step.distance), self.there(step.deceleration)
        if distance_m is None and deceleration is None:
            deceleration = _USUAL_STOP_MPS2
        return {"distance_m": distance_m, "acceleration_mps2": deceleration}


def first_motion(program: Sequence[Step]) -> Motion:
    """What the first step that matters for it says of the way an actor faces."""
    for step in program:
        if step.verb == "parallel":
            inner = first_motion(step.tracks[0]) if step.tracks else Motion()
            if inner.verb:
                return inner
        elif step.verb not in ("stand", "park", "freeze", "open_door"):
            return Motion(step.verb, step.angle_rad, step.against, step.leader if step.verb in FOLLOWING else None)
    return Motion()


def _nothing(planner: ProgramPlanner, step: Any) -> dict[str, Any]:
    return {}


# What each verb says besides when, until and for.
_OWN: dict[str, Callable[[ProgramPlanner, Any], dict[str, Any]]] = {
    "stand": _nothing,
    "park": _nothing,
    "freeze": _nothing,
    "walk": lambda planner, step: {**planner.going(step), "distance_m": planner.there(step.distance)},
    "cross": ProgramPlanner.crossing,
    "walk_to": ProgramPlanner.walking_to,
    "follow_road": ProgramPlanner.following,
    "turn_back": ProgramPlanner.going,
    "flee": lambda planner, step: {
        **planner.going(step), "leader": planner.role(step.from_), "angle_rad": planner.drawn(step.angle)},
    "follow_leader": lambda planner, step: {
        "leader": planner.role(step.leader), "delay_s": planner.drawn(step.delay)},
    "brake": lambda planner, step: {
        "acceleration_mps2": planner.drawn(step.deceleration), "speed_mps": planner.drawn(step.to)},
    "speed_up": lambda planner, step: {
        "acceleration_mps2": planner.drawn(step.acceleration), "speed_mps": planner.able(step.to)},
    "stop": ProgramPlanner.stopping,
    "cut_in": lambda planner, step: {
        "gap_m": planner.drawn(step.gap), "duration_s": planner.drawn(step.over),
        "speed_mps": planner.able_if_there(step.speed)},
    "lane_change": lambda planner, step: {"side": planner.drawn(step.side), "duration_s": planner.drawn(step.over)},
    "drift": lambda planner, step: {
        "side": planner.drawn(step.side), "lateral_mps": planner.drawn(step.speed),
        "distance_m": planner.drawn(step.distance)},
    "run_red": lambda planner, step: {"speed_mps": planner.able_if_there(step.speed)},
    "open_door": lambda planner, step: {"door": planner.drawn(step.door)},
    "parallel": lambda planner, step: {"tracks": tuple(planner.program(track) for track in step.tracks)},
}
