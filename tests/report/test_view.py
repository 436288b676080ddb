from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from simgen.errors import RequestError
from simgen.report.cloud import load_open3d
from simgen.report.overlay import project
from simgen.report.palette import BACKGROUND, CLASSES
from simgen.report.scene import Scene, load_scene
from simgen.report.view import Coloring, open_window, save_view, window
from simgen.report.view.colors import actor_colors, intensity_colors, point_colors, tag_colors
from simgen.report.view.legend import Entry, Legend, draw_legend, legend_of
from simgen.report.view.model import CAMERAS, FRUSTUM_M, Lines, Model, Name, build_model
from simgen.report.view.painter import Viewpoint, paint, seen_from
from simgen.report.view.splat import rims, splat
from tests.verify import toyworld

AHEAD = Viewpoint((0.0, 0.0, 0.0), (10.0, 0.0, 0.0), math.radians(90.0))


@pytest.fixture(scope="module")
def scene(toy: Path) -> Scene:
    return load_scene(toy, "000000")


def hue(color: np.ndarray) -> np.ndarray:
    """Its channels as shares of the brightest."""
    return np.asarray(color / np.maximum(color.max(axis=-1, keepdims=True), 1))


def test_by_class_each_return_of_a_labelled_actor_has_the_hue_of_its_type(scene: Scene) -> None:
    colors = point_colors(scene, Coloring.CLASS)
    for thing in scene.objects:
        expected = hue(np.array(CLASSES[thing.row.type]))
        assert np.abs(hue(colors[thing.points].astype(float)) - expected).max() < 0.05, thing.name


def test_by_actor_two_cars_differ_and_the_level_is_darker_than_both(scene: Scene) -> None:
    colors = point_colors(scene, Coloring.ACTOR).astype(float)
    first, second = (thing for thing in scene.objects if thing.row.type == "Car")
    assert np.abs(hue(colors[first.points][0]) - hue(colors[second.points][0])).max() > 0.3
    level = np.all([~thing.points for thing in scene.objects], axis=0)
    assert colors[level].max() < min(colors[car.points].max(axis=1).min() for car in (first, second))


def test_no_two_of_twenty_actors_share_a_colour() -> None:
    colors = actor_colors(np.arange(20)).astype(int)
    apart = np.abs(colors[:, None] - colors[None]).sum(axis=2) + 1000 * np.eye(20, dtype=int)
    assert apart.min() > 30


def test_intensity_goes_from_dark_to_bright_and_knows_nothing_else() -> None:
    colors = intensity_colors(np.array([0.0, 0.1, 0.4, 1.0])).astype(int)
    brightness = colors @ [299, 587, 114]
    assert (np.diff(brightness) > 0).all()
    assert colors[0].tolist() == [68, 1, 84]            # the ends of viridis, as matplotlib has them
    assert colors[-1].tolist() == [253, 231, 36] or colors[-1].tolist() == [253, 231, 37]


def test_by_picture_a_return_has_the_colour_of_its_pixel_and_what_is_behind_has_none_of_it(scene: Scene) -> None:
    colors = point_colors(scene, Coloring.PICTURE)
    van = next(thing for thing in scene.objects if thing.row.type == "Van")
    uv, _ = project(scene.points[van.points, :3], scene.image_from_lidar)
    column, row = np.round(uv).astype(int).T
    assert (colors[van.points] == scene.rgb[row, column]).all()
    other = replace(scene, rgb=np.asarray(255 - scene.rgb, np.uint8))
    behind = scene.points[:, 0] < -1.0
    assert (point_colors(other, Coloring.PICTURE)[behind] == colors[behind]).all()


def test_the_level_takes_its_colour_from_the_tag_where_there_is_one(scene: Scene) -> None:
    assert scene.tag is not None
    road = replace(scene, tag=np.full_like(scene.tag, 1), things=())
    green = replace(scene, tag=np.full_like(scene.tag, 9), things=())
    assert hue(point_colors(green, Coloring.CLASS).astype(float)).argmax(axis=1).tolist() == [1] * len(scene.points)
    assert hue(point_colors(road, Coloring.CLASS).astype(float)).argmax(axis=1).tolist() == [2] * len(scene.points)
    assert tag_colors(np.array([200], np.uint8)).shape == (1, 3)


def test_a_colouring_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(RequestError, match=r"--color red: there are actor, class, intensity, picture, height"):
        Coloring.named("red")


def test_a_camera_frustum_passes_through_the_corners_of_its_picture(scene: Scene) -> None:
    lines = build_model(scene, Coloring.CLASS).lines
    yellow = (lines.colors == CAMERAS[2]).all(axis=1)
    ends = lines.ends[yellow][:4, 1]                    # apex to corner
    uv, depth = project(ends, scene.image_from_lidar)
    assert depth == pytest.approx([FRUSTUM_M] * 4)
    assert uv == pytest.approx(np.array([(-0.5, -0.5), (1241.5, -0.5), (1241.5, 374.5), (-0.5, 374.5)]), abs=1e-6)


