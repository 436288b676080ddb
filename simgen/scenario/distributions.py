"""How a value is drawn, as files say it: ``{uniform: […]}``, ``{choice: …}``, ``{derive: …}``, and what ``vary`` says.

What is written there is turned into numbers and words by the ``Reader`` of the place. Errors are ``ValueError`` with a
sentence fragment; a ``Located`` one also says in which part of the value it arose.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from simgen.scenario.chance import Beta, Choice, Clip, Distribution, Fixed, truncated
from simgen.scenario.document import Mapping, Node, Scalar, Sequence, Swept, describe
from simgen.scenario.formulas import Formula, parse_formula
from simgen.scenario.mistakes import Where, did_you_mean, listed
from simgen.scenario.quantities import NUMBER, parse_quantity

if TYPE_CHECKING:
    from simgen.scenario.values import Reader

T = TypeVar("T")

MAX_WEIGHT = 1e9
MAX_LEVELS = 10_000      # of one value of a sweep

_SHAPES = ("uniform", "choice", "normal", "lognormal", "beta")
_EXTRAS = {"clip": ("uniform", "normal", "lognormal", "beta"), "between": ("beta",)}
RANDOM_KEYS = (*_SHAPES, *_EXTRAS, "derive")


def is_random(node: Node) -> bool:
    """Whether a mapping says how to draw a value (rather than being a section with keys)."""
    return isinstance(node, Swept) or (isinstance(node, Mapping) and any(key in node.entries for key in RANDOM_KEYS))


class Located(ValueError):
    """A mistake in a part of a value: where it is, and the key path from the value to the part."""

    def __init__(self, at: Where, below: str, problem: str) -> None:
        super().__init__(problem)
        self.at, self.below = at, below


@contextmanager
def _at(node: Node, below: str) -> Iterator[None]:
    """Say of a ``ValueError`` in which part of the value it arose."""
    try:
        yield
    except Located:
        raise
    except ValueError as error:
        raise Located(node.at, below, str(error)) from None


def read_distribution(node: Node, reader: Reader[T]) -> Distribution[T]:
    """What a fixed value, or a mapping such as ``{uniform: [1, 2]}``, comes out as."""
    if isinstance(node, Scalar):
        return Fixed(reader.scalar(node))
    if isinstance(node, Sequence):
        raise ValueError(f"expected {reader.what}, got a list; to draw from it, write {{choice: […]}} or "
                         "{uniform: […]}")
    for key, key_node in node.keys.items():
        if key not in RANDOM_KEYS:
            hint = did_you_mean(key, RANDOM_KEYS)
            raise Located(key_node.at, "", f"expected {reader.what}, or how to draw one; got the key '{key}'{hint}")
    shapes = [key for key in _SHAPES if key in node.entries]
    if len(shapes) != 1:
        found = listed(shapes, "and") or "none"
        raise ValueError(f"needs exactly one of uniform, choice, normal, lognormal and beta, has {found}")
    shape = shapes[0]
    for extra, belongs_to in _EXTRAS.items():
        if extra in node.entries and shape not in belongs_to:
            home = "a range" if extra == "clip" else "'beta'"
            raise Located(node.keys[extra].at, f".{extra}", f"belongs to {home}, not to '{shape}'")
    if shape == "choice":
        return _choice(node.entries["choice"], reader)
    return _range(node, shape, reader)


def _range(node: Mapping, shape: str, reader: Reader[T]) -> Distribution[T]:
    """Uniform, normal, lognormal or beta, with what ``clip`` leaves of it."""
    body = node.entries[shape]
    if shape == "beta":
        with _at(body, ".beta"):
            shapes = tuple(_number(item) for item in _pair(body, shape))
        if "between" not in node.entries:
            raise ValueError("needs 'between: [lowest, highest]' with 'beta'")
        ends = _numbers(node.entries["between"], "between", reader)
        with _at(body, ".beta"):
            distribution: Any = Beta(shapes[0], shapes[1], ends[0], ends[1])
    else:
        distribution = None
        if shape == "lognormal":             # [1.5 s, 0.5]: the second number has no unit
            first, second = _pair(body, shape)
            numbers = _to_numbers((_plain(first, f".{shape}[0]", reader),), body, shape, reader)
            with _at(second, f".{shape}[1]"):
                numbers = (*numbers, _number(second))
        else:
            numbers = _numbers(body, shape, reader)
        with _at(body, f".{shape}"):
            distribution = reader.spread(shape, numbers)
    if "clip" not in node.entries:
        return distribution      # type: ignore[no-any-return]
    clip_node = node.entries["clip"]
    clip: Clip = _clip(clip_node, reader)
    with _at(body if shape == "normal" else clip_node, f".{shape}" if shape == "normal" else ".clip"):
        return truncated(distribution, clip)     # type: ignore[return-value]


def _clip(node: Node, reader: Reader[T]) -> Clip:
    """[lowest, highest]; null leaves an end open."""
    items = _pair(node, "clip")
    ends: list[float | None] = []
    for number, item in enumerate(items):
        if isinstance(item, Scalar) and item.value is None:
            ends.append(None)
        else:
            ends.append(_to_numbers((_plain(item, f".clip[{number}]", reader),), node, "clip", reader)[0])
    return ends[0], ends[1]


def _numbers(node: Node, shape: str, reader: Reader[T]) -> tuple[float, ...]:
    plain = tuple(_plain(item, f".{shape}[{number}]", reader) for number, item in enumerate(_pair(node, shape)))
    return _to_numbers(plain, node, shape, reader)


def _to_numbers(values: Many[T], node: Node, shape: str, reader: Reader[T]) -> tuple[float, ...]:
    with _at(node, f".{shape}"):
        return reader.numbers(shape, values)


def _pair(node: Node, shape: str) -> tuple[Node, Node]:
    if not isinstance(node, Sequence) or len(node.items) != 2:
        meaning = {"normal": "[mean, standard deviation]", "lognormal": "[median, standard deviation of the logarithm]",
                   "beta": "[a, b], the two shapes"}.get(shape, "[lowest, highest]")
        raise Located(node.at, f".{shape}", f"expected {meaning}")
    return node.items[0], node.items[1]


def _number(node: Node) -> float:
    if isinstance(node, Scalar) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return parse_quantity(node.text, NUMBER)
    raise ValueError(f"expected a number, got {describe(node)}")


def _choice(node: Node, reader: Reader[T], below: str = ".choice") -> Choice[T]:
    """``[a, b]``: equally likely; ``{a: 2, b: 1}``: weighted, in an order that does not depend on the file's."""
    if isinstance(node, Sequence) and node.items:
        options = tuple(_plain(item, f"{below}[{number}]", reader) for number, item in enumerate(node.items))
        return _allowed(Choice(options, (1.0,) * len(options)), node, reader, below)
    if isinstance(node, Mapping) and node.entries:
        keys = sorted(node.entries)
        options = tuple(_plain(node.keys[key], below, reader) for key in keys)
        weights = tuple(read_weight(node.entries[key], f"{below}.{key}") for key in keys)
        if sum(weights) <= 0.0:
            raise Located(node.at, below, "all weights are 0; give at least one option a weight above 0")
        return _allowed(Choice(options, weights), node, reader, below)
    raise Located(node.at, below, f"expected a list of options, or options with weights; got "
                                   f"{'no options' if not isinstance(node, Scalar) else describe(node)}")


