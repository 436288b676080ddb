"""Who is spawned where the level leaves no room: background traffic may stay away, actors of the event may not."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest

from simgen.capture import company
from simgen.errors import SpawnError
from simgen.motion.bodies import Body
from simgen.motion.road import Place
from simgen.motion.stage import Stage
from simgen.motion.standing import Standing


def stage_of(*actors: Any) -> Any:
    plan = SimpleNamespace(ego=None, actors=actors)
    return SimpleNamespace(plan=plan, ego_start=None, places={actor.role: f"place of {actor.role}" for actor in actors})


def actor(role: str, background: bool) -> Any:
    return SimpleNamespace(role=role, background=background)


@pytest.fixture
def a_car_parks_at_every_b(monkeypatch: pytest.MonkeyPatch) -> None:
    def spawn(world: Any, library: Any, plan: Any, casting: Any, start: Any, living: Any) -> str:
        if plan.role.startswith("b"):
            raise SpawnError(f"cannot spawn {plan.role}")
        return f"{plan.role} at {start}"

    monkeypatch.setattr(company, "spawn_actor", spawn)
    monkeypatch.setattr(company, "spawn_ego", lambda *_: "ego")
    monkeypatch.setattr(company, "hold_signals", lambda *_: None)


def gather(stage: Any, parked: Any = ()) -> Any:
    world: Any = SimpleNamespace(get_map=lambda: None)
    castings: Any = dict.fromkeys(stage.places)
    measured: Any = SimpleNamespace(notes={})
    return company.gathered(world, SimpleNamespace(), stage, castings, measured, [], parked)


@pytest.mark.usefixtures("a_car_parks_at_every_b")
def test_background_traffic_that_finds_no_room_is_left_out() -> None:
    everybody, crowded = gather(stage_of(actor("a", False), actor("b1", True), actor("c", True)))
    assert everybody.actors == ("a at place of a", "c at place of c")
    assert crowded == {"b1"}


@pytest.mark.usefixtures("a_car_parks_at_every_b")
def test_an_actor_of_the_event_must_find_room() -> None:
    with pytest.raises(SpawnError, match="cannot spawn b2"):
        gather(stage_of(actor("b2", False)))


@pytest.mark.usefixtures("a_car_parks_at_every_b")
def test_a_refusal_names_the_parked_car_that_is_in_the_way() -> None:
    stage = stage_of(actor("b2", False))
    stage.places, stage.bodies = {"b2": Place(10.0, -3.0, 0.0, 0.0)}, {"b2": Body(4.0, 1.8, 1.5)}
    beside, far = (Standing("car", Place(x, -3.0, 0.0, 0.0), Body(4.0, 1.8, 1.5)) for x in (14.2, 30.0))
    with pytest.raises(SpawnError, match=r"cannot spawn b2: a parked car of the level stands there, at x 14.2, y 3.0"):
        gather(stage, (far, beside))
    with pytest.raises(SpawnError, match=r"cannot spawn b2$"):
        gather(stage, (far,))


def test_the_stage_forgets_whom_it_leaves_out() -> None:
    parts: Any = {"a": 1, "b": 2}
    unused: Any = {field.name: None for field in fields(Stage)}
    whole = Stage(**{**unused, "parts": parts, "left_out": ("z",)})
    rest = company.without(whole, frozenset({"b"}))
    assert (rest.parts, rest.left_out) == ({"a": 1}, ("z", "b"))