def test_every_object_has_its_name_above_its_box(scene: Scene) -> None:
    names = build_model(scene, Coloring.CLASS).names
    assert sorted(name.words for name in names) == ["Car", "Car", "Pedestrian", "Van", "white tailed deer"]
    lead = toyworld.ACTORS[0]
    x, y, z = next(name.at_m for name in names if abs(name.at_m[0] - lead.x) < 0.1)
    assert (x, y) == pytest.approx((lead.x, lead.y), abs=0.01)
    assert z == pytest.approx(lead.height - toyworld.LIDAR_Z + 0.25, abs=0.01)


def test_places_land_on_the_pixels_of_a_pinhole_camera() -> None:
    # 90° over 200 pixels: focal length 100 pixels; what is as far to the right as ahead is at the border.
    uv, depth = seen_from(AHEAD, np.array([(10.0, 0, 0), (10.0, -10.0, 0), (5.0, 0, 2.5), (-1.0, 0, 0)]), 200, 100)
    assert depth.tolist() == [10.0, 10.0, 5.0, -1.0]
    assert uv[:3] == pytest.approx(np.array([(99.5, 49.5), (199.5, 49.5), (99.5, -0.5)]))


def test_near_points_cover_far_ones_whatever_their_order() -> None:
    for order in ([0, 1], [1, 0]):
        image = np.zeros((9, 9, 3), np.uint8)
        splat(image, np.array([(4.2, 4.7), (4.6, 4.1)])[order], np.array([5.0, 8.0])[order],
              np.array([(200, 0, 0), (0, 200, 0)], np.uint8)[order], np.array([1, 3])[order])
        assert image[4, 4, 0] > 0 and image[4, 4, 1] == 0
        assert (image[3:6, 3:6].sum(axis=2) > 0).all() and image.astype(bool).any(axis=2).sum() == 9


def test_a_leap_in_depth_darkens_its_far_side_only() -> None:
    depth = np.full((20, 20), 8.0)
    depth[:, 10:] = 4.0
    shade = rims(depth)
    assert shade[:, 10:] == pytest.approx(1.0)
    assert (shade[3:-3, 8:10] < 0.9).all()
    assert shade[:, :7] == pytest.approx(1.0)
    assert rims(np.full((5, 5), np.inf)) == pytest.approx(1.0)


def test_lines_that_pass_the_eye_are_cut_and_those_behind_are_not_drawn() -> None:
    nothing = Lines.joined()
    red, green = (255, 0, 0), (0, 255, 0)
    lines = Lines.joined(
        Lines.of(np.array([[(-5.0, 0.0, -1.0), (50.0, 0.0, -1.0)]]), red),       # below the eye, from behind it
        Lines.of(np.array([[(-5.0, -9.0, 0.0), (-5.0, 9.0, 0.0)]]), green),
    )
    model = Model("", np.empty((0, 3)), np.empty((0, 3), np.uint8), nothing, lines, ())
    image = paint(model, AHEAD, (200, 200))
    assert ((image[:, 98:102, 0] > 100).any(axis=1))[104:].all()            # from near the horizon to the lower edge
    assert not (image[60:95, :, 0] > 200).any()                             # nothing above the horizon
    assert not ((image[..., 1] > 200) & (image[..., 0] < 60)).any()


def test_a_saved_view_shows_each_box_in_its_colour(toy: Path, plain_toy: Path, tmp_path: Path) -> None:
    for root in (toy, plain_toy):
        save_view(root, "000000", tmp_path / "view.png", size_px=(800, 450))
        image = cv2.cvtColor(cv2.imread(str(tmp_path / "view.png")), cv2.COLOR_BGR2RGB)
        assert image.shape == (450, 800, 3)
        for kind in ("Car", "Van", "Pedestrian", "Animal"):
            near = np.abs(image.astype(int) - CLASSES[kind]).max(axis=2) < 40
            assert near.sum() > 30, kind
        assert (image == BACKGROUND).all(axis=2).mean() > 0.1


def test_the_legend_names_what_occurs_and_nothing_else(scene: Scene) -> None:
    assert scene.tag is not None
    road = replace(scene, tag=np.where(np.arange(len(scene.tag)) % 2, 1, 9).astype(np.uint8))
    words = [entry.words for entry in legend_of(road, Coloring.CLASS).entries]
    assert words == ["Animal", "Car", "Pedestrian", "Van", "road", "vegetation"]
    plain = replace(scene, tag=None)
    assert [entry.words for entry in legend_of(plain, Coloring.CLASS).entries][-1] == "without a label"
    for coloring in (Coloring.INTENSITY, Coloring.HEIGHT):
        assert legend_of(scene, coloring).scale is not None


