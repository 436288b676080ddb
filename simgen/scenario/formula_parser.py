"""The grammar of formulas: text → tree. What the parts mean and whether they fit is ``formulas``' concern.

Weakest first:

    if CONDITION then A else B
    a or b        a and b        not a
    a < b <= c    == != > >=    a in [b, c]    a not in [b, c]
    a + b - c     a * b / c     -a     a ** 2
    50 km/h    1.5    ego.speed    HardRainNoon    'quoted word'    true    min(a, b)    (a)

A Pratt parser, with bounds on the text's length and the tree's depth, so that no text can hang or exhaust it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from simgen.scenario.formula_tokens import Token, tokens_of, wrong
from simgen.scenario.formula_units import NUMBER, TRUTH, UNITS, WORD, ZERO, Kind, kind_of, unit_value
from simgen.scenario.mistakes import did_you_mean

MAX_LENGTH = 2000       # characters of a formula
MAX_DEPTH = 60          # steps from the tree's root to its farthest leaf
MAX_POWER = 8
FUNCTIONS = {"min": (1, 20), "max": (1, 20), "abs": (1, 1), "sqrt": (1, 1), "sin": (1, 1), "cos": (1, 1),
             "tan": (1, 1), "clamp": (3, 3), "round": (1, 1)}      # name → fewest and most arguments


@dataclass(frozen=True, slots=True)
class Constant:
    """A number in the formula's units, a word, or a truth."""

    column: int
    value: float | str | bool
    kind: Kind


