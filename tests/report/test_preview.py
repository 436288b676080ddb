"""Scenes from above, on a straight road by hand: x along the ego's lane, whose centre is y = −1.75 m."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from simgen.errors import PlacementError, RequestError
from simgen.motion.program import VERBS
from simgen.report.preview import Refused, Scene, compose, looks, rehearse_scene, save_preview
from simgen.report.preview.above import stripes
from simgen.report.preview.facts import facts
from simgen.report.preview.html import page_of, svg_of
from simgen.report.preview.marks import Box, Room, Sheet, Words
from simgen.report.preview.png import picture
from simgen.report.preview.timeline import FILE_WORDS, groups
from simgen.report.preview.view import choose_view
from simgen.scenario.models.programs import STEPS
from simgen.scenario.plan import EpisodePlan, Placement, Step
from tests.capture.roads import STRAIGHT, straight_road
from tests.motion.plans import CHILD, VAN, actor, crosser, plan
from tests.whole.product import ROOT, simgen

ROUNDED_M = 0.15      # the corners of a van 5.5 m long hide so much less than its box
CHILD_FROM_THE_RIGHT = plan(
    crosser("child", left=-6.0, speed=2.0, share=0.5, time=3.0, size=CHILD, reveal=1.6, behind="van"),
    actor("van", "vehicle", VAN, placement=Placement(None, side="right", left_m=-3.6), program=(Step("park"),)),
    actor("box", "prop", (1.2, 1.2, 0.7), placement=Placement(20.0, left_m=3.0)),
    speed=10.0,
)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return rehearse_scene(CHILD_FROM_THE_RIGHT, [straight_road()])


@pytest.fixture(scope="module")
def sheet(scene: Scene) -> Sheet:
    refused = Refused("other-0001", "other-0001: there is no room for a moose")
    return compose([scene, refused], "child", "Why <it> is hard.")


def map_box(sheet: Sheet) -> Box:
    """Where the first episode's map is."""
    return next(layer.clip for layer in sheet.layers if layer.clip is not None)


def rgb(color: str) -> np.ndarray:
    return np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)])


def is_near(pixel: np.ndarray, color: str) -> bool:
    return bool(np.abs(pixel.astype(int) - rgb(color)).max() <= 12)


def words_of(sheet: Sheet) -> list[str]:
    return [mark.text for layer in sheet.layers for mark in layer.marks if isinstance(mark, Words)]


def test_the_ego_drives_to_the_right_and_metres_are_as_long_in_both_directions(scene: Scene) -> None:
    view = choose_view(scene, Box(100.0, 50.0, 900.0, 300.0))
    here = scene.ego.place(0.0)
    (x, y), ahead, left = view.pixels([here.xy_m, here.shifted(10.0).xy_m, here.shifted(0.0, 2.0).xy_m])
    assert ahead == pytest.approx((x + 10.0 * view.scale, y), abs=0.2)
    assert left == pytest.approx((x, y - 2.0 * view.scale), abs=0.2)


def test_whoever_matters_up_to_the_impact_is_in_the_picture(scene: Scene) -> None:
    box = Box(0.0, 0.0, 900.0, 300.0)
    view = choose_view(scene, box)
    for role, time_s in (("ego", 0.0), ("ego", 3.0), ("child", 0.0), ("child", 3.0), ("van", 0.0)):
        player = next(one for one in scene.players if one.role == role)
        for x, y in view.pixels(player.corners(time_s)):
            assert box.holds(x, y), role


def test_the_meet_is_as_asked(scene: Scene) -> None:
    child = next(one for one in scene.players if one.role == "child")
    assert child.impact_s == pytest.approx(3.0, abs=0.01)
    assert child.reveal_s == pytest.approx(1.4, abs=0.03)
    point = scene.impact_point(child)
    assert point is not None
    front = scene.ego.place(3.0).shifted(scene.ego.body.front_m)
    assert point == pytest.approx(front.xy_m, abs=0.05)                 # 50 %: the middle of the front
    assert facts(scene).startswith("ego 36 km/h · child 7 km/h · impact at 50 %, 3.00 s, seen 1.60 s before")


