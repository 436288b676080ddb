"""Reading OpenDRIVE: geometry checked by hand, errors that name the place, nothing but PlaceError for broken files."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.localsim.mesh import Material
from simgen.localsim.places import PlaceError, place_from_opendrive
from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.opendrive.cubics import Cubics
from simgen.localsim.places.opendrive.plan_view import Arc, Polynomial, Spiral, poly3
from simgen.localsim.places.roadway import stretches

LANES = (
    '<lanes><laneSection s="0"><left><lane id="1" type="driving"><width sOffset="0" a="3" b="0" c="0" d="0"/></lane>'
    '</left><center><lane id="0" type="none"/></center><right><lane id="-1" type="driving">'
    '<width sOffset="0" a="4" b="0" c="0" d="0"/></lane></right></laneSection></lanes>'
)


def document(geometry: str, length: float = 100.0, lanes: str = LANES, extra: str = "") -> str:
    return (
        '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4"/>'
        f'<road id="7" length="{length}" junction="-1">{extra}<planView>{geometry}</planView>{lanes}</road></OpenDRIVE>'
    )


def line(length: float = 100.0) -> str:
    return f'<geometry s="0" x="10" y="20" hdg="0" length="{length}"><line/></geometry>'


def test_a_cubic_holds_from_its_start_until_the_next_one() -> None:
    curve = Cubics.of([(10.0, 5.0, 0.0, 0.0, 0.0), (0.0, 1.0, 2.0, 0.0, 0.0)])
    assert curve.at(np.array([0.0, 4.0, 10.0, 30.0])).tolist() == [1.0, 9.0, 5.0, 5.0]
    assert curve.slope(np.array([4.0, 11.0])).tolist() == [2.0, 0.0]


def test_a_quarter_of_a_circle_ends_where_the_circle_says() -> None:
    x, y, heading = Arc(0.1).at(np.array([10.0 * math.pi / 2.0]))
    np.testing.assert_allclose([x[0], y[0], heading[0]], [10.0, 10.0, math.pi / 2.0], atol=1e-12)


def test_a_line_is_an_arc_without_curvature() -> None:
    x, y, heading = Arc(0.0).at(np.array([0.0, 3.5]))
    assert x.tolist() == [0.0, 3.5]
    assert y.tolist() == heading.tolist() == [0.0, 0.0]


def test_a_spiral_ends_at_the_fresnel_integrals() -> None:
    # Curvature π·s over unit length: heading π s²/2, so the end is (C(1), S(1)) = (0.7798934, 0.4382591).
    x, y, heading = Spiral(1.0, 0.0, math.pi).at(np.array([1.0]))
    np.testing.assert_allclose([x[0], y[0]], [0.7798934003768228, 0.4382591473903548], atol=1e-12)
    assert heading[0] == pytest.approx(math.pi / 2.0)


def test_a_spiral_of_constant_curvature_is_an_arc_even_round_many_turns() -> None:
    s = np.linspace(0.0, 400.0, 50)
    np.testing.assert_allclose(Spiral(400.0, 0.1, 0.1).at(s), Arc(0.1).at(s), atol=1e-9)


def test_polynomials_run_by_arc_length_whatever_their_parameter() -> None:
    v = np.array([0.0, 0.0, 0.01, 0.0])
    straight = np.array([0.0, 1.0, 0.0, 0.0])
    by_length = Polynomial(50.0, straight, v, 45.0)
    scaled = Polynomial(50.0, straight * 45.0, v * 45.0**2, 1.0)
    s = np.linspace(0.0, 50.0, 21)
    np.testing.assert_allclose(by_length.at(s), scaled.at(s), atol=1e-3)
    x, y, _ = by_length.at(np.array([25.0, 25.1]))
    share = float(np.hypot(np.diff(x), np.diff(y))[0])
    total = Polynomial(50.0, straight, v, 45.0).at(np.array([50.0]))
    assert share == pytest.approx(0.1 * _arc_length(v, 45.0) / 50.0, rel=1e-2)
    assert total[0][0] == pytest.approx(45.0)


def test_poly3_ends_after_its_length_along_the_curve() -> None:
    v = np.array([0.0, 0.0, 0.01, 0.0])
    x, y, _ = poly3(50.0, v).at(np.array([50.0]))
    assert _arc_length(v, float(x[0])) == pytest.approx(50.0, abs=1e-3)
    assert y[0] == pytest.approx(0.01 * x[0] ** 2)


def _arc_length(v: np.ndarray, end: float) -> float:
    u = np.linspace(0.0, end, 20001)
    return float(np.hypot(np.diff(u), np.diff(v[2] * u**2)).sum())


def test_lanes_lie_left_and_right_of_the_line_and_banking_lifts_the_left() -> None:
    extra = '<lateralProfile><superelevation s="0" a="0.1" b="0" c="0" d="0"/></lateralProfile>'
    network = read_network(document(line(), extra=extra), "x")
    (stretch,) = stretches(network)
    left, right = stretch.strips
    assert (left.lane.id, right.lane.id) == (1, -1)
    np.testing.assert_allclose(stretch.points(left.t_left)[0], [10.0, 20.0 + 3.0 * math.cos(0.1), 3.0 * math.sin(0.1)])
    np.testing.assert_allclose(stretch.points(right.t_right)[0][1:], [20.0 - 4.0 * math.cos(0.1), -4.0 * math.sin(0.1)])


def test_a_bend_is_cut_into_pieces_that_stay_within_millimetres() -> None:
    geometry = '<geometry s="0" x="0" y="0" hdg="0" length="60"><arc curvature="0.05"/></geometry>'
    (stretch,) = stretches(read_network(document(geometry, 60.0), "x"))
    middle = 0.5 * (stretch.origin[1:] + stretch.origin[:-1])
    radius = np.linalg.norm(middle[:, :2] - [0.0, 20.0], axis=1)
    assert np.all(20.0 - radius < 0.004)


def test_lane_kinds_choose_the_surface() -> None:
    lanes = LANES.replace('id="-1" type="driving"', 'id="-1" type="sidewalk"')
    (stretch,) = stretches(read_network(document(line(), lanes=lanes), "x"))
    assert [x.material for x in stretch.strips] == [Material.ASPHALT, Material.SIDEWALK]
    assert stretch.strips[1].lift_left[0] == pytest.approx(0.13)


BROKEN = {
    "not XML": ("<OpenDRIVE", "not an XML file"),
    "something else": ("<osm/>", "not <OpenDRIVE>"),
    "no roads": ("<OpenDRIVE/>", "no roads"),
    "no plan": (document(""), "no <geometry>"),
    "no lanes": (document(line(), lanes=""), "<lanes> is missing"),
    "text for a number": (document(line().replace('"10"', '"ten"')), "attribute 'x' is not a finite number: 'ten'"),
    "infinity": (document(line().replace('"10"', '"inf"')), "attribute 'x' is not a finite number"),
    "missing attribute": (document(line().replace('hdg="0"', "")), "attribute 'hdg' is missing"),
    "unknown curve": (document(line().replace("<line/>", "<bezier/>")), "<bezier> is not a curve"),
    "gap in lane ids": (document(line(), lanes=LANES.replace('id="-1"', 'id="-2"')), "lane ids [-2]"),
    "lane without width": (document(line(), lanes=LANES.replace("width ", "weight ")), "neither <width> nor <border>"),
    "shape": (document(line(), extra="<lateralProfile><shape/></lateralProfile>"), "lateralProfile/shape"),
    "far away": (document(line().replace('"10"', '"5400000"')), "from the origin"),
    "negative length": (document(line(), length=-1.0), "'length' is negative"),
    "no width anywhere": (document(line(), lanes=LANES.replace('a="3"', 'a="0"').replace('a="4"', 'a="0"')), "width"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_with_one_sentence(case: str) -> None:
    text, message = BROKEN[case]
    with pytest.raises(PlaceError) as caught:
        place_from_opendrive(text, "mine.xodr")
    assert message in str(caught.value)
    assert str(caught.value).startswith("mine.xodr: ")
    assert "\n" not in str(caught.value)


def test_an_error_names_the_road() -> None:
    with pytest.raises(PlaceError, match=r"mine: road 7/planView 0/geometry 0: attribute 'length'"):
        read_network(document(line().replace('length="100.0"', 'length="x"')), "mine")


def test_a_byte_order_mark_and_a_namespace_do_no_harm() -> None:
    text = "\ufeff" + document(line()).replace("<OpenDRIVE>", '<OpenDRIVE xmlns="http://code.asam.net/simulation">')
    assert len(read_network(text, "x").roads) == 1


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2000), st.sampled_from(["", "-", "9", "e9", "<", '"', "NaN", "&", "1e308"]), st.integers(1, 6))
def test_damaged_text_never_raises_anything_but_place_error(at: int, patch: str, cut: int) -> None:
    text = document(line())
    at %= len(text)
    with contextlib.suppress(PlaceError):
        stretches(read_network(text[:at] + patch + text[at + cut :], "x"))
