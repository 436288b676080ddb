"""Formulas of a scenario, bound to what they can name: checked once, before the first episode is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from simgen.scenario.formula_units import MIXED, TRUTH, WORD, Kind
from simgen.scenario.formulas import BoundFormula
from simgen.scenario.mistakes import Mistake, ScenarioMistakes, Where
from simgen.scenario.quantities import NUMBER, Dimension
from simgen.scenario.readers import WordOrNumberReader, WordOrQuantityReader, WordReader
from simgen.scenario.values import Value

if TYPE_CHECKING:
    from simgen.scenario.models.top import Requirement as SaidRequirement

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition that every episode meets."""

    formula: BoundFormula
    where: Where


def bind_formulas(
    named: Mapping[str, Value[Any]], lets: Mapping[str, Value[Any]], required: Sequence[SaidRequirement]
) -> tuple[dict[str, BoundFormula], tuple[Requirement, ...]]:
    """Key path → formula of every derived value, and the conditions.

    named: everything that formulas can name. lets: the part of it that ``let`` says; what is derived there is of
    whatever kind its formula gives.
    Raises ``ScenarioMistakes`` with all formulas that do not fit.
    """
    binder = _Binder(named)
    binder.lets({name: value for name, value in lets.items() if value.formula is not None})
    for value in named.values():
        if value.formula is not None and value.where.path not in binder.tried:
            binder.value(value, WORD if isinstance(value.reader, WordReader) else value.dimension)
    requirements = []
    for one in required:
        formula = binder.attempt(one.where, one.formula.bind, TRUTH)
        if formula is not None:
            requirements.append(Requirement(formula, one.where))
    if binder.mistakes:
        raise ScenarioMistakes(binder.mistakes)
    return binder.bound, tuple(requirements)


class _Binder:
    def __init__(self, named: Mapping[str, Value[Any]]) -> None:
        self.bound: dict[str, BoundFormula] = {}
        self.tried: set[str] = set()
        self.mistakes: list[Mistake] = []
        self._dimensions: dict[str, Dimension | Kind | None] = {
            name: _dimension(value) for name, value in named.items()}
        self._words = {
            name: value.reader.words for name, value in named.items()
            if isinstance(value.reader, WordReader) and value.reader.form is None}

    def lets(self, waiting: dict[str, Value[Any]]) -> None:
        """Bind derived values of ``let``, each after those it is derived from; their kinds come out of it."""
        while waiting:
            names = {*waiting, *(f"let.{name}" for name in waiting)}
            ready = [name for name, value in waiting.items()
                     if value.formula is not None and not names & {*value.formula.names}]
            if not ready:
                value = next(iter(waiting.values()))
                circle = ", ".join(waiting)
                self.tried |= {one.where.path for one in waiting.values()}
                self.mistakes.append(_mistake(value.where, f"is derived from itself (by way of {circle}); give one of "
                                                           "them a value of its own"))
                return
            for name in ready:
                value = waiting.pop(name)
                formula = self.value(value, None)
                if formula is not None:
                    self._dimensions[name] = self._dimensions[f"let.{name}"] = formula.kind

    def value(self, value: Value[Any], result: Dimension | Kind | None) -> BoundFormula | None:
        """Bind one value's formula; None if it does not fit."""
        assert value.formula is not None
        self.tried.add(value.where.path)
        formula = self.attempt(value.where, value.formula.bind, result)
        if formula is not None:
            self.bound[value.where.path] = formula
        return formula

    def attempt(
        self, where: Where, bind: Callable[..., BoundFormula], result: Dimension | Kind | None
    ) -> BoundFormula | None:
        try:
            return bind(self._dimensions, result, self._words)
        except ValueError as error:
            self.mistakes.append(_mistake(where, str(error)))
            return None


def _dimension(value: Value[Any]) -> Dimension | Kind | None:
    """What formulas take a value for. One that may be a word or a number is what all its outcomes are."""
    if not isinstance(value.reader, (WordOrNumberReader, WordOrQuantityReader)) or value.formula is not None:
        return value.dimension
    words = {isinstance(outcome, str) for outcome in value.outcomes()}
    if len(words) != 1:
        return MIXED if words else value.dimension
    return None if True in words else value.dimension or NUMBER


def located(where: Where, function: Callable[..., T], *arguments: Any) -> T:
    """Call it, and say of a ``ValueError`` which place of the file it is about."""
    try:
        return function(*arguments)
    except ScenarioMistakes:
        raise
    except ValueError as error:
        raise mistake_at(where, str(error)) from None


def mistake_at(where: Where, problem: str) -> ScenarioMistakes:
    """The exception for one mistake; raise it."""
    return ScenarioMistakes([_mistake(where, problem)])


def _mistake(where: Where, problem: str) -> Mistake:
    return Mistake(where.file, where.line, where.path, problem, where.column)