def test_the_first_line_of_sight_goes_from_the_camera_to_the_childs_outline_past_the_van(scene: Scene) -> None:
    child, van = (next(one for one in scene.players if one.role == role) for role in ("child", "van"))
    sight = scene.first_sight(child)
    assert sight is not None and child.reveal_s is not None
    eye, point = sight
    ego = scene.ego.place(child.reveal_s)
    assert np.hypot(*(eye - ego.xy_m)) < 1.5
    assert np.abs(point - child.middle(child.reveal_s)).max() < 0.5
    along = np.linspace(0.0, 1.0, 400)[:, None]
    way = eye + along * (point - eye)
    low, high = van.corners(0.0).min(axis=0), van.corners(0.0).max(axis=0)
    inside = ((way > low + ROUNDED_M) & (way < high - ROUNDED_M)).all(axis=1)
    outside_by = np.maximum(low - way, way - high).max(axis=1).min()
    assert not inside.any() and outside_by < 0.2


def test_the_png_has_the_sheets_size_and_everybody_in_their_colour_at_their_place(
    sheet: Sheet, scene: Scene, tmp_path: Path
) -> None:
    path = tmp_path / "preview.png"
    save_preview([scene, Refused("other-0001", "no room")], path)
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    assert image.shape == (round(sheet.height), round(sheet.width), 3)
    view = choose_view(scene, map_box(sheet))
    for player in scene.players[:4]:
        if player.role == "child":
            continue                                                    # its nose is as large as its middle
        x, y = view.pixels(player.middle(0.0)).round().astype(int)
        assert is_near(image[y - 4, x], looks.SORTS[player.sort]), player.role
    child = next(one for one in scene.players if one.role == "child")
    x, y = view.pixels(scene.impact_point(child)).round().astype(int)
    around = image[y - 8 : y + 9, x - 8 : x + 9].reshape(-1, 3)
    assert sum(is_near(pixel, looks.STAR) for pixel in around) > 30
    x, y = view.pixels(scene.ego.place(0.0).shifted(12.0, 1.2).xy_m).round().astype(int)
    assert is_near(image[y, x], looks.ROAD)


def test_a_picture_of_a_later_time_shows_the_ego_there(sheet: Sheet, scene: Scene) -> None:
    x, y = choose_view(scene, map_box(sheet)).pixels(scene.ego.middle(0.6)).round().astype(int)
    assert is_near(picture(sheet, 0.6)[y - 4, x], looks.EGO)
    assert not is_near(picture(sheet, 0.0)[y - 4, x], looks.EGO)


def test_times_names_steps_and_refusals_are_written(sheet: Sheet) -> None:
    words = words_of(sheet)
    for text in ("test-0000", "ego", "child", "van", "1.0 s", "2.5 s", "cross", "park", "drives 36 km/h", "warm-up",
                 "no place on the map", "there is no room for a moose"):
        assert text in words, text


