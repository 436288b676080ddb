"""Props and people who sit, push or lie: each fills its box, stands on the ground and looks outwards."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgen.localsim.bodies import body_mesh, body_size_m, gait_phase, has_body, phases, tints
from simgen.localsim.bodies.figures import figure
from simgen.localsim.bodies.props import PROPS
from simgen.localsim.bodies.pushed import CHAIR_WHEEL_M
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Material

FIGURES = ("walker.pedestrian.wheelchair", "walker.pedestrian.stroller", "walker.pedestrian.lying",
           "walker.pedestrian.0003/wheelchair", "walker.pedestrian.0003/umbrella")


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def size_of(prop: str) -> tuple[float, float, float]:
    body = stock_library().find(prop).body
    assert body is not None
    return body.size_lwh_m


@pytest.mark.parametrize("name", PROPS)
def test_a_prop_fills_its_box_without_being_stretched_out_of_shape(name: str):
    length, width, height = size = size_of(name)
    mesh = body_mesh(name, size, 0)
    low, high = mesh.bounds_m()
    assert low == pytest.approx([-length / 2, -width / 2, 0.0], abs=1e-4)
    assert high == pytest.approx([length / 2, width / 2, height], abs=1e-4)
    assert np.isfinite(mesh.normals).all()
    assert phases(name) == 1
    assert gait_phase(name, 3.0, 2.0) == 0
    assert tints(name, None, "x").shape == (3, 3)
    if Material.LEAF not in mesh.material:      # leaves turn about
        a, b, c = (mesh.positions[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
        agreeing = (np.cross(b - a, c - a)[:, None] * mesh.normals[mesh.triangles]).sum(axis=2) > 0.0
        assert agreeing.mean() > 0.97


@pytest.mark.parametrize("name", PROPS)
def test_a_prop_is_drawn_within_a_twentieth_or_a_hand_of_its_size(name: str):
    low, high = PROPS[name].mesh().bounds_m()
    stock_boxes = {"static.prop.box02", "static.prop.box03"}           # box01 in other sizes
    if name not in stock_boxes:
        assert high - low == pytest.approx(size_of(name), rel=0.05, abs=0.02)


def test_one_cannot_see_through_a_hedge():
    mesh = body_mesh("static.prop.hedge", size_of("static.prop.hedge"), 0)
    core = mesh.positions[np.unique(mesh.triangles[mesh.material == Material.HEDGE])]
    assert np.ptp(core[:, 0]) > 5.7
    assert core[:, 2].min() < 0.05
    for x in np.linspace(-2.7, 2.7, 19):        # as high as the box almost everywhere
        column = core[np.abs(core[:, 0] - x) < 0.1]
        assert column[:, 2].max() > 1.8


def test_a_balls_colour_can_be_chosen():
    assert tints("static.prop.ball", "0,0,255", "x")[0] == pytest.approx([0.0, 0.0, 1.0])


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_fills_its_box(name: str):
    length, width, height = body_size_m(name)
    low, high = body_mesh(name, (length, width, height), 0).bounds_m()
    assert low == pytest.approx([-length / 2, -width / 2, 0.0], abs=1e-4)
    assert high == pytest.approx([length / 2, width / 2, height], abs=1e-4)
    made = figure(name)
    assert made is not None
    natural_low, natural_high = made.mesh(0).bounds_m()
    assert natural_high - natural_low == pytest.approx(body_size_m(name), rel=0.08)


def test_an_umbrella_stays_over_the_head_of_whoever_walks_under_it():
    name = "walker.pedestrian.0005/umbrella"
    for phase in (0, 2, 5, 7):
        mesh = body_mesh(name, body_size_m(name), phase)
        hair = mesh.positions[np.unique(mesh.triangles[mesh.material == Material.HAIR])]
        cloth = mesh.positions[mesh.positions[:, 2] > hair[:, 2].max() + 0.03]
        low, high = cloth.min(axis=0)[:2], cloth.max(axis=0)[:2]
        assert (low < hair.min(axis=0)[:2]).all() and (high > hair.max(axis=0)[:2]).all()


def test_children_and_strangers_have_no_wheelchair():
    assert not has_body("walker.pedestrian.0012/wheelchair")
    assert not has_body("walker.pedestrian.0012/umbrella")
    assert not has_body("walker.pedestrian.0003/stroller")
    assert not has_body("walker.pedestrian.9999/wheelchair")


def test_a_wheelchairs_wheels_turn_by_the_way_they_roll():
    name = "walker.pedestrian.wheelchair"
    assert phases(name) == 9
    assert gait_phase(name, 5.0, 0.0) == 0
    made = figure(name)
    assert made is not None
    low, high = made.mesh(0).bounds_m()
    half_turn_m = math.pi * CHAIR_WHEEL_M * made.size_m[0] / float(high[0] - low[0])     # as large as it is drawn
    seen = [gait_phase(name, half_turn_m * share, 1.1) for share in (0.03, 0.28, 0.53, 0.78, 1.03)]
    assert seen[0] == seen[4] == 1
    assert seen[:4] == sorted(seen[:4])
    still, rolled = (body_mesh(name, body_size_m(name), phase) for phase in (1, 3))
    spokes = [mesh.positions[np.unique(mesh.triangles[mesh.material == Material.METAL])] for mesh in (still, rolled)]
    assert np.abs(spokes[0] - spokes[1]).max() > 0.1
    for phase in range(1, 9):
        low, high = body_mesh(name, body_size_m(name), phase).bounds_m()
        assert low[2] == pytest.approx(0.0, abs=0.01)
        assert high[2] < 1.45


def test_the_pram_is_a_metre_ahead_of_whoever_pushes_it():
    name = "walker.pedestrian.stroller"
    mesh = body_mesh(name, body_size_m(name), 0)
    tyres = mesh.positions[np.unique(mesh.triangles[mesh.material == Material.TYRE])]
    hair = mesh.positions[np.unique(mesh.triangles[mesh.material == Material.HAIR])]
    crown = hair[hair[:, 2] > 1.4]
    assert tyres[:, 0].max() - crown[:, 0].max() > 0.9
    assert tyres[:, 2].min() == pytest.approx(0.0, abs=0.01)
    assert phases(name) == 17


def test_who_lies_on_the_ground_is_long_and_low():
    length, _, height = body_size_m("walker.pedestrian.lying")
    assert phases("walker.pedestrian.lying") == 1
    assert length > 1.6
    assert height < 0.35
