"""Records as plain values: the same as the standard library makes of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.scenario import make_plans
from simgen.scenario.plain import plain
from tests.scenario.test_plans import scenarios, seeds


@dataclass(frozen=True, slots=True)
class Leaf:
    only: Any


@dataclass(frozen=True)
class Branch:
    name: str
    parts: Any
    table: dict[str, Any] = field(default_factory=dict)
    nothing: None = None


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
trees = st.recursive(
    scalars | st.builds(Leaf, scalars),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3), st.builds(Leaf, inner),
        st.builds(Branch, st.text(max_size=3), inner, st.dictionaries(st.text(max_size=3), inner, max_size=2))),
    max_leaves=12)


def test_a_record_is_a_mapping_of_its_fields_in_their_order() -> None:
    made = plain(Branch("x", (Leaf(1.5), [Leaf(None)]), {"key": Leaf("word")}))
    assert made == {"name": "x", "parts": ({"only": 1.5}, [{"only": None}]), "table": {"key": {"only": "word"}},
                    "nothing": None}
    assert [*made] == ["name", "parts", "table", "nothing"]


@given(trees)
@settings(max_examples=150, deadline=None)
def test_any_record_is_what_asdict_makes_of_it(tree: Any) -> None:
    assert repr(plain(Leaf(tree))) == repr(asdict(Leaf(tree)))


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_plans_are_what_asdict_makes_of_them(seed: int) -> None:
    for plan in make_plans(scenarios(), 1, seed):
        assert repr(plain(plan)) == repr(asdict(plan))


def test_what_is_made_can_be_changed_without_changing_the_record() -> None:
    leaf = Leaf({"key": [1]})
    made = plain(leaf)
    made["only"]["key"].append(2)
    assert leaf == Leaf({"key": [1]})
