"""Where the plates of labels go on a picture."""

from __future__ import annotations

from simgen.report.overlay import tag_places

PLATE = (60, 16)


def test_a_plate_lies_above_its_box_and_below_it_where_the_picture_ends() -> None:
    assert tag_places([(100, 50, 140, 90)], [PLATE], 400, 200) == [(100, 31, 160, 47)]
    assert tag_places([(100, 5, 140, 90)], [PLATE], 400, 200) == [(100, 94, 160, 110)]
    assert tag_places([(390, 50, 420, 90)], [PLATE], 400, 200) == [(340, 31, 400, 47)]      # not over the edge


def test_a_far_one_gives_way_to_a_near_one_s_plate() -> None:
    near, far = (100, 80, 160, 140), (110, 80, 130, 100)
    assert tag_places([near, far], [PLATE, PLATE], 400, 200) == [(100, 61, 160, 77), (110, 43, 170, 59)]


def test_the_plate_of_a_far_one_keeps_off_whoever_stands_before_it() -> None:
    near, far = (100, 70, 160, 180), (110, 100, 130, 120)       # right above the far one's box is the near one's body
    first, second = tag_places([near, far], [PLATE, PLATE], 400, 300)
    assert first == (100, 51, 160, 67)
    assert second == (110, 27, 170, 43)
    narrow = tag_places([(0, 0, 100, 100), (10, 40, 30, 60)], [PLATE, PLATE], 100, 100)
    assert narrow == [None, (10, 21, 70, 37)]                   # nowhere else to go


def test_what_gets_no_place_gets_no_plate() -> None:
    assert tag_places([(0, 0, 60, 20)], [PLATE], 60, 20) == [None]
