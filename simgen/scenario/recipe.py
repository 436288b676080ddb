"""What is the same for all episodes of a scenario: sweep, correlations, strata, formulas and constraints, made ready.

Built once; every episode is then drawn from it by its index alone, in any order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simgen.scenario.bindings import bind_formulas, located, mistake_at
from simgen.scenario.chance import Choice, Distribution
from simgen.scenario.correlation import Copula
from simgen.scenario.designs import stratum, within_bin
from simgen.scenario.elementary import sin
from simgen.scenario.formulas import BoundFormula
from simgen.scenario.readers import WholeNumberReader
from simgen.scenario.sweeps import Sweep
from simgen.scenario.values import Value

if TYPE_CHECKING:
    from simgen.scenario.checks import StrataBins
    from simgen.scenario.draws import Draws
    from simgen.scenario.load import Scenario
    from simgen.scenario.models import CorrelationModel

DEFAULT_EPISODES = 4
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class _Group:
    """Values that are drawn together."""

    paths: tuple[str, ...]
    copula: Copula


@dataclass(frozen=True, slots=True)
class _Strata:
    """The bins of one value: for each its name, its share of the episodes, and what is drawn in it."""

    name: str
    bins: tuple[str, ...]
    shares: tuple[float, ...]
    units: tuple[tuple[float, float], ...]               # for numbers: the units between which the bin lies
    words: tuple[Distribution[Any], ...]                 # for words: the distribution within the bin


class Recipe:
    """How the episodes of one scenario are drawn.

    count: how many there are. named: everything that formulas can name, by key path or by its name under ``let``.
    Raises ``ScenarioMistakes`` if what the scenario asks for cannot be made.
    """

    def __init__(self, scenario: Scenario, episodes: int | None, seed: int) -> None:
        self.scenario, self.seed = scenario, seed
        model = scenario.model
        self.named: dict[str, Value[Any]] = {**scenario.values, **(model.let or {})}
        self.copies = frozenset(actor.role for actor in model.actors if actor.count is not None)
        self.occluders = frozenset(
            actor.meet.behind for actor in model.actors if actor.meet is not None and actor.meet.behind is not None)
        self.sweep = self._made_sweep()
        self.count = episodes or model.episodes or self.sweep.size or DEFAULT_EPISODES
        self._groups = self._made_groups(model.correlate)
        self._strata = {
            one.of.where.path: self._made_strata(name, one) for name, one in scenario.strata.items()}
        self._plain = not (self.sweep.paths or self._groups or self._strata)      # the usual case, and the fastest
        self._formulas, self.requirements = bind_formulas(self.named, model.let or {}, model.require)

    def outcome(self, draws: Draws, value: Value[Any], path: str) -> Any:
        """What chance and design say of a value, of a copy at a ``path`` of its own: its distribution at its unit."""
        if self._plain:
            return value.distribution.quantile(draws.raw_unit(path))
        base = value.where.path
        strata = self._strata.get(base)
        u = self.unit(draws, base)
        if strata is None:
            return value.distribution.quantile(u)
        number = stratum(strata.shares, draws.index % self.count, self.count, base, self.seed)
        draws.record(f"strata.{strata.name}", strata.bins[number])
        if strata.words:
            return strata.words[number].quantile(u)
        return value.distribution.quantile(within_bin(u, *strata.units[number]))

    def unit(self, draws: Draws, base: str) -> float:
        """The unit of a key path: chance's or the design's, correlated with others'."""
        group = self._groups.get(base)
        if group is None:
            return self._designed(draws, base)
        units = group.copula.units([self._designed(draws, path) for path in group.paths])
        return units[group.paths.index(base)]

    def _designed(self, draws: Draws, base: str) -> float:
        return self.sweep.unit(base, draws.index, self.count, draws.raw_unit(draws.path(base)))

    def formula(self, value: Value[Any]) -> BoundFormula:
        """A value's formula, bound to what formulas can name."""
        return self._formulas[value.where.path]

    def first_copy(self, name: str) -> tuple[str, str] | None:
        """(role, role of the first copy) if a key path names an actor of which there are several."""
        parts = name.split(".")
        if len(parts) < 3 or parts[0] != "actors" or parts[1] not in self.copies or parts[2] == "count":
            return None
        return parts[1], f"{parts[1]}_1"

    @staticmethod
    def is_whole(value: Value[Any]) -> bool:
        """Whether a value is a whole number."""
        return isinstance(value.reader, WholeNumberReader)

    def _made_sweep(self) -> Sweep:
        vary = self.scenario.model.vary
        if vary is None:
            return Sweep("grid", (), self.seed)
        return located(vary.where, Sweep, vary.method, self.scenario.swept, self.seed)

    def _made_groups(self, said: Sequence[CorrelationModel]) -> dict[str, _Group]:
        """Pairs that share a value belong together; what no pair says of a group is no correlation."""
        ties = {frozenset(self.named[name].where.path for name in one.between): one for one in said}
        neighbours: dict[str, list[str]] = {}
        for pair in ties:
            for path, other in (sorted(pair), sorted(pair, reverse=True)):
                neighbours.setdefault(path, []).append(other)
        groups: dict[str, _Group] = {}
        for path in neighbours:
            if path in groups:
                continue
            paths = _reachable(path, neighbours)
            matrix = [[_normal_correlation(ties.get(frozenset((a, b)))) if a != b else 1.0 for b in paths]
                      for a in paths]
            copula = located(ties[frozenset((path, neighbours[path][0]))].where, Copula.of, matrix, paths)
            groups |= dict.fromkeys(paths, _Group(tuple(paths), copula))
        return groups

    def _made_strata(self, name: str, said: StrataBins) -> _Strata:
        value, where = said.of, said.of.where
        if not value.random or value.formula is not None or value.swept:
            raise mistake_at(where, "is not drawn by chance, so it has no strata")
        bins = tuple(said.bins)
        shares = tuple(said.shares.get(one, 0.0) for one in bins)
        located(where, stratum, shares, 0, self.count, where.path, self.seed)
        if isinstance(value.distribution, Choice):
            words = tuple(located(where, _within_options, value, content) for content in said.bins.values())
            return _Strata(name, bins, shares, (), words)
        units = tuple(located(where, _within_range, value.distribution, content) for content in said.bins.values())
        return _Strata(name, bins, shares, units, ())


