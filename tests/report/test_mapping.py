from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sensors.rigid import RigidTransform
from simgen.errors import RequestError
from simgen.report.cloud import load_open3d
from simgen.report.mapping import EpisodeMap, accumulate, save_map, save_map_picture
from simgen.report.mapping.agreement import Agreement, CellMoments, Surfaces, surface_agreement
from simgen.report.mapping.picture import Sheet
from tests.verify import toyworld


@pytest.fixture(scope="module")
def o3d() -> Any:
    try:
        return load_open3d()
    except RequestError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def found(film: Path, o3d: Any) -> EpisodeMap:
    return accumulate(film, "toy-0000", voxel_m=0.1)


EAST = np.array([1.0, 0.0])


def plane(rng: np.random.Generator, axis: int, noise_m: float = 0.0) -> np.ndarray:
    """(N, 3) a square of 10 m at 3.5 m along an axis, across it: 0 and 1 are walls, 2 is ground."""
    points = rng.uniform(0.0, 10.0, (20000, 3))
    points[:, axis] = rng.normal(3.5, noise_m, 20000)
    return points


def test_sweeps_of_one_plane_agree_whatever_their_noise() -> None:
    rng = np.random.default_rng(1)
    agreement = surface_agreement([CellMoments.of(plane(rng, axis=2, noise_m=0.03)) for _ in range(4)], EAST)
    assert (agreement.beside, agreement.facing) == (None, None)
    assert agreement.ground is not None
    assert agreement.ground.cells == 100
    assert agreement.ground.thickness_m == pytest.approx(0.03, rel=0.05)
    assert agreement.ground.spread_m < 0.03 / math.sqrt(200) * 1.3          # about 200 returns in a cube


@pytest.mark.parametrize("axis, kind", [(0, "facing"), (1, "beside"), (2, "ground")])
def test_a_plane_that_moves_between_frames_is_measured_in_its_direction(axis: int, kind: str) -> None:
    rng = np.random.default_rng(2)
    frames = [CellMoments.of(plane(rng, axis) + shift * np.eye(3)[axis]) for shift in (-0.05, 0.05)]
    agreement = surface_agreement(frames, EAST)
    surfaces = getattr(agreement, kind)
    # Two means ±50 mm: a standard deviation, with n − 1, of 50 · √2 mm.
    assert surfaces.spread_m == pytest.approx(0.05 * math.sqrt(2), rel=0.01)
    assert surfaces.spread_90_m == pytest.approx(0.05 * math.sqrt(2), rel=0.02)
    assert [agreement.ground, agreement.beside, agreement.facing].count(None) == 2


def test_a_turned_sweep_is_seen_in_the_walls_and_not_in_the_ground() -> None:
    rng = np.random.default_rng(3)
    frames = []
    for turn in (0.0, math.radians(0.5)):
        both = np.vstack([plane(rng, axis=1), plane(rng, axis=2)])
        frames.append(CellMoments.of(RigidTransform.from_yaw(turn).apply(both)))
    agreement = surface_agreement(frames, EAST)
    assert agreement.ground is not None and agreement.beside is not None
    assert agreement.beside.spread_m > 0.02
    assert agreement.ground.spread_m < 1e-6


def test_what_one_frame_alone_sees_says_nothing() -> None:
    rng = np.random.default_rng(4)
    agreement = surface_agreement([CellMoments.of(plane(rng, axis=2))], EAST)
    assert [sentence.partition(": ")[2] for sentence in agreement.sentences()] == ["no surface that two frames see"] * 3
    assert surface_agreement([], EAST).ground is None


def test_what_it_comes_to_is_one_sentence() -> None:
    def moved(mm: float, cells: int = 100) -> Surfaces:
        return Surfaces(cells, mm / 1000, 2 * mm / 1000, 0.05)

    assert Agreement(moved(0.4), moved(2.8), moved(5.3)).verdict() == "the sweeps fit, to 5.3 mm"
    assert Agreement(moved(0.4), None, moved(60.0, cells=3)).verdict() == (
        "the sweeps fit, to 0.4 mm; too few surfaces to say so of sideways and lengthways")
    assert Agreement(moved(0.4), moved(39.0), moved(6.0)).verdict().startswith("the sweeps do not fit: 39 mm sideways")
    assert "cannot be said" in Agreement(None, None, moved(60.0, cells=3)).verdict()


def test_what_moves_is_apart_and_what_stands_is_where_it_stands(found: EpisodeMap) -> None:
    assert [actor.role for actor in found.actors] == ["deer", "lead_car", "oncoming_van", "walker"]
    parked = next(body for body in toyworld.ACTORS if body.role == "parked_car")
    # World axes begin at the ego's place in the first frame, on the ground.
    local = parked.local(found.still.points)
    inside = (np.abs(local) <= (parked.length / 2 + 0.1, parked.width / 2 + 0.1, parked.height + 0.1)).all(axis=1)
    assert (inside & (local[:, 2] > 0.2)).sum() > 100
    moving = next(body for body in toyworld.ACTORS if body.role == "lead_car")
    for index in range(3):
        along = index * toyworld.FRAME_S * toyworld.EGO_SPEED
        there = moving.moved(index * toyworld.FRAME_S, toyworld.EGO_SPEED)
        local = there.local(found.still.points - (along, 0, 0))
        assert not ((np.abs(local[:, :2]) < 0.8).all(axis=1) & (local[:, 2] > 0.3) & (local[:, 2] < 1.3)).any()


