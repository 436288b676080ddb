"""What is wrong with a scenario file, said so that it can be repaired: file, line, key, problem, cure.

A reader of scenario files notes every mistake it meets in a ``MistakeLog`` and goes on, so that one run names
them all; at the end the log raises them together as one ``ScenarioMistakes``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simgen.errors import ScenarioError


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. ``line`` counts from 1; ``where`` is a key path such as "actors[1].place", "" for the
    whole file."""

    file: str
    line: int | None
    where: str
    problem: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.where, self.problem) if part)


class ScenarioMistakes(ScenarioError):
    """All mistakes of one or more scenario files; the message has one line for each."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(tuple(mistakes))          # in ``args``, so that the exception survives pickling
        self.mistakes = tuple(mistakes)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)


class MistakeLog:
    """The mistakes found so far in one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._mistakes: list[Mistake] = []

    def note(self, line: int | None, where: str, problem: str) -> None:
        """Remember a mistake, once even where an alias leads to the same place several times."""
        # A quoted value may hold line breaks; a sentence has none.
        mistake = Mistake(self.file, line, where, " ".join(problem.split()))
        if mistake not in self._mistakes:
            self._mistakes.append(mistake)

    def fatal(self, line: int | None, where: str, problem: str) -> ScenarioMistakes:
        """The exception for a mistake after which nothing more can be read; raise it."""
        self.note(line, where, problem)
        return self.all_mistakes()

    def all_mistakes(self) -> ScenarioMistakes:
        return ScenarioMistakes(sorted(self._mistakes, key=lambda mistake: mistake.line or 0))

    def raise_if_any(self) -> None:
        if self._mistakes:
            raise self.all_mistakes()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """" (did you mean 'ahead'?)" if a known word is close to ``word``, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def known_words(word: str, known: Iterable[str]) -> str:
    """" (did you mean 'ahead'?)" if a known word is close to ``word``, else " (known: …)" with all of them."""
    known = list(known)
    return did_you_mean(word, known) or f" (known: {', '.join(known)})"