@dataclass(frozen=True, slots=True)
class Name:
    """A key path, a variable or, beside ==, != and in, a word."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with its operands: "min", "-" (of one or two), "and", "if", …"""

    column: int
    function: str
    operands: tuple[Node, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """a < b <= c: ``signs`` between neighbours; "in" and "not in" compare the first with all the others."""

    column: int
    signs: tuple[str, ...]
    operands: tuple[Node, ...]
    depth: int


Node: TypeAlias = "Constant | Name | Call | Comparison"

_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _MINUS, _POWER = range(1, 9)     # the weakest first
_BINARY = {"or": _OR, "and": _AND, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER} | dict.fromkeys(
    (*_COMPARISONS, "in", "not"), _COMPARE)


def parse(text: str) -> Node:
    """The tree of a formula. Raises ``ValueError`` with the column and the cure."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the formula has {len(text)} characters, {MAX_LENGTH} at most are possible; split it into "
                         "several values")
    parser = _Parser(tokens_of(text))
    node = parser.expression(0, 0)
    parser.end()
    return node


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._at = tokens, 0

    def expression(self, strength: int, depth: int) -> Node:
        """What follows, up to an operator that binds no more strongly than ``strength``."""
        if depth > MAX_DEPTH:
            raise wrong(self._next.column, f"the formula nests more than {MAX_DEPTH} deep; split it into several "
                                           "values")
        left = self._start(depth + 1)
        while True:
            token = self._next
            binding = _BINARY.get(token.text, 0) if token.sort == "symbol" else 0
            if binding <= strength:
                return left
            if binding == _COMPARE:
                left = self._comparison(left, depth + 1)
            elif token.text == "**":
                left = self._power(left)
            else:
                self._at += 1
                left = self._call(token, token.text, (left, self.expression(binding, depth + 1)))

    def end(self) -> None:
        if self._next.sort != "end":
            raise self._unexpected("an operator or the end")

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self, text: str) -> bool:
        taken = self._next.sort == "symbol" and self._next.text == text
        self._at += taken
        return taken

    def _need(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(f"'{text}'")

    def _unexpected(self, wanted: str) -> ValueError:
        return wrong(self._next.column, f"expected {wanted}, got {self._next}")

    def _call(self, token: Token, function: str, operands: tuple[Node, ...]) -> Call:
        return Call(token.column, function, operands, self._depth(token, operands))

    def _depth(self, token: Token, operands: tuple[Node, ...]) -> int:
        depth = 1 + max(node.depth if isinstance(node, (Call, Comparison)) else 0 for node in operands)
        if depth > MAX_DEPTH:
            raise wrong(token.column, f"the formula has more than {MAX_DEPTH} steps in a row; split it into several "
                                      "values")
        return depth

    def _start(self, depth: int) -> Node:
        """A number, a name, a call, a bracket, or a prefix and what it applies to."""
        token = self._next
        self._at += token.sort != "end"
        if token.sort == "number":
            return _quantity(token)
        if token.sort == "quoted":
            return Constant(token.column, token.text[1:-1], WORD)
        if token.sort == "name":
            if not self._take("("):
                return Name(token.column, token.text)
            return self._function(token, depth)
        if token.text in ("true", "false"):
            return Constant(token.column, token.text == "true", TRUTH)
        if token.text == "(":
            inner = self.expression(0, depth)
            self._need(")")
            return inner
        if token.text in ("-", "+"):
            operand = self.expression(_MINUS, depth)
            return self._call(token, token.text, (operand,))
        if token.text == "not":
            return self._call(token, "not", (self.expression(_NOT, depth),))
        if token.text == "if":
            condition = self.expression(0, depth)
            self._need("then")
            first = self.expression(0, depth)
            self._need("else")
            return self._call(token, "if", (condition, first, self.expression(0, depth)))
        self._at -= token.sort != "end"
        raise self._unexpected("a number, a name or '('")

    def _function(self, token: Token, depth: int) -> Node:
        if token.text not in FUNCTIONS:
            hint = did_you_mean(token.text, FUNCTIONS) or f" (known: {', '.join(FUNCTIONS)})"
            raise wrong(token.column, f"unknown function '{token.text}'{hint}")
        operands = self._list(")", depth)
        fewest, most = FUNCTIONS[token.text]
        if not fewest <= len(operands) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise wrong(token.column, f"{token.text} takes {wanted} value{'s' * (most > 1)}, got {len(operands)}")
        return self._call(token, token.text, operands)

    def _list(self, closing: str, depth: int) -> tuple[Node, ...]:
        if self._take(closing):
            return ()
        items = [self.expression(0, depth)]
        while self._take(","):
            items.append(self.expression(0, depth))
        if not self._take(closing):
            raise self._unexpected(f"',' or '{closing}'")
        return tuple(items)

    def _comparison(self, left: Node, depth: int) -> Node:
        token = self._next
        if token.text in ("in", "not"):
            self._at += 1
            if token.text == "not":
                self._need("in")
            self._need("[")
            operands = (left, *self._list("]", depth))
            if len(operands) == 1:
                raise wrong(token.column, "the list after 'in' is empty; name at least one value")
            sign = "in" if token.text == "in" else "not in"
            return Comparison(token.column, (sign,), operands, self._depth(token, operands))
        signs: list[str] = []
        chain = [left]
        while self._next.sort == "symbol" and self._next.text in _COMPARISONS:
            signs.append(self._next.text)
            self._at += 1
            chain.append(self.expression(_COMPARE, depth))
        return Comparison(token.column, tuple(signs), tuple(chain), self._depth(token, tuple(chain)))

    def _power(self, base: Node) -> Node:
        token = self._next
        self._at += 1
        negative = self._take("-")
        number = self._next
        exponent = float(number.text) if number.sort == "number" and not number.unit else math.nan
        if not (exponent.is_integer() and exponent <= MAX_POWER):
            raise wrong(number.column, f"the exponent must be a whole number from -{MAX_POWER} to {MAX_POWER}, "
                                       f"got {number}")
        self._at += 1
        if self._next.text == "**":
            raise wrong(self._next.column, "a power of a power can be read in two ways; write brackets")
        signed = Constant(number.column, -exponent if negative else exponent, NUMBER)
        return self._call(token, "**", (base, signed))


def _quantity(token: Token) -> Constant:
    number = float(token.text)
    if not math.isfinite(number):
        raise wrong(token.column, f"'{token.text}' is too large a number")
    if token.unit:
        try:
            return Constant(token.column, unit_value(number, token.unit), kind_of(UNITS[token.unit]))
        except ValueError as error:
            raise wrong(token.column, str(error)) from None
    return Constant(token.column, number, ZERO if number == 0.0 else NUMBER)
