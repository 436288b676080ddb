"""Formulas: values worked out from others, and conditions that an episode must meet.

    derived:      flee_speed: min(1.5 * actors.deer.speed, 14 m/s)
    constraints:  ego.speed * 2 s > actors.deer.ahead and weather != HardRainNoon

``parse_formula`` reads the text, ``Formula.bind`` checks it against the names there are and their dimensions and
makes it ready to be evaluated for every episode. Nothing of Python is reached from a formula, and what it gives
is the same to the last bit on every machine (see ``elementary``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from simgen.scenario.formula_evaluators import (
    Evaluator,
    Outcome,
    Values,
    among,
    calculating,
    chain,
    constant,
    exponent,
    value_of,
)
from simgen.scenario.formula_parser import Call, Comparison, Constant, Name, Node, parse
from simgen.scenario.formula_tokens import wrong
from simgen.scenario.formula_units import (
    ANGLE,
    MIXED,
    NUMBER,
    TRUTH,
    WORD,
    ZERO,
    Kind,
    common,
    example_of,
    kind_of,
    over,
    power,
    root,
    stored_value,
    times,
)
from simgen.scenario.mistakes import did_you_mean
from simgen.scenario.quantities import Dimension


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that has been read but not yet checked. Unlike a ``BoundFormula``, it can be pickled."""

    text: str
    tree: Node

    @property
    def names(self) -> tuple[str, ...]:
        """All names and bare words in the formula, each once, in the order of the text. Which of them are words
        shows only when the formula is bound."""
        found: dict[str, None] = {}
        waiting = [self.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Name):
                found[node.text] = None
            elif isinstance(node, (Call, Comparison)):
                waiting += reversed(node.operands)
        return tuple(found)

    def bind(
        self,
        dimensions: Mapping[str, Dimension | Kind | None],
        result: Dimension | Kind | None = None,
        options: Mapping[str, Collection[str]] | None = None,
    ) -> BoundFormula:
        """The formula, checked and ready.

        dimensions: for every name there is, its dimension: values are then given as the language stores them;
                    None for one that holds a word; for another formula's result that was bound without a
                    dimension, its kind.
        result:     what the formula must give: a dimension, which the results are then stored in; or
                    ``TRUTH``, ``WORD``, another kind; None for anything.
        options:    for names that hold words, the words there are.

        Raises ``ValueError`` that says where what does not fit.
        """
        checker = _Checker(dimensions, options or {})
        kind, evaluator = checker.check(self.tree)
        if result is not None and not _fits(kind, result):
            wanted = result.name
            raise ValueError(f"the formula gives {_shown(kind)}, but {wanted} is wanted here")
        if isinstance(result, Dimension):
            evaluator = _storing(evaluator, result)
        return BoundFormula(self.text, NUMBER if kind == ZERO else kind, tuple(checker.used), evaluator)

    def evaluate(self, values: Values, dimensions: Mapping[str, Dimension | Kind | None]) -> Outcome:
        """``bind`` and evaluate once."""
        return self.bind(dimensions).evaluate(values)


@dataclass(frozen=True, slots=True)
class BoundFormula:
    """A formula whose parts fit. ``kind``: what it gives; ``names``: the values it needs."""

    text: str
    kind: Kind
    names: tuple[str, ...]
    _evaluator: Evaluator

    def evaluate(self, values: Values) -> Outcome:
        """The result: as the language stores the dimension that the formula was bound to; if to none, in
        metres, seconds, radians, shares of one. Raises ``ValueError`` if it has no result, as 1 / 0."""
        result: Outcome = self._evaluator(values)
        return result


def parse_formula(text: str) -> Formula:
    """Read a formula; ``formula_parser`` shows the grammar. Raises ``ValueError`` with column and cure."""
    return Formula(text, parse(text))


def _fits(kind: Kind, result: Dimension | Kind) -> bool:
    wanted = kind_of(result)
    bare = isinstance(result, Dimension) and result.bare_unit == "" and kind == NUMBER     # 0.5 is a share, too
    return bare or common(kind, wanted) is not None


def _shown(kind: Kind) -> str:
    return NUMBER.name if kind == ZERO else kind.name


def _storing(evaluator: Evaluator, dimension: Dimension) -> Evaluator:
    return lambda values: stored_value(evaluator(values), dimension)