def test_a_scale_has_at_each_figure_the_colour_of_returns_with_it(scene: Scene) -> None:
    for coloring, columns in ((Coloring.INTENSITY, 3), (Coloring.HEIGHT, 2)):
        scale = legend_of(scene, coloring).scale
        assert scale is not None
        points = np.zeros((len(scale.figures), 4), np.float32)
        points[:, 3] = 0.3
        points[:, columns] = [float(words.split()[0]) for _, words in scale.figures]
        points[:, 2] -= toyworld.LIDAR_Z if coloring is Coloring.HEIGHT else 0.0
        drawn = point_colors(replace(scene, points=points, things=(), tag=None, instance=None), coloring)
        at = [round(share * (len(scale.colors) - 1)) for share, _ in scale.figures]
        assert np.abs(scale.colors[at].astype(int) - drawn).max() <= 6, coloring


def test_a_legend_that_is_too_wide_goes_on_in_the_next_line() -> None:
    entries = tuple(Entry(f"kind {number}", (200, 40, 40)) for number in range(12))
    image = np.zeros((300, 400, 3), np.uint8)
    draw_legend(image, Legend(entries))
    swatches = (image == (200, 40, 40)).all(axis=2)
    count, _ = cv2.connectedComponents(swatches.astype(np.uint8), connectivity=4)
    assert count - 1 == 12
    assert len(np.unique(np.nonzero(swatches)[0] // 22)) > 2 and not swatches[:, 385:].any()


def test_a_frame_without_any_object_can_be_viewed(plain_toy: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(plain_toy, tmp_path / "dataset"))
    (root / "training" / "label_2" / "000000.txt").write_text("")
    save_view(root, "000000", tmp_path / "view.jpg", Coloring.ACTOR, size_px=(320, 180))
    assert cv2.imread(str(tmp_path / "view.jpg")).shape == (180, 320, 3)


@pytest.mark.parametrize("name, words", [("view.gif", "PNG or JPEG"), ("nowhere/view.png", "there is no folder")])
def test_a_view_that_cannot_be_saved_is_refused_before_anything_is_read(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        save_view(tmp_path / "no dataset", "000000", tmp_path / name)


def test_without_a_screen_the_window_is_refused_with_its_cure(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":4711")              # set, but nobody answers
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(RequestError, match=r"there is no screen for a window; add '--save view\.png'"):
        open_window(toy, ["000000"], "000000", Coloring.CLASS)


def test_names_keep_their_size_in_pixels_and_face_the_viewer() -> None:
    names = (Name("Car", (10.0, 2.0, 0.5), (1, 2, 3)), Name("Van", (40.0, -3.0, 1.0), (4, 5, 6)))
    plates = window.Plates.of(names)
    assert len(plates.triangles) * 2 == len(plates.anchors)         # two triangles for four corners
    axes = AHEAD.axes()
    extrinsic = np.eye(4)
    extrinsic[:3, :3], extrinsic[:3, 3] = axes, -axes @ np.array([-3.0, 1.0, 2.0])
    for places, offsets in ((plates.corners(extrinsic, 700.0), plates.offset_px), (plates.anchors, np.zeros((1, 2)))):
        there = places @ axes.T + extrinsic[:3, 3]
        anchors = plates.anchors @ axes.T + extrinsic[:3, 3]
        assert there[:, 2] == pytest.approx(anchors[:, 2])
        pixels = 700.0 * (there - anchors)[:, :2] / there[:, 2:]
        assert pixels == pytest.approx(offsets * (1, -1) + np.zeros_like(pixels), abs=1e-9)


def test_the_keys_step_through_the_frames_and_colours(toy: Path) -> None:
    try:
        o3d = load_open3d()
    except RequestError as error:
        pytest.skip(str(error))
    told: list[str] = []
    shown = window._Shown(o3d, toy, ("000000", "000001"), 0, Coloring.CLASS, told.append)
    fake = _Window(o3d)
    keys = shown.keys()
    for key in (ord("N"), window.KEY_RIGHT, window.KEY_LEFT, ord("P"), ord("3"), ord("C")):
        assert keys[key](fake) is True
    assert [line[:12] for line in told] == [f"frame 00000{k}" for k in (1, 0, 1, 0, 0, 0)]
    assert [line.split()[-1] for line in told[3:]] == ["class", "intensity", "picture"]
    assert fake.updated >= 6 * len(shown.geometries())
    cloud, _, lines, _ = shown.geometries()
    scene = load_scene(toy, "000000")
    assert np.asarray(cloud.points) == pytest.approx(scene.points[:, :3])
    assert len(np.asarray(lines.lines)) == len(build_model(scene, Coloring.CLASS).lines.ends)


class _Window:
    """What a window is to the keys: a camera, and geometries to be drawn anew."""

    def __init__(self, o3d: Any) -> None:
        self.updated = 0
        self._camera = o3d.camera.PinholeCameraParameters()
        self._camera.intrinsic = o3d.camera.PinholeCameraIntrinsic(640, 480, 500.0, 500.0, 319.5, 239.5)
        self._camera.extrinsic = np.eye(4)

    def get_view_control(self) -> _Window:
        return self

    def convert_to_pinhole_camera_parameters(self) -> Any:
        return self._camera

    def update_geometry(self, _geometry: Any) -> None:
        self.updated += 1
