"""All plans of a request, made one by one as they are asked for.

``Plans`` is a sequence that holds none of its elements: a hundred thousand episodes take no more memory than one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import overload

from simgen.scenario.episodes import plan_episode
from simgen.scenario.load import Scenario
from simgen.scenario.mistakes import Mistake, ScenarioMistakes
from simgen.scenario.plan import EpisodePlan
from simgen.scenario.recipe import Recipe
from simgen.scenario.twins import negative_twin


class Plans(Sequence[EpisodePlan]):
    """The episodes of some scenarios, in order; with ``twin: negative`` each is followed by its twin.

    episodes: of each scenario; None: as many as each says, else as its sweep has, else 4.

    Raises ``ScenarioMistakes`` if two scenarios share a name or one cannot be made; taking a plan raises it if a drawn
    value is one its place does not allow.
    """

    def __init__(self, scenarios: Sequence[Scenario], episodes: int | None, seed: int) -> None:
        if episodes is not None and episodes < 1:
            raise ValueError(f"episodes must be at least 1, got {episodes}")
        _check_names(scenarios)
        self._recipes = [Recipe(scenario, episodes, seed) for scenario in scenarios]
        self._ends = list(accumulate(recipe.count * _each(recipe) for recipe in self._recipes))

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever asked for these plans may not expect, a sentence each: sweeps that are cut short."""
        told = ((recipe.scenario.name, recipe.sweep.cut_short(recipe.count)) for recipe in self._recipes)
        return tuple(f"{name}: {note}" for name, note in told if note is not None)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> EpisodePlan: ...

    @overload
    def __getitem__(self, index: slice) -> list[EpisodePlan]: ...

    def __getitem__(self, index: int | slice) -> EpisodePlan | list[EpisodePlan]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(f"there are {len(self)} plans, numbered from 0")
        number = bisect_right(self._ends, index)
        recipe = self._recipes[number]
        episode, twin = divmod(index - (self._ends[number - 1] if number else 0), _each(recipe))
        plan = plan_episode(recipe, episode)
        return negative_twin(plan) if twin else plan

    def __iter__(self) -> Iterator[EpisodePlan]:
        for recipe in self._recipes:
            for episode in range(recipe.count):
                plan = plan_episode(recipe, episode)
                yield plan
                if _each(recipe) == 2:
                    yield negative_twin(plan)

    def __eq__(self, other: object) -> bool:
        """Whether another sequence has the same plans."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


def make_plans(scenarios: Sequence[Scenario], episodes: int | None, seed: int) -> Plans:
    """All episodes of all scenarios, in order; see ``Plans``."""
    return Plans(scenarios, episodes, seed)


def frame_numbers(plans: Sequence[EpisodePlan]) -> list[range]:
    """The dataset's frame numbers of each plan: consecutive, in the order of the plans."""
    ranges, first = [], 0
    for plan in plans:
        ranges.append(range(first, first + plan.capture.frames))
        first += plan.capture.frames
    return ranges


def _each(recipe: Recipe) -> int:
    """Plans of one episode: itself, and its twin."""
    return 2 if recipe.scenario.model.twin == "negative" else 1


def _check_names(scenarios: Sequence[Scenario]) -> None:
    first: dict[str, Scenario] = {}
    mistakes = []
    for scenario in scenarios:
        other = first.setdefault(scenario.name, scenario)
        if other is not scenario:
            problem = f"'{scenario.name}' is also the name of {other.path}; episodes need different names"
            mistakes.append(Mistake(str(scenario.path), None, "name", problem))
    if mistakes:
        raise ScenarioMistakes(mistakes)
