import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.errors import PlacementError
from simgen.motion.lines import Line
from simgen.motion.road import Corridor, Place, StartOption
from tests.motion.formula_road import LANE_M, FormulaRoad

START = StartOption(Place(0.0, 0.0, 0.0, 0.0))


def corridor(curvature: float = 0.0) -> Corridor:
    return FormulaRoad(curvature).corridor(START, 200.0, 40.0, ())


def test_station_0_is_the_start_and_left_is_left() -> None:
    place = corridor().offset_place(30.0, 2.0)
    assert (place.x_m, place.y_m, place.yaw_rad) == pytest.approx((30.0, 2.0, 0.0))
    assert corridor().edges(10.0) == (1.5 * LANE_M, -0.5 * LANE_M)


@given(st.floats(-0.02, 0.02), st.floats(-38.0, 198.0), st.floats(-12.0, 12.0))
def test_station_and_left_invert_offset_place(curvature: float, station: float, left: float) -> None:
    road = corridor(curvature)
    place = road.offset_place(station, left)
    found = road.station_and_left(np.array([place.xy_m]))
    assert (found[0][0], found[1][0]) == pytest.approx((station, left), abs=1e-6)


def test_a_place_off_the_corridor_is_refused_with_what_is_known() -> None:
    with pytest.raises(PlacementError, match=r"250 m along the ego's road is beyond .* known of it, -40 m to 200 m"):
        corridor().at(250.0)


def test_a_corridor_can_be_counted_from_further_on() -> None:
    assert corridor().moved(12.5).at(10.0).x_m == pytest.approx(22.5)


def test_samples_at_any_spacing_become_samples_every_metre() -> None:
    s = np.array([-1.7, -0.8, 0.0, 0.9, 1.7, 2.6, 3.4])
    ones = np.ones(len(s))
    road = Corridor.of_samples(
        np.stack([s, 0 * s, 0.1 * s], axis=1), 0 * s, 2, left_edge_m=ones * 5, right_edge_m=-2 * ones,
        oncoming_m=np.nan * ones, lane_width_m=3 * ones, junction=s > 2.0,
    )
    assert road.stations_m.tolist() == [-1.0, 0.0, 1.0, 2.0, 3.0]
    assert road.xyz_m[:, 0].tolist() == pytest.approx([-1.0, 0.0, 1.0, 2.0, 3.0])
    assert np.isnan(road.oncoming_m).all()
    assert road.junction.tolist() == [False, False, False, False, True]


def test_a_line_goes_straight_on_beyond_its_ends() -> None:
    line = Line(np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [3.0, 4.0, 0.0]]))
    assert line.length_m == 7.0
    assert line.at(-1.0).x_m < 0.0
    assert line.at(9.0).y_m > 5.0


@given(st.floats(0.0, 50.0), st.floats(-0.02, 0.02))
def test_a_lines_arc_length_is_found_again(arc: float, curvature: float) -> None:
    line = Line.along(corridor(curvature), 1.0)
    assert line.arc_of(line.at(arc).xy_m) == pytest.approx(arc, abs=1e-6)


def test_a_blend_leaves_a_line_smoothly_and_ends_parallel() -> None:
    line = Line.along(corridor(), 0.0).shifted(60.0, 40.0, 3.5)
    assert line.at(60.0).y_m == pytest.approx(0.0)
    assert line.at(80.0).y_m == pytest.approx(1.75, abs=0.1)
    assert line.at(120.0).y_m == pytest.approx(3.5)
    assert line.at(120.0).yaw_rad == pytest.approx(0.0, abs=1e-9)
