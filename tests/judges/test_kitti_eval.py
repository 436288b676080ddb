from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.judges.kitti_eval import (
    Frame,
    Row,
    as_detections,
    average_precision,
    covered_share,
    evaluate,
    half_a_length_ahead,
    overlap_2d,
    overlap_3d,
    overlap_bev,
    recall_thresholds,
    self_evaluation,
)
from tests.judges.polygons import area, intersection, rectangle, shared_area
from tests.verify import toyworld

CAR = Row("Car", 0.0, 0, 0.0, 100, 100, 200, 180, h=1.5, w=1.8, l=4.0, x=0.0, y=1.65, z=20.0, ry=0.0)
WALKER = replace(CAR, type="Pedestrian", left=300, right=330, h=1.8, w=0.6, l=0.4, x=5.0)
CYCLIST = replace(WALKER, type="Cyclist", left=400, right=440, l=1.8, x=9.0)
SCENE = (CAR, WALKER, CYCLIST)


def many(rows: tuple[Row, ...] = SCENE, frames: int = 50) -> list[Frame]:
    return [Frame(rows, as_detections(rows)) for _ in range(frames)]


def test_two_unit_squares_turned_by_45_degrees_share_a_regular_octagon() -> None:
    shared = shared_area(rectangle(0, 0, 1, 1, 0.0), rectangle(0, 0, 1, 1, math.pi / 4))
    assert shared == pytest.approx(2 * (math.sqrt(2) - 1))


def test_rectangles_that_touch_or_miss_share_nothing() -> None:
    assert shared_area(rectangle(0, 0, 2, 2, 0), rectangle(2, 0, 2, 2, 0)) == 0.0
    assert shared_area(rectangle(0, 0, 2, 2, 0), rectangle(9, 0, 2, 2, 1)) == 0.0
    assert area(rectangle(3, 4, 5, 2, 0.7)) == pytest.approx(10.0)


def test_a_small_rectangle_inside_a_large_one_is_shared_whole() -> None:
    found = intersection(rectangle(0.1, 0.2, 1, 0.5, 0.3), rectangle(0, 0, 9, 9, 1.1))
    assert area(found) == pytest.approx(0.5)


RECTANGLES = st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.2, 5), st.floats(0.2, 5), st.floats(-4, 4))


@given(RECTANGLES, RECTANGLES)
def test_what_two_rectangles_share_is_symmetric_and_no_larger_than_either(
    a: tuple[float, ...], b: tuple[float, ...]
) -> None:
    first, second = rectangle(*a), rectangle(*b)
    shared = shared_area(first, second)
    assert shared == pytest.approx(shared_area(second, first), abs=1e-6)
    assert shared <= min(area(first), area(second)) + 1e-6


def test_overlaps_by_hand() -> None:
    half_a_length_ahead = replace(CAR, x=2.0)
    assert overlap_bev(CAR, half_a_length_ahead) == pytest.approx(1 / 3)
    assert overlap_3d(CAR, replace(CAR, y=1.65 + 0.75)) == pytest.approx(1 / 3)
    assert overlap_3d(CAR, replace(CAR, ry=math.pi)) == pytest.approx(1.0)
    assert overlap_bev(CAR, replace(CAR, ry=math.pi / 2)) == pytest.approx(1.8**2 / (2 * 7.2 - 1.8**2))
    assert overlap_2d(CAR, replace(CAR, left=150, right=250)) == pytest.approx(1 / 3)
    assert covered_share(CAR, replace(CAR, left=150, right=999)) == pytest.approx(0.5)


def test_a_heading_turns_clockwise_seen_from_above() -> None:
    """A car with ry = −π/4 points right and away, so its front half covers what is there."""
    ahead_right = replace(CAR, x=1.5 * math.cos(math.pi / 4), z=20 + 1.5 * math.sin(math.pi / 4), l=0.5, w=0.5)
    assert overlap_bev(replace(CAR, ry=-math.pi / 4), ahead_right) > 0.03
    assert overlap_bev(replace(CAR, ry=math.pi / 4), ahead_right) < 0.01


def test_labels_evaluated_against_themselves_give_100() -> None:
    found = evaluate(many())
    assert len(found) == 27
    assert min(found.values()) == pytest.approx(100.0)


def test_with_few_objects_even_perfect_detections_leave_recall_positions_empty() -> None:
    assert average_precision(many(frames=41), "car", "3d", 1) == pytest.approx(100.0)
    assert average_precision(many(frames=40), "car", "3d", 1) == pytest.approx(97.5)
    assert average_precision(many(frames=10), "car", "3d", 1) == pytest.approx(22.5)


def test_detections_shifted_by_half_a_car_are_worth_nothing_in_space_and_everything_in_the_picture() -> None:
    shifted = [Frame(f.labels, [replace(d, x=d.x + d.l / 2) for d in f.detections]) for f in many()]
    assert average_precision(shifted, "car", "3d", 0) == 0.0
    assert average_precision(shifted, "car", "bev", 0) == 0.0
    assert average_precision(shifted, "car", "2d", 0) == pytest.approx(100.0)


