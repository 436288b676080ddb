"""Kangaroo, goose and the young of all species: as large as asked, and moving as their kind does."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.localsim.bodies import body_mesh, body_size_m, gait_phase, phases, tints
from simgen.localsim.bodies.goose import Goose
from simgen.localsim.bodies.juvenile import scaled
from simgen.localsim.bodies.kangaroo import stance
from simgen.localsim.bodies.menagerie import MENAGERIE
from simgen.localsim.bodies.quadruped import Animal
from simgen.localsim.mesh import Material, Mesh

YOUNG = tuple(name for name in MENAGERIE if name.endswith("/young"))
BIPEDS = ("kangaroo", "goose", "goose/young")


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def mesh_of(name: str, phase: int) -> Mesh:
    blueprint = f"walker.animal.{name}"
    return body_mesh(blueprint, body_size_m(blueprint), phase)


@pytest.mark.parametrize("name", [*BIPEDS[:2], *YOUNG])
def test_it_stands_in_exactly_its_box_and_looks_outwards(name: str):
    length, width, height = MENAGERIE[name].size_m
    mesh = mesh_of(name, 0)
    low, high = mesh.bounds_m()
    assert low == pytest.approx([-length / 2, -width / 2, 0.0], abs=1e-4)
    assert high == pytest.approx([length / 2, width / 2, height], abs=1e-4)
    a, b, c = (mesh.positions[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    assert (np.cross(a, b) * c).sum() > 0.0
    assert {Material.FUR, Material.EYE} <= set(np.unique(mesh.material))
    assert len(mesh.triangles) <= 15_000


@pytest.mark.parametrize("name", BIPEDS)
def test_it_never_sinks(name: str):
    for phase in range(1, phases(f"walker.animal.{name}")):
        assert mesh_of(name, phase).bounds_m()[0][2] > -0.02


def test_a_kangaroo_hops_with_both_feet_off_the_ground_more_than_half_of_the_time():
    airborne = [float(stance(phase).toe[1]) > 0.02 for phase in range(9, 17)]
    assert 4 <= sum(airborne) <= 6
    assert 0.3 < max(stance(phase).hip[1] for phase in range(9, 17)) - stance(9).hip[1] < 0.7
    lean = [stance(phase).lean_rad for phase in (0, 4, 12)]
    assert lean[0] == 0.0                       # it stands upright
    assert min(lean[1:]) > 0.5


def test_a_kangaroos_toes_stay_where_they_are_while_it_pushes_off():
    gaits = MENAGERIE["kangaroo"].gaits()
    assert [gait.name for gait in gaits] == ["creep", "hop"]
    for first, gait in ((1, gaits[0]), (9, gaits[1])):
        on_ground = [phase for phase in range(first, first + 8) if stance(phase).toe[1] == 0.0]
        for phase in on_ground[:-1]:
            back = stance(phase).toe[0] - stance(phase + 1).toe[0]
            assert back == pytest.approx(gait.stride_m / 8, abs=0.02)
    assert gaits[1].stride_m == pytest.approx(6.0 / 2.2, abs=0.3)      # 5.5-7 m/s at 2.1-2.2 hops a second


def test_the_gait_follows_the_speed():
    name = "walker.animal.kangaroo"
    assert gait_phase(name, 1.0, 0.0) == 0
    assert 1 <= gait_phase(name, 1.0, 1.5) <= 8
    assert 9 <= gait_phase(name, 1.0, 6.0) <= 16


def test_a_goose_walks_on_two_legs_and_a_gosling_takes_shorter_steps():
    bird = Goose()
    walking = bird.gaits()[0]
    assert walking.touchdown == (0.0, 0.5)
    assert 0.5 / walking.stride_m == pytest.approx(2.0, abs=0.3)       # 0.5 m/s at 2 Hz
    seen = {gait_phase("walker.animal.goose/young", 0.005 * k, 0.4) for k in range(40)}
    assert seen == set(range(1, 9))                                     # 0.2 m are more than two of its strides
    down, feathers = (tints(f"walker.animal.{name}", None, "k")[0] for name in ("goose/young", "goose"))
    assert down[0] / down[2] > 2.0 * feathers[0] / feathers[2]          # yellow


@pytest.mark.parametrize("name", [name for name in YOUNG if name != "goose/young"])
def test_the_young_have_no_horns_and_larger_heads_than_their_mothers(name: str):
    child, mother = MENAGERIE[name], MENAGERIE[name.partition("/")[0]]
    assert isinstance(child, Animal)
    assert isinstance(mother, Animal)
    assert child.horns is None
    assert child.mass_kg < 0.3 * mother.mass_kg
    assert child.head[0].r0 / child.shoulder_m > 1.15 * mother.head[0].r0 / mother.shoulder_m
    for phase in (3, 12, 20):
        assert mesh_of(name, phase).bounds_m()[0][2] > -0.01


def test_piglets_are_striped():
    light = {name: (mesh_of(name, 0).material == Material.FUR_LIGHT).mean()
             for name in ("wild_boar", "wild_boar/young")}
    assert light["wild_boar/young"] > light["wild_boar"] + 0.05


def test_a_scaled_animal_has_every_length_scaled():
    fox = MENAGERIE["fox"]
    assert isinstance(fox, Animal)
    twice = scaled(fox, 2.0)
    assert twice.mesh(0).bounds_m()[1] == pytest.approx(2.0 * fox.mesh(0).bounds_m()[1], abs=0.01)
    assert (twice.mass_kg, twice.shoulder_m) == pytest.approx((8 * 6.0, 2 * 0.37))
