"""The draws of one attempt at one episode: a unit for every key path, and the record of what came out.

A value comes from, in this order: the sweep, which says it outright; its formula, worked out when somebody asks; its
distribution, at a unit that the sweep's design, correlation and strata may have moved (``recipe``). What is drawn
once stays, so it does not matter who asks first, a formula or the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from simgen.scenario.chance import Choice, Fixed, Source
from simgen.scenario.mistakes import Mistake, ScenarioMistakes, Where
from simgen.scenario.values import Value

if TYPE_CHECKING:
    from simgen.scenario.recipe import Recipe

T = TypeVar("T")


class Draws:
    """One attempt at one episode. ``drawn`` maps the key path of each value that chance, a sweep or a formula said to
    what came out."""

    __slots__ = ("_asked", "_copy", "_levels", "_recipe", "_source", "attempt", "drawn", "index")

    def __init__(self, recipe: Recipe, index: int, attempt: int = 0) -> None:
        self.index, self.attempt = index, attempt
        self.drawn: dict[str, Any] = {}
        self._recipe = recipe
        self._source = Source(recipe.seed, recipe.scenario.name, index)
        self._levels = recipe.sweep.levels(index)
        self._copy: tuple[str, str] | None = None
        self._asked: list[str] = []             # formulas that are being worked out, to find circles

    def value(self, value: Value[T]) -> T:
        """What a value is in this episode.

        Raises ``ScenarioMistakes`` if it is not allowed at its place, or its formula has no result.
        """
        distribution = value.distribution
        if isinstance(distribution, Fixed) and value.formula is None:
            return distribution.value           # type: ignore[no-any-return]
        base = value.where.path
        path = base if self._copy is None else self.path(base)
        if path not in self.drawn:
            self.drawn[path] = self._evaluated(value, path)
        return self.drawn[path]                 # type: ignore[no-any-return]

    def each(self, value: Value[T], own: str) -> T:
        """What a value is for one of many that are not recorded, such as a vehicle of the background traffic.

        own: the key path at which chance draws it. What a sweep or a formula says is the same for all of them.
        Raises ``ScenarioMistakes`` as ``value`` does.
        """
        if value.formula is not None or value.swept or not value.random:
            return self.value(value)
        before, self._copy = self._copy, (value.where.path, own)
        try:
            return self._evaluated(value, own)  # type: ignore[no-any-return]
        finally:
            self._copy = before

    def _evaluated(self, value: Value[Any], path: str) -> Any:
        """Sweep, formula or chance, checked against what is allowed there."""
        base = value.where.path
        if base in self._levels:
            result = self._levels[base]
        elif value.formula is not None:
            result = self._derived(value, path)
        else:
            result = self._recipe.outcome(self, value, path)
        if (problem := value.outside(result)) is not None:
            raise self.impossible(value, problem)
        return result

    def if_there(self, value: Value[T] | None) -> T | None:
        """``value`` of a key that may be missing."""
        return None if value is None else self.value(value)

    def one_of(self, options: Sequence[str], path: str) -> str:
        """One of several words, all equally likely. Where there is only one, nothing is drawn."""
        if len(options) == 1:
            return options[0]
        own = self.path(path)
        if own not in self.drawn:
            self.drawn[own] = _even_choice(tuple(options)).quantile(self.unit(path))
        return str(self.drawn[own])

    def share(self, path: str) -> float:
        """A number in (0, 1), recorded."""
        own = self.path(path)
        if own not in self.drawn:
            self.drawn[own] = self.unit(path)
        return float(self.drawn[own])

    @property
    def origin(self) -> Where:
        """The scenario's file, for what has no place in it."""
        return Where(str(self._recipe.scenario.path))

    def unit(self, base: str) -> float:
        """The unit of a key path, after design and correlation; not recorded."""
        return self._recipe.unit(self, base)

    def raw_unit(self, path: str) -> float:
        """The unit that chance alone gives a key path (of a copy, its own)."""
        return self._source.unit(path, self.attempt)

    def record(self, path: str, result: Any) -> None:
        """Note something that follows from a draw, such as the name of a stratum."""
        self.drawn[self.path(path)] = result

    def path(self, base: str) -> str:
        """The key path in the copy that is being planned: "actors.deer.place" is "actors.deer_2.place" there."""
        if self._copy is None or not base.startswith(self._copy[0]):
            return base
        return self._copy[1] + base[len(self._copy[0]):]

    @contextmanager
    def as_copy(self, role: str, copy: str) -> Iterator[None]:
        """Draw the values of an actor for one of its copies, each copy for itself."""
        before, self._copy = self._copy, (f"actors.{role}.", f"actors.{copy}.")
        try:
            yield
        finally:
            self._copy = before

    def mistake(self, where: Where, problem: str) -> ScenarioMistakes:
        """The exception for something that only a draw shows; raise it."""
        return ScenarioMistakes([Mistake(where.file, where.line, where.path,
                                         f"{problem} (seed {self._recipe.seed})", where.column)])

    def impossible(self, value: Value[Any], problem: str) -> ScenarioMistakes:
        """The exception for an outcome that is not allowed, which says how it came about; raise it."""
        return self.mistake(value.where, f"{_how(value)} in episode {self.index}: {problem}{_cure(value)}")

    def by_name(self, name: str) -> Any:
        """A value by key path or by its name under ``let``, as formulas call it."""
        value = self._recipe.named[name]
        copied = self._recipe.first_copy(name)
        if copied is None or (self._copy is not None and value.where.path.startswith(self._copy[0])):
            return self.value(value)
        with self.as_copy(*copied):
            return self.value(value)

    def values(self) -> Mapping[str, Any]:
        """Everything that formulas can name, worked out when it is asked for."""
        return _Named(self, self._recipe.named)

    def _derived(self, value: Value[T], path: str) -> Any:
        if path in self._asked:
            circle = " → ".join([*self._asked[self._asked.index(path):], path])
            raise self.mistake(value.where, f"is derived from itself: {circle}; give one of them a value of its own")
        self._asked.append(path)
        try:
            result = self._recipe.formula(value).evaluate(self.values())
        except ValueError as error:
            raise self.mistake(value.where, f"derived in episode {self.index}: {error}") from None
        finally:
            self._asked.pop()
        return round(result) if isinstance(result, float) and self._recipe.is_whole(value) else result


class _Named(Mapping[str, Any]):
    """Key path or name under ``let`` → value."""

    def __init__(self, draws: Draws, named: Mapping[str, Value[Any]]) -> None:
        self._draws, self._names = draws, named

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Any:
        return self._draws.by_name(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@lru_cache(maxsize=256)
def _even_choice(options: tuple[str, ...]) -> Choice[str]:
    return Choice(options, (1.0,) * len(options))


def _how(value: Value[Any]) -> str:
    return "derived" if value.formula is not None else "swept" if value.swept else "drawn"


def _cure(value: Value[Any]) -> str:
    return "" if value.formula is not None else (
        "; narrow the distribution, a normal one with 'clip: [lowest, highest]'")