def test_a_headings_sign_matters_only_for_turning_cars() -> None:
    turning = [Frame([replace(CAR, ry=0.6)], [replace(CAR, ry=-0.6, score=1.0)]) for _ in range(50)]
    assert average_precision(turning, "car", "bev", 0) == 0.0


def test_half_of_the_objects_missed_is_half_the_score() -> None:
    frames = [Frame([CAR], as_detections([CAR]) if k % 2 else []) for k in range(100)]
    assert average_precision(frames, "car", "3d", 0) == pytest.approx(50.0)


def test_one_false_detection_beside_each_right_one_halves_precision() -> None:
    elsewhere = replace(CAR, left=600, right=700, x=30.0, score=1.0)
    frames = [Frame([CAR], [*as_detections([CAR]), elsewhere]) for _ in range(50)]
    assert average_precision(frames, "car", "2d", 0) == pytest.approx(50.0)


def test_false_detections_with_lower_scores_cost_nothing() -> None:
    elsewhere = replace(CAR, left=600, right=700, x=30.0, score=0.1)
    frames = [Frame([CAR], [*as_detections([CAR]), elsewhere]) for _ in range(50)]
    assert average_precision(frames, "car", "2d", 0) == pytest.approx(100.0)


@pytest.mark.parametrize(
    "extra",
    [
        replace(CAR, type="Van"),
        replace(CAR, occlusion=2),
        replace(CAR, occlusion=3),
        replace(CAR, truncation=0.4),
        replace(CAR, top=100, bottom=125),
    ],
)
def test_a_van_and_cars_beyond_the_difficulty_are_neither_missed_nor_false(extra: Row) -> None:
    beside = replace(extra, left=600, right=700, x=30.0)
    detected = replace(beside, type="Car", score=1.0)
    for detections in ([], [detected]):
        frames = [Frame([CAR, beside], [*as_detections([CAR]), *detections]) for _ in range(50)]
        assert average_precision(frames, "car", "2d", 1) == pytest.approx(100.0)


def test_a_sitting_person_is_ignored_for_pedestrians() -> None:
    sitting = replace(WALKER, type="Person_sitting", left=600, right=650, x=-8.0)
    detections = [*as_detections([WALKER]), replace(sitting, type="Pedestrian", score=1.0)]
    frames = [Frame([WALKER, sitting], detections) for _ in range(50)]
    assert average_precision(frames, "pedestrian", "3d", 1) == pytest.approx(100.0)


def test_a_detection_on_an_animal_is_false() -> None:
    deer = replace(CAR, type="Animal", left=600, right=700, x=30.0)
    frames = [Frame([CAR, deer], [*as_detections([CAR]), replace(deer, type="Car", score=1.0)]) for _ in range(50)]
    assert average_precision(frames, "car", "3d", 1) == pytest.approx(50.0)


def test_dont_care_excuses_detections_in_the_picture_only() -> None:
    region = Row("DontCare", -1, -1, -10, 590, 90, 710, 190, -1, -1, -1, -1000, -1000, -1000, -10)
    elsewhere = replace(CAR, left=600, right=700, x=30.0, score=1.0)
    frames = [Frame([CAR, region], [*as_detections([CAR]), elsewhere]) for _ in range(50)]
    assert average_precision(frames, "car", "2d", 1) == pytest.approx(100.0)
    assert average_precision(frames, "car", "3d", 1) == pytest.approx(50.0)


def test_a_second_detection_of_one_car_is_false() -> None:
    frames = [Frame([CAR], [*as_detections([CAR]), *as_detections([CAR])]) for _ in range(50)]
    assert average_precision(frames, "car", "3d", 0) == pytest.approx(50.0)


def test_low_detections_are_ignored_by_whole_pixels() -> None:
    low = replace(CAR, left=600, right=700, top=100, bottom=124.9, x=30.0, score=1.0)
    frames = [Frame([CAR], [*as_detections([CAR]), low]) for _ in range(50)]
    assert average_precision(frames, "car", "2d", 1) == pytest.approx(100.0)
    high = [Frame(f.labels, [*f.detections[:1], replace(low, bottom=125.0)]) for f in frames]
    assert average_precision(high, "car", "2d", 1) == pytest.approx(50.0)


def test_a_thousand_scores_are_thinned_to_41_thresholds() -> None:
    thresholds = recall_thresholds([k / 1000 for k in range(1000)], 1000)
    assert len(thresholds) == 41
    assert thresholds[0] == 0.999
    assert thresholds[20] == pytest.approx(0.5, abs=0.002)


def test_a_datasets_own_labels_are_worth_100_and_nothing_when_moved(tmp_path: Path) -> None:
    root = toyworld.write_dataset(tmp_path / "dataset", frames_each=1)
    found = self_evaluation(root)
    assert {name for name, _, _ in found} == {"car", "pedestrian"}
    assert min(found.values()) == pytest.approx(100.0)
    moved = self_evaluation(root, half_a_length_ahead)
    assert {score for (_, metric, _), score in moved.items() if metric == "3d"} == {0.0}
    assert {score for (_, metric, _), score in moved.items() if metric == "2d"} == {100.0}
