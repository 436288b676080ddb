"""Animals: as large as asked, four legs on the ground, footfalls in the right order."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.localsim.bodies import body_mesh, body_size_m, gait_phase, has_body, lamps, phases, tints
from simgen.localsim.bodies.gait import animal_gaits, phase_at, pose_of, step
from simgen.localsim.bodies.menagerie import MENAGERIE as ANIMALS
from simgen.localsim.bodies.quadruped import pose
from simgen.localsim.mesh import Material, Mesh
from tests.localsim.closed import inner_faces_first

SIZES = {
    "roe_deer": (1.20, 0.30, 1.05), "white_tailed_deer": (1.80, 0.55, 1.75), "red_deer": (2.20, 0.80, 2.10),
    "moose": (2.80, 1.20, 2.50), "wild_boar": (1.50, 0.45, 0.85), "dog": (0.95, 0.25, 0.70), "fox": (1.10, 0.20, 0.45),
    "cattle": (2.50, 0.75, 1.55), "horse": (2.50, 0.60, 2.10), "sheep": (1.35, 0.45, 0.90),
    "fallow_deer": (1.55, 0.45, 1.45), "elk": (2.50, 0.85, 2.30), "cat": (0.65, 0.15, 0.32),
    "bear": (2.00, 0.75, 1.20), "raccoon": (0.80, 0.22, 0.35),
}
LEFT_HIND, LEFT_FORE, RIGHT_HIND, RIGHT_FORE = range(4)


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def mesh_of(species: str, phase: int) -> Mesh:
    return body_mesh(f"walker.animal.{species}", SIZES[species], phase)


@pytest.mark.parametrize("species", SIZES)
def test_it_stands_in_exactly_the_box_asked_for(species: str):
    length, width, height = SIZES[species]
    assert body_size_m(f"walker.animal.{species}") == SIZES[species]
    for factor in (1.0, 0.8):
        size = (factor * length, factor * width, factor * height)
        low, high = body_mesh(f"walker.animal.{species}", size, 0).bounds_m()
        assert low == pytest.approx([-size[0] / 2, -size[1] / 2, 0.0], abs=1e-4)
        assert high == pytest.approx([size[0] / 2, size[1] / 2, size[2]], abs=1e-4)


@pytest.mark.parametrize("species", SIZES)
@pytest.mark.parametrize("phase", [0, 3, 14, 21])
def test_its_triangles_look_outwards_and_are_sound(species: str, phase: int):
    mesh = mesh_of(species, phase)
    a, b, c = (mesh.positions[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    assert (np.cross(a, b) * c).sum() > 0.0
    agreeing = (np.cross(b - a, c - a)[:, None] * mesh.normals[mesh.triangles]).sum(axis=2) > 0.0
    assert agreeing.mean() > 0.99
    assert np.isfinite(mesh.positions).all()
    assert 8_000 < len(mesh.triangles) <= 15_000
    assert {Material.FUR, Material.EYE} <= set(np.unique(mesh.material))


@pytest.mark.parametrize("species", SIZES)
def test_it_never_sinks_and_its_stride_stays_in_the_envelope(species: str):
    for phase in (1, 2, 7, 12, 17, 19, 20, 24):
        low, high = mesh_of(species, phase).bounds_m()
        assert low[2] > -0.01
        assert high[0] - low[0] < 1.25 * SIZES[species][0]
        assert high[1] - low[1] < 1.02 * SIZES[species][1]
        assert high[2] < 1.12 * SIZES[species][2]
        if phase <= 8:
            assert low[2] < 0.005          # a walking animal always stands on something


def test_a_walking_animals_feet_land_left_hind_left_fore_right_hind_right_fore():
    walk = animal_gaits(70.0, 1.0)[0]
    landed = [min(range(800), key=lambda i, foot=foot: abs(step(walk, foot, i / 800).offset_m - walk.sweep_m / 2)) / 800
              for foot in (LEFT_HIND, LEFT_FORE, RIGHT_HIND, RIGHT_FORE)]
    assert landed == pytest.approx([0.0, 0.25, 0.5, 0.75], abs=0.01)


def test_a_trot_moves_diagonal_legs_together_and_a_gallop_flies():
    _, trot, gallop = animal_gaits(70.0, 1.0)
    for cycle in np.linspace(0.0, 1.0, 17):
        assert step(trot, LEFT_HIND, cycle) == step(trot, RIGHT_FORE, cycle)
        assert step(trot, RIGHT_HIND, cycle) == step(trot, LEFT_FORE, cycle)
    flying = [not any(step(gallop, foot, cycle).stance for foot in range(4)) for cycle in np.linspace(0.0, 1.0, 101)]
    assert 0.2 < np.mean(flying) < 0.6


def test_a_foot_is_lifted_only_in_its_swing_and_its_path_is_unbroken():
    for gait in animal_gaits(70.0, 1.0):
        steps = [step(gait, LEFT_FORE, i / 1000) for i in range(1001)]
        assert all(s.height_m == 0.0 for s in steps if s.stance)
        assert max(s.height_m for s in steps) == pytest.approx(gait.lift_m, rel=1e-3)
        assert np.abs(np.diff([s.offset_m for s in steps])).max() < 0.02 * gait.stride_m
        assert np.abs(np.diff([s.height_m for s in steps])).max() < 0.05 * gait.stride_m
        assert steps[0] == steps[-1]


@pytest.mark.parametrize("species", SIZES)
@pytest.mark.parametrize("gait_index", [0, 1, 2])
def test_feet_on_the_ground_stay_where_they_are(species: str, gait_index: int):
    animal = ANIMALS[species]
    gait = animal.gaits()[gait_index]
    checked = 0
    for phase in range(1 + 8 * gait_index, 8 + 8 * gait_index):
        cycle, following = (pose_of(p, animal.gaits())[1] for p in (phase, phase + 1))
        for foot in range(4):
            if step(gait, foot, cycle).stance and step(gait, foot, following).stance \
                    and step(gait, foot, following).progress > step(gait, foot, cycle).progress:
                before, after = (pose(animal, p).legs[foot][4][0] for p in (phase, phase + 1))
                assert before - after == pytest.approx(gait.stride_m / 8, abs=0.02 * animal.shoulder_m)
                checked += 1
    assert checked >= 2


@pytest.mark.parametrize("species", SIZES)
def test_leg_bones_keep_their_length_in_every_phase(species: str):
    animal = ANIMALS[species]
    standing = pose(animal, 0).legs
    for phase in range(1, 25):
        for foot, joints in enumerate(pose(animal, phase).legs):
            bones = np.hypot(*np.diff(joints[:4], axis=0).T)
            assert bones == pytest.approx(np.hypot(*np.diff(standing[foot][:4], axis=0).T), rel=0.02)


@pytest.mark.parametrize("species", SIZES)
def test_legs_move_from_phase_to_phase_and_the_cycle_closes(species: str):
    animal = ANIMALS[species]
    for first in (1, 9, 17):
        soles = np.array([[leg[4] for leg in pose(animal, p).legs] for p in range(first, first + 8)])
        moved = np.abs(np.diff(np.concatenate([soles, soles[:1]]), axis=0)).max(axis=(1, 2))
        assert moved.min() > 0.05 * animal.shoulder_m
        assert moved.max() < 0.8 * animal.shoulder_m


def test_the_stride_follows_the_allometric_formulas_where_the_legs_allow():
    walk, trot, gallop = animal_gaits(23.0, 0.65)      # a roe deer
    assert gallop.stride_m == pytest.approx(2 * 1.53 * 23**0.24 / (4.48 * 23**-0.14))
    assert gallop.from_mps == pytest.approx(3.25, abs=0.01)
    assert trot.from_mps == pytest.approx(math.sqrt(0.5 * 9.81 * 0.65))
    assert walk.stride_m <= 1.15 * 0.65


def test_phases_follow_the_way_travelled_and_the_speed_chooses_the_gait():
    name = "walker.animal.white_tailed_deer"
    assert phases(name) == 25
    assert gait_phase(name, 3.0, 0.05) == 0
    seen = [gait_phase(name, 0.01 * k, 1.4) for k in range(400)]
    assert set(seen) == set(range(1, 9))
    steps = {(b - a) % 8 for a, b in itertools.pairwise(seen)}
    assert steps == {0, 1}
    assert {(gait_phase(name, 1.0, speed) - 1) // 8 for speed in (0.5, 1.4, 2.0)} == {0}
    assert {(gait_phase(name, 1.0, speed) - 1) // 8 for speed in (2.5, 4.0)} == {1}
    assert {(gait_phase(name, 1.0, speed) - 1) // 8 for speed in (5.0, 12.0)} == {2}


@given(travelled=st.floats(-1e5, 1e5), speed=st.floats(0.0, 25.0), species=st.sampled_from(tuple(SIZES)))
def test_every_phase_asked_for_exists(travelled: float, speed: float, species: str):
    assert 0 <= phase_at(ANIMALS[species].gaits(), travelled, speed) < 25


@pytest.mark.parametrize(("species", "phase"), [("red_deer", 20), ("fox", 12), ("cattle", 3)])
def test_no_ray_slips_through_its_coat(species: str, phase: int):
    assert inner_faces_first(mesh_of(species, phase)) < 2e-4


def test_a_buck_wears_antlers_above_its_ears_and_shows_a_white_rump():
    mesh = mesh_of("white_tailed_deer", 0)
    horn = mesh.positions[np.unique(mesh.triangles[mesh.material == Material.HORN])]
    fur = mesh.positions[np.unique(mesh.triangles[mesh.material == Material.FUR])]
    assert horn[:, 2].max() == pytest.approx(1.75, abs=1e-3)
    assert fur[:, 2].max() < 1.5
    assert np.ptp(horn[:, 1]) > 0.4
    light = mesh.positions[mesh.triangles[mesh.material == Material.FUR_LIGHT]].mean(axis=1)
    assert (light[:, 0] < -0.6).sum() > 50


def test_coats_differ_a_little_between_animals_of_a_species():
    coats = np.array([tints("walker.animal.fox", None, f"f{k}")[0] for k in range(20)])
    assert len(np.unique(coats, axis=0)) > 10
    assert (coats.max(axis=0) < 2.0 * coats.min(axis=0)).all()
    assert has_body("walker.animal.fox")
    assert lamps("walker.animal.fox", SIZES["fox"]).head.shape == (0, 3)
