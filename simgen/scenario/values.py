"""What stands behind one key of a scenario: a value that is fixed, drawn, or worked out from others.

A ``Reader`` turns what is written at one place into a Python value and says which values are allowed there; it is
the metadata of a model's field, ``Annotated[Value[float], QuantityReader(SPEED)]``. A ``Value`` is what comes out.
A mistake is noted in the log and leaves an unreadable value behind, so that reading goes on and finds the next one;
the log raises them all before anybody can draw from such a value.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from simgen.scenario.chance import Distribution
from simgen.scenario.distributions import Located, read_distribution, read_formula, read_sweep
from simgen.scenario.document import MISSING, Entry, Mapping, Scalar, Swept
from simgen.scenario.mistakes import MistakeLog, Where
from simgen.scenario.quantities import Dimension

if TYPE_CHECKING:
    from simgen.scenario.formulas import Formula

T = TypeVar("T")

Schema = dict[str, Any]


class Refs(Protocol):
    """JSON Schemas that have a definition of their own."""

    def value(self, reader: Reader[Any]) -> Schema:
        """What a reader reads, fixed or drawn."""

    def section(self, section: type[Any]) -> Schema:
        """A section of the file."""

    def program(self) -> Schema:
        """What stands under ``do``."""


@dataclass
class Reading:
    """What comes together while the models read a scenario.

    log:        mistakes, and notes about deprecated words.
    values:     every value that can be drawn, by key path.
    swept:      those that ``vary.over`` says, by their rank there.
    references: roles that are mentioned, and where.
    """

    log: MistakeLog
    values: dict[str, Value[Any]] = field(default_factory=dict)
    swept: dict[int, Value[Any]] = field(default_factory=dict)
    references: list[tuple[str, Where]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands where a mistake was noted, or a formula says what the value is; never drawn from."""

    @property
    def random(self) -> bool:
        return False

    def quantile(self, u: float) -> NoReturn:
        raise ValueError("drawn from a value that has no distribution")

    def extremes(self) -> tuple[Any, ...]:
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Value(Generic[T]):
    """A number or a word: fixed, drawn or derived, and where that was written.

    distribution: what it may come out as; has nothing to say where there is a ``formula``.
    formula:      how it follows from other values ("0.8 * ego.speed"), in the units of plans; else None.
    where:        line None: a default.
    swept:        said by ``vary.over``: the design of the sweep, not chance, says which episode gets what.
    """

    distribution: Distribution[T]
    reader: Reader[T]
    where: Where
    formula: Formula | None = None
    swept: bool = False

    @property
    def random(self) -> bool:
        return self.distribution.random

    @property
    def dimension(self) -> Dimension | None:
        """What kind of quantity it is; None for words."""
        return self.reader.dimension

    def outcomes(self) -> tuple[T, ...]:
        """All outcomes that can be known beforehand (for ranges: the ends)."""
        return self.distribution.extremes()

    def outside(self, value: Any) -> str | None:
        """Why an outcome is not allowed here; None if it is."""
        return self.reader.outside(value)


class Reader(Generic[T]):
    """Plain YAML values → ``T``. Its errors are ``ValueError`` with a sentence fragment."""

    @property
    def dimension(self) -> Dimension | None:
        """What kind of quantity is read; None for words."""
        return None

    @property
    def what(self) -> str:
        """What may stand there, for messages: "a speed such as '50 km/h'"."""
        raise NotImplementedError

    def scalar(self, node: Scalar) -> T:
        """The value written there. Raises ``ValueError``."""
        raise NotImplementedError

    def outside(self, value: T) -> str | None:
        """Why a value that can be read is not allowed; None if it is."""
        return None

    def numbers(self, shape: str, values: Many[T]) -> tuple[float, ...]:
        """The values of a distribution over a range. Raises ``ValueError`` for what has no range."""
        raise ValueError(f"'{shape}' needs numbers; use 'choice'")

    def spread(self, shape: str, numbers: tuple[float, ...]) -> Distribution[T]:
        """What ``uniform: [low, high]`` or ``normal: [mean, sd]`` means here. Raises ``ValueError``."""
        raise ValueError(f"'{shape}' needs numbers; use 'choice'")

    def derived(self) -> bool:
        """Whether a formula can say the value."""
        return self.dimension is not None

    def fixed_schema(self) -> Schema:
        """The JSON Schema of a fixed value."""
        raise NotImplementedError

    def schema(self, refs: Refs) -> Schema:
        """The JSON Schema of a value, with the ways to draw it."""
        return refs.value(self)

    def read(self, entry: Entry, reading: Reading) -> Value[T]:
        """The value that stands at ``entry``; after a mistake, one that cannot be drawn from."""
        value: Value[T] = Value(Unreadable(), self, entry.where)
        try:
            if entry.node is MISSING:
                reading.values[entry.path] = value
                return value
            if isinstance(entry.node, Swept):
                value = replace(value, distribution=read_sweep(entry.child("vary").node, self), swept=True)
            elif isinstance(entry.node, Mapping) and "derive" in entry.node.entries:
                value = replace(value, formula=read_formula(entry.node, self))
            else:
                value = replace(value, distribution=read_distribution(entry.node, self))
                for outcome in value.outcomes():
                    if (problem := self.outside(outcome)) is not None:
                        raise ValueError(problem)
        except Located as mistake:
            reading.log.note(mistake.at.under(entry.path + mistake.below), str(mistake))
        except ValueError as mistake:
            reading.log.note(entry.where, str(mistake))
        reading.values[entry.path] = value
        if isinstance(entry.node, Swept):
            reading.swept[entry.node.number] = value
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


def validator(read: Callable[[Entry, Reading], Any]) -> CoreSchema:
    """A pydantic schema that leaves the field to ``read``."""
    return core_schema.with_info_plain_validator_function(lambda entry, info: read(entry, info.context))
