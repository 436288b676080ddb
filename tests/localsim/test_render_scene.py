"""Adding meshes and placing instances: what is accepted, and what is refused by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.render import Renderer
from simgen.localsim.render.camera import Pinhole
from simgen.localsim.render.device import Device
from tests.localsim.render_scenes import FlatPlace, box, ground, pose

BOX = box(1.0, 1.0, 1.0, Material.WOOD)


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(FlatPlace())


def test_a_mesh_is_known_once_it_was_added(renderer: Renderer) -> None:
    assert not renderer.has_mesh("crate")
    renderer.add_mesh("crate", BOX)
    assert renderer.has_mesh("crate")


def test_adding_the_same_mesh_again_changes_nothing(renderer: Renderer) -> None:
    renderer.add_mesh("crate", BOX)
    renderer.add_mesh("crate", box(1.0, 1.0, 1.0, Material.WOOD))


def test_another_mesh_under_a_known_name_is_refused(renderer: Renderer) -> None:
    renderer.add_mesh("crate", BOX)
    with pytest.raises(ValueError, match="crate"):
        renderer.add_mesh("crate", box(2.0, 1.0, 1.0, Material.WOOD))


def test_an_instance_of_an_unknown_mesh_is_refused_by_name(renderer: Renderer) -> None:
    with pytest.raises(KeyError, match="unicorn"):
        renderer.set_scene([Instance("unicorn", pose())], [], 0.0, 0)


def test_prototypes_of_a_place_can_be_used_by_actors_too() -> None:
    renderer = Renderer(FlatPlace(prototypes={"crate": BOX}))
    renderer.set_scene([Instance("crate", pose(5.0), actor_id=2)], [], 0.0, 0)
    assert (renderer.camera(pose(z=0.5), 31, 21, 1.5, rgb=False).actor_id == 2).any()


@pytest.mark.parametrize(("broken", "message"), [
    ({"normals": BOX.normals[:-1]}, "normals"),
    ({"uv": BOX.uv[:, :1]}, "uv"),
    ({"triangles": BOX.triangles + 1000}, "vertices outside"),
    ({"material": BOX.material + 1000}, "material"),
    ({"positions": BOX.positions * np.float32(np.nan)}, "not finite"),
])
def test_a_mesh_that_cannot_be_drawn_is_refused(
        renderer: Renderer, broken: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        renderer.add_mesh("broken", replace(BOX, **broken))
    assert not renderer.has_mesh("broken")


def test_many_meshes_may_be_added_after_the_first_picture(renderer: Renderer) -> None:
    for k in range(40):
        renderer.add_mesh(f"box {k}", box(1.0, 1.0, 1.0, Material.WOOD))
        renderer.set_scene([Instance(f"box {k}", pose(5.0), actor_id=k + 1)], [], 0.0, 0)
        seen = renderer.camera(pose(z=0.5), 31, 21, 1.5, rgb=False)
        assert set(np.unique(seen.actor_id)) == {0, k + 1}


def test_a_place_without_any_triangle_is_all_sky() -> None:
    nothing = Mesh(*(array[:0] for array in (
        BOX.positions, BOX.normals, BOX.uv, BOX.triangles, BOX.material, BOX.parameter)))
    renderer = Renderer(FlatPlace(static=nothing))
    renderer.set_scene([], [], 0.0, 0)
    seen = renderer.camera(pose(), 16, 12, 1.0, rgb=True)
    assert (seen.tag == 11).all() and (seen.depth_m == 1000.0).all()


def test_labels_that_are_shared_between_sensors_cannot_be_written_to(renderer: Renderer) -> None:
    seen = renderer.camera(pose(z=1.0), 16, 12, 1.0, rgb=False)
    with pytest.raises(ValueError, match="read-only"):
        seen.depth_m[0, 0] = 1.0


@pytest.mark.parametrize("wrong", [
    {"width": 0}, {"fov_rad": 0.0}, {"fov_rad": 3.2}, {"world_from_camera": np.eye(3)},
    {"world_from_camera": np.full((4, 4), np.nan)},
])
def test_an_impossible_camera_is_refused(wrong: dict[str, object]) -> None:
    possible: dict[str, object] = {"world_from_camera": np.eye(4), "width": 8, "height": 8, "fov_rad": 1.0}
    with pytest.raises(ValueError):
        Pinhole(**{**possible, **wrong})  # type: ignore[arg-type]


def test_no_threads_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Device(threads=0)


def test_slices_cover_every_number_once() -> None:
    seen = np.zeros(10_000, dtype=int)

    def note(first: int, count: int) -> None:
        seen[first:first + count] += 1

    Device(threads=3).run(10_000, note)
    assert (seen == 1).all()


def test_the_ground_helper_is_as_wide_as_it_says() -> None:
    low, high = ground(half_m=7.0).bounds_m()
    assert low.tolist() == [-7, -7, 0] and high.tolist() == [7, 7, 0]
