"""People: as tall as they should be, on their feet, and walking without sliding."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.localsim.bodies import body_mesh, body_size_m, gait_phase, has_body, lamps, phases, tints
from simgen.localsim.bodies.gait import human_gaits
from simgen.localsim.bodies.people import PEOPLE
from simgen.localsim.bodies.skeleton import frame_of, standing_or_moving
from simgen.localsim.mesh import Material, Mesh

ALL = tuple(PEOPLE)
SMALL_CHILDREN = ("0009", "0010", "0011", "0048", "0049")
SCHOOL_CHILDREN = ("0012", "0013", "0014")
OLDER_CHILDREN = ("0050", "0051")
SAMPLE = ("0001", "0003", "0005", "0010", "0013", "0030")   # bags, a coat over a skirt, children, police


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def walker(number: str) -> str:
    return f"walker.pedestrian.{number}"


def mesh_of(number: str, phase: int) -> Mesh:
    name = walker(number)
    return body_mesh(name, (0.4, 0.4, PEOPLE[name].height_m), phase)


def test_there_are_carlas_fifty_two_of_the_right_ages():
    assert list(ALL) == [walker(f"{n:04d}") for n in range(1, 53)]
    assert all(has_body(name) and phases(name) == 17 for name in ALL)
    for number in SMALL_CHILDREN:
        assert PEOPLE[walker(number)].height_m == 1.10
    for number in SCHOOL_CHILDREN:
        assert PEOPLE[walker(number)].height_m == 1.30
    children = {walker(n) for n in (*SMALL_CHILDREN, *SCHOOL_CHILDREN, *OLDER_CHILDREN)}
    assert all(1.60 <= person.height_m <= 1.85 for name, person in PEOPLE.items() if name not in children)


@pytest.mark.parametrize("number", SAMPLE)
def test_a_standing_person_has_the_height_asked_for_and_stands_centred_on_the_ground(number: str):
    low, high = mesh_of(number, 0).bounds_m()
    assert low[2] == pytest.approx(0.0, abs=1e-4)
    assert high[2] == pytest.approx(PEOPLE[walker(number)].height_m, abs=1e-4)
    assert (low + high)[:2] == pytest.approx([0.0, 0.0], abs=1e-4)
    assert 0.25 * high[2] < (high - low)[1] < 0.40 * high[2]
    assert body_size_m(walker(number)) == pytest.approx(tuple(high - low), abs=1e-4)


def test_a_size_scales_the_whole_person_to_its_height():
    own = mesh_of("0002", 0)
    taller = body_mesh(walker("0002"), (0.3, 0.3, 1.1 * PEOPLE[walker("0002")].height_m), 0)
    assert taller.positions == pytest.approx(1.1 * own.positions, abs=1e-5)


@pytest.mark.parametrize("number", SAMPLE)
@pytest.mark.parametrize("phase", [0, 2, 5, 9, 12])
def test_its_triangles_look_outwards_and_are_sound(number: str, phase: int):
    mesh = mesh_of(number, phase)
    a, b, c = (mesh.positions[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    assert (np.cross(a, b) * c).sum() > 0.0
    agreeing = (np.cross(b - a, c - a)[:, None] * mesh.normals[mesh.triangles]).sum(axis=2) > 0.0
    assert agreeing.mean() > 0.99
    assert np.isfinite(mesh.positions).all()
    assert np.sqrt((mesh.normals.astype(np.float64) ** 2).sum(axis=1)) == pytest.approx(1.0, abs=1e-5)
    assert 10_000 < len(mesh.triangles) < 38_000
    assert {Material.SKIN, Material.CLOTH_UPPER, Material.CLOTH_LOWER, Material.SHOE, Material.HAIR} \
        <= set(np.unique(mesh.material))


@pytest.mark.parametrize("number", SAMPLE)
def test_nobody_sinks_and_a_walker_always_touches_the_ground(number: str):
    for phase in range(1, 17):
        low, high = mesh_of(number, phase).bounds_m()
        assert low[2] > -0.01
        assert low[2] < (0.012 if phase <= 8 else 0.06)    # runners fly
        assert high[2] < 1.03 * PEOPLE[walker(number)].height_m
        assert high[0] - low[0] < 0.85 * PEOPLE[walker(number)].height_m


def test_walking_legs_and_arms_swing_against_each_other():
    frame = frame_of(1.75, female=False)
    landing = standing_or_moving(frame, 1)     # the left foot has just landed ahead
    assert landing.ankles[0][0] > 0.25 > -0.25 > landing.ankles[1][0]
    assert landing.wrists[1][0] > 0.15 > landing.wrists[0][0]
    opposite = standing_or_moving(frame, 5)
    for k in (0, 1):
        assert opposite.ankles[k] * [1, -1, 1] == pytest.approx(landing.ankles[1 - k], abs=1e-9)


@pytest.mark.parametrize("height", [1.10, 1.30, 1.62, 1.80])
def test_a_flat_foot_stays_where_it_is_on_the_ground(height: float):
    """From one phase to the next the body moves on by an eighth of the stride and the standing foot stays."""
    frame = frame_of(height, female=False)
    walk = human_gaits(height)[0]
    # Phases in which the left foot stands flat: between heel strike (15 % of the stance) and heel off (55 %).
    flat = [phase for phase in range(1, 9) if 0.15 < (phase - 0.5) / 8 / walk.duty < 0.55]
    places = [standing_or_moving(frame, p).ankles[0][0] + (p - 0.5) / 8 * walk.stride_m for p in flat]
    assert len(places) >= 2
    assert max(places) - min(places) < 0.005


@pytest.mark.parametrize("height", [1.10, 1.62, 1.80])
def test_bones_keep_their_length_in_every_phase(height: float):
    frame = frame_of(height, female=True)
    for phase in range(17):
        pose = standing_or_moving(frame, phase)
        for k in (0, 1):
            for start, end, length in ((pose.hips, pose.knees, frame.thigh), (pose.knees, pose.ankles, frame.shin),
                                       (pose.shoulders, pose.elbows, frame.upper_arm),
                                       (pose.elbows, pose.wrists, frame.forearm)):
                assert np.hypot.reduce(end[k] - start[k]) == pytest.approx(length, abs=1e-9)
            bend = pose.knees[k] - 0.5 * (pose.hips[k] + pose.ankles[k])
            assert bend[0] >= -1e-9     # knees bend forwards


def test_the_stride_is_the_documents_at_the_usual_walking_speed():
    walk, run = human_gaits(1.75)
    assert walk.stride_m == pytest.approx(1.435)
    assert run.stride_m == pytest.approx(0.82 * 1.75 * math.sqrt(3.5 / 1.35))


def test_phases_follow_the_way_travelled():
    name = walker("0002")
    stride = 0.82 * PEOPLE[name].height_m
    assert gait_phase(name, 5.0, 0.0) == gait_phase(name, 5.0, 0.09) == 0
    assert [gait_phase(name, (k + 0.5) / 8 * stride, 1.4) for k in range(9)] == [1, 2, 3, 4, 5, 6, 7, 8, 1]
    assert 9 <= gait_phase(name, 0.4, 3.5) <= 16


@given(travelled=st.floats(-1e4, 1e4), speed=st.floats(0.0, 12.0), name=st.sampled_from(ALL))
def test_every_phase_asked_for_exists(travelled: float, speed: float, name: str):
    assert 0 <= gait_phase(name, travelled, speed) < phases(name)


def test_clothes_vary_with_the_key_and_police_wear_their_uniform():
    assert len({tuple(tints(walker("0002"), None, f"p{k}").ravel()) for k in range(30)}) > 15
    uniforms = {tuple(tints(walker("0030"), None, f"p{k}")[:2].ravel()) for k in range(10)}
    assert len(uniforms) == 1
    assert len({tuple(tints(walker("0030"), None, f"p{k}")[2]) for k in range(30)}) > 2    # skin still varies


def test_people_carry_no_lamps():
    found = lamps(walker("0002"), (0.4, 0.4, 1.8))
    assert found.head.shape == found.tail.shape == (0, 3)
