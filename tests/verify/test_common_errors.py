"""Errors that all labels of a set share, seen without side files; and what nobody can see, yet is labelled."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from simgen.verify import verify_dataset
from tests.verify import toyworld
from tests.verify.mutations import bare, clouds, matrix, moved, pitched, turned


@pytest.fixture(scope="session")
def plain_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct plain dataset of two episodes with four frames each; not to be changed."""
    root = toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "film", frames_each=4)
    bare(root)
    return root


@pytest.fixture
def film(plain_film: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain_film, tmp_path / "film"))


def sentences(root: Path, rule: str) -> list[tuple[str, str]]:
    return [(f.severity, f.sentence) for f in verify_dataset(root, only=[rule]).findings]


def test_a_correct_plain_film_has_no_findings(plain_film: Path) -> None:
    assert verify_dataset(plain_film).findings == ()


def test_sweeps_counted_from_the_ground_contradict_all_boxes_together(film: Path) -> None:
    clouds(moved(z=1.73))(film)
    ((severity, sentence),) = sentences(film, "set.ground")
    assert severity == "error" and sentence.startswith("the ground lies 1.7")
    assert "above the bottoms" in sentence


@pytest.mark.parametrize("degrees, side", [(0.75, "right"), (-0.75, "left")])
def test_a_rig_that_is_turned_shows_by_how_much_and_to_which_side(film: Path, degrees: float, side: str) -> None:
    matrix("Tr_velo_to_cam", lambda m: turned(degrees) @ m)(film)
    ((severity, sentence),) = sentences(film, "set.twist")
    assert severity == "warning" and f"to the {side} of" in sentence
    assert float(sentence.split("°")[0].rsplit(" ", 1)[1]) == pytest.approx(0.75, abs=0.15)


def test_a_rig_that_is_pitched_is_found_by_the_ground(film: Path) -> None:
    matrix("R0_rect", lambda m: pitched(0.75) @ m)(film)
    ((_, sentence),) = sentences(film, "set.twist")
    assert sentence.startswith("the ground round boxes")
    assert float(sentence.split("°")[0].rsplit(" ", 1)[1]) == pytest.approx(0.75, abs=0.2)


def test_a_rig_that_moves_in_every_frame_is_an_error_on_any_data(film: Path) -> None:
    for n, path in enumerate(sorted((film / "training" / "calib").iterdir())):
        lines = path.read_text().splitlines()
        values = np.array(lines[5].split()[1:], float)
        values[3] += 0.01 * n
        lines[5] = "Tr_velo_to_cam: " + " ".join(f"{v:.12e}" for v in values)
        path.write_text("\n".join(lines) + "\n")
    assert [severity for severity, _ in sentences(film, "set.rig")] == ["error"]


def test_a_car_behind_a_wall_draws_a_warning_though_it_is_marked_as_hidden(tmp_path: Path) -> None:
    wall = toyworld.Body("lorry", "Truck", 14.0, 0.0, np.pi / 2, 12.0, 2.5, 4.0)
    hidden = toyworld.Body("hidden", "Car", 20.0, 0.0, np.pi / 2, 4.2, 1.8, 1.5)
    toyworld.write_frame(tmp_path, 0, "toy-0000", 0, [wall, hidden])
    bare(tmp_path)
    label = tmp_path / "training" / "label_2" / "000000.txt"
    label.write_text(label.read_text().replace("Car 0.00 0", "Car 0.00 2"))
    ((severity, sentence),) = sentences(tmp_path, "points.hidden")
    assert severity == "warning" and sentence.startswith("no point lies in this Car's box")


def test_a_rider_above_a_bicycle_is_named_as_one_cyclist(film: Path) -> None:
    bicycle = "Cyclist 0.00 0 0.00 100.00 100.00 200.00 200.00 1.10 0.60 1.80 0.00 1.65 10.00 0.00"
    rider = "Pedestrian 0.00 0 0.00 100.00 100.00 200.00 200.00 1.10 0.50 0.60 0.00 0.75 10.00 0.00"
    beside = rider.replace("0.00 0.75 10.00", "0.00 1.65 11.00")
    label = film / "training" / "label_2" / "000000.txt"
    for other, found in ((rider, ["warning"]), (beside, [])):
        label.write_text(f"{bicycle}\n{other}\n")
        assert [severity for severity, _ in sentences(film, "box.rider")] == found


def test_a_sweep_of_one_reflectance_draws_a_warning(film: Path) -> None:
    clouds(lambda cloud: cloud * np.array([1, 1, 1, 0], "<f4"))(film)
    assert {severity for severity, _ in sentences(film, "cloud.reflectance")} == {"warning"}


def test_pictures_of_the_wrong_side_are_an_error_only_in_common(film: Path) -> None:
    left, right = (film / "training" / folder / "000000.png" for folder in ("image_2", "image_3"))
    first, second = left.read_bytes(), right.read_bytes()
    left.write_bytes(second)
    right.write_bytes(first)
    assert sentences(film, "set.sides") == []                               # one pair among eight
