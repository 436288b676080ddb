"""What tests with the real client do with its world before they look at it."""

from __future__ import annotations

from typing import Any


def step_by_hand(client: Any) -> Any:
    """The client's world in synchronous mode, 10 Hz."""
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
    world.apply_settings(settings)
    return world


def spawn(world: Any, blueprint: str, pose: Any, parent: Any = None, **attributes: object) -> Any:
    found = world.get_blueprint_library().find(blueprint)
    for key, value in attributes.items():
        found.set_attribute(key, str(value))
    return world.spawn_actor(found, pose, attach_to=parent)
