"""What pictures, sweeps and headings tell together: mistakes that no single file shows, without side files and without
the right camera's pictures."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simgen.verify import Report, verify_dataset
from simgen.verify.colours import leaves_and_sky
from simgen.verify.contours import STEPS_ASIDE, STEPS_UP, Contours
from simgen.verify.registry import RULES
from tests.verify import toyworld
from tests.verify.mutations import pictures
from tests.verify.test_rules_alone import spoken
from tests.verify.toyworld import Body


def write(root: Path, bodies: Sequence[Body], frames: int, relabel: toyworld.Relabel = lambda body: body) -> Path:
    """Frames of one picture, sweep and label each, and a calibration, as anybody might have made them."""
    for frame in range(frames):
        moved = [body.moved(frame * toyworld.FRAME_S, toyworld.EGO_SPEED) for body in bodies]
        toyworld.write_frame(root, frame, "toy-0000", frame, moved, relabel)
    for folder in ("objects", "velodyne_label", "image_3"):
        shutil.rmtree(root / "training" / folder)
    (root / "ImageSets").mkdir()
    ids = "".join(f"{frame:06d}\n" for frame in range(frames))
    for split, text in (("train", ids), ("val", ""), ("trainval", ids)):
        (root / "ImageSets" / f"{split}.txt").write_text(text)
    return root


# -- pictures and sweeps -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct dataset of four frames; not to be changed."""
    return write(tmp_path_factory.mktemp("agreement") / "bare", toyworld.ACTORS, 4)