def _normal_correlation(said: CorrelationModel | None) -> float:
    """The correlation of the normal variables behind two values whose ranks correlate as told (Pearson 1907)."""
    return 0.0 if said is None else 2.0 * sin(math.pi * said.by / 6.0)


def _reachable(path: str, neighbours: Mapping[str, Sequence[str]]) -> list[str]:
    """Everything that is tied to a value, however indirectly, in alphabetical order."""
    found, waiting = {path}, [path]
    while waiting:
        for other in neighbours[waiting.pop()]:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return sorted(found)


def _within_options(value: Value[Any], bin_: Sequence[Any]) -> Distribution[Any]:
    """What is left of a choice in a bin: the words in it, or the numbers from its lowest to its highest."""
    choice = value.distribution
    assert isinstance(choice, Choice)
    inside = [option in bin_ if isinstance(option, str) else bin_[0] <= option <= bin_[-1] for option in choice.options]
    weights = tuple(weight if kept else 0.0 for kept, weight in zip(inside, choice.weights, strict=True))
    if not any(weights):
        raise ValueError(f"the bin with {', '.join(map(str, bin_))} is always empty; nothing of it is ever drawn")
    return Choice(choice.options, weights)


def _within_range(distribution: Distribution[Any], bin_: Sequence[float]) -> tuple[float, float]:
    """The units at which a distribution lies between two values."""
    low, high = (_unit_at(distribution, end) for end in bin_)
    if not high - low > 1e-9:
        raise ValueError(f"the bin from {bin_[0]:g} to {bin_[1]:g} is always empty; nothing is ever drawn there")
    return low, high


def _unit_at(distribution: Distribution[Any], value: float) -> float:
    """The unit below which a distribution is below ``value``: halving, as its quantile grows with the unit."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if distribution.quantile(middle) < value:
            low = middle
        else:
            high = middle
    return 0.0 if low == 0.0 else 1.0 if high == 1.0 else high
