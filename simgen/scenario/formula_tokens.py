"""The smallest parts of a formula's text: numbers with their units, names, quoted words and symbols."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simgen.scenario.formula_units import UNITS
from simgen.scenario.mistakes import did_you_mean

KEYWORDS = ("and", "or", "not", "in", "if", "then", "else", "true", "false")

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NAME = re.compile(r"in(?=\[)|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+|\[[0-9]+\])*")
_SYMBOL = re.compile(r"\*\*|<=|>=|==|!=|[-+*/<>()\[\],]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_WORD = re.compile(r"[^\W\d_][\w/°]*")
_SPACE = re.compile(r"\s*")
_UNIT = re.compile(r"\s*(" + "|".join(map(re.escape, sorted(UNITS, key=len, reverse=True))) + r")(?!\w)")


def wrong(column: int, problem: str) -> ValueError:
    """The exception for something wrong in a formula; columns count from 1."""
    return ValueError(f"column {column} of the formula: {problem}")


@dataclass(frozen=True, slots=True)
class Token:
    """``column`` counts from 1; ``unit``: of a number, "" if it has none."""

    sort: str                    # "number", "name", "quoted", "symbol" (keywords too) or "end"
    text: str
    column: int
    unit: str = ""

    def __str__(self) -> str:
        return "the end" if self.sort == "end" else f"'{self.text}'"


def tokens_of(text: str) -> list[Token]:
    """The tokens, the last of which is the end. Raises ``ValueError`` at what is none, and at unknown units."""
    tokens: list[Token] = []
    at = _skip_space(text, 0)
    while at < len(text):
        column = at + 1
        if match := _NUMBER.match(text, at):
            unit = _UNIT.match(text, match.end())
            tokens.append(Token("number", match[0], column, unit[1] if unit else ""))
            match = unit or match
            _refuse_unknown_unit(text, match.end(), bool(unit))
        elif match := _NAME.match(text, at):
            tokens.append(Token("symbol" if match[0] in KEYWORDS else "name", match[0], column))
        elif match := _QUOTED.match(text, at):
            tokens.append(Token("quoted", match[0], column))
        elif match := _SYMBOL.match(text, at):
            tokens.append(Token("symbol", match[0], column))
        else:
            raise wrong(column, _unreadable(text[at]))
        at = _skip_space(text, match.end())
    tokens.append(Token("end", "", len(text) + 1))
    return tokens


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _refuse_unknown_unit(text: str, at: int, has_unit: bool) -> None:
    """A word after a number can only be a unit or a keyword."""
    start = _skip_space(text, at)
    word = _WORD.match(text, start)
    if word is None or re.split(r"\W", word[0])[0] in KEYWORDS:
        return
    if has_unit:
        raise wrong(start + 1, f"'{word[0]}' follows a quantity; write an operator such as '*' between them")
    known = did_you_mean(word[0], UNITS) or f" (known: {', '.join(UNITS)})"
    raise wrong(start + 1, f"unknown unit '{word[0]}'{known}")


def _unreadable(character: str) -> str:
    cures = {"=": "; to compare, write '=='", "^": "; for a power, write '**'", "&": "; write 'and'",
             "|": "; write 'or'", "!": "; write 'not' or '!='",
             "'": "; the quote is not closed", '"': "; the quote is not closed",
             "%": "; a percentage is a number with '%', such as '40 %'", "{": "; write lists in '[' and ']'"}
    shown = character if character.isprintable() else repr(character)[1:-1]
    return f"'{shown}' has no meaning here{cures.get(character, '')}"
