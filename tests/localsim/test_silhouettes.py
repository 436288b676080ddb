"""What of an object a camera sees, and what it would see if the object stood alone; numbers one can check by hand.

The camera looks along +x from 1 m above the ground, 400 x 200 pixels at f = 200 px, so that a metre at 10 m is 20 px.
Boxes are 2 m wide; one whose face is at 10 m covers 40 x 40 pixels, columns 180 to 219 and rows 80 to 119.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgen.localsim.bodies import body_mesh
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.render import Renderer, Silhouette
from simgen.localsim.window import Rect
from tests.localsim.render_scenes import FlatPlace, box, pose

WIDTH, HEIGHT, FOV = 400, 200, math.pi / 2
WHOLE = Rect(0, 0, WIDTH, HEIGHT)
EYE = pose(z=1.0)
CUBE, WALL = box(2.0, 2.0, 2.0, Material.WOOD), box(0.2, 2.0, 6.0, Material.BRICK)
NOTHING = Mesh(*(getattr(CUBE, name)[:0] for name in
                 ("positions", "normals", "uv", "triangles", "material", "parameter")))


def renderer(*scenery: Instance) -> Renderer:
    return Renderer(FlatPlace(prototypes={"cube": CUBE, "wall": WALL}, scenery=scenery))


def look(scene: Renderer, *actors: Instance, window: Rect = WHOLE, carrier: int = 0) -> dict[int, Silhouette]:
    scene.set_scene(actors, [], 0.0, 0)
    return {one.id: one for one in scene.silhouettes(EYE, WIDTH, HEIGHT, FOV, window, carrier)}


def scene_of(*actors: Instance) -> Renderer:
    made = renderer()
    made.set_scene(actors, [], 0.0, 0)
    return made


def cube(x: float, y: float = 0.0, actor_id: int = 5) -> Instance:
    """Its face is a metre nearer than ``x``."""
    return Instance("cube", pose(x, y), actor_id=actor_id)


def test_a_box_that_nothing_hides_is_seen_whole() -> None:
    assert look(renderer(), cube(11.0)) == {5: Silhouette(5, False, False, 1600, 1600, 0.0, (180, 80, 219, 119))}


def test_a_wall_of_the_level_hides_half_of_a_box() -> None:
    wall = Instance("wall", pose(5.0, 1.0))            # from the optical axis to the left, nearer than the box
    one = look(renderer(wall), cube(11.0))[5]
    assert (one.visible_px, one.inside_px, one.outside_px) == (800, 1600, 0.0)
    assert one.edges_px == (180, 80, 219, 119)


def test_of_two_boxes_one_behind_the_other_the_farther_one_is_hidden_and_counted() -> None:
    found = look(renderer(), cube(11.0), cube(21.0, 0.0, actor_id=6))
    assert (found[6].visible_px, found[6].inside_px) == (0, 400)         # 20 x 20 px, all behind the nearer one
    assert found[5].visible_px == 1600


def test_what_the_edge_of_the_picture_cuts_goes_on_outside() -> None:
    # 5 m ahead, its middle at 5 m to the left: columns -40.5 to 39.5 of a face of 80 px, and a side seen inside.
    one = look(renderer(), cube(6.0, 5.0))[5]
    assert one.outside_px == 40 * 80
    assert one.edges_px[:2] == (-40, 60) and one.edges_px[3] == 139
    wide, fov = WIDTH + 2 * 100, 2 * math.atan((WIDTH + 2 * 100) / 400.0)       # the same f
    assert one.inside_px + one.outside_px == scene_of(cube(6.0, 5.0)).silhouettes(
        EYE, wide, HEIGHT, fov, Rect(0, 0, wide, HEIGHT))[0].visible_px


def test_turning_towards_a_thing_that_is_cut_in_half_shows_all_of_it() -> None:
    """Far away, where a pixel is as large in the middle as at the edge of a long lens."""
    fov, far = 2 * math.atan(WIDTH / (2 * 8000.0)), cube(400.0, 10.0)        # 40 px, half beyond the left edge
    ahead = scene_of(far).silhouettes(EYE, WIDTH, HEIGHT, fov, WHOLE)[0]
    turned = scene_of(far).silhouettes(EYE @ pose(yaw=math.atan2(10.0, 400.0)), WIDTH, HEIGHT, fov, WHOLE)[0]
    assert 0.3 * turned.visible_px < ahead.inside_px < 0.7 * turned.visible_px
    assert turned.outside_px == 0.0
    assert ahead.inside_px + ahead.outside_px == pytest.approx(turned.visible_px, rel=0.02)


def test_a_window_counts_only_its_own_pixels_from_its_own_corner() -> None:
    one = look(renderer(), cube(11.0), window=Rect(200, 60, 300, 160))[5]
    assert (one.visible_px, one.inside_px, one.outside_px) == (20 * 40, 20 * 40, 20 * 40)
    assert one.edges_px == (-20, 20, 19, 59)


def test_what_lies_wholly_outside_the_window_has_no_silhouette() -> None:
    assert look(renderer(), cube(11.0), window=Rect(0, 0, 100, HEIGHT)) == {}
    assert look(renderer(), cube(-11.0)) == {}


def test_the_carrier_of_the_camera_is_left_out() -> None:
    assert set(look(renderer(), cube(11.0), cube(11.0, 5.0, 6), carrier=5)) == {6}


def test_all_parts_of_an_actor_are_one_silhouette() -> None:
    one = look(renderer(), cube(11.0, 1.0), cube(11.0, -1.0))[5]
    assert (one.inside_px, one.edges_px) == (3200, (160, 80, 239, 119))


def test_numbered_things_of_the_level_come_after_the_actors_and_others_not_at_all() -> None:
    scene = renderer(Instance("cube", pose(11.0, 3.0), level_id=4_000_000_000), Instance("cube", pose(11.0, -3.0)))
    scene.set_scene([cube(11.0, actor_id=70_000)], [], 0.0, 0)
    found = scene.silhouettes(EYE, WIDTH, HEIGHT, FOV, WHOLE)
    assert [(one.id, one.is_level) for one in found] == [(70_000, False), (4_000_000_000, True)]
    assert found[1].visible_px == found[1].inside_px > 1600


def test_what_reaches_behind_the_camera_is_marked_as_cut() -> None:
    found = look(renderer(), Instance("cube", pose(0.5, 2.0), actor_id=5))       # beside the camera, from -0.5 to 1.5 m
    assert found[5].is_cut and found[5].visible_px == found[5].inside_px > 0


def test_a_large_part_outside_is_estimated_within_one_percent_and_its_edges_are_exact() -> None:
    body = body_mesh("vehicle.carlamotors.european_hgv", (7.94, 2.89, 3.46), 0)
    scene, lorry = renderer(), Instance("lorry", pose(6.0, 4.5, 0.0, 0.3), actor_id=5)
    scene.add_mesh("lorry", body)
    one = look(scene, lorry)[5]
    margin = 600                                        # the same grid, in one wide picture
    wide = (WIDTH + 2 * margin, HEIGHT + 2 * margin, 2 * math.atan((WIDTH + 2 * margin) / 400.0))
    rows, columns = np.nonzero(scene.camera(EYE, *wide, rgb=False).actor_id == 5)
    whole = len(rows)
    assert not one.is_cut and one.outside_px > 30_000
    assert one.inside_px + one.outside_px == pytest.approx(whole, rel=0.01)
    assert one.edges_px == pytest.approx((columns.min() - margin, rows.min() - margin,
                                          columns.max() - margin, rows.max() - margin), abs=1.0)


def test_silhouettes_are_what_each_actor_shows_when_it_truly_stands_alone() -> None:
    """Actors of all kinds in a heap, among which most hide each other: equal to the pixel."""
    rng = np.random.default_rng(4)
    bodies = [one.body for one in stock_library() if one.body is not None]
    crowd, alone = renderer(), Renderer(FlatPlace(static=NOTHING))
    actors = []
    for number in range(2, 30):
        body = bodies[int(rng.integers(len(bodies)))]
        mesh = body_mesh(body.shape, body.size_lwh_m, 0)
        for scene in (crowd, alone):
            scene.add_mesh(body.shape, mesh)
        where = pose(float(rng.uniform(4.0, 40.0)), float(rng.uniform(-9.0, 9.0)), 0.0, float(rng.uniform(-3.0, 3.0)))
        actors.append(Instance(body.shape, where, actor_id=number, tag=body.tag))
    found = look(crowd, *actors)
    seen = crowd.camera(EYE, WIDTH, HEIGHT, FOV, rgb=False).actor_id
    hidden = 0
    for actor in actors:
        alone.set_scene([actor], [], 0.0, 0)
        own = alone.camera(EYE, WIDTH, HEIGHT, FOV, rgb=False).actor_id == actor.actor_id
        one = found.get(actor.actor_id)
        assert (one.inside_px if one else 0) == own.sum()
        assert (one.visible_px if one else 0) == (seen == actor.actor_id).sum()
        hidden += one is not None and one.visible_px < one.inside_px
    assert len(found) > 20 and hidden > 10


def test_any_number_of_threads_finds_the_same() -> None:
    actors = [cube(8.0 + 3.0 * k, 1.5 * (k % 3) - 1.0, actor_id=k + 2) for k in range(8)]
    many = Renderer(FlatPlace(prototypes={"cube": CUBE}), threads=3)
    assert look(renderer(), *actors) == look(many, *actors)


@pytest.mark.parametrize("window", [Rect(0, 0, 0, 10), Rect(0, 0, WIDTH + 1, 10), Rect(-1, 0, 10, 10)])
def test_a_window_that_is_not_inside_the_picture_is_refused(window: Rect) -> None:
    with pytest.raises(ValueError, match="window"):
        renderer().silhouettes(EYE, WIDTH, HEIGHT, FOV, window)