class Page(HTMLParser):
    """Checks that tags close in the order they opened, and gathers what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "xlink:href", "srcset")]
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "xlink:href", "srcset")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_else(sheet: Sheet) -> None:
    text = page_of(sheet)
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == [] and page.fetched == []
    assert "@import" not in text and "url(#" in text and text.count("http") == text.count("http://www.w3.org/2000/svg")
    assert "Why &lt;it&gt; is hard." in text
    ElementTree.fromstring(svg_of(sheet))


def test_the_pages_script_has_the_way_of_everybody_who_moves(sheet: Sheet, scene: Scene) -> None:
    text = page_of(sheet)
    found = re.search(r"const DATA = (.*);\n", text)
    assert found is not None
    data = json.loads(found.group(1))
    assert data["span"] == pytest.approx([scene.begins_s, scene.ends_s])
    movers = [mover for layer in sheet.layers for mover in layer.movers]
    assert len(data["movers"]) == len(movers) == len(scene.players) + 1          # and the hand of the clock
    ego = next(number for number, mover in enumerate(movers) if mover.name.startswith("ego:"))
    assert f'id="m{ego}"' in text
    view = choose_view(scene, map_box(sheet))
    times, places = data["movers"][ego]["t"], np.array(data["movers"][ego]["p"])
    at_3_s = [np.interp(3.0, times, places[:, axis]) for axis in (0, 1)]
    assert at_3_s == pytest.approx(view.pixels(scene.ego.place(3.0).xy_m), abs=0.3)


def test_the_bars_of_a_crosswalk_lie_across_its_longer_side() -> None:
    bars = stripes(np.array([(0.0, 0.0), (3.0, 0.0), (3.0, 4.0), (0.0, 4.0)]))
    assert len(bars) == 4
    for number, bar in enumerate(bars):
        assert np.ptp(bar, axis=0) == pytest.approx((3.0, 0.5))
        assert min(abs(bar[:, 1].min() - y) for y in (1.0 * number, 3.5 - 1.0 * number)) < 1e-9


def test_words_give_way_to_each_other() -> None:
    room = Room(Box(0.0, 0.0, 200.0, 100.0))
    here, below = Words("deer", 50.0, 50.0), Words("deer", 50.0, 80.0)
    assert room.place([here]) is here
    assert room.place([here, below]) is below
    assert room.place([here, Words("deer", 190.0, 20.0)]) is None


def test_many_copies_share_a_row() -> None:
    deer, cone = (1.1, 0.3, 0.7), (0.4, 0.4, 0.7)
    herd = [actor(f"deer_{k}", "animal", deer, placement=Placement(25.0 + 4 * k, left_m=-5.0)) for k in (1, 2, 3)]
    two = [actor(f"cone_{k}", "prop", cone, placement=Placement(40.0 + k, left_m=5.0)) for k in (1, 2)]
    scene = rehearse_scene(plan(*herd, *two), [straight_road()])
    assert sorted(len(row) for row in groups(scene)) == [1, 1, 1, 3]
    assert "deer × 3" in words_of(compose([scene]))


def test_an_episode_without_any_contact_can_be_drawn(tmp_path: Path) -> None:
    scene = rehearse_scene(plan(), [straight_road()])
    assert scene.telling_s() is None
    save_preview([scene], tmp_path / "empty.html")
    assert "at the last frame" in (tmp_path / "empty.html").read_text(encoding="utf-8")


def overlapping() -> EpisodePlan:
    return plan(*(actor(role, placement=Placement(20.0, left_m=-4.0)) for role in ("one", "other")))


def test_an_episode_without_a_place_is_refused_with_what_each_road_lacks() -> None:
    with pytest.raises(PlacementError, match=r"^test-0000: other: at the start it would stand .* deep in one"):
        rehearse_scene(overlapping(), [straight_road()])


@pytest.mark.parametrize("name", ["preview.pdf", "no/such/folder/preview.png"])
def test_a_file_that_cannot_be_written_is_refused(scene: Scene, tmp_path: Path, name: str) -> None:
    with pytest.raises(RequestError, match="--out"):
        save_preview([scene], tmp_path / name)


def test_the_command_draws_a_scenario_and_refuses_one_that_no_map_has_room_for(tmp_path: Path) -> None:
    out, deer = tmp_path / "deer.png", ROOT / "scenarios" / "animals" / "deer_crossing.yaml"
    done = simgen("preview", deer, "--episodes", 1, "--out", out)
    assert (done.returncode, done.stdout) == (0, f"preview: {out}\n"), done.stderr
    assert cv2.imread(str(out)).shape[1] > 1000
    road = tmp_path / "by_hand.xodr"
    road.write_text(STRAIGHT, encoding="utf-8")
    done = simgen("preview", deer, "--episodes", 1, "--set", "road.lanes=9", "--map", road, "--out", out)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "map by_hand has no place" in done.stderr
    assert "lack 9 driving lanes" in done.stderr


def test_the_timeline_has_the_words_of_scenario_files() -> None:
    assert {*VERBS} - {*STEPS} == {*FILE_WORDS}
    dog = actor("dog", "animal", (0.9, 0.25, 0.6), placement=Placement(20.0, left_m=-4.0),
                program=(Step("follow_road", speed_mps=2.0),))
    owner = actor("owner", placement=Placement(-2.0, of="dog", same_line=True),
                  program=(Step("follow_path", leader="dog", delay_s=0.5),))
    words = [mark.text for layer in compose([rehearse_scene(plan(dog, owner, speed=5.0), [straight_road()])]).layers
             for mark in layer.marks if isinstance(mark, Words)]
    assert "follow leader" in words and "follow path" not in words
