"""What is wrong with a scenario file, said so that it can be repaired: file, line, column, key, problem, cure.

A reader of scenario files notes every mistake it meets in a ``MistakeLog`` and goes on, so that one run names them
all; at the end the log raises them together as one ``ScenarioMistakes``.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simgen.errors import ScenarioError

MAX_SENTENCE = 1000    # characters; only a file that is no scenario has longer words
MAX_TOLD = 50      # mistakes of one scenario that are told; who has more reads no further


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a scenario file.

    file:   as it was named, or "--set ego.speed" for what the command line says.
    line:   counts from 1, as ``column`` does; None for the whole file, for defaults and for the command line.
    path:   the key path, "actors.deer.place.ahead" (of an actor without a readable role "actors[1].place"); "" at
            the top level.
    """

    file: str
    line: int | None = None
    column: int | None = None
    path: str = ""

    def under(self, path: str) -> Where:
        """The same place in the text, said of another key path."""
        return replace(self, path=path)

    def beside(self, name: str) -> Path:
        """A path that is relative to the file it is written in; what the command line says, to the working folder."""
        folder = Path() if self._is_command_line else Path(self.file).parent
        return Path(os.path.normpath(folder / name))

    def looked_for(self, file: Path) -> str:
        """Where a file was looked for, in words."""
        start = "the working folder" if self._is_command_line else "this file's folder"
        return f"looked for {str(file)[:200]}; paths start from {start}"

    @property
    def _is_command_line(self) -> bool:
        return self.file.startswith("--set ")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. ``where`` is a key path such as "actors.deer.place", "" for the whole file."""

    file: str
    line: int | None
    where: str
    problem: str
    column: int | None = None

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f":{self.line}" if self.column is None else f":{self.line}:{self.column}"
        said = self.where if place != f"--set {self.where}" else ""
        return ": ".join(part for part in (place, said, self.problem) if part)


class ScenarioMistakes(ScenarioError):
    """All mistakes of one or more scenario files; the message has one line for each."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(tuple(mistakes))          # in ``args``, so that the exception survives pickling
        self.mistakes = tuple(mistakes)

    def __str__(self) -> str:
        lines = [str(mistake) for mistake in self.mistakes[:MAX_TOLD]]
        if len(self.mistakes) > MAX_TOLD:
            lines.append(f"{self.mistakes[0].file}: … and {len(self.mistakes) - MAX_TOLD} more mistakes")
        return "\n".join(lines)


class MistakeLog:
    """The mistakes found so far in one scenario, with all the files it is made of.

    notes: sentences about what works but should be written otherwise.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.notes: list[str] = []
        self._mistakes: dict[Mistake, None] = {}

    def note(self, where: Where, problem: str) -> None:
        """Remember a mistake, once even where an alias leads to the same place several times."""
        sentence = " ".join(problem.split())        # a quoted value may hold line breaks; a sentence has none
        if len(sentence) > MAX_SENTENCE:
            sentence = f"{sentence[:MAX_SENTENCE]}…"
        mistake = Mistake(where.file, where.line, where.path[:MAX_SENTENCE], sentence, where.column)
        self._mistakes.setdefault(mistake)

    def take(self, others: ScenarioMistakes) -> None:
        """Remember mistakes that somebody else found."""
        self._mistakes.update(dict.fromkeys(others.mistakes))

    def advise(self, where: Where, advice: str) -> None:
        """Remember what works, but should be written otherwise."""
        sentence = str(Mistake(where.file, where.line, where.path, " ".join(advice.split()), where.column))
        if sentence not in self.notes:
            self.notes.append(sentence)

    def fatal(self, where: Where, problem: str) -> ScenarioMistakes:
        """The exception for a mistake after which nothing more can be read; raise it."""
        self.note(where, problem)
        return self.all_mistakes()

    def all_mistakes(self) -> ScenarioMistakes:
        """Every mistake, in the order of the files and of their lines."""
        files = list(dict.fromkeys([self.file, *(mistake.file for mistake in self._mistakes)]))
        order = {file: number for number, file in enumerate(files)}
        return ScenarioMistakes(sorted(
            self._mistakes, key=lambda mistake: (order[mistake.file], mistake.line or 0, mistake.column or 0)))

    @property
    def count(self) -> int:
        return len(self._mistakes)

    def raise_if_any(self) -> None:
        if self._mistakes:
            raise self.all_mistakes()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """" (did you mean 'ahead'?)" if a known word is close to ``word``, else nothing."""
    close = difflib.get_close_matches(word[:80], list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def known_words(word: str, known: Iterable[str]) -> str:
    """" (did you mean 'ahead'?)" if a known word is close to ``word``, else " (known: …)" with all of them."""
    known = list(known)
    return did_you_mean(word, known) or f" (known: {', '.join(known)})"


def listed(words: Sequence[str], joint: str = "or") -> str:
    """"'a', 'b' or 'c'"."""
    quoted = [f"'{word}'" for word in words]
    return " ".join([", ".join(quoted[:-1]), joint, quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
