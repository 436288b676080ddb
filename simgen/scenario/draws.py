"""Drawing the values of one episode, and keeping the record of what came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from simgen.scenario.chance import Choice, Stream
from simgen.scenario.mistakes import Mistake, ScenarioMistakes
from simgen.scenario.reading import Value
from simgen.scenario.spec import Scenario

T = TypeVar("T")


class Draws:
    """The draws of one episode. ``drawn`` maps the key path of each random value to what was drawn."""

    def __init__(self, scenario: Scenario, index: int, seed: int) -> None:
        self._scenario, self._index, self._seed = scenario, index, seed
        self.drawn: dict[str, str | int | float] = {}

    def value(self, value: Value[T], key_path: str) -> T:
        """The value in this episode. Raises ``ScenarioMistakes`` if what is drawn is not allowed there."""
        result = value.distribution.draw(self._stream(key_path))
        if value.distribution.random:
            self._record(key_path, result)
        if (problem := value.parser.outside(result)) is not None:
            raise ScenarioMistakes([Mistake(
                str(self._scenario.path), value.line, value.where,
                f"drawn in episode {self._index} with seed {self._seed}: {problem}; narrow the distribution, "
                "a normal one with 'clip: [lowest, highest]'",
            )])
        return result

    def value_if_there(self, value: Value[T] | None, key_path: str) -> T | None:
        return None if value is None else self.value(value, key_path)

    def one_of(self, options: Sequence[str], key_path: str) -> str:
        """One of several blueprints, equally likely; where there is only one, nothing is drawn."""
        if len(options) == 1:
            return options[0]
        result = Choice(tuple(options), (1.0,) * len(options)).draw(self._stream(key_path))
        self._record(key_path, result)
        return result

    def share(self, key_path: str) -> float:
        """A number in (0, 1)."""
        result = self._stream(key_path).uniform()
        self._record(key_path, result)
        return result

    def _stream(self, key_path: str) -> Stream:
        return Stream(self._seed, self._scenario.name, self._index, key_path)

    def _record(self, key_path: str, result: object) -> None:
        assert isinstance(result, (str, int, float))
        self.drawn[key_path] = result