class _Checker:
    """Finds the kind of every part and builds its evaluator."""

    def __init__(
        self, dimensions: Mapping[str, Dimension | Kind | None], options: Mapping[str, Collection[str]],
    ) -> None:
        self._dimensions, self._options = dimensions, options
        self.used: dict[str, None] = {}

    def check(self, node: Node) -> tuple[Kind, Evaluator]:
        if isinstance(node, Constant):
            return node.kind, constant(node.value)
        if isinstance(node, Name):
            return self._name(node)
        if isinstance(node, Comparison):
            return self._comparison(node)
        if node.function in ("and", "or", "not"):
            return TRUTH, self._logic(node)
        if node.function == "if":
            return self._if(node)
        return self._calculation(node)

    def _name(self, node: Name) -> tuple[Kind, Evaluator]:
        if node.text not in self._dimensions:
            hint = did_you_mean(node.text, self._dimensions)
            raise wrong(node.column, f"unknown name '{node.text}'{hint}; a word needs quotes here")
        self.used[node.text] = None
        dimension = self._dimensions[node.text]
        kind = kind_of(dimension)
        return kind, value_of(node, kind, dimension)

    def _logic(self, node: Call) -> Evaluator:
        parts: list[Evaluator] = []
        for operand in node.operands:
            kind, part = self.check(operand)
            if kind != TRUTH:
                raise wrong(operand.column, f"'{node.function}' takes conditions such as 'a > b', got {_shown(kind)}")
            parts.append(part)
        if node.function == "not":
            return lambda values: not parts[0](values)
        first, second = parts
        if node.function == "and":
            return lambda values: first(values) and second(values)
        return lambda values: first(values) or second(values)

    def _if(self, node: Call) -> tuple[Kind, Evaluator]:
        kind, condition = self.check(node.operands[0])
        if kind != TRUTH:
            raise wrong(node.operands[0].column, f"'if' takes a condition such as 'a > b', got {_shown(kind)}")
        (first_kind, first), (second_kind, second) = map(self.check, node.operands[1:])
        kind = self._common(node, first_kind, second_kind, "gives {} or else {}")
        return kind, lambda values: first(values) if condition(values) else second(values)

    def _calculation(self, node: Call) -> tuple[Kind, Evaluator]:
        checked = [self.check(operand) for operand in node.operands]
        for operand, (kind, _) in zip(node.operands, checked, strict=True):
            if not kind.quantity:
                raise wrong(operand.column, f"'{node.function}' takes numbers and quantities, got {kind.name}")
        kinds = [kind for kind, _ in checked]
        kind = self._kind_of_calculation(node, kinds)
        return kind, calculating(node, [evaluator for _, evaluator in checked])

    def _kind_of_calculation(self, node: Call, kinds: Sequence[Kind]) -> Kind:
        function, first = node.function, kinds[0]
        if function in ("-", "+") and len(kinds) == 2:
            verb = "adds {1} to {0}" if function == "+" else "subtracts {1} from {0}"
            return self._common(node, kinds[0], kinds[1], verb)
        if function in ("min", "max", "clamp"):
            verb = f"{function} compares {{}} with {{}}"
            return reduce(lambda one, other: self._common(node, one, other, verb), kinds)
        if function == "*":
            return times(*kinds)
        if function == "/":
            return over(*kinds)
        if function == "**":
            return power(first, exponent(node))
        if function == "sqrt":
            if (half := root(first)) is None:
                raise wrong(node.column, f"{first.name} has no square root that is a quantity")
            return half
        if function in ("sin", "cos", "tan"):
            if common(first, ANGLE) is None:
                raise wrong(node.column, f"{function} takes an angle such as '20 deg', got {first.name}")
            return NUMBER
        if function == "round" and common(first, NUMBER) is None:
            raise wrong(node.column, f"round takes a number, got {first.name}; divide it by its unit first, "
                                     "such as '/ 1 m'")
        return first                          # abs, round and a sign keep the kind

    def _comparison(self, node: Comparison) -> tuple[Kind, Evaluator]:
        equality = all(sign not in ("<", "<=", ">", ">=") for sign in node.signs)
        parts = self._word_or_quantity(node) if equality else [self.check(operand) for operand in node.operands]
        kinds, evaluators = [kind for kind, _ in parts], [evaluator for _, evaluator in parts]
        if not equality:
            for operand, kind in zip(node.operands, kinds, strict=True):
                if not kind.quantity:
                    raise wrong(operand.column, f"{kind.name} is neither more nor less than another; use '==', '!=' "
                                                "or 'in'")
        reduce(lambda one, other: self._common(node, one, other, "compares {} with {}"), kinds)
        if node.signs[0] in ("in", "not in"):
            return TRUTH, among(evaluators[0], evaluators[1:], node.signs[0] == "in")
        return TRUTH, chain(node.signs, evaluators)

    def _word_or_quantity(self, node: Comparison) -> list[tuple[Kind, Evaluator]]:
        """The operands of ==, != and in. Beside a name that holds a word, unknown names are words."""
        holders = [operand for operand in node.operands
                   if isinstance(operand, Name) and self._dimensions.get(operand.text, NUMBER) in (None, WORD, MIXED)]
        if not holders:
            return [self.check(operand) for operand in node.operands]
        parts: list[tuple[Kind, Evaluator]] = []
        for operand in node.operands:
            if isinstance(operand, Name) and operand.text not in self._dimensions:
                operand = Constant(operand.column, operand.text, WORD)
            if isinstance(operand, Constant) and operand.kind == WORD:
                self._check_option(operand, holders)
            parts.append(self.check(operand))
        return parts

    def _check_option(self, word: Constant, holders: Sequence[Name]) -> None:
        for holder in holders:
            known = self._options.get(holder.text)
            if known is not None and word.value not in known:
                hint = did_you_mean(str(word.value), known) or f" (known: {', '.join(known)})"
                raise wrong(word.column, f"{holder.text} is never '{word.value}'{hint}")

    def _common(self, node: Call | Comparison, left: Kind, right: Kind, verb: str) -> Kind:
        kind = common(left, right)
        if kind is None:
            cure = ""
            if NUMBER in (left, right) and left.quantity and right.quantity:
                example = example_of(right if left == NUMBER else left)
                cure = "; write the number with its unit" + (f", such as '{example}'" if example else "")
            raise wrong(node.column, verb.format(_shown(left), _shown(right)) + cure)
        return kind