def test_an_actors_returns_of_all_frames_fit_its_box(found: EpisodeMap) -> None:
    for actor in found.actors:
        assert actor.path_m.shape == (3, 3)
        assert len(actor.cloud.points) > 20
        assert actor.box.contains(actor.cloud.points, 0.1).mean() > 0.98, actor.role
    lead = next(actor for actor in found.actors if actor.role == "lead_car")
    assert np.linalg.norm(lead.path_m[-1] - lead.path_m[0]) == pytest.approx(2.4, abs=0.01)      # 12 m/s for 0.2 s


def test_there_is_one_point_for_each_voxel(film: Path, found: EpisodeMap) -> None:
    corner = found.still.points.min(axis=0) - 0.05                          # where Open3D's voxels begin
    coarse = np.unique(np.floor((found.still.points - corner) / 0.1), axis=0)
    assert len(coarse) > 0.9 * len(found.still.points)
    large = accumulate(film, "toy-0000", voxel_m=0.5)
    assert large.returns == found.returns > len(found.cloud.points) > 2 * len(large.cloud.points)


def test_left_out_is_what_moves_if_asked_for(film: Path, found: EpisodeMap) -> None:
    still = accumulate(film, "toy-0000", voxel_m=0.1, static=True)
    assert still.actors == ()
    assert np.array_equal(still.cloud.points, found.still.points)


def test_a_pose_that_is_wrong_shows_in_the_ground(film: Path, found: EpisodeMap, tmp_path: Path) -> None:
    root = Path(shutil.copytree(film, tmp_path / "film"))
    side = root / "training" / "objects" / "000001.json"
    value = json.loads(side.read_text())
    pose = np.reshape(value["ego"]["world_from_camera_0"], (3, 4))
    c, s = math.cos(math.radians(1.0)), math.sin(math.radians(1.0))
    nodding = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])                  # one degree up
    pose[:, :3] = nodding @ pose[:, :3]
    value["ego"]["world_from_camera_0"] = pose.ravel().tolist()
    side.write_text(json.dumps(value))
    wrong = accumulate(root, "toy-0000").agreement.ground
    right = found.agreement.ground
    assert right is not None and wrong is not None
    assert right.spread_m < 0.01                                            # 2 cm of noise on some ten returns
    assert wrong.spread_m > 5 * right.spread_m


def test_a_map_comes_back_from_its_file_with_its_colours(found: EpisodeMap, o3d: Any, tmp_path: Path) -> None:
    count = save_map(found, tmp_path / "map.ply")
    back = o3d.io.read_point_cloud(str(tmp_path / "map.ply"))
    assert count == len(found.cloud.points) == len(back.points)
    assert np.asarray(back.points) == pytest.approx(found.cloud.points)
    assert (np.asarray(back.colors) * 255).round().astype(int).tolist() == found.cloud.colors.tolist()


def test_a_map_from_above_has_north_up_and_the_path_in_its_middle(found: EpisodeMap, tmp_path: Path) -> None:
    save_map_picture(found, tmp_path / "map.png")
    image = cv2.cvtColor(cv2.imread(str(tmp_path / "map.png")), cv2.COLOR_BGR2RGB)
    sheet = Sheet.round_path(np.array([pose.translation_m for pose in found.world_from_rig]))
    assert image.shape[:2] == (sheet.height_px, sheet.width_px)
    (x0, y0), (x1, y1) = sheet.pixels(np.array([(0.0, 0.0), (1.0, 2.0)]))
    assert x1 - x0 == pytest.approx(sheet.scale) and y0 - y1 == pytest.approx(2 * sheet.scale)
    column, row = sheet.pixels(np.array([(1.0, 0.0)]))[0].round().astype(int)
    near = image[row - 3 : row + 4, column - 3 : column + 4].astype(int)
    assert (np.abs(near - (250, 204, 21)).max(axis=2) < 12).any()


@pytest.mark.usefixtures("o3d")
def test_an_episode_without_poses_has_no_map(film: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(film, tmp_path / "film"))
    side = root / "training" / "objects" / "000001.json"
    side.write_text(json.dumps({**json.loads(side.read_text()), "ego": None}))
    with pytest.raises(RequestError, match="frame 000001 does not say where the ego was"):
        accumulate(root, "toy-0000")


def test_a_map_that_is_asked_for_wrongly_is_one_sentence(film: Path, found: EpisodeMap, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="--voxel 0: a voxel's edge is longer than 0 m"):
        accumulate(film, "toy-0000", voxel_m=0.0)
    with pytest.raises(RequestError, match="has no episode 'toy'; the nearest of its 2"):
        accumulate(film, "toy")
    for name, words in (("map.pcd", "end the name in .ply"), ("nowhere/map.ply", "there is no folder")):
        with pytest.raises(RequestError, match=words):
            save_map(found, tmp_path / name)