def changed(root: Path, out: Path, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """A copy with other pictures."""
    pictures("image_2", change)(Path(shutil.copytree(root, out)))
    return out


def sentence(report: Report, rule: str) -> str:
    (found,) = [finding for finding in report.findings if finding.rule == rule]
    return found.sentence


def test_pictures_that_agree_with_their_sweeps_are_left_in_peace(bare: Path) -> None:
    report = verify_dataset(bare)
    assert report.findings == ()
    silent = {verdict.id for verdict in report.rules if verdict.silent}
    assert not silent & {"set.contours", "set.colours", "set.yaw", "set.front"}


def test_mirrored_pictures_are_found_without_the_right_camera(bare: Path, tmp_path: Path) -> None:
    root = changed(bare, tmp_path / "mirrored", lambda pixels: pixels[:, ::-1].copy())
    report = verify_dataset(root)
    assert {finding.rule for finding in report.findings} == {"set.contours"}
    assert sentence(report, "set.contours").startswith("the pictures are mirrored")


@pytest.mark.parametrize("pixels_aside, side", [(24, "right"), (-24, "left")])
def test_pictures_that_are_turned_against_their_sweeps_are_found(
    bare: Path, tmp_path: Path, pixels_aside: int, side: str
) -> None:
    root = changed(bare, tmp_path / "turned", lambda pixels: np.roll(pixels, pixels_aside, axis=1))
    report = verify_dataset(root)
    assert {finding.rule for finding in report.errors} == {"set.contours"}
    told = re.search(r"lies about ([0-9.]+)° farther to the (\w+)", sentence(report, "set.contours"))
    assert told is not None and told[2] == side
    assert float(told[1]) == pytest.approx(math.degrees(24 / toyworld.FOCAL), abs=0.33)


def test_pictures_of_another_place_are_a_warning() -> None:
    shape = (2, 2 * STEPS_UP + 1, 2 * STEPS_ASIDE + 1)

    def told(own: float) -> list[str | None]:
        """Of 24 frames whose edges are strong anywhere, and ``own`` times as strong where they should be."""
        rng = np.random.default_rng(1)
        frames = {}
        for i in range(24):
            strength = rng.uniform(0.2, 0.3, shape)
            strength[0, STEPS_UP, STEPS_ASIDE] *= own
            frames[f"{i:06d}"] = SimpleNamespace(contours=Contours(100, strength))
        data = SimpleNamespace(frames=frames, prefix="training/", listing=SimpleNamespace(stems={"image_2": {}}))
        return [problem.severity for problem in RULES["set.contours"].problems(data)]

    assert told(1.0) == ["warning"]
    assert told(1.5) == []


# -- colours -------------------------------------------------------------------------------------------------------


def in_the_country(pixels: np.ndarray) -> np.ndarray:
    """Blue sky above and grass at both sides below, in OpenCV's order."""
    painted = pixels.copy()
    painted[:70] = (230, 190, 150)
    painted[250:, :300] = painted[250:, -300:] = (40, 120, 70)
    return painted


def test_leaves_and_sky_are_told_by_hand() -> None:
    pixels = in_the_country(np.full((toyworld.HEIGHT, toyworld.WIDTH, 3), 90, np.uint8))
    assert leaves_and_sky(pixels) == pytest.approx((math.log(74 / 44), math.log(154 / 234)), rel=1e-6)
    grey = leaves_and_sky(np.full((60, 60, 3), 90, np.uint8))
    assert grey is not None and all(math.isnan(value) for value in grey)
    assert leaves_and_sky(np.zeros((60, 60), np.uint8)) is None


def test_red_and_blue_exchanged_in_all_pictures_is_a_warning_of_its_own(bare: Path, tmp_path: Path) -> None:
    country = changed(bare, tmp_path / "country", in_the_country)
    assert verify_dataset(country).findings == ()
    exchanged = changed(country, tmp_path / "exchanged", lambda pixels: pixels[..., ::-1].copy())
    report = verify_dataset(exchanged)
    assert {(finding.rule, finding.severity) for finding in report.findings} == {("set.colours", "warning")}


# -- headings ------------------------------------------------------------------------------------------------------

PARKED = tuple(
    Body(f"parked_{i}", "Car", x, y, yaw, 4.2 + 0.1 * i, 1.8, 1.5)
    for i, (x, y, yaw) in enumerate(
        [(12.0, -7.0, 0.35), (13.0, 4.0, -0.35), (17.0, -4.2, math.pi - 0.35),
         (22.0, 13.5, math.pi + 0.35), (18.0, -0.6, 0.3), (28.0, 3.0, math.pi - 0.3)]
    )
)
"""Three show their backs to the LiDAR, three their fronts."""


def cut_bonnets(root: Path, bodies: Sequence[Body]) -> None:
    """Take away the returns from above the bonnet: the first fifth of each car is low."""
    for path in sorted((root / "training" / "velodyne").iterdir()):
        cloud = np.fromfile(path, "<f4").reshape(-1, 4)
        for body in bodies:
            local = body.local(cloud[:, :3].astype(float) + np.array([0.0, 0.0, toyworld.LIDAR_Z]))
            over = (local[:, 0] > 0.3 * body.length) & (local[:, 0] < 0.6 * body.length)
            over &= (np.abs(local[:, 1]) < 0.6 * body.width) & (local[:, 2] > 0.58 * body.height)
            cloud = cloud[~over]
        cloud.tofile(path)


def turned(by: Callable[[float], float]) -> toyworld.Relabel:
    """Labels with other headings, in which all other columns agree with these."""
    return lambda body: replace(body, yaw=by(body.yaw))


HEADINGS: dict[str, tuple[toyworld.Relabel, set[str]]] = {
    "right": (turned(lambda yaw: yaw), set()),
    "by 180 degrees": (turned(lambda yaw: yaw + math.pi), {"set.front"}),
    "the other sign": (turned(lambda yaw: -yaw), {"set.yaw"}),
}


@pytest.mark.parametrize("name", HEADINGS)
def test_headings_that_are_wrong_in_every_row_are_found_by_the_returns_alone(tmp_path: Path, name: str) -> None:
    relabel, rules = HEADINGS[name]
    root = tmp_path / "parked"
    for frame in (0, 1):
        toyworld.write_frame(root, frame, f"toy-000{frame}", 0, PARKED, relabel)
    for folder in ("objects", "velodyne_label", "image_3"):
        shutil.rmtree(root / "training" / folder)
    cut_bonnets(root, PARKED)
    assert spoken(root, exclude=["set.splits", "points.*"]) == rules
