"""Label lines."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.errors import DatasetError
from simgen.kitti.labels import KittiObject, labels_text, parse_labels

# Rows as published.
PEDESTRIAN = "Pedestrian 0.00 0 -0.20 712.40 143.00 810.73 307.92 1.89 0.48 1.20 1.84 1.47 8.41 0.01"
CUT_OFF_CAR = "Car 0.88 3 -0.69 0.00 192.37 402.31 374.00 1.60 1.57 3.23 -2.70 1.74 3.68 -1.29"
DONT_CARE = "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10"

finite = st.floats(-1000, 1000)
angles = st.floats(-math.pi, math.pi)


def numbers(line: str) -> list[float]:
    return [float(text) for text in line.split()[1:]]


@pytest.mark.parametrize("line", [PEDESTRIAN, CUT_OFF_CAR, DONT_CARE])
def test_a_published_line_keeps_its_meaning(line: str):
    again = KittiObject.from_line(line).to_line()
    assert again.split()[0] == line.split()[0]
    assert numbers(again) == numbers(line)
    assert again.split()[2] == line.split()[2]


def test_a_published_line_is_understood():
    pedestrian = KittiObject.from_line(PEDESTRIAN)
    assert pedestrian == KittiObject(
        type="Pedestrian", truncation=0.0, occlusion=0, alpha_rad=-0.20, bbox_px=(712.40, 143.00, 810.73, 307.92),
        size_hwl_m=(1.89, 0.48, 1.20), bottom_centre_m=(1.84, 1.47, 8.41), yaw_rad=0.01,
    )


def test_our_own_line_letter_by_letter():
    row = KittiObject("Animal", 0.126, 1, -1.57079, (1.0, 2.5, 3.25, 4.125), (1.5, 0.5, 1.75), (-0.00001, 1.65, 9.97),
                      math.pi)
    assert row.to_line() == (
        "Animal 0.13 1 -1.5708 1.0000 2.5000 3.2500 4.1250 1.5000 0.5000 1.7500 0.0000 1.6500 9.9700 3.1416"
    )


def test_a_dont_care_has_kittis_bare_placeholders():
    row = KittiObject("DontCare", -1.0, -1, -10.0, (1.0, 2.0, 3.0, 4.0), (-1.0,) * 3, (-1000.0,) * 3, -10.0)
    assert row.to_line() == "DontCare -1 -1 -10 1.0000 2.0000 3.0000 4.0000 -1 -1 -1 -1000 -1000 -1000 -10"


@given(st.floats(0, 1), st.integers(0, 3), angles, st.tuples(*[st.floats(0, 1241)] * 4),
       st.tuples(*[st.floats(0, 30)] * 3), st.tuples(*[finite] * 3), angles)
def test_a_row_survives_a_round_trip_to_its_decimals(truncation, occlusion, alpha, box, size, place, yaw):
    row = KittiObject("Car", truncation, occlusion, alpha, box, size, place, yaw)
    line = row.to_line()
    again = KittiObject.from_line(line)
    assert again.to_line() == line
    assert again.truncation == pytest.approx(truncation, abs=0.0051)
    assert (*again.bbox_px, *again.size_hwl_m, *again.bottom_centre_m) == pytest.approx(
        (*box, *size, *place), abs=0.000051)
    assert "e" not in line.split(" ", 1)[1] and "-0.0000" not in line.split()


@pytest.mark.parametrize(("line", "problem"), [
    (PEDESTRIAN.rsplit(" ", 1)[0], "14"),
    (PEDESTRIAN + " 0.9", "16"),
    (PEDESTRIAN.replace(" 0 ", " 0.0 ", 1), "integer literal"),
    (PEDESTRIAN.replace(" 0 ", " 7 ", 1), "occlusion"),
    (PEDESTRIAN.replace("712.40", "712,40"), "712,40"),
    (PEDESTRIAN.replace("712.40", "nan"), "finite"),
    ("Person(sitting)" + PEDESTRIAN.removeprefix("Pedestrian"), "one word"),
])
def test_a_line_that_is_no_label_is_refused(line: str, problem: str):
    with pytest.raises(DatasetError, match=problem):
        KittiObject.from_line(line)


def test_a_wrong_line_is_found_by_its_number():
    with pytest.raises(DatasetError, match="line 2: "):
        parse_labels(f"{PEDESTRIAN}\nnonsense\n")


def test_a_file_keeps_its_rows_and_dont_cares_come_last():
    rows = [KittiObject.from_line(line) for line in (PEDESTRIAN, CUT_OFF_CAR, DONT_CARE)]
    text = labels_text(rows)
    assert text.endswith("\n") and text.count("\n") == 3
    assert list(parse_labels(text)) == rows
    with pytest.raises(ValueError, match="DontCare rows must come after"):
        labels_text(rows[::-1])


def test_no_rows_make_an_empty_file():
    assert labels_text([]) == ""
    assert parse_labels("") == ()
