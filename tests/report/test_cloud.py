from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgen.errors import RequestError
from simgen.report import cloud
from simgen.report.palette import CLASSES
from simgen.report.scene import load_scene


def test_box_lines_are_twelve_edges_and_a_heading_each(toy: Path) -> None:
    scene = load_scene(toy, "000000")
    points, pairs, colors = cloud.box_lines(scene)
    assert (len(points), len(pairs), len(colors)) == (5 * 10, 5 * 13, 5 * 13)
    lengths = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1).reshape(5, 13)
    for thing, found in zip(scene.objects, lengths, strict=True):
        height, width, length = thing.row.size_hwl_m
        assert sorted(found[:12]) == pytest.approx(sorted([height, width, length] * 4), abs=1e-3)
        assert found[12] == pytest.approx(length / 2 + cloud.HEADING_M, abs=1e-3)


def test_returns_of_labelled_actors_have_their_class_colour(toy: Path) -> None:
    scene = load_scene(toy, "000000")
    colors = cloud.point_colors(scene)
    for thing in scene.objects:
        assert (colors[thing.points] == CLASSES[thing.row.type]).all()
    assert not (colors == CLASSES["Car"]).all(axis=1).all()


def test_ply_files_come_back_with_all_points_and_lines(toy: Path, tmp_path: Path) -> None:
    try:
        o3d = cloud.load_open3d()
    except RequestError as error:
        pytest.skip(str(error))
    points_path, boxes_path = cloud.export_ply(toy, "000000", tmp_path / "frame.ply")
    scene = load_scene(toy, "000000")
    points = o3d.io.read_point_cloud(str(points_path))
    assert np.asarray(points.points) == pytest.approx(scene.points[:, :3])
    assert (np.asarray(points.colors) * 255).round().astype(int).tolist() == cloud.point_colors(
        scene
    ).tolist()
    lines = o3d.io.read_line_set(str(boxes_path))
    assert np.asarray(lines.lines).shape == (65, 2)


@pytest.mark.parametrize("name", ["frame.pcd", "nowhere/frame.ply"])
def test_a_path_that_cannot_be_written_is_refused(toy: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(RequestError, match=r"PLY|there is no folder"):
        cloud.export_ply(toy, "000000", tmp_path / name)


@pytest.mark.parametrize(
    "error, words",
    [
        (
            ImportError("libusb-1.0.so.0: cannot open shared object file: No such file"),
            "apt install libusb-1.0-0",
        ),
        (OSError("libGL.so.1: cannot open shared object file: No such file"), "apt install libgl1"),
        (ModuleNotFoundError("No module named 'open3d'", name="open3d"), "pip install open3d"),
        (ImportError("libodd.so.3: cannot open shared object file"), "libodd.so.3"),
    ],
)
def test_a_missing_library_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr(cloud.importlib, "import_module", fail)
    monkeypatch.setattr(cloud.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RequestError, match="Open3D cannot be loaded") as refused:
        cloud.load_open3d()
    assert words in str(refused.value)