def _allowed(choice: Choice[T], node: Node, reader: Reader[T], below: str) -> Choice[T]:
    with _at(node, below):
        for option in choice.extremes():
            if (problem := reader.outside(option)) is not None:
                raise ValueError(problem)
    return choice


def _plain(node: Node, below: str, reader: Reader[T]) -> T:
    if not isinstance(node, Scalar):
        raise Located(node.at, below, f"expected {reader.what}, got {describe(node)}")
    with _at(node, below):
        return reader.scalar(node)


def read_weight(node: Node, below: str) -> float:
    """A weight: a number of at least 0. Raises ``ValueError``."""
    weight = node.value if isinstance(node, Scalar) else None
    if isinstance(weight, (int, float)) and not isinstance(weight, bool) and 0 <= weight <= MAX_WEIGHT:
        return float(weight)
    raise Located(node.at, below, f"a weight is a number from 0 to {MAX_WEIGHT:g}, got {describe(node)}")


def read_formula(node: Mapping, reader: Reader[T]) -> Formula:
    """What ``{derive: …}`` says."""
    for key, key_node in node.keys.items():
        if key != "derive":
            raise Located(key_node.at, f".{key}", "has no place beside 'derive'")
    formula = node.entries["derive"]
    if not reader.derived():
        raise Located(formula.at, ".derive", f"a formula gives a number or a word, and here stands {reader.what}")
    if not isinstance(formula, Scalar) or formula.value is None:
        raise Located(formula.at, ".derive", f"expected a formula such as '0.8 * ego.speed', got {describe(formula)}")
    with _at(formula, ".derive"):
        return parse_formula(formula.text)


def read_sweep(node: Node, reader: Reader[T]) -> Distribution[T]:
    """What stands under ``vary.over``: options, {from, to, step}, or a distribution."""
    if isinstance(node, Sequence):
        return _choice(node, reader, "")
    if isinstance(node, Mapping) and {"from", "to", "step"} & {*node.entries}:
        return _checked(_steps(node, reader), node, reader)
    if isinstance(node, Mapping) and "derive" in node.entries:
        raise ValueError("what is derived cannot be swept; sweep what it is derived from")
    return _checked(read_distribution(node, reader), node, reader)


def _checked(distribution: Distribution[T], node: Node, reader: Reader[T]) -> Distribution[T]:
    for outcome in distribution.extremes():
        with _at(node, ""):
            if (problem := reader.outside(outcome)) is not None:
                raise ValueError(problem)
    return distribution


def _steps(node: Mapping, reader: Reader[T]) -> Choice[T]:
    """``{from: 10 km/h, to: 60 km/h, step: 5 km/h}``: both ends included."""
    for key, key_node in node.keys.items():
        if key not in ("from", "to", "step"):
            hint = did_you_mean(key, ("from", "to", "step"))
            raise Located(key_node.at, "", f"unknown key '{key}'{hint} beside from, to and step")
    missing = [key for key in ("from", "to", "step") if key not in node.entries]
    if missing:
        raise ValueError(f"needs {listed(missing, 'and')}, as in {{from: 10 km/h, to: 60 km/h, step: 5 km/h}}")
    parts = [_plain(node.entries[key], f".{key}", reader) for key in ("from", "to", "step")]
    low, high, step = _to_numbers(parts, node, "from", reader)
    if not step > 0.0 or not low < high:
        raise ValueError("'to' must be above 'from', and 'step' above 0")
    count = (high - low) / step
    if count > MAX_LEVELS:
        raise ValueError(f"has more than {MAX_LEVELS} steps; make 'step' larger")
    if abs(count - round(count)) > 1e-6:
        raise ValueError("'to' is not reached from 'from' by whole steps; change 'to' or 'step'")
    levels = [low + number * step for number in range(round(count))] + [high]
    whole = isinstance(parts[0], int)
    options: Any = tuple(int(level) for level in levels) if whole else tuple(levels)
    return Choice(options, (1.0,) * len(options))
